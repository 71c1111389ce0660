"""The same answers as JSON, for the programs of signed-in users. Read-only; described at /api/openapi.json."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from gapwatch_collector.console import times
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.guard import visitor_of
from gapwatch_collector.console.query import TEXT_LENGTH_MAX, is_id
from gapwatch_collector.console.routes.hosts import HostRow, host_rows
from gapwatch_collector.model import Alert, AlertFilter, AlertState

PAGE_ROWS_MAX: Final = 500


class AlertOut(BaseModel):
    """An alert. Times are UTC; ``time_uncertainty_ms`` says how sure the event's time is. ``number`` pages."""

    alert_id: str
    case_id: str
    number: int
    rule_id: str
    catalogue_id: str
    severity: int
    state: str
    late: bool
    sentence: str
    time: str
    time_uncertainty_ms: int
    raised_time: str
    host_id: str
    explanation: str


class AlertDetailOut(AlertOut):
    """An alert with every fact its rule could see and the log indexes it rests on."""

    facts: dict[str, Any]
    members: list[int]
    case: list[str]


class AlertPageOut(BaseModel):
    """Newest first; ``next_before`` asks for the page after this one, absent on the last."""

    alerts: list[AlertOut]
    next_before: int | None


class CountOut(BaseModel):
    """How many alerts stand in one state with one severity."""

    state: str
    severity: int
    count: int


class HostOut(BaseModel):
    """A machine's health as the collector knows it."""

    host_id: str
    name: str
    state: str
    condition: str
    zone: str
    unit: str
    secrecy_number: str
    last_heard_time: str | None
    agent_version: str | None
    policy_version: int | None


Severities = Annotated[list[int] | None, Query(description="1 low .. 5 critical; repeat for several")]
State = Annotated[AlertState | None, Query(description="absent: every state")]
Text = Annotated[str, Query(max_length=TEXT_LENGTH_MAX)]
Before = Annotated[int, Query(ge=0, description="alerts with a number below this one; 0 from the newest")]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]


class ApiRoutes:
    """Counts, alerts, hosts, and the description of all of them."""

    def __init__(self, deps: ConsoleDeps) -> None:
        self._deps = deps

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api")
        router.add_api_route("/openapi.json", self.description, methods=["GET"], include_in_schema=False)
        router.add_api_route("/counts", self.counts, methods=["GET"])
        router.add_api_route("/alerts", self.alerts, methods=["GET"])
        router.add_api_route("/alerts/{alert_id}", self.alert, methods=["GET"])
        router.add_api_route("/hosts", self.hosts, methods=["GET"])
        return router

    def description(self, request: Request) -> Response:
        """OpenAPI of this interface."""
        return JSONResponse(request.app.openapi())

    def counts(self) -> list[CountOut]:
        """Alerts by state and severity; numbers without content, so every duty may see them."""
        counts = sorted(self._deps.alerts.counts().items())
        return [CountOut(state=state.value, severity=severity, count=n) for (state, severity), n in counts]

    def alerts(
        self,
        request: Request,
        severity: Severities = None,
        state: State = None,
        q: Text = "",
        before: Before = 0,
        limit: Limit = 50,
    ) -> AlertPageOut:
        """One page of alerts."""
        wanted = AlertFilter(
            severities=frozenset(severity or ()),
            states=frozenset({state} if state else ()),
            text=q,
            before_number=before,
            limit=limit + 1,
        )
        found = self._deps.alerts.alerts(wanted)
        language = visitor_of(request).language
        more = len(found) > limit
        return AlertPageOut(
            alerts=[AlertOut(**self._fields(alert, language)) for alert in found[:limit]],
            next_before=found[limit - 1].number if more else None,
        )

    def alert(self, request: Request, alert_id: str) -> AlertDetailOut:
        """One alert in full."""
        alert = self._deps.alerts.alert(bytes.fromhex(alert_id)) if is_id(alert_id) else None
        if alert is None:
            raise HTTPException(404)
        case = [other.alert_id.hex() for other in self._deps.alerts.case(alert.case_id)]
        facts = {name: encodable(value) for name, value in alert.facts.items()}
        return AlertDetailOut(
            **self._fields(alert, visitor_of(request).language), facts=facts, members=list(alert.members), case=case
        )

    def _fields(self, alert: Alert, language: str) -> dict[str, Any]:
        return {
            "alert_id": alert.alert_id.hex(),
            "case_id": alert.case_id.hex(),
            "number": alert.number,
            "rule_id": alert.rule_id,
            "catalogue_id": alert.catalogue_id,
            "severity": alert.severity,
            "state": alert.state.value,
            "late": alert.late,
            "sentence": encodable(self._deps.rules.sentence(alert.rule_id, language, alert.facts)),
            "time": times.machine_readable(alert.event_ns),
            "time_uncertainty_ms": alert.uncertainty_ns // 1_000_000,
            "raised_time": times.machine_readable(alert.raised_ns),
            "host_id": alert.host_id.hex(),
            "explanation": encodable(alert.explanation),
        }

    def hosts(self) -> list[HostOut]:
        """Every machine in the register, worst first."""
        return [_host_out(row) for row in host_rows(self._deps)]


def _host_out(row: HostRow) -> HostOut:
    host, report = row.host, row.report
    return HostOut(
        host_id=host.host_id.hex(),
        name=str(encodable(host.name)),
        state=host.state.value,
        condition=row.condition,
        zone=str(encodable(host.zone)),
        unit=str(encodable(host.unit)),
        secrecy_number=str(encodable(host.secrecy_number)),
        last_heard_time=times.machine_readable(report.last_heard_ns) if report else None,
        agent_version=str(encodable(report.agent_version)) if report else None,
        policy_version=report.policy_version if report else None,
    )


def encodable(value: object) -> object:
    """The same value without lone surrogates, which JSON as UTF-8 cannot carry: they stand escaped."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list | tuple):
        return [encodable(entry) for entry in value]
    if isinstance(value, dict):
        return {str(encodable(key)): encodable(entry) for key, entry in value.items()}
    return value
