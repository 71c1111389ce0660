"""The evaluator's loop: hold the lock, read from the cursor, step, save everything in one transaction, again.

All storage is touched from one thread of its own, never from the event loop. Whenever a save fails or another evaluator
has moved the cursor, the memory is thrown away and read anew from the store: what is stored is the only truth.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.clock import Clock, SystemClock
from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.evaluate.core import Core, EvaluationSettings
from gapwatch_collector.rules import RuleSet
from gapwatch_collector.store.ports import Evaluation, EvaluationStore, LogReader

_log = logging.getLogger(__name__)

POLL_S: Final = 0.2
STANDBY_S: Final = 1.0
_BUSY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class EvaluatorStatus:
    """For health pages: whether this process leads, where it stands, what it raised and could not read."""

    leading: bool = False
    cursor: int = 0
    alerts: int = 0
    skipped: int = 0


class _OvertakenError(Exception):
    """Another evaluator moved the cursor."""


class Evaluator:
    """One of these runs in each collector process that has the role; only the one that holds the lock works."""

    def __init__(
        self,
        reader: LogReader,
        store: EvaluationStore,
        ruleset: RuleSet,
        settings: EvaluationSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._reader, self._store, self._ruleset = reader, store, ruleset
        self._settings, self._clock = settings or EvaluationSettings(), clock or SystemClock()
        self._core: Core | None = None
        self._status = EvaluatorStatus()
        self.wake = asyncio.Event()
        """Set it (from the event loop) after a commit; without it the log is looked at every ``POLL_S``."""

    @property
    def status(self) -> EvaluatorStatus:
        return self._status

    async def run(self, stop: asyncio.Event) -> None:
        """Work, or stand by, until ``stop`` is set."""
        with ThreadPoolExecutor(1, thread_name_prefix="evaluate") as thread:
            while not stop.is_set():
                await self._lead(stop, thread)

    def pass_once(self) -> int:
        """Evaluate at most one batch and save it; returns how many entries it had. Call from one thread only.

        Raises StoreBusyError when nothing could be read or written (call again), _OvertakenError never: that is 0.
        """
        try:
            return self._pass()
        except _OvertakenError:
            _log.warning("another evaluator has moved the cursor; reading its state")
            return 0

    async def _lead(self, stop: asyncio.Event, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        lock = self._store.lead()
        leads = await loop.run_in_executor(thread, lock.__enter__)
        try:
            if not leads:
                await self._wait(stop, STANDBY_S)
                return
            self._core = None
            while not stop.is_set():
                self.wake.clear()
                try:
                    taken = await loop.run_in_executor(thread, self._pass)
                except StoreBusyError as error:
                    _log.warning("the store is busy, trying again: %s", error)
                    await self._wait(stop, _BUSY_S)
                    continue
                except _OvertakenError:
                    _log.error("another evaluator has moved the cursor although this one holds the lock; standing back")
                    return
                if not taken:
                    await self._wait(stop, POLL_S)
        finally:
            self._status = EvaluatorStatus(False, self._status.cursor, self._status.alerts, self._status.skipped)
            await loop.run_in_executor(thread, lock.__exit__, None, None, None)

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Until something was committed, the time has passed, or it is time to end."""
        waits = {
            asyncio.ensure_future(self.wake.wait()),
            asyncio.ensure_future(stop.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _pass(self) -> int:
        core, self._core = self._core, None  # only a saved pass puts it back
        if core is None:
            cursor = self._store.cursor()
            core = Core(self._ruleset, self._settings, self._store.load_state())
        else:
            cursor = self._status.cursor
        entries = self._reader.read(cursor, self._settings.batch_entries_max)
        if not entries:
            self._core = core
            self._status = EvaluatorStatus(True, cursor, self._status.alerts, core.skipped)
            return 0
        for entry in entries:
            core.step(entry)
        outcome = core.take_outcome()
        evaluation = Evaluation(
            expected_cursor=cursor,
            cursor=entries[-1].log_index + 1,
            alerts=outcome.alerts,
            state=outcome.state,
            resolutions=outcome.resolutions,
            sightings=list(outcome.sightings.values()),
        )
        if not self._store.save(evaluation):
            raise _OvertakenError
        self._core = core
        self._status = EvaluatorStatus(True, evaluation.cursor, self._status.alerts + len(outcome.alerts), core.skipped)
        return len(entries)
