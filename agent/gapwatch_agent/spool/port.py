"""What the rest of ``link`` asks of a spool, and the values that pass.

One engine (SQLite) fills the port in the product; a memory one stands in tests. One contract suite holds both to these
words. A spool has one writer and is used from one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gapwatch_agent.errors import AgentError, UnavailableError
from gapwatch_proto.record import CollapsedSpan


class SpoolDamagedError(AgentError):
    """The database cannot be trusted; ``recovery`` moves it aside and starts a new spool."""


class SpoolFullError(UnavailableError):
    """Nothing more fits although everything that may go went; the caller keeps its records and tries again."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """Something to keep. ``payload`` is stored, hashed and sent as it stands, never re-serialised (C4)."""

    kind: int
    severity: int
    boottime_ns: int
    wall_ns: int
    boot_id: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it stands in the spool: 124 header bytes, and the payload unless it was evicted (None)."""

    seq: int
    header: bytes
    payload: bytes | None


Item = StoredRecord | CollapsedSpan
"""What a batch carries."""


@dataclass(frozen=True, slots=True)
class Depth:
    """What waits for the collector, counted from storage.

    ``records`` counts those inside collapsed runs too. ``bytes_used`` is space in use in the database. The oldest
    record's clocks are 0 and empty when nothing waits.
    """

    records: int = 0
    bytes_used: int = 0
    worst_severity: int = 0
    oldest_boot_id: bytes = b""
    oldest_boottime_ns: int = 0
    oldest_wall_ns: int = 0


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """How much a spool may hold. ``headers_share`` is the part of ``bytes_max`` that headers alone may take."""

    bytes_max: int = 256 * 1024 * 1024
    headers_share: float = 0.25
    reserve_bytes: int = 8 * 1024 * 1024
    report_interval_s: float = 60.0


class Spool(Protocol):
    """The port. Methods raise SpoolFullError when the disk is full and nothing more may be given up."""

    @property
    def spool_id(self) -> bytes:
        """Random, 16 bytes, given when the spool was created (C1)."""
        ...

    @property
    def next_seq(self) -> int:
        """The number the next record gets; numbers begin at 1 and are never reused."""
        ...

    @property
    def acked_seq(self) -> int:
        """The collector committed everything up to this number; 0 at first."""
        ...

    def append(self, records: Sequence[NewRecord], *, source: bytes = b"", numbers: Sequence[int] = ()) -> int:
        """Keep records in one transaction: when this returns they survive power loss. Returns how many were new.

        With ``source``, ``numbers`` gives each record its source's own number (rising); records at or below the last
        number kept of that source are left out, and the last one is remembered in the same transaction.
        """
        ...

    def last_number(self, source: bytes) -> int:
        """The last number kept of this source; 0 when it is not known."""
        ...

    def read(self, from_seq: int, limit: int, bytes_max: int) -> list[Item]:
        """Items from ``from_seq`` on, contiguous, at most ``limit`` and about ``bytes_max``, at least one if any waits.

        A collapsed run is one item; when ``from_seq`` lies inside one, the whole run comes first. Raises ValueError
        for a number that was already forgotten.
        """
        ...

    def mark_sent(self, seq: int) -> None:
        """Records up to ``seq`` are about to leave the host: from now on they are not collapsed, because the collector
        may hold some of them and a run can only be replaced whole.
        """
        ...

    def ack(self, seq: int) -> None:
        """Forget everything up to ``seq``. Older numbers change nothing; ValueError for one never given."""
        ...

    def depth(self) -> Depth: ...

    def maintain(self) -> None:
        """Called now and then while idle: reports what was evicted, restores the reserve, returns free space."""
        ...

    def close(self) -> None: ...
