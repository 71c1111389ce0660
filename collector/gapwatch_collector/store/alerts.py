"""What the console reads of alerts. A page costs the same however many are stored.

Every filter is answered from indexes that end in the alert's number: for each wanted (state, severity) the newest few
are walked in their own index, then the handful is merged. A search for text looks through at most SEARCHED_MAX of the
newest alerts that pass the other filters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, select, union_all, update

from gapwatch_collector.model import ActKind, Alert, AlertFilter, AlertState
from gapwatch_collector.store.alert_rows import fold, read_alert
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.entries import act_entry
from gapwatch_collector.store.evaluation import change_state
from gapwatch_collector.store.log import LogWriter
from gapwatch_collector.store.schema import ALERT_COUNTS, ALERT_DETAILS, ALERTS, EVALUATOR
from gapwatch_proto.record import SEVERITY_MAX, SEVERITY_MIN

PAGE_MAX: Final = 1_000
CASE_MAX: Final = 1_000
SEARCHED_MAX: Final = 20_000
_ESCAPE: Final = "/"
_SEVERITIES: Final = tuple(range(SEVERITY_MIN, SEVERITY_MAX + 1))
_WHOLE: Final = select(ALERTS, ALERT_DETAILS.c.facts, ALERT_DETAILS.c.members).join(
    ALERT_DETAILS, ALERT_DETAILS.c.number == ALERTS.c.number
)


class SqlAlerts:
    """Fills the AlertQueries port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def alerts(self, wanted: AlertFilter) -> list[Alert]:
        if wanted.severities and not wanted.severities.intersection(_SEVERITIES):
            return []
        asked, limit = _shape(wanted), max(0, min(wanted.limit, PAGE_MAX))
        parameters = {
            "before": wanted.before_number,
            "host": wanted.host_id,
            "catalogue": wanted.catalogue_id,
            "pattern": _like(wanted.text),
            "page": limit,
            "depth": max(limit, SEARCHED_MAX // len(asked.branches())) if asked.text else limit,
        }
        statement = _page(asked)
        with self._database.read() as connection:
            return [read_alert(row) for row in connection.execute(statement, parameters)]

    def alert(self, alert_id: bytes) -> Alert | None:
        with self._database.read() as connection:
            row = connection.execute(_WHOLE.where(ALERTS.c.alert_id == alert_id)).one_or_none()
        return None if row is None else read_alert(row)

    def case(self, case_id: bytes) -> list[Alert]:
        """At most CASE_MAX; within a severity the oldest first."""
        wanted = (
            _WHOLE.where(ALERTS.c.case_id == case_id)
            .order_by(ALERTS.c.severity.desc(), ALERTS.c.number)
            .limit(CASE_MAX)
        )
        with self._database.read() as connection:
            return [read_alert(row) for row in connection.execute(wanted)]

    def counts(self) -> dict[tuple[AlertState, int], int]:
        with self._database.read() as connection:
            rows = connection.execute(select(ALERT_COUNTS).where(ALERT_COUNTS.c.total > 0)).all()
        return {(AlertState(row.state), row.severity): row.total for row in rows}

    def newest_number(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(EVALUATOR.c.newest_number)) or 0

    def revision(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(EVALUATOR.c.revision)) or 0

    def acknowledge(self, alert_id: bytes, *, by: str, reason: str, now_ns: int) -> bool:
        """The reason becomes the alert's explanation; who and when stand in the log."""
        with self._database.write() as connection:
            open_only = (AlertState.OPEN,)
            if not change_state(self._database, connection, alert_id, open_only, AlertState.ACKNOWLEDGED, reason):
                return False
            connection.execute(update(EVALUATOR).values(revision=EVALUATOR.c.revision + 1))
            detail = {"alert_id": alert_id.hex(), "reason": reason}
            self._writer.append(
                connection, [act_entry(ActKind.ALERT_ACKNOWLEDGED, by=by, detail=detail, now_ns=now_ns)]
            )
        return True


@lru_cache(maxsize=512)
def _page(asked: _Asked) -> Select[Any]:
    """The query for one shape of filter; making one costs more than running it."""
    fixed: list[ColumnElement[bool]] = []
    if asked.before:
        fixed.append(ALERTS.c.number < bindparam("before"))
    if asked.host:
        fixed.append(ALERTS.c.host_id == bindparam("host"))
    if asked.catalogue:
        fixed.append(ALERTS.c.catalogue_id == bindparam("catalogue"))
    newest = [
        select(ALERTS.c.number)
        .where(*fixed, *branch)
        .order_by(ALERTS.c.number.desc())
        .limit(bindparam("depth"))
        .subquery()
        for branch in asked.branches()
    ]
    merged = union_all(*[select(each.c.number) for each in newest]).subquery()
    numbers = select(merged.c.number)
    if asked.text:
        numbers = numbers.join(ALERTS, ALERTS.c.number == merged.c.number)
        numbers = numbers.where(ALERTS.c.search_text.like(bindparam("pattern"), escape=_ESCAPE))
    numbers = numbers.order_by(merged.c.number.desc()).limit(bindparam("page"))
    return _WHOLE.where(ALERTS.c.number.in_(numbers)).order_by(ALERTS.c.number.desc())


@dataclass(frozen=True, slots=True)
class _Asked:
    """The shape of a filter: everything that changes the query beyond its parameters."""

    states: tuple[AlertState, ...]
    severities: tuple[int, ...]
    host: bool
    catalogue: bool
    before: bool
    text: bool

    def branches(self) -> list[list[ColumnElement[bool]]]:
        """One for each (state, severity): the whole beginning of an index stands fixed, so no range is sorted."""
        if not (self.states or self.severities or self.host or self.catalogue):
            return [[]]
        return [
            [ALERTS.c.state == state.value, ALERTS.c.severity == severity]
            for state, severity in product(self.states or tuple(AlertState), self.severities or _SEVERITIES)
        ]


def _shape(wanted: AlertFilter) -> _Asked:
    return _Asked(
        states=tuple(sorted(wanted.states)),
        severities=tuple(sorted(wanted.severities.intersection(_SEVERITIES))),
        host=bool(wanted.host_id),
        catalogue=bool(wanted.catalogue_id),
        before=bool(wanted.before_number),
        text=bool(wanted.text),
    )


def _like(text: str) -> str:
    """A LIKE pattern for text that stands anywhere."""
    escaped = fold(text)
    for special in (_ESCAPE, "%", "_"):
        escaped = escaped.replace(special, _ESCAPE + special)
    return f"%{escaped}%"
