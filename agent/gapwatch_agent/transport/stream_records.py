"""Records the stream itself causes: anchors (C15), witnesses of the collector's log and suspicions about it (C4).

None of them may end the stream: on a full disk, sending what waits is what makes room again. What could not be written
is due again with the next answer.
"""

from __future__ import annotations

import logging
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool.port import NewRecord
from gapwatch_agent.transport.ports import WaitingSpool
from gapwatch_agent.transport.witness import Suspicion, TreeWatcher
from gapwatch_proto import codec
from gapwatch_proto.events import Anchor, Payload, SensorHealth, SensorState, Witness
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import SUITE_SHA256_ED25519
from gapwatch_proto.v1 import stream_pb2 as pb

_log = logging.getLogger(__name__)

ANCHOR_INTERVAL_S: Final = 600.0


class StreamRecords:
    """Appends what was learnt about the collector's clock and log to the spool, now and then."""

    def __init__(self, spool: WaitingSpool, watcher: TreeWatcher, clock: Clock, boot_id: bytes) -> None:
        self._spool, self._watcher, self._clock, self._boot_id = spool, watcher, clock, boot_id
        self._anchored_ns: int | None = None

    def connected(self) -> None:
        """A new connection: its first clock and its first tree head are worth a record."""
        self._watcher.connected()
        self._anchored_ns = None

    async def tie(self, collector_ns: int, sent_boottime_ns: int) -> None:
        """Append an anchor (C15) when one is due."""
        now_ns = self._clock.boottime_ns()
        due = self._anchored_ns is None or now_ns - self._anchored_ns >= ANCHOR_INTERVAL_S * 1e9
        if not due or collector_ns <= 0 or not 0 < sent_boottime_ns <= now_ns:
            return
        if await self._append(Kind.ANCHOR, Anchor(collector_ns, now_ns - sent_boottime_ns), now_ns):
            self._anchored_ns = now_ns

    async def witness(self, head: pb.TreeHead) -> None:
        """Record a tree head, or raise what is wrong with it."""
        if head.suite != SUITE_SHA256_ED25519 or head.tree_size == 0:
            return
        now_ns = self._clock.boottime_ns()
        judged = self._watcher.seen(Witness(head.tree_size, head.root_hash, head.signed_at_ns, head.signature), now_ns)
        if isinstance(judged, Witness):
            if await self._append(Kind.WITNESS, judged, now_ns):
                self._keep_head()
            else:
                self._watcher.connected()
        elif isinstance(judged, Suspicion):
            _log.error("ALARM: %s", judged.reason)
            health = SensorHealth("collector_log", "tree head", "degraded", judged.reason)
            if not await self._append(Kind.SENSOR_STATE, SensorState(health, "suspicious_tree_head"), now_ns):
                self._watcher.not_recorded(judged)

    def _keep_head(self) -> None:
        try:
            self._watcher.keep()
        except OSError as error:
            _log.warning("the collector's tree head cannot be kept beyond this run: %s", error)

    async def _append(self, kind: Kind, payload: Payload, boottime_ns: int) -> bool:
        """Whether the spool took it."""
        record = NewRecord(
            kind, SEVERITY[kind], boottime_ns, self._clock.wall_ns(), self._boot_id, codec.encode(payload)
        )
        try:
            await self._spool.append([record])
        except UnavailableError as error:
            _log.warning("the stream's own %s record waits: %s", kind.name.lower(), error)
            return False
        return True
