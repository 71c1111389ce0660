"""Counts kept in the transaction that commits what they count, so that they reconcile by construction.

Event counts go by the UTC day of the event, like the completeness account: an officer asks what a machine said of
Tuesday, not what arrived on Tuesday. Which day table holds a number goes by the day of recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, case, select
from sqlalchemy.dialects.sqlite import Insert

from gapwatch_collector.model import Origin
from gapwatch_collector.store.database import Database, Dialect
from gapwatch_collector.store.day_tables import COLUMNS, DAY_NS, day_of
from gapwatch_collector.store.entries import read_span_payload
from gapwatch_collector.store.ports import DayCompleteness, EventCount
from gapwatch_collector.store.schema import COMPLETENESS, EVENT_COUNTS, SPOOL_DAYS
from gapwatch_proto.kinds import Kind

Row = tuple[Any, ...]
"""An entry as the log stores it, in the order of ``day_tables.COLUMNS``."""

_RECORD, _SPAN, _FORK = int(Origin.RECORD), int(Origin.SPAN), int(Origin.FORK)
_OF_HOSTS: Final = frozenset({_RECORD, _SPAN, _FORK})
_ORIGIN, _EVENT_NS, _HOST, _SPOOL = (COLUMNS.index(name) for name in ("origin", "event_ns", "host_id", "spool_id"))
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

    def add(self, connection: Connection, rows: Sequence[Row], day: int) -> None:
        """Count the rows recorded on ``day``."""
        counts: Counter[tuple[int, bytes, int, int]] = Counter()
        accounts = []
        for group in _by_account(_Columns.of(rows)):
            account, kinds = _account(group)
            accounts.append(account)
            for (kind, severity), total in kinds.items():
                counts[account["day"], account["host_id"], kind, severity] += total
        if not accounts:
            return
        if counts:
            names = ("day", "host_id", "kind", "severity", "total")
            connection.execute(
                self._count, [dict(zip(names, (*key, total), strict=True)) for key, total in counts.items()]
            )
        connection.execute(self._account, accounts)
        placed = ("host_id", "spool_id", "first_seq", "last_seq")
        places = [{name: each[name] for name in placed} | {"day": day} for each in accounts if each["last_seq"]]
        if places:
            connection.execute(self._place, places)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Rows turned on their side: what runs for every event then runs in C."""

    rows: Sequence[Row]
    by_name: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Columns:
        columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
        return cls(rows, dict(zip(COLUMNS, columns, strict=True)))

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        return self.by_name[name]


def _by_account(all_rows: _Columns) -> list[_Columns]:
    """Hosts' rows apart by host, spool and day of the event; nearly always they are of one."""
    times = all_rows["event_ns"]
    if (
        set(all_rows["origin"]) <= _OF_HOSTS
        and len(set(all_rows["host_id"])) == len(set(all_rows["spool_id"])) == 1
        and min(times) // DAY_NS == max(times) // DAY_NS
    ):
        return [all_rows]
    groups: dict[tuple[bytes, bytes, int], list[Row]] = {}
    for row in all_rows.rows:
        if row[_ORIGIN] in _OF_HOSTS:
            groups.setdefault((row[_HOST], row[_SPOOL], row[_EVENT_NS] // DAY_NS), []).append(row)
    return [_Columns.of(group) for group in groups.values()]


def _account(group: _Columns) -> tuple[dict[str, Any], Counter[tuple[int, int]]]:
    """What the rows add to their host's account of their day, and records by (kind, severity).

    Forks repeat numbers, so they widen no range; 0 stands for no range.
    """
    origins = Counter(group["origin"])
    records = group
    if origins[_RECORD] < len(group.rows):
        records = _Columns.of([row for row in group.rows if row[_ORIGIN] == _RECORD])
    kinds = Counter(zip(records["kind"], records["severity"], strict=True))
    firsts, lasts = list(records["seq"]), list(records["seq"])
    if origins[_SPAN]:
        spans = _Columns.of([row for row in group.rows if row[_ORIGIN] == _SPAN])
        firsts += spans["seq"]
        lasts += [read_span_payload(payload)[0].last_seq for payload in spans["payload"]]
    account = {
        "host_id": group["host_id"][0],
        "day": day_of(group["event_ns"][0]),
        "spool_id": group["spool_id"][0],
        "first_seq": min(firsts, default=0),
        "last_seq": max(lasts, default=0),
        "records": origins[_RECORD],
        "evicted": sum(records["payload_evicted"]),
        "spans": origins[_SPAN],
        "gaps": sum([total for (kind, _), total in kinds.items() if kind == _GAP]),
        "forks": origins[_FORK],
        "first_event_ns": min(group["event_ns"]),
        "last_event_ns": max(group["event_ns"]),
    }
    return account, kinds


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
