"""Ingest as a whole: both servers, the writer and the watch over the register, started and stopped in order."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from gapwatch_collector.authority.keys import CollectorKeys
from gapwatch_collector.clock import Clock
from gapwatch_collector.config import EnrolmentSection, IngestSection
from gapwatch_collector.errors import ConfigError, StoreBusyError
from gapwatch_collector.ingest.admission import Admission, StreamEndedError
from gapwatch_collector.ingest.credits import CreditDesk
from gapwatch_collector.ingest.enrolment import EnrolmentRules, EnrolmentService
from gapwatch_collector.ingest.refusals import RefusalAccount
from gapwatch_collector.ingest.reports import HostReports
from gapwatch_collector.ingest.server import Listening, build_enrolment_server, build_stream_server
from gapwatch_collector.ingest.service import CollectionService
from gapwatch_collector.ingest.session import Desk
from gapwatch_collector.ingest.writer import CommitWriter
from gapwatch_collector.model import ActKind
from gapwatch_collector.store.ports import Audit, Enrolments, IngestStore, Policies, Registers

_LOG = logging.getLogger(__name__)

_VERIFYING_THREADS: Final = 2
"""Hashing holds the interpreter for most of its time: more threads would only queue for it."""

_GRACE_S: Final = 3.0
_SWITCH_S: Final = 0.0003


class IngestPorts(Protocol):
    """The parts of the store ingest works with."""

    @property
    def ingest(self) -> IngestStore: ...

    @property
    def registers(self) -> Registers: ...

    @property
    def enrolments(self) -> Enrolments: ...

    @property
    def policies(self) -> Policies: ...

    @property
    def audit(self) -> Audit: ...


@dataclass(frozen=True, slots=True)
class IngestRules:
    """What the configuration says about ingest."""

    ingest: IngestSection
    enrolment: EnrolmentSection


class IngestRoom:
    """Start, run, stop. ``ports`` are known once started (a configured port 0 lets the system choose)."""

    def __init__(
        self,
        store: IngestPorts,
        keys: CollectorKeys,
        rules: IngestRules,
        clock: Clock,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        if rules.enrolment.auto_confirm and not keys.development:
            raise ConfigError(
                "configuration", ["enrolment.auto_confirm: works with development keys only; write false"]
            )
        self._store, self._keys, self._rules, self._clock = store, keys, rules, clock
        self._threads = ThreadPoolExecutor(_VERIFYING_THREADS, thread_name_prefix="ingest-verify")
        self._tasks: list[asyncio.Task[None]] = []
        self._acts: set[asyncio.Future[None]] = set()
        self._stream: Listening | None = None
        self._enrolment: Listening | None = None
        self.reports = HostReports()
        self.writer = CommitWriter(store.ingest, on_commit)
        self.refusals = RefusalAccount(clock.now_ns, self._enter_refusal)
        self.admission = Admission(store.registers, store.policies, clock, streams_max=rules.ingest.streams_max)

    async def start(self) -> None:
        """Listen. Raises ConfigError when an address cannot be had."""
        ingest, enrolment = self._rules.ingest, self._rules.enrolment
        credits_desk = CreditDesk(per_stream_max=ingest.credits_max, total_max=ingest.credits_total_max)
        desk = Desk(
            self._store.ingest,
            self.writer,
            credits_desk,
            self.refusals,
            self.reports,
            self._threads,
            self._clock,
            ingest.hello_timeout_s,
        )
        collection = CollectionService(desk, self.admission)
        rules = EnrolmentRules(
            timedelta(days=enrolment.certificate_days), enrolment.ask_again_s, enrolment.auto_confirm
        )
        enrolling = EnrolmentService(self._store, self._keys, rules, self.refusals, self._clock)
        self._stream = build_stream_server(
            self._keys, collection.handler(), str(ingest.listen), streams_max=ingest.streams_max
        )
        self._enrolment = build_enrolment_server(self._keys, enrolling.handler(), str(enrolment.listen))
        # The verifying threads hold the interpreter; the writer gives it up at every row and should have it back soon.
        # What this gains lies within the noise of the machines it was measured on.
        sys.setswitchinterval(_SWITCH_S)
        await self.admission.look()
        self._tasks = [
            asyncio.create_task(self.writer.run(), name="ingest-writer"),
            asyncio.create_task(self.admission.watch(ingest.register_poll_s), name="ingest-register"),
        ]
        await self._stream.server.start()
        await self._enrolment.server.start()

    @property
    def stream_port(self) -> int:
        """Where streams are taken."""
        return self._stream.port if self._stream else 0

    @property
    def enrolment_port(self) -> int:
        """Where hosts enrol."""
        return self._enrolment.port if self._enrolment else 0

    async def run(self) -> None:
        """Work until cancelled; raises what ended a part that must not end."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Tell the streams, finish what the writer has in hand, close both servers."""
        self.admission.end_all(StreamEndedError("stopping", "the collector is stopping; come again later"))
        servers = [listening.server for listening in (self._stream, self._enrolment) if listening]
        await asyncio.gather(*(server.stop(_GRACE_S) for server in servers))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.writer.close)
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._acts:
            await asyncio.wait(self._acts, timeout=_GRACE_S)

    def _enter_refusal(self, detail: dict[str, object]) -> None:
        """From whichever loop turn a refusal happens in; the entry is written in a thread."""
        act = asyncio.ensure_future(asyncio.to_thread(self._write_refusal, detail))
        self._acts.add(act)
        act.add_done_callback(self._acts.discard)

    def _write_refusal(self, detail: dict[str, object]) -> None:
        try:
            self._store.audit.act(ActKind.STREAM_REFUSED, by="ingest", detail=detail, now_ns=self._clock.now_ns())
        except StoreBusyError as error:
            _LOG.warning("a refusal could not be entered into the log: %s", error)
