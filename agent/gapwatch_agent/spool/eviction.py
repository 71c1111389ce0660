"""What goes first when space runs out, and the account of it (C3).

Payloads of the least severe go first, oldest first, and leave their headers; when headers alone take more than their
share, the oldest run of headers without payload becomes one span. What went is entered in ``losses`` in the same
transaction, so an account survives a kill between an eviction and the Gap record that reports it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.spool.port import SpoolLimits
from gapwatch_agent.spool.schema import SEVERITIES, transaction
from gapwatch_proto.events import Gap
from gapwatch_proto.record import CollapsedSpan, RecordHeader

HEADER_ROW_BYTES: Final = 140
"""A header's share of its table: 124 bytes, its number and the row's own overhead (measured: 132 to 140)."""

_SEVERITY_AT: Final = 59
_SCAN_ROWS: Final = 4096
_LOW_WATER: Final = 0.95
"""Eviction goes on down to this part of the cap, so that it does not run again for the next record."""


def used_bytes(connection: sqlite3.Connection) -> int:
    """Space in use in the database file; free pages do not count, they are used next."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    return int((pages - free) * size)


def header_count(connection: sqlite3.Connection) -> int:
    """Headers kept, without counting rows: numbers are contiguous but for the collapsed runs."""
    first, last = connection.execute("SELECT min(seq), max(seq) FROM headers").fetchone()
    if first is None:
        return 0
    collapsed = connection.execute(
        "SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM spans WHERE first_seq > ?", (first,)
    ).fetchone()[0]
    return int(last - first + 1 - collapsed)


@dataclass(slots=True)
class Evictor:
    """Makes room in one spool's database. ``now_ns`` is boottime, for the age of an account.

    ``sent_seq``: what may have left the host is never collapsed, because the collector can hold part of it.
    """

    connection: sqlite3.Connection
    limits: SpoolLimits
    sent_seq: int
    _looked_to: int = 0

    def keep_below_cap(self, now_ns: int) -> bool:
        """Bring the database below its cap; True when something went."""
        if used_bytes(self.connection) <= self.limits.bytes_max:
            return False
        went = False
        while used_bytes(self.connection) > self.limits.bytes_max * _LOW_WATER and self.make_room("evicted", now_ns):
            went = True
        return went

    def make_room(self, reason: str, now_ns: int) -> bool:
        """One step: one transaction that gives something up; False when nothing may go any more."""
        step_bytes = max(64 * 1024, self.limits.bytes_max // 64)
        if header_count(self.connection) * HEADER_ROW_BYTES > self.limits.bytes_max * self.limits.headers_share:
            return self._collapse(reason, now_ns) or self._evict(step_bytes, reason, now_ns)
        return self._evict(step_bytes, reason, now_ns) or self._collapse(reason, now_ns)

    def _evict(self, step_bytes: int, reason: str, now_ns: int) -> bool:
        for severity in SEVERITIES:
            with transaction(self.connection):
                headers = list(self._oldest_payloads(severity, step_bytes))
                if headers:
                    self.connection.execute(f"DELETE FROM payload_{severity} WHERE seq <= ?", (headers[-1].seq,))  # noqa: S608
                    self._account(headers, reason, now_ns, collapsed=False)
            if headers:
                self._looked_to = 0  # older headers are bare now
                return True
        return False

    def _oldest_payloads(self, severity: int, step_bytes: int) -> Iterator[RecordHeader]:
        rows = self.connection.execute(
            f"SELECT h.header, length(p.payload) FROM payload_{severity} p JOIN headers h ON h.seq = p.seq"  # noqa: S608
            " ORDER BY p.seq LIMIT ?",
            (_SCAN_ROWS,),
        )
        freed = 0
        for header, size in rows:
            yield RecordHeader.unpack(header)
            freed += size
            if freed >= step_bytes:
                return

    def _collapse(self, reason: str, now_ns: int) -> bool:
        """The oldest runs of bare headers, up to some thousand headers at a time, each into one span."""
        with transaction(self.connection):
            gone: list[RecordHeader] = []
            # Collected first: what is being read must not change under the cursor.
            for run in list(self._bare_runs()):
                if len(run) < 2 and not self._span_before(run[0]):
                    continue
                span = _span_of(run)
                self.connection.execute(
                    "DELETE FROM headers WHERE seq BETWEEN ? AND ?", (span.first_seq, span.last_seq)
                )
                self._put_span(span)
                gone += run
            if gone:
                self._account(gone, reason, now_ns, collapsed=True)
        self._looked_to = gone[-1].seq if gone else 0
        return bool(gone)

    def _bare_runs(self) -> Iterator[list[RecordHeader]]:
        """Headers in a row that have no payload and never left the host, oldest first, bounded in sum."""
        has_payload = " OR ".join(
            f"(s = {severity} AND EXISTS (SELECT 1 FROM payload_{severity} p WHERE p.seq = h.seq))"  # noqa: S608
            for severity in SEVERITIES
        )
        rows = self.connection.execute(
            "SELECT header FROM (SELECT seq, header, unicode(CAST(substr(header, ?, 1) AS TEXT)) AS s"  # noqa: S608
            f" FROM headers WHERE seq > ? ORDER BY seq) h WHERE NOT ({has_payload}) LIMIT ?",
            (_SEVERITY_AT + 1, max(self.sent_seq, self._looked_to), _SCAN_ROWS),
        )
        run: list[RecordHeader] = []
        for (packed,) in rows:
            header = RecordHeader.unpack(packed)
            if run and header.seq != run[-1].seq + 1:
                yield run
                run = []
            run.append(header)
        if run:
            yield run

    def _span_before(self, header: RecordHeader) -> bool:
        found = self.connection.execute(
            "SELECT 1 FROM spans WHERE last_seq = ? AND first_seq > ?", (header.seq - 1, self.sent_seq)
        ).fetchone()
        return found is not None

    def _put_span(self, span: CollapsedSpan) -> None:
        """Insert, joined with the runs right before and after that never left the host either."""
        before = self.connection.execute(
            "SELECT * FROM spans WHERE last_seq = ? AND first_seq > ?", (span.first_seq - 1, self.sent_seq)
        ).fetchone()
        after = self.connection.execute("SELECT * FROM spans WHERE first_seq = ?", (span.last_seq + 1,)).fetchone()
        left = CollapsedSpan(*before) if before else span
        right = CollapsedSpan(*after) if after else span
        worst = max(left.worst_severity, span.worst_severity, right.worst_severity)
        self.connection.execute(
            "DELETE FROM spans WHERE first_seq IN (?, ?, ?)", (left.first_seq, span.first_seq, right.first_seq)
        )
        self.connection.execute(
            "INSERT INTO spans VALUES (?, ?, ?, ?, ?)",
            (left.first_seq, right.last_seq, left.first_prev_hash, right.last_hash, worst),
        )

    def _account(self, headers: list[RecordHeader], reason: str, now_ns: int, *, collapsed: bool) -> None:
        """Enter what goes, one row a boot (boot clocks do not compare) and reason."""
        for boot_id in {header.boot_id for header in headers}:
            mine = [header for header in headers if header.boot_id == boot_id]
            first, last = (mine[0].seq, mine[-1].seq) if collapsed else (0, 0)
            times = [header.boottime_ns for header in mine]
            self.connection.execute(
                "INSERT INTO losses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " payloads = payloads + excluded.payloads, headers = headers + excluded.headers,"
                " first_seq = CASE WHEN first_seq = 0 OR excluded.first_seq BETWEEN 1 AND first_seq"
                " THEN excluded.first_seq ELSE first_seq END,"
                " last_seq = max(last_seq, excluded.last_seq),"
                " from_boottime_ns = min(from_boottime_ns, excluded.from_boottime_ns),"
                " to_boottime_ns = max(to_boottime_ns, excluded.to_boottime_ns)",
                (
                    boot_id,
                    reason,
                    now_ns,
                    0 if collapsed else len(mine),
                    len(mine) if collapsed else 0,
                    first,
                    last,
                    min(times),
                    max(times),
                ),
            )


def _span_of(run: list[RecordHeader]) -> CollapsedSpan:
    worst = max(header.severity for header in run)
    return CollapsedSpan(run[0].seq, run[-1].seq, run[0].prev_hash, run[-1].hash(), worst)


def due_losses(connection: sqlite3.Connection, now_ns: int, interval_s: float) -> list[Gap]:
    """The Gap values of every account, once one is due: an interval old, or begun in a boot whose clock was ahead."""
    rows = connection.execute("SELECT * FROM losses ORDER BY boot_id, reason").fetchall()
    if not any(row[2] > now_ns or now_ns - row[2] >= interval_s * 1e9 for row in rows):
        return []
    return [_gap(*row) for row in rows]


def _gap(
    boot_id: bytes, reason: str, _since: int, payloads: int, headers: int, first: int, last: int, start: int, end: int
) -> Gap:
    detail = f"payloads given up: {payloads}; headers collapsed: {headers}; boot {boot_id.hex()}"
    return Gap("spool", reason, max(payloads, headers), start, end, first, last, detail)
