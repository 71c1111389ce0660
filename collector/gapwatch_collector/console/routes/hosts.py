"""Machines: which are silent, old or not yet let in. Health only; what they reported stands with the alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gapwatch_collector.console.deps import ConsoleDeps, HostReport
from gapwatch_collector.console.guard import visitor_of
from gapwatch_collector.console.pages import Pages
from gapwatch_collector.console.query import SEVERITIES, TEXT_LENGTH_MAX
from gapwatch_collector.model import AlertState, Host, HostState

SILENT_AFTER_INTERVALS: Final = 3
"""Heartbeats that may be missed before the page calls a machine silent (the alert is rule SYS-05's to raise)."""
ROWS_MAX: Final = 200
CONDITIONS: Final = ("silent", "awaiting", "never", "online", "revoked", "retired")
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class HostRow:
    """A machine and what is known of its health. ``condition`` is one of CONDITIONS."""

    host: Host
    condition: str
    report: HostReport | None


class HostRoutes:
    """The machines page."""

    def __init__(self, deps: ConsoleDeps, pages: Pages) -> None:
        self._deps, self._pages = deps, pages

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/hosts", self.machines, methods=["GET"])
        return router

    def machines(self, request: Request) -> Response:
        """Worst first: the silent, then those awaiting confirmation, then the rest by name."""
        params = request.query_params
        text = params.get("q", "").strip()[:TEXT_LENGTH_MAX]
        condition = params.get("condition", "")
        rows = host_rows(self._deps)
        counts = {name: sum(row.condition == name for row in rows) for name in CONDITIONS}
        found = [row for row in rows if _matches(row, text, condition)]
        open_alerts = [(s, self._deps.alerts.counts().get((AlertState.OPEN, s), 0)) for s in SEVERITIES]
        return self._pages.page(
            visitor_of(request),
            "hosts.html",
            rows=found[:ROWS_MAX],
            found=len(found),
            total=len(rows),
            counts=counts,
            text=text,
            condition=condition if condition in CONDITIONS else "",
            open_alerts=open_alerts,
        )


def host_rows(deps: ConsoleDeps) -> list[HostRow]:
    """Every machine in the register with its condition now, worst first."""
    reports = deps.host_reports.reports() if deps.host_reports else {}
    now_ns = deps.clock.now_ns()
    rows = [
        HostRow(host, _condition(host, reports.get(host.host_id), now_ns, known=deps.host_reports is not None), report)
        for host in deps.registers.hosts()
        for report in (reports.get(host.host_id),)
    ]
    return sorted(rows, key=lambda row: (CONDITIONS.index(row.condition), row.host.name))


def _condition(host: Host, report: HostReport | None, now_ns: int, *, known: bool) -> str:
    if host.state is not HostState.ENROLLED:
        return host.state.value
    if report is None:
        return "never" if known else "online"
    allowed_ns = SILENT_AFTER_INTERVALS * max(1, host.heartbeat_interval_s) * _SECOND_NS
    return "silent" if now_ns - report.last_heard_ns > allowed_ns else "online"


def _matches(row: HostRow, text: str, condition: str) -> bool:
    if condition in CONDITIONS and row.condition != condition:
        return False
    host = row.host
    wanted = text.casefold()
    return any(
        wanted in field.casefold() for field in (host.name, host.unit, host.secrecy_number, host.responsible_person)
    )
