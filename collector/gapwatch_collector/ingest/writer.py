"""One thread commits for all streams, the most severe batch first.

SQLite has one writer anyway; one thread that takes whatever waits keeps the streams' hand-offs few. Every stream has at
most one batch here, so the queue is bounded by the number of streams.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.model import TreeHead
from gapwatch_collector.store.ports import Commit, IngestStore

_LOG = logging.getLogger(__name__)
_GROUP_MAX: Final = 64
"""Commits taken to the thread at once; more would only make an urgent one behind them wait longer."""

Outcome = TreeHead | None | Exception


@dataclass(frozen=True, slots=True)
class _Waiting:
    commit: Commit
    done: asyncio.Future[TreeHead | None]


class CommitWriter:
    """Serialises commits. ``run`` works until it is cancelled; ``close`` waits for what the thread has in hand.

    ``on_commit`` is called in the event loop after every group that brought something new.
    """

    def __init__(self, store: IngestStore, on_commit: Callable[[], None]) -> None:
        self._store, self._on_commit = store, on_commit
        self._queue: asyncio.PriorityQueue[tuple[int, int, _Waiting]] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingest-writer")
        self.committed = 0

    async def commit(self, commit: Commit, severity: int) -> TreeHead | None:
        """Commit; None when the spool has moved meanwhile. Raises StoreBusyError when nothing could be written."""
        done: asyncio.Future[TreeHead | None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((-severity, next(self._order), _Waiting(commit, done)))
        return await done

    async def run(self) -> None:
        """Take and commit for ever."""
        loop = asyncio.get_running_loop()
        while True:
            group = [(await self._queue.get())[2]]
            while len(group) < _GROUP_MAX and not self._queue.empty():
                group.append(self._queue.get_nowait()[2])
            commits = [waiting.commit for waiting in group]
            outcomes = await loop.run_in_executor(self._thread, self._commit_all, commits)
            for waiting, outcome in zip(group, outcomes, strict=True):
                self._deliver(waiting, outcome)
            self._on_commit()

    def close(self) -> None:
        """Wait for the thread; what it has in hand is committed, what still waits is not and will be sent again."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _commit_all(self, commits: Sequence[Commit]) -> list[Outcome]:
        return [self._outcome(commit) for commit in commits]

    def _outcome(self, commit: Commit) -> Outcome:
        try:
            return self._store.commit(commit)
        except StoreBusyError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the last line of defence between one bad batch and every stream
            _LOG.exception("a commit failed in a way the store does not promise")
            return StoreBusyError(f"the store failed: {type(error).__name__}")

    def _deliver(self, waiting: _Waiting, outcome: Outcome) -> None:
        if waiting.done.done():
            return  # the stream ended while its batch was written; the resend will be harmless
        if isinstance(outcome, Exception):
            waiting.done.set_exception(outcome)
        else:
            self.committed += len(waiting.commit.entries)
            waiting.done.set_result(outcome)
