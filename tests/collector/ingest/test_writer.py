"""One thread commits for all: most severe first, failures kept to the one they belong to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

import pytest

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.ingest.writer import CommitWriter
from gapwatch_collector.model import NewEntry, Origin, SpoolPosition, TreeHead
from gapwatch_collector.store.ports import Commit

HEAD = TreeHead(1, b"", 0, b"")


def commit(number: int) -> Commit:
    entry = NewEntry(Origin.RECORD, 1, 1, 0, 0, b"")
    return Commit(SpoolPosition(b"h", b"s", number, b""), number, [entry])


class Recorder:
    """A store that writes down what it was given; ``answer`` may raise."""

    def __init__(self, answer: Callable[[int], TreeHead | None] = lambda _: HEAD) -> None:
        self.seen: list[int] = []
        self.gate = threading.Event()
        self._answer = answer

    def commit(self, wanted: Commit) -> TreeHead | None:
        self.gate.wait(5)
        self.seen.append(wanted.expected_next_seq)
        return self._answer(wanted.expected_next_seq)


def run(test: Callable[[CommitWriter], Coroutine[object, object, None]], store: Recorder) -> list[int]:
    woken: list[int] = []

    async def work() -> None:
        writer = CommitWriter(store, lambda: woken.append(1))
        task = asyncio.create_task(writer.run())
        try:
            await test(writer)
        finally:
            store.gate.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            writer.close()

    asyncio.run(work())
    return woken


def test_the_most_severe_goes_first() -> None:
    store = Recorder()

    async def test(writer: CommitWriter) -> None:
        first = asyncio.create_task(writer.commit(commit(0), 1))
        await asyncio.sleep(0.05)  # the writer has taken it and waits at the gate; the others queue up behind
        others = [asyncio.create_task(writer.commit(commit(n), severity)) for n, severity in ((1, 2), (2, 5), (3, 2))]
        await asyncio.sleep(0)
        store.gate.set()
        assert await asyncio.gather(first, *others) == [HEAD] * 4

    woken = run(test, store)
    assert store.seen == [0, 2, 1, 3]
    assert len(woken) == 2


def test_a_failure_is_its_own_commits_alone() -> None:
    def answer(number: int) -> TreeHead | None:
        if number == 1:
            raise StoreBusyError("locked")
        if number == 2:
            raise ZeroDivisionError
        return None if number == 3 else HEAD

    store = Recorder(answer)
    store.gate.set()

    async def test(writer: CommitWriter) -> None:
        results = await asyncio.gather(*(writer.commit(commit(n), 1) for n in range(5)), return_exceptions=True)
        assert [results[0], results[3], results[4]] == [HEAD, None, HEAD]
        assert isinstance(results[1], StoreBusyError)
        assert isinstance(results[2], StoreBusyError)
        assert "ZeroDivisionError" in str(results[2])

    run(test, store)


def test_a_stream_that_ended_meanwhile_is_no_trouble() -> None:
    store = Recorder()

    async def test(writer: CommitWriter) -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(writer.commit(commit(1), 1), 0.05)
        store.gate.set()
        assert await writer.commit(commit(2), 1) is HEAD

    run(test, store)
    assert store.seen == [1, 2]
