"""What one pass of the evaluator writes (C8): alerts, correlation state, resolutions, sightings, cursor, or none.

The number an alert gets counts up in the order of writing. An alert that is already there (same id) is left alone, so a
pass that is run again after a crash doubles nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from sqlalchemy import Connection, case, delete, select, update

from gapwatch_collector.model import Alert, AlertState
from gapwatch_collector.store.alert_rows import alert_row, detail_row
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.entries import canonical_json
from gapwatch_collector.store.ports import Evaluation, Sighting
from gapwatch_collector.store.schema import (
    ALERT_COUNTS,
    ALERT_DETAILS,
    ALERTS,
    CORRELATION,
    EVALUATOR,
    SIGHTINGS,
)

T = TypeVar("T")

_IDS_A_QUERY: Final = 500
_LIVE: Final = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


class SqlEvaluation:
    """Fills the EvaluationStore port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(EVALUATOR.c.cursor)) or 0

    def save(self, evaluation: Evaluation) -> bool:
        with self._database.write() as connection:
            stored = connection.execute(select(EVALUATOR)).one_or_none()
            if (0 if stored is None else stored.cursor) != evaluation.expected_cursor:
                return False
            number = 0 if stored is None else stored.newest_number
            new = _unknown(connection, evaluation.alerts)
            self._insert_alerts(connection, new, number)
            resolved = self._resolve(connection, evaluation.resolutions)
            self._keep_state(connection, evaluation.state)
            self._keep_sightings(connection, evaluation.sightings)
            values = {
                "cursor": evaluation.cursor,
                "newest_number": number + len(new),
                "revision": (0 if stored is None else stored.revision) + resolved,
            }
            keep = self._database.dialect.insert(EVALUATOR).values(id=1, **values)
            connection.execute(keep.on_conflict_do_update(index_elements=[EVALUATOR.c.id], set_=values))
        return True

    def load_state(self) -> dict[str, object]:
        with self._database.read() as connection:
            return {row.key: json.loads(row.state) for row in connection.execute(select(CORRELATION))}

    def lead(self) -> AbstractContextManager[bool]:
        return self._database.dialect.lead()

    def sightings(self, medium_key: str) -> list[Sighting]:
        wanted = select(SIGHTINGS).where(SIGHTINGS.c.medium_key == medium_key)
        with self._database.read() as connection:
            return [Sighting(*row) for row in connection.execute(wanted.order_by(SIGHTINGS.c.first_ns))]

    def _insert_alerts(self, connection: Connection, alerts: Sequence[Alert], newest_number: int) -> None:
        if not alerts:
            return
        numbered = list(enumerate(alerts, newest_number + 1))
        connection.execute(ALERTS.insert(), [alert_row(alert, number) for number, alert in numbered])
        connection.execute(ALERT_DETAILS.insert(), [detail_row(alert, number) for number, alert in numbered])
        for (state, severity), total in Counter([(alert.state, alert.severity) for alert in alerts]).items():
            count_alerts(self._database, connection, state, severity, total)

    def _resolve(self, connection: Connection, resolutions: Iterable[tuple[bytes, AlertState, str]]) -> int:
        """Only an alert that somebody still has to look at changes; resolving twice is harmless."""
        changed = 0
        for alert_id, state, explanation in resolutions:
            changed += change_state(self._database, connection, alert_id, _LIVE, state, explanation)
        return changed

    def _keep_state(self, connection: Connection, states: Mapping[str, object]) -> None:
        kept = [
            {"key": key, "state": canonical_json(value).decode()} for key, value in states.items() if value is not None
        ]
        gone = [key for key, value in states.items() if value is None]
        if kept:
            keep = self._database.dialect.insert(CORRELATION)
            keep = keep.on_conflict_do_update(index_elements=[CORRELATION.c.key], set_={"state": keep.excluded.state})
            connection.execute(keep, kept)
        for chunk in _chunks(gone):
            connection.execute(delete(CORRELATION).where(CORRELATION.c.key.in_(chunk)))

    def _keep_sightings(self, connection: Connection, sightings: Sequence[Sighting]) -> None:
        if not sightings:
            return
        keep = self._database.dialect.insert(SIGHTINGS)
        old, new = SIGHTINGS.c, keep.excluded
        keep = keep.on_conflict_do_update(
            index_elements=list(SIGHTINGS.primary_key),
            set_={
                "first_ns": case((new.first_ns < old.first_ns, new.first_ns), else_=old.first_ns),
                "last_ns": case((new.last_ns > old.last_ns, new.last_ns), else_=old.last_ns),
                # The latest person that was known; a sighting without one does not blot it out.
                "person": case(((new.last_ns >= old.last_ns) & (new.person != ""), new.person), else_=old.person),
            },
        )
        rows = [
            {
                "medium_key": seen.medium_key,
                "host_id": seen.host_id,
                "first_ns": seen.first_ns,
                "last_ns": seen.last_ns,
                "person": seen.person,
            }
            for seen in sightings
        ]
        connection.execute(keep, rows)


def change_state(
    database: Database,
    connection: Connection,
    alert_id: bytes,
    from_states: Sequence[AlertState],
    state: AlertState,
    explanation: str,
) -> bool:
    """Move one alert on and keep the counts; False when it is not there or in none of those states."""
    wanted = select(ALERTS.c.number, ALERTS.c.state, ALERTS.c.severity).where(ALERTS.c.alert_id == alert_id)
    found = connection.execute(wanted).one_or_none()
    if found is None or found.state not in from_states or found.state == state:
        return False
    connection.execute(
        update(ALERTS).where(ALERTS.c.number == found.number).values(state=state.value, explanation=explanation)
    )
    count_alerts(database, connection, AlertState(found.state), found.severity, -1)
    count_alerts(database, connection, state, found.severity, 1)
    return True


def count_alerts(database: Database, connection: Connection, state: AlertState, severity: int, by: int) -> None:
    """Move one cell of the rollup."""
    counting = database.dialect.insert(ALERT_COUNTS).values(state=state.value, severity=severity, total=by)
    connection.execute(
        counting.on_conflict_do_update(
            index_elements=list(ALERT_COUNTS.primary_key),
            set_={"total": ALERT_COUNTS.c.total + counting.excluded.total},
        )
    )


def _unknown(connection: Connection, alerts: Sequence[Alert]) -> list[Alert]:
    """Those that are not stored yet, each id once, in order."""
    by_id: dict[bytes, Alert] = {}
    for alert in alerts:
        by_id.setdefault(alert.alert_id, alert)
    for chunk in _chunks(list(by_id)):
        for known in connection.scalars(select(ALERTS.c.alert_id).where(ALERTS.c.alert_id.in_(chunk))).all():
            del by_id[known]
    return list(by_id.values())


def _chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[at : at + _IDS_A_QUERY] for at in range(0, len(values), _IDS_A_QUERY))
