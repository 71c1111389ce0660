"""Watching the collector's log from outside (C4): its signed tree heads may only grow.

A head that is older than one seen before, or the same size with another root, means that history was rewritten. The
last head is kept on disk, so a restart does not forget what was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.transport.state_file import replace_file
from gapwatch_proto import codec
from gapwatch_proto.errors import MalformedPayloadError
from gapwatch_proto.events import Witness
from gapwatch_proto.identity import tree_head_message, verify
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import HASH_BYTES

INTERVAL_NS: Final = 600 * 1_000_000_000
_RAISED_MAX: Final = 100
"""Different suspicions raised in one run; a collector that lies more often than that has been reported enough."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is wrong with a head, for the record and the log."""

    reason: str


class TreeWatcher:
    """Judges heads and says which become records: one on each new connection, else one in ten minutes."""

    def __init__(self, path: Path, log_key: bytes | None) -> None:
        """``log_key``: the log's public key where it is known; without it only growth is checked."""
        self._path, self._log_key = path, log_key
        self._last = _load(path)
        self._before = self._last
        self._recorded_ns: int | None = None
        self._raised: set[str] = set()

    def connected(self) -> None:
        """The next good head is worth a record."""
        self._recorded_ns = None

    def seen(self, head: Witness, boottime_ns: int) -> Witness | Suspicion | None:
        """A head to record, something to raise (once), or nothing to do."""
        reason, fault = self._fault(head)
        self._before = self._last
        if fault:
            if reason == "history":
                self._last = head  # later heads are judged by the history there is now
            if fault in self._raised or len(self._raised) >= _RAISED_MAX:
                return None
            self._raised.add(fault)
            return Suspicion(fault)
        recent = self._recorded_ns is not None and boottime_ns - self._recorded_ns < INTERVAL_NS
        self._last = head
        if recent:
            return None
        self._recorded_ns = boottime_ns
        return head

    def not_recorded(self, suspicion: Suspicion) -> None:
        """The suspicion could not be written down: raise it again when it is seen again."""
        self._raised.discard(suspicion.reason)
        self._last = self._before

    def keep(self) -> None:
        """Write the last head down. Raises OSError when the disk does not take it."""
        if self._last is not None:
            replace_file(self._path, codec.encode(self._last))

    def _fault(self, head: Witness) -> tuple[str, str]:
        """Which part is wrong (``head``, ``history``) and what in words; empty when nothing is."""
        if len(head.root_hash) != HASH_BYTES:
            return "head", "the collector sent a tree head without a root hash"
        message = tree_head_message(head.tree_size, head.root_hash, head.signed_at_ns)
        if self._log_key is not None and not verify(self._log_key, head.signature, message):
            return "head", "the collector's tree head is not signed by its log key"
        last = self._last
        if last is not None and head.tree_size < last.tree_size:
            return "history", f"the collector's log shrank from {last.tree_size} to {head.tree_size} entries"
        if last is not None and head.tree_size == last.tree_size and head.root_hash != last.root_hash:
            return "history", f"the collector's log of {head.tree_size} entries has another root than before"
        return "", ""


def _load(path: Path) -> Witness | None:
    try:
        kept = codec.decode(Kind.WITNESS, path.read_bytes())
    except (OSError, MalformedPayloadError):
        return None
    return kept if isinstance(kept, Witness) else None
