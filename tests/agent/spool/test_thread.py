"""The spool as coroutines see it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from gapwatch_agent.spool.port import Depth, NewRecord, SpoolDamagedError
from gapwatch_agent.spool.thread import SpoolThread
from support.spools import MemorySpool, a_record, records


def begin_anew(old: MemorySpool, reason: str, detail: str) -> MemorySpool:
    fresh = MemorySpool()
    fresh.append(records(old.next_seq - 1 - old.acked_seq))
    return fresh


class NotingSpool(MemorySpool):
    """Remembers which threads used it."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def append(self, records: list[NewRecord], **more: object) -> int:
        self.threads.add(threading.get_ident())
        return super().append(records, **more)


def test_calls_are_carried_out_in_order_on_one_other_thread() -> None:
    async def scenario() -> NotingSpool:
        spool = NotingSpool()
        thread = SpoolThread(spool, begin_anew)
        await asyncio.gather(*(thread.append([a_record(number)]) for number in range(1, 51)))
        items = await thread.read(1, 100, 1 << 20)
        assert [item.payload for item in items] == [record.payload for record in records(50)]
        await thread.mark_sent(10)
        await thread.ack(10)
        assert (thread.next_seq, thread.acked_seq, (await thread.depth()).records) == (51, 10, 40)
        await thread.maintain()
        await thread.close()
        return spool

    spool = asyncio.run(scenario())
    assert len(spool.threads) == 1
    assert threading.get_ident() not in spool.threads


def test_growth_wakes_whoever_waits_and_a_new_spool_takes_the_old_ones_place() -> None:
    async def scenario() -> None:
        thread = SpoolThread(MemorySpool(), begin_anew)
        waiting = asyncio.create_task(thread.grown())
        await asyncio.sleep(0)
        assert not waiting.done()
        await thread.append(records(3), source=b"i" * 16, numbers=[1, 2, 3])
        await waiting
        assert await thread.last_number(b"i" * 16) == 3
        old = thread.spool_id
        await thread.begin_anew("damaged", "why")
        assert thread.spool_id != old
        assert thread.next_seq == 4
        thread.wake()
        await thread.grown()
        await thread.close()

    asyncio.run(scenario())


def test_a_cancelled_caller_does_not_undo_a_commit() -> None:
    async def scenario() -> None:
        spool = MemorySpool()
        thread = SpoolThread(spool, begin_anew)
        task = asyncio.create_task(thread.append(records(3)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await thread.depth()).records == 3
        await thread.close()

    asyncio.run(scenario())


def test_a_database_that_fails_is_told_to_whoever_waits_for_it() -> None:
    class Broken(MemorySpool):
        def depth(self) -> Depth:
            raise sqlite3.DatabaseError("database disk image is malformed")

    async def scenario() -> None:
        thread = SpoolThread(Broken(), begin_anew)
        waiting = asyncio.create_task(thread.until_damaged())
        await thread.append(records(1))
        assert not waiting.done()
        with pytest.raises(SpoolDamagedError, match="malformed"):
            await thread.depth()
        with pytest.raises(SpoolDamagedError, match="malformed"):
            await waiting
        await thread.close()

    asyncio.run(scenario())
