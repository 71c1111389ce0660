"""The spool over SQLite: append, read, forget (contracts C1, C2, C4).

``append`` has returned when the records survive power loss; ``seq`` and the tail's hash move only with the commit.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool.eviction import HEADER_ROW_BYTES, Evictor, due_losses, header_count, used_bytes
from gapwatch_agent.spool.port import Depth, Item, NewRecord, SpoolFullError, SpoolLimits, StoredRecord
from gapwatch_agent.spool.reserve import Reserve
from gapwatch_agent.spool.room import Room, require_full
from gapwatch_agent.spool.schema import SEVERITIES, transaction
from gapwatch_proto import codec
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import (
    PAYLOAD_BYTES_MAX,
    CollapsedSpan,
    RecordHeader,
    payload_hash,
    record_hash,
)

_log = logging.getLogger(__name__)

_SOURCES_MAX: Final = 64
_RETRIES_WHEN_FULL: Final = 64
_READ: Final = (
    "SELECT h.seq, h.header, coalesce("  # noqa: S608 (table names of ours)
    + ", ".join(f"p{severity}.payload" for severity in SEVERITIES)
    + ") FROM headers h "
    + " ".join(f"LEFT JOIN payload_{severity} p{severity} ON p{severity}.seq = h.seq" for severity in SEVERITIES)
    + " WHERE h.seq >= ? ORDER BY h.seq LIMIT ?"
)


class DirectoryLock:
    """One process owns a spool directory; the kernel lets go when that process dies."""

    def __init__(self, directory: Path) -> None:
        """Raises UnavailableError when another process holds it."""
        path = directory / "spool.lock"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise UnavailableError(f"the spool in {directory} is held by another process") from error

    def release(self) -> None:
        os.close(self._descriptor)


class SqliteSpool:
    """Fills the Spool port. Made by ``recovery.open_spool``, which checks the file first."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, limits: SpoolLimits, clock: Clock, boot_id: bytes
    ) -> None:
        """``connection`` to the file at ``path``, whole and checked."""
        self._connection = connection
        self.limits, self.clock, self.boot_id = limits, clock, boot_id
        self._room = Room(connection, path)
        self._room.claim()
        self._reserve: Reserve | None = None
        self._bridge: Reserve | None = None
        self._lock: DirectoryLock | None = None
        row = connection.execute("SELECT spool_id, next_seq, tail_hash, acked_seq, sent_seq FROM spool").fetchone()
        self._spool_id: bytes = row[0]
        self._next_seq: int = row[1]
        self._tail_hash: bytes = row[2]
        self._acked_seq: int = row[3]
        self._evictor = Evictor(connection, limits, sent_seq=row[4])

    def hold(self, lock: DirectoryLock | None, reserve: Reserve | None, bridge: Reserve | None) -> None:
        """Take over the directory's lock, the space held in reserve, and what holds the log's space while closed."""
        self._lock, self._reserve, self._bridge = lock, reserve, bridge

    def let_go(self) -> tuple[DirectoryLock | None, Reserve | None, Reserve | None]:
        """Close the database but keep the directory's lock, for the spool that takes this one's place."""
        lock, self._lock = self._lock, None
        self._connection.close()
        self._room.close()
        return lock, self._reserve, self._bridge

    @property
    def spool_id(self) -> bytes:
        return self._spool_id

    @property
    def next_seq(self) -> int:
        return self._next_seq

    @property
    def acked_seq(self) -> int:
        return self._acked_seq

    @property
    def tail_hash(self) -> bytes:
        """Hash of the last record given out; kept when the record itself is acknowledged."""
        return self._tail_hash

    # --- keeping ---------------------------------------------------------------------------------------------------

    def append(self, records: Sequence[NewRecord], *, source: bytes = b"", numbers: Sequence[int] = ()) -> int:
        """See the port. Raises ValueError for numbers that do not fit the records or a payload over the limit."""
        if source:
            records, numbers = self._unseen(records, source, numbers)
        if any(len(record.payload) > PAYLOAD_BYTES_MAX for record in records):
            raise ValueError(f"a payload has more than {PAYLOAD_BYTES_MAX} bytes")
        if not records:
            return 0
        last_number = numbers[-1] if source else 0
        size = sum(len(record.payload) + HEADER_ROW_BYTES for record in records)
        self._insist(lambda: self._insert(records, source, last_number), size)
        self._after_append()
        return len(records)

    def _unseen(
        self, records: Sequence[NewRecord], source: bytes, numbers: Sequence[int]
    ) -> tuple[Sequence[NewRecord], Sequence[int]]:
        if len(numbers) != len(records) or any(a >= b for a, b in pairwise(numbers)):
            raise ValueError("a source's numbers must rise and be as many as its records")
        last = self.last_number(source)
        old = sum(number <= last for number in numbers)
        return records[old:], numbers[old:]

    def _insert(self, records: Sequence[NewRecord], source: bytes, last_number: int) -> None:
        with transaction(self._connection):
            seq, tail = self._insert_within(records)
            if source:
                self._remember(source, last_number, seq)
        self._next_seq, self._tail_hash = seq, tail

    def _insert_within(self, records: Sequence[NewRecord]) -> tuple[int, bytes]:
        """Write the records in the open transaction; what ``next_seq`` and the tail's hash are once it commits."""
        seq, tail = self._next_seq, self._tail_hash
        headers: list[tuple[int, bytes]] = []
        payloads: dict[int, list[tuple[int, bytes]]] = {}
        for record in records:
            packed = RecordHeader(
                self._spool_id,
                seq,
                record.kind,
                record.boot_id,
                record.boottime_ns,
                record.wall_ns,
                record.severity,
                tail,
                payload_hash(record.payload),
            ).pack()
            tail = record_hash(packed)
            headers.append((seq, packed))
            payloads.setdefault(record.severity, []).append((seq, record.payload))
            seq += 1
        self._connection.executemany("INSERT INTO headers VALUES (?, ?)", headers)
        for severity, rows in payloads.items():
            self._connection.executemany(f"INSERT INTO payload_{severity} VALUES (?, ?)", rows)  # noqa: S608
        self._connection.execute("UPDATE spool SET next_seq = ?, tail_hash = ?", (seq, tail))
        return seq, tail

    def _remember(self, source: bytes, last_number: int, seq: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (source, last_number, seq))
        # Bounded: a source is one run of the observing process, and only the newest runs can still resend.
        self._connection.execute(
            "DELETE FROM sources WHERE instance NOT IN"
            " (SELECT instance FROM sources ORDER BY touched_seq DESC LIMIT ?)",
            (_SOURCES_MAX,),
        )

    def _insist(self, write: Callable[[], None], size: int = 0) -> None:
        """Carry out a write of about ``size`` bytes. When it does not fit: let the file grow, give up the reserve, then
        the oldest of the least severe, until it does. Raises SpoolFullError when nothing is left to give.
        """
        for make_room in self._ways_to_make_room(size):
            try:
                write()
            except sqlite3.OperationalError as error:
                require_full(error)
            else:
                return
            if not make_room():
                break
        raise SpoolFullError("the disk is full and nothing in the spool may be given up; free some space")

    def _ways_to_make_room(self, size: int) -> Iterator[Callable[[], bool]]:
        yield lambda: self._room.claim(size) or self._give_up_reserve(size) or self._evict_for_room()
        for _ in range(_RETRIES_WHEN_FULL):
            yield self._evict_for_room

    def _give_up_reserve(self, size: int) -> bool:
        return self._reserve is not None and self._reserve.give_up() and self._room.claim(size)

    def _evict_for_room(self) -> bool:
        self._room.checkpoint()
        try:
            return self._evictor.make_room("disk_full", self.clock.boottime_ns())
        except sqlite3.OperationalError as error:
            require_full(error)
            return False

    def _after_append(self) -> None:
        """The records are safe; what fails from here on is tried again after the next append."""
        try:
            self._evictor.keep_below_cap(self.clock.boottime_ns())
            self._report_losses()
        except sqlite3.OperationalError as error:
            require_full(error)
            _log.warning("the disk is full; eviction waits for the next append")

    def _report_losses(self) -> None:
        now_ns = self.clock.boottime_ns()
        gaps = due_losses(self._connection, now_ns, self.limits.report_interval_s)
        if not gaps:
            return
        wall_ns, severity = self.clock.wall_ns(), SEVERITY[Kind.GAP]
        records = [NewRecord(Kind.GAP, severity, now_ns, wall_ns, self.boot_id, codec.encode(gap)) for gap in gaps]
        with transaction(self._connection):
            self._connection.execute("DELETE FROM losses")
            seq, tail = self._insert_within(records)
        self._next_seq, self._tail_hash = seq, tail

    # --- sending ---------------------------------------------------------------------------------------------------

    def last_number(self, source: bytes) -> int:
        row = self._connection.execute("SELECT last_number FROM sources WHERE instance = ?", (source,)).fetchone()
        return int(row[0]) if row else 0

    def read(self, from_seq: int, limit: int, bytes_max: int) -> list[Item]:
        """See the port."""
        if from_seq <= self._acked_seq:
            raise ValueError(f"record {from_seq} was acknowledged and forgotten (up to {self._acked_seq})")
        rows = self._connection.execute(
            "SELECT * FROM spans WHERE last_seq >= ? ORDER BY first_seq LIMIT ?", (from_seq, limit)
        )
        spans = [CollapsedSpan(*row) for row in rows]
        items: list[Item] = []
        size = 0
        cursor = self._connection.execute(_READ, (from_seq, limit))
        for seq, header, payload in cursor:
            while spans and spans[0].first_seq < seq:
                items.append(spans.pop(0))
            if len(items) >= limit or (items and size + len(header) + len(payload or b"") > bytes_max):
                cursor.close()
                return items[:limit]
            items.append(StoredRecord(seq, header, payload))
            size += len(header) + len(payload or b"")
        if self._reaches(items, spans, from_seq):
            items.extend(spans[: limit - len(items)])
        return items

    @staticmethod
    def _reaches(items: list[Item], spans: list[CollapsedSpan], from_seq: int) -> bool:
        """Whether the spans left over follow right after the items (they do not when the limit cut headers off)."""
        if not spans:
            return False
        if not items:
            return spans[0].first_seq <= from_seq
        last = items[-1]
        return spans[0].first_seq == (last.seq if isinstance(last, StoredRecord) else last.last_seq) + 1

    def mark_sent(self, seq: int) -> None:
        """See the port. On a full disk the mark holds in memory: sending is what frees the disk again."""
        if seq <= self._evictor.sent_seq:
            return
        self._evictor.sent_seq = seq
        try:
            self._insist(lambda: self._write_sent(seq))
        except SpoolFullError as error:
            _log.warning("%s", error)

    def _write_sent(self, seq: int) -> None:
        with transaction(self._connection):
            self._connection.execute("UPDATE spool SET sent_seq = ?", (seq,))

    def ack(self, seq: int) -> None:
        """See the port. A run of which only a part was acknowledged stays until all of it is."""
        if seq >= self._next_seq:
            raise ValueError(f"record {seq} was never given out; the next is {self._next_seq}")
        if seq <= self._acked_seq:
            return
        self._insist(lambda: self._delete_up_to(seq))
        self._acked_seq = seq

    def _delete_up_to(self, seq: int) -> None:
        with transaction(self._connection):
            acked_hash = self._hash_at(seq)
            self._connection.execute("DELETE FROM headers WHERE seq <= ?", (seq,))
            for severity in SEVERITIES:
                self._connection.execute(f"DELETE FROM payload_{severity} WHERE seq <= ?", (seq,))  # noqa: S608
            self._connection.execute("DELETE FROM spans WHERE last_seq <= ?", (seq,))
            self._connection.execute(
                "UPDATE spool SET acked_seq = ?, acked_hash = ?, sent_seq = max(sent_seq, ?)", (seq, acked_hash, seq)
            )

    def _hash_at(self, seq: int) -> bytes:
        """Hash of record ``seq``; empty bytes when it lies inside a run."""
        row = self._connection.execute("SELECT header FROM headers WHERE seq = ?", (seq,)).fetchone()
        if row:
            return record_hash(row[0])
        row = self._connection.execute("SELECT last_hash FROM spans WHERE last_seq = ?", (seq,)).fetchone()
        return bytes(row[0]) if row else b""

    # --- looking after ---------------------------------------------------------------------------------------------

    def depth(self) -> Depth:
        spans, worst_span = self._connection.execute(
            "SELECT coalesce(sum(last_seq - first_seq + 1), 0), coalesce(max(worst_severity), 0) FROM spans"
        ).fetchone()
        bytes_used = used_bytes(self._connection)
        row = self._connection.execute("SELECT header FROM headers ORDER BY seq LIMIT 1").fetchone()
        if row is None:
            return Depth(spans, bytes_used, worst_span)
        oldest = RecordHeader.unpack(row[0])
        worst = self._connection.execute("SELECT max(substr(header, 60, 1)) FROM headers").fetchone()[0]
        records = header_count(self._connection) + spans
        return Depth(records, bytes_used, max(worst[0], worst_span), oldest.boot_id, oldest.boottime_ns, oldest.wall_ns)

    def maintain(self) -> None:
        """See the port."""
        self._after_append()
        if self._reserve is not None:
            self._reserve.make()
        self._room.give_back()

    def close(self) -> None:
        self._connection.close()
        self._room.close()
        if self._bridge is not None:
            self._bridge.make(margin=1)
        if self._lock is not None:
            self._lock.release()
            self._lock = None
