"""Counts kept in the transaction that commits what they count, so that they reconcile by construction.

Event counts go by the UTC day of the event, like the completeness account: an officer asks what a machine said of
Tuesday, not what arrived on Tuesday. Which day table holds a number goes by the day of recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, case, select
from sqlalchemy.dialects.sqlite import Insert

from gapwatch_collector.model import NewEntry, Origin
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.day_tables import day_of
from gapwatch_collector.store.entries import read_span
from gapwatch_collector.store.ports import DayCompleteness, EventCount
from gapwatch_collector.store.schema import COMPLETENESS, EVENT_COUNTS, SPOOL_DAYS
from gapwatch_proto.kinds import Kind

_OF_HOSTS: Final = frozenset({Origin.RECORD, Origin.SPAN, Origin.FORK})
_GAP: Final = int(Kind.GAP)


@dataclass(slots=True)
class _Account:
    """What one batch adds to a host's account of one day."""

    first_seq: int
    last_seq: int
    first_event_ns: int
    last_event_ns: int
    records: int = 0
    evicted: int = 0
    spans: int = 0
    gaps: int = 0
    forks: int = 0

    def add(self, entry: NewEntry, last_seq: int) -> None:
        self.first_seq = min(self.first_seq, entry.seq)
        self.last_seq = max(self.last_seq, last_seq)
        self.first_event_ns = min(self.first_event_ns, entry.event_ns)
        self.last_event_ns = max(self.last_event_ns, entry.event_ns)
        if entry.origin is Origin.SPAN:
            self.spans += 1
        elif entry.origin is Origin.FORK:
            self.forks += 1
        else:
            self.records += 1
            self.evicted += entry.payload_evicted
            self.gaps += entry.kind == _GAP


@dataclass(slots=True)
class _Sums:
    """What a batch adds to every rollup."""

    counts: Counter[tuple[int, bytes, int, int]] = field(default_factory=Counter)
    accounts: dict[tuple[bytes, int, bytes], _Account] = field(default_factory=dict)
    numbers: dict[tuple[bytes, bytes], tuple[int, int]] = field(default_factory=dict)

    def add(self, entry: NewEntry) -> None:
        day = day_of(entry.event_ns)
        seq = last_seq = entry.seq
        if entry.origin is Origin.RECORD:
            self.counts[day, entry.host_id, entry.kind, entry.severity] += 1
        elif entry.origin is Origin.SPAN:
            last_seq = read_span(entry)[0].last_seq
        key = (entry.host_id, day, entry.spool_id)
        account = self.accounts.get(key)
        if account is None:
            account = self.accounts[key] = _Account(seq, last_seq, entry.event_ns, entry.event_ns)
        account.add(entry, last_seq)
        if entry.origin is not Origin.FORK:
            spool = (entry.host_id, entry.spool_id)
            first, last = self.numbers.get(spool, (seq, last_seq))
            self.numbers[spool] = (min(first, seq), max(last, last_seq))


def add_to_rollups(database: Database, connection: Connection, entries: Sequence[NewEntry], day: int) -> None:
    """Count the entries (recorded on ``day``) within the caller's transaction."""
    sums = _Sums()
    for entry in entries:
        if entry.origin in _OF_HOSTS:
            sums.add(entry)
    if not sums.accounts:
        return
    insert = database.dialect.insert
    if sums.counts:
        counting = insert(EVENT_COUNTS)
        counting = counting.on_conflict_do_update(
            index_elements=list(EVENT_COUNTS.primary_key),
            set_={"total": EVENT_COUNTS.c.total + counting.excluded.total},
        )
        keys = ("day", "host_id", "kind", "severity")
        connection.execute(
            counting, [dict(zip(keys, key, strict=True), total=total) for key, total in sums.counts.items()]
        )
    connection.execute(
        _accounting(insert(COMPLETENESS)),
        [
            {"host_id": host_id, "day": event_day, "spool_id": spool_id, **asdict(account)}
            for (host_id, event_day, spool_id), account in sums.accounts.items()
        ],
    )
    if sums.numbers:
        placing = insert(SPOOL_DAYS)
        placing = placing.on_conflict_do_update(
            index_elements=list(SPOOL_DAYS.primary_key),
            set_=_widened(SPOOL_DAYS, placing, ("first_seq",), ("last_seq",)),
        )
        connection.execute(
            placing,
            [
                {"host_id": host_id, "spool_id": spool_id, "day": day, "first_seq": first, "last_seq": last}
                for (host_id, spool_id), (first, last) in sums.numbers.items()
            ],
        )


def _accounting(insert: Insert) -> Insert:
    summed = ("records", "evicted", "spans", "gaps", "forks")
    changes = _widened(COMPLETENESS, insert, ("first_seq", "first_event_ns"), ("last_seq", "last_event_ns"))
    changes.update({name: COMPLETENESS.c[name] + insert.excluded[name] for name in summed})
    return insert.on_conflict_do_update(index_elements=list(COMPLETENESS.primary_key), set_=changes)


def _widened(table: Table, insert: Insert, lower: Sequence[str], upper: Sequence[str]) -> dict[str, ColumnElement[Any]]:
    """SET clauses that let a range grow at both ends; CASE because engines name the scalar min and max differently."""
    changes: dict[str, ColumnElement[Any]] = {}
    for name in lower:
        old, new = table.c[name], insert.excluded[name]
        changes[name] = case((new < old, new), else_=old)
    for name in upper:
        old, new = table.c[name], insert.excluded[name]
        changes[name] = case((new > old, new), else_=old)
    return changes


class SqlRollups:
    """Fills the Rollups port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def event_counts(self, first_day: int, last_day: int) -> list[EventCount]:
        wanted = (
            select(EVENT_COUNTS)
            .where(EVENT_COUNTS.c.day.between(first_day, last_day))
            .order_by(*EVENT_COUNTS.primary_key)
        )
        with self._database.read() as connection:
            return [EventCount(*row) for row in connection.execute(wanted)]

    def completeness(self, host_id: bytes, first_day: int, last_day: int) -> list[DayCompleteness]:
        wanted = (
            select(COMPLETENESS)
            .where(COMPLETENESS.c.host_id == host_id, COMPLETENESS.c.day.between(first_day, last_day))
            .order_by(*COMPLETENESS.primary_key)
        )
        with self._database.read() as connection:
            return [DayCompleteness(*row) for row in connection.execute(wanted)]
