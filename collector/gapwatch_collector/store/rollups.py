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
_ORIGIN, _EVENT_NS, _HOST, _SPOOL, _SEQ, _PAYLOAD = (
    COLUMNS.index(name) for name in ("origin", "event_ns", "host_id", "spool_id", "seq", "payload")
)
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
        ours = rows if {row[_ORIGIN] for row in rows} == {_RECORD} else [r for r in rows if r[_ORIGIN] in _OF_HOSTS]
        if not ours:
            return
        counts: Counter[tuple[int, bytes, int, int]] = Counter()
        accounts = []
        for group in _by_account(ours):
            account, kinds = _account(group)
            accounts.append(account)
            for (kind, severity), total in kinds.items():
                counts[account["day"], account["host_id"], kind, severity] += total
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


def _by_account(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Rows apart by host, spool and day of the event; nearly always they are of one."""
    times = [row[_EVENT_NS] for row in rows]
    one_day = min(times) // DAY_NS == max(times) // DAY_NS
    if one_day and len({row[_HOST] for row in rows}) == len({row[_SPOOL] for row in rows}) == 1:
        return [rows]
    groups: dict[tuple[bytes, bytes, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[_HOST], row[_SPOOL], row[_EVENT_NS] // DAY_NS), []).append(row)
    return list(groups.values())


def _account(group: Sequence[Row]) -> tuple[dict[str, Any], Counter[tuple[int, int]]]:
    """What the rows add to their host's account of their day, and records by (kind, severity).

    Works through whole columns: this runs for every event. Forks repeat numbers, so they widen no range; 0 stands for
    no range.
    """
    origins = Counter([row[_ORIGIN] for row in group])
    records = group if len(origins) == 1 and origins[_RECORD] else [row for row in group if row[_ORIGIN] == _RECORD]
    column = dict(zip(COLUMNS, zip(*records, strict=True), strict=True)) if records else dict.fromkeys(COLUMNS, ())
    kinds = Counter(zip(column["kind"], column["severity"], strict=True))
    spans = [row for row in group if row[_ORIGIN] == _SPAN] if origins[_SPAN] else []
    first_seqs = [*column["seq"][:1], *[row[_SEQ] for row in spans]]
    last_seqs = [*column["seq"][-1:], *[read_span_payload(row[_PAYLOAD])[0].last_seq for row in spans]]
    times = [row[_EVENT_NS] for row in group]
    account = {
        "host_id": group[0][_HOST],
        "day": day_of(times[0]),
        "spool_id": group[0][_SPOOL],
        "first_seq": min(first_seqs, default=0),
        "last_seq": max(last_seqs, default=0),
        "records": len(records),
        "evicted": sum(column["payload_evicted"]),
        "spans": len(spans),
        "gaps": sum([total for (kind, _), total in kinds.items() if kind == _GAP]),
        "forks": origins[_FORK],
        "first_event_ns": min(times),
        "last_event_ns": max(times),
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
