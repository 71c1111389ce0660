"""The local socket and the group commit behind it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gapwatch_agent import channel
from gapwatch_agent.link.intake import Word, event_body
from gapwatch_agent.link.listener import Listener
from gapwatch_agent.spool.port import NewRecord, SpoolFullError
from gapwatch_agent.spool.thread import SpoolThread
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import RecordHeader
from support.spools import BOOT, MemorySpool, a_record
from support.streams import HurriedClock, until
from support.watchers import ScriptedWatch


def events(count: int, first: int = 1) -> list[NewRecord]:
    kind = Kind.FILE_WRITTEN
    return [NewRecord(kind, SEVERITY[kind], n, n, BOOT, a_record(n).payload) for n in range(first, first + count)]


class TroubledSpool(MemorySpool):
    """Full for a while; counts its transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.full = 0
        self.batches: list[int] = []

    def append(self, records: Sequence[NewRecord], **more: object) -> int:
        if self.full:
            self.full -= 1
            raise SpoolFullError("the disk is full")
        self.batches.append(len(records))
        return super().append(records, **more)


@dataclass
class Bench:
    """A listener over a memory spool."""

    path: Path
    spool: TroubledSpool
    listener: Listener
    troubles: list[str] = field(default_factory=list)

    def payloads(self) -> list[bytes | None]:
        return [item.payload for item in self.spool.read(1, 10_000, 1 << 30)]


@asynccontextmanager
async def listening(tmp_path: Path, allowed: frozenset[int] = frozenset({os.geteuid()})) -> AsyncIterator[Bench]:
    spool = TroubledSpool()
    thread = SpoolThread(spool, lambda old, _why, _what: old)
    troubles: list[str] = []
    listener = Listener(tmp_path / "link.sock", allowed, thread, HurriedClock(), troubles.append)
    ready = asyncio.Event()
    task = asyncio.create_task(listener.serve(ready.set))
    await ready.wait()
    try:
        yield Bench(tmp_path / "link.sock", spool, listener, troubles)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await thread.close()


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_events_are_kept_in_order_and_confirmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            watch = ScriptedWatch(bench.path)
            assert await watch.hello() == 0
            await watch.events(events(600))
            await watch.kept(600)
            assert bench.payloads() == [event.payload for event in events(600)]
            assert max(bench.spool.batches) <= 256
            assert len(bench.spool.batches) < 300
            watch.close()

    run(scenario)


def test_a_watch_that_comes_back_learns_what_is_kept_and_resends_without_doubling(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            first = ScriptedWatch(bench.path)
            await first.hello()
            await first.events(events(20))
            await first.kept(20)
            first.close()
            second = ScriptedWatch(bench.path)
            assert await second.hello() == 20
            await second.events(events(25, 11), first=11)
            await second.kept(35)
            assert bench.payloads() == [event.payload for event in events(35)]
            other = ScriptedWatch(bench.path, b"o" * 16)
            assert await other.hello() == 0
            second.close()
            other.close()

    run(scenario)


def test_nothing_is_confirmed_while_the_disk_is_full_and_everything_after(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            bench.spool.full = 3
            watch = ScriptedWatch(bench.path)
            await watch.hello()
            await watch.events(events(10))
            assert await watch.kept(10) == [10]
            assert bench.troubles[:3] == ["the disk is full"] * 3
            assert bench.troubles[-1] == ""
            assert bench.payloads() == [event.payload for event in events(10)]
            watch.close()

    run(scenario)


def test_a_flood_is_held_back_and_not_dropped(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            bench.spool.full = 1
            watch = ScriptedWatch(bench.path)
            await watch.hello()
            sending = asyncio.create_task(watch.events(events(3000)))
            await watch.kept(3000)
            await sending
            assert len(bench.payloads()) == 3000
            watch.close()

    run(scenario)


@pytest.mark.parametrize(
    "script",
    [
        [(Word.EVENT, event_body(1, a_record()))],
        [(Word.HELLO, b"short")],
        [(99, b"")],
        [(Word.HELLO, b"i" * 16), (Word.EVENT, b"short")],
        [(Word.HELLO, b"i" * 16), (Word.SENSORS, b"{")],
        [(Word.HELLO, b"i" * 16), (Word.EVENT, event_body(5, a_record())), (Word.EVENT, event_body(4, a_record()))],
    ],
)
def test_what_is_not_the_protocol_ends_that_connection_only(tmp_path: Path, script: list[tuple[int, bytes]]) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            bad, good = ScriptedWatch(bench.path), ScriptedWatch(bench.path, b"g" * 16)
            await good.hello()
            for word, body in script:
                await bad.say(word, body)
            while await bad.hear() is not None:
                pass
            await good.events(events(3))
            await good.kept(3)
            bad.close()
            good.close()

    run(scenario)


def test_a_stranger_is_turned_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path, frozenset({12345})) as bench:
            stranger = ScriptedWatch(bench.path)
            assert await stranger.hear() is None
            stranger.close()

    run(scenario)


def test_descriptors_and_too_many_connections_have_no_place(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            sneaky = ScriptedWatch(bench.path)
            channel.send(sneaky._connection, channel.Message(Word.HELLO, b"i" * 16, (0,)))
            assert await sneaky.hear() is None
            await until(lambda: not bench.listener.watched(), "the connection ended")
            many = [ScriptedWatch(bench.path, bytes([n]) * 16) for n in range(5)]
            replies = [await many[n].hello() for n in range(4)]
            assert replies == [0, 0, 0, 0]
            assert await many[4].hear() is None
            for one in [sneaky, *many]:
                one.close()

    run(scenario)


def test_sensors_are_stopped_when_nobody_watches(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            assert bench.listener.sensors() == ()
            watch = ScriptedWatch(bench.path)
            await watch.hello()
            await watch.sensors({"name": "files", "mechanism": "fanotify", "state": "running", "events": 9})
            await until(bench.listener.sensors, "sensors heard")
            assert [(s.name, s.state, s.events) for s in bench.listener.sensors()] == [("files", "running", 9)]
            watch.close()
            await until(lambda: not bench.listener.watched(), "the connection ended")
            assert [(s.name, s.state) for s in bench.listener.sensors()] == [("files", "stopped")]

    run(scenario)


def test_what_cannot_be_kept_as_it_is_becomes_a_gap_and_is_confirmed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with listening(tmp_path) as bench:
            watch = ScriptedWatch(bench.path)
            await watch.hello()
            await watch.events([NewRecord(9999, 3, 1, 1, BOOT, b"new"), *events(1, 2)])
            await watch.kept(2)
            heads = [RecordHeader.unpack(item.header) for item in bench.spool.read(1, 10, 1 << 20)]
            assert [head.kind for head in heads] == [Kind.GAP, Kind.FILE_WRITTEN]
            watch.close()

    run(scenario)
