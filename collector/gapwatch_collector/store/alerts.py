"""What the console reads of alerts. A page costs the same however many are stored.

Every filter is answered from indexes that end in the alert's number: for each wanted (state, severity) the newest few
are walked in their own index, then the handful is merged. A search for text looks through at most SEARCHED_MAX of the
newest alerts that pass the other filters.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select, union_all, update

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
_SEVERITIES: Final = tuple(range(SEVERITY_MIN, SEVERITY_MAX + 1))
_WHOLE: Final = select(ALERTS, ALERT_DETAILS.c.facts, ALERT_DETAILS.c.members).join(
    ALERT_DETAILS, ALERT_DETAILS.c.number == ALERTS.c.number
)


class SqlAlerts:
    """Fills the AlertQueries port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def alerts(self, wanted: AlertFilter) -> list[Alert]:
        limit = max(0, min(wanted.limit, PAGE_MAX))
        numbers = _numbers(wanted, limit)
        page = _WHOLE.where(ALERTS.c.number.in_(numbers)).order_by(ALERTS.c.number.desc())
        with self._database.read() as connection:
            return [read_alert(row) for row in connection.execute(page)]

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


def _numbers(wanted: AlertFilter, limit: int) -> Select[Any]:
    """The numbers of one page, newest first."""
    fixed: list[ColumnElement[bool]] = []
    if wanted.before_number:
        fixed.append(ALERTS.c.number < wanted.before_number)
    if wanted.host_id:
        fixed.append(ALERTS.c.host_id == wanted.host_id)
    if wanted.catalogue_id:
        fixed.append(ALERTS.c.catalogue_id == wanted.catalogue_id)
    filtered = bool(wanted.states or wanted.severities or wanted.host_id or wanted.catalogue_id)
    branches = _branches(wanted) if filtered else [[]]
    depth = limit if not wanted.text else max(limit, SEARCHED_MAX // len(branches))
    newest = [
        select(ALERTS.c.number).where(*fixed, *branch).order_by(ALERTS.c.number.desc()).limit(depth).subquery()
        for branch in branches
    ]
    merged = union_all(*[select(each.c.number) for each in newest]).subquery()
    numbers = select(merged.c.number)
    if wanted.text:
        numbers = numbers.join(ALERTS, ALERTS.c.number == merged.c.number)
        numbers = numbers.where(ALERTS.c.search_text.contains(fold(wanted.text), autoescape=True))
    return numbers.order_by(merged.c.number.desc()).limit(limit)


def _branches(wanted: AlertFilter) -> list[list[ColumnElement[bool]]]:
    """One for each (state, severity): the whole beginning of an index stands fixed, so nothing has to be sorted."""
    states = sorted(wanted.states or AlertState)
    severities = sorted(wanted.severities or _SEVERITIES)
    return [
        [ALERTS.c.state == state.value, ALERTS.c.severity == severity]
        for state, severity in product(states, severities)
    ]
