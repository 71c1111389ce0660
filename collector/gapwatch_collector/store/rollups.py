"""Counts kept in the transaction that commits what they count, so that they reconcile by construction.

Event counts go by the UTC day of the event, like the completeness account: an officer asks what a machine said of
Tuesday, not what arrived on Tuesday. Which day table holds a number goes by the day of recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, case, select
from sqlalchemy.dialects.sqlite import Insert

from gapwatch_collector.model import NewEntry, Origin
from gapwatch_collector.store.database import Database, Dialect
from gapwatch_collector.store.day_tables import DAY_NS, day_of
from gapwatch_collector.store.entries import read_span
from gapwatch_collector.store.ports import DayCompleteness, EventCount
from gapwatch_collector.store.schema import COMPLETENESS, EVENT_COUNTS, SPOOL_DAYS
from gapwatch_proto.kinds import Kind

_OF_HOSTS: Final = (Origin.RECORD, Origin.SPAN, Origin.FORK)
_GAP: Final = int(Kind.GAP)
_SUMS: Final = ("records", "evicted", "spans", "gaps", "forks")


class RollupWriter:
    """Adds what is committed to the rollups, within the caller's transaction."""

    def __init__(self, dialect: Dialect) -> None:
        counting = dialect.insert(EVENT_COUNTS)
        self._count = counting.on_conflict_do_update(
            index_elements=list(EVENT_COUNTS.primary_key),
            set_={"total": EVENT_COUNTS.c.total + counting.excluded.total},
        )
        accounting = dialect.insert(COMPLETENESS)
        changes = _widened(COMPLETENESS, accounting, ("first_seq", "first_event_ns"), ("last_seq", "last_event_ns"))
        changes.update({name: COMPLETENESS.c[name] + accounting.excluded[name] for name in _SUMS})
        self._account = accounting.on_conflict_do_update(index_elements=list(COMPLETENESS.primary_key), set_=changes)
        placing = dialect.insert(SPOOL_DAYS)
        self._place = placing.on_conflict_do_update(
            index_elements=list(SPOOL_DAYS.primary_key),
            set_=_widened(SPOOL_DAYS, placing, ("first_seq",), ("last_seq",)),
        )

    def add(self, connection: Connection, entries: Sequence[NewEntry], day: int) -> None:
        """Count the entries recorded on ``day``. Works through whole columns: this runs for every event."""
        ours = [entry for entry in entries if entry.origin in _OF_HOSTS]
        if not ours:
            return
        counts: Counter[tuple[int, bytes, int, int]] = Counter()
        accounts, places = [], []
        for (host_id, days, spool_id), group in _by_account(ours).items():
            event_day = day_of(days * DAY_NS)
            records = [entry for entry in group if entry.origin is Origin.RECORD]
            # int() because the hash of an enumeration's member is a slow one
            kinds = Counter([(int(entry.kind), entry.severity) for entry in records])
            for (kind, severity), total in kinds.items():
                counts[event_day, host_id, kind, severity] += total
            first_seq, last_seq = _numbers(group)
            times = [entry.event_ns for entry in group]
            account = {
                "host_id": host_id,
                "day": event_day,
                "spool_id": spool_id,
                "first_seq": first_seq,
                "last_seq": last_seq,
                "records": len(records),
                "evicted": [entry.payload_evicted for entry in records].count(True),
                "spans": [entry.origin for entry in group].count(Origin.SPAN),
                "gaps": sum([total for (kind, _), total in kinds.items() if kind == _GAP]),
                "forks": [entry.origin for entry in group].count(Origin.FORK),
                "first_event_ns": min(times),
                "last_event_ns": max(times),
            }
            accounts.append(account)
            if last_seq:
                place = {"host_id": host_id, "spool_id": spool_id, "first_seq": first_seq, "last_seq": last_seq}
                places.append({**place, "day": day})
        if counts:
            names = ("day", "host_id", "kind", "severity", "total")
            rows = [dict(zip(names, (*key, total), strict=True)) for key, total in counts.items()]
            connection.execute(self._count, rows)
        connection.execute(self._account, accounts)
        if places:
            connection.execute(self._place, places)


def _by_account(entries: Sequence[NewEntry]) -> dict[tuple[bytes, int, bytes], list[NewEntry]]:
    """Entries by host, day since 1970 and spool; nearly always one group."""
    groups: dict[tuple[bytes, int, bytes], list[NewEntry]] = {}
    for entry in entries:
        key = (entry.host_id, entry.event_ns // DAY_NS, entry.spool_id)
        if key in groups:
            groups[key].append(entry)
        else:
            groups[key] = [entry]
    return groups


def _numbers(group: Sequence[NewEntry]) -> tuple[int, int]:
    """First and last number of the records and runs; (0, 0) when there are only forks, whose numbers are not new."""
    kept = [entry for entry in group if entry.origin is not Origin.FORK]
    if not kept:
        return 0, 0
    numbers = [entry.seq for entry in kept]
    lasts = [read_span(entry)[0].last_seq for entry in kept if entry.origin is Origin.SPAN]
    return min(numbers), max(numbers + lasts)


def _widened(table: Table, insert: Insert, lower: Sequence[str], upper: Sequence[str]) -> dict[str, ColumnElement[Any]]:
    """SET clauses that let a range grow at both ends; 0 stands for no range yet.

    CASE because engines name the scalar min and max differently.
    """
    changes: dict[str, ColumnElement[Any]] = {}
    for name in lower:
        old, new = table.c[name], insert.excluded[name]
        changes[name] = case(((new > 0) & ((new < old) | (old == 0)), new), else_=old)
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
