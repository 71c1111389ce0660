"""The life of one stream: hello, then batches in and acks out, one batch at a time.

Reading waits for the commit and the ack before it: a slow reader of acks, a slow disk and a fast sender all end in the
transport's own flow control, and no queue grows here. Verification runs in a worker thread, commits in the writer's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from gapwatch_collector.clock import Clock
from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.ingest import messages
from gapwatch_collector.ingest.admission import SignedPolicy, StreamEndedError
from gapwatch_collector.ingest.credits import CreditDesk
from gapwatch_collector.ingest.entries import FORK_SEVERITY, commit_of, fork_commit
from gapwatch_collector.ingest.event_time import HELLO_UNCERTAINTY_NS, Tie, Timeline
from gapwatch_collector.ingest.messages import AckNumbers, SentHello
from gapwatch_collector.ingest.refusals import RefusalAccount, Refused
from gapwatch_collector.ingest.reports import HostReports
from gapwatch_collector.ingest.verify import Item, RecordItem, Refusal, RefusalReason, SentBatch, Verified, verify_batch
from gapwatch_collector.ingest.writer import CommitWriter
from gapwatch_collector.model import AnchorPoint, SpoolPosition, TreeHead
from gapwatch_collector.store.ports import Commit, IngestStore
from gapwatch_proto.errors import ProtocolError
from gapwatch_proto.identity import HostIdentity
from gapwatch_proto.record import GENESIS_HASH
from gapwatch_proto.wire import PROTOCOL_VERSIONS

_LOG = logging.getLogger(__name__)

REFUSED_IN_A_ROW_MAX: Final = 16
"""So many wrong batches without a right one between them end the stream; skipped numbers do not count."""

_RACES_MAX: Final = 8

_Result = TypeVar("_Result")


class Wire(Protocol):
    """The transport's side of a stream."""

    async def read(self) -> bytes | None:
        """The next frame; None when the agent has closed its side."""
        ...

    async def write(self, data: bytes) -> None:
        """Send a frame; returns when the transport has taken it."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What all streams share."""

    store: IngestStore
    writer: CommitWriter
    credits: CreditDesk
    refusals: RefusalAccount
    reports: HostReports
    threads: Executor
    clock: Clock
    hello_timeout_s: float


class Session:
    """One stream of one host, from hello to the end."""

    def __init__(self, desk: Desk, identity: HostIdentity, wire: Wire) -> None:
        self._desk, self._identity, self._wire = desk, identity, wire
        self._writing = asyncio.Lock()
        self._ended: asyncio.Future[StreamEndedError] = asyncio.get_running_loop().create_future()
        self._agent_policy: int | None = None
        self._newest_policy: SignedPolicy | None = None
        self._policy_wanted = asyncio.Event()
        self._refused_in_a_row = 0
        self._fork_entered: bytes = b""

    # --- what admission asks ------------------------------------------------------------------------------------------

    def end(self, why: StreamEndedError) -> None:
        """End the stream soon, whatever it is doing."""
        if not self._ended.done():
            self._ended.set_result(why)

    def offer_policy(self, policy: SignedPolicy) -> None:
        """Send it if the agent's is older, as soon as hello has said which one it has."""
        self._newest_policy = policy
        self._policy_wanted.set()

    # --- the stream ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until the agent hangs up. Raises StreamEndedError when the stream must be refused or cut."""
        work = asyncio.ensure_future(self._serve())
        policies = asyncio.ensure_future(self._push_policies())
        try:
            waited: set[asyncio.Future[Any]] = {work, policies, self._ended}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            elif self._ended.done():
                raise self._ended.result()
            else:
                policies.result()
        finally:
            for task in (work, policies):
                task.cancel()
            await asyncio.gather(work, policies, return_exceptions=True)
            self._desk.credits.leave(self)

    async def _serve(self) -> None:
        hello = await self._hello()
        position = await self._thread(self._position, hello.spool_id)
        now_ns = self._desk.clock.now_ns()
        self._desk.reports.greeted(self._identity.host_id, hello.agent_version, hello.policy_version, now_ns)
        timeline = Timeline(
            self._identity.host_id, hello.boot_id, Tie(hello.boottime_ns, now_ns, HELLO_UNCERTAINTY_NS), self._recall
        )
        window = self._desk.credits.enter(self, severity=hello.waiting_worst_severity, waiting=hello.waiting_records)
        head = await self._thread(self._desk.store.tree_head)
        version = next(version for version in hello.protocol_versions if version in PROTOCOL_VERSIONS)
        await self._send(messages.welcome(version, position.next_seq, window, now_ns, head))
        self._agent_policy = hello.policy_version
        self._policy_wanted.set()
        while (frame := await self._wire.read()) is not None:
            position = await self._take(frame, position, timeline)

    async def _hello(self) -> SentHello:
        try:
            frame = await asyncio.wait_for(self._wire.read(), self._desk.hello_timeout_s)
        except TimeoutError as error:
            raise StreamEndedError("no_hello", f"no hello within {self._desk.hello_timeout_s} s") from error
        if frame is None:
            raise StreamEndedError("no_hello", "the stream was closed before a hello")
        hello = _parse(frame)
        if not isinstance(hello, SentHello):
            raise StreamEndedError("malformed", "the first message of a stream is hello")
        if hello.stated_host_id != self._identity.host_id:
            raise StreamEndedError(
                "other_host",
                f"the certificate is host {self._identity.host_id.hex()}'s, hello states "
                f"{hello.stated_host_id[:16].hex() or 'none'}: its state was copied or mixed up; enrol it again",
            )
        if not set(hello.protocol_versions) & set(PROTOCOL_VERSIONS):
            raise StreamEndedError(
                "no_common_version",
                f"this collector speaks protocol versions {list(PROTOCOL_VERSIONS)}, the agent "
                f"{list(hello.protocol_versions)}; update the older of the two",
            )
        return hello

    async def _take(self, frame: bytes, position: SpoolPosition, timeline: Timeline) -> SpoolPosition:
        """One batch: verify, commit, ack. Returns where the spool stands then."""
        for _ in range(_RACES_MAX):
            # Parsing and hashing stay off the loop: other streams' acks must not wait for this batch.
            batch, checked, commit = await self._thread(self._judge, frame, position, timeline)
            if isinstance(checked, Refusal):
                await self._refuse(checked, position)
                return position
            head: TreeHead | None = None
            if commit is not None:
                worst = max(entry.severity for entry in commit.entries)
                try:
                    head = await self._desk.writer.commit(commit, max(worst, self._desk.credits.severity(self)))
                except StoreBusyError as error:
                    busy = Refusal(RefusalReason.BUSY, position.next_seq, f"the store cannot write now: {error}")
                    await self._refuse(busy, position)
                    return position
                if head is None:
                    # Another stream of this spool was quicker: look again, its records are ours repeated.
                    position = await self._thread(self._position, batch.spool_id)
                    continue
            await self._acknowledge(batch, checked, head)
            return checked.position
        raise StreamEndedError("contended", "several streams of this spool are written at once; keep one of them")

    def _judge(
        self, frame: bytes, position: SpoolPosition, timeline: Timeline
    ) -> tuple[SentBatch, Verified | Refusal, Commit | None]:
        """Everything about a batch that needs no waiting, in a worker thread."""
        batch = _parse(frame)
        if not isinstance(batch, SentBatch):
            raise StreamEndedError("malformed", "a stream carries one hello, at its beginning")
        store, host_id = self._desk.store, self._identity.host_id
        checked = verify_batch(
            batch,
            position,
            self._identity.chain_key,
            lambda seq: store.record_hash(host_id, position.spool_id, seq),
        )
        if isinstance(checked, Refusal) or not checked.items:
            return batch, checked, None
        now_ns = self._desk.clock.now_ns()
        self._desk.reports.heard(host_id, checked.items, now_ns)
        return batch, checked, commit_of(checked, position, timeline, now_ns)

    async def _acknowledge(self, batch: SentBatch, verified: Verified, head: TreeHead | None) -> None:
        self._refused_in_a_row = 0
        severity = max((_severity(item) for item in verified.items), default=1)
        window = self._desk.credits.acknowledged(self, severity=severity, records=len(batch.items))
        numbers = AckNumbers(
            batch.spool_id,
            verified.position.next_seq - 1,
            window,
            self._desk.clock.now_ns(),
            batch.sent_boottime_ns,
        )
        await self._send(messages.ack(numbers, head))

    async def _refuse(self, refusal: Refusal, position: SpoolPosition) -> None:
        if refusal.reason is not RefusalReason.BUSY:
            detail = refusal.detail
            self._desk.refusals.refuse(Refused(refusal.reason.name.lower(), self._identity.host_id.hex(), detail))
        if refusal.fork is not None:
            await self._enter_fork(refusal, position)
        if refusal.reason not in {RefusalReason.BUSY, RefusalReason.NUMBER_SKIPPED}:
            self._refused_in_a_row += 1
        await self._send(messages.refusal(position.spool_id, refusal))
        if self._refused_in_a_row >= REFUSED_IN_A_ROW_MAX:
            raise StreamEndedError("malformed", f"{REFUSED_IN_A_ROW_MAX} batches in a row were wrong: {refusal.detail}")

    async def _enter_fork(self, refusal: Refusal, position: SpoolPosition) -> None:
        """Keep the branch, once a stream: the agent repeats itself until somebody acts."""
        assert refusal.fork is not None
        mark = refusal.fork.seq.to_bytes(8, "big") + b"".join(item.last_hash for item in refusal.fork.branch[:1])
        if mark == self._fork_entered:
            return
        try:
            for _ in range(_RACES_MAX):
                kept = fork_commit(refusal.fork, position, self._desk.clock.now_ns())
                if await self._desk.writer.commit(kept, FORK_SEVERITY) is not None:
                    self._fork_entered = mark
                    return
                # The twin's stream wrote meanwhile: the branch belongs beside where the spool stands now.
                position = await self._thread(self._position, position.spool_id)
        except StoreBusyError as error:
            _LOG.warning("a fork could not be entered yet: %s", error)

    # --- policies, threads, the wire ----------------------------------------------------------------------------------

    async def _push_policies(self) -> None:
        while True:
            await self._policy_wanted.wait()
            self._policy_wanted.clear()
            newest = self._newest_policy
            if newest is not None and self._agent_policy is not None and newest.version > self._agent_policy:
                self._agent_policy = newest.version
                await self._send(messages.policy(newest.signed))

    async def _send(self, data: bytes) -> None:
        async with self._writing:
            await self._wire.write(data)

    async def _thread(self, act: Callable[..., _Result], *arguments: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._desk.threads, act, *arguments)

    def _position(self, spool_id: bytes) -> SpoolPosition:
        known = self._desk.store.position(self._identity.host_id, spool_id)
        return known or SpoolPosition(self._identity.host_id, spool_id, 1, GENESIS_HASH)

    def _recall(self, boot_id: bytes) -> AnchorPoint | None:
        return self._desk.store.anchor(self._identity.host_id, boot_id)


def _parse(frame: bytes) -> SentHello | SentBatch:
    try:
        return messages.read_agent_message(frame)
    except ProtocolError as error:
        raise StreamEndedError("malformed", str(error)) from error


def _severity(item: Item) -> int:
    return item.severity if isinstance(item, RecordItem) else item.sent.span.worst_severity
