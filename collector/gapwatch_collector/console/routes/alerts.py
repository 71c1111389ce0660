"""The officer's first page: the live alert list, one alert in full, and its acknowledgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from gapwatch_collector.console import codes
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.evidence import all_facts, evidence
from gapwatch_collector.console.guard import Visitor, field_of, visitor_of
from gapwatch_collector.console.live import Feed, LiveAlerts, Mark, stream
from gapwatch_collector.console.pages import Pages
from gapwatch_collector.console.query import ALL_STATES, PAGE_ROWS, SEVERITIES, AlertQuery, is_id, number
from gapwatch_collector.console.rows import alert_row
from gapwatch_collector.model import Alert, AlertState

REASON_LENGTH_MAX: Final = 2000
CASE_ROWS_MAX: Final = 200
STATES: Final = (*(state.value for state in AlertState), ALL_STATES)


class AlertRoutes:
    """List, stream, detail, acknowledge."""

    def __init__(self, deps: ConsoleDeps, pages: Pages, live: LiveAlerts) -> None:
        self._deps, self._pages, self._live = deps, pages, live

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/alerts", self.queue, methods=["GET"])
        router.add_api_route("/alerts/live", self.stream, methods=["GET"])
        router.add_api_route("/alerts/{alert_id}", self.detail, methods=["GET"])
        router.add_api_route("/alerts/{alert_id}/acknowledge", self.acknowledge, methods=["POST"])
        return router

    def queue(self, request: Request) -> Response:
        """One page of the list. The two marks are read first: what arrives meanwhile, the stream brings."""
        visitor, query = visitor_of(request), AlertQuery.read(request.query_params)
        mark = Mark(self._deps.alerts.newest_number(), self._deps.alerts.revision())
        found = self._deps.alerts.alerts(query.filter(PAGE_ROWS + 1))
        shown = found[:PAGE_ROWS]
        context = {
            "query": query,
            "rows": self._rows(shown, visitor),
            "older": query.older(shown[-1].number).url() if len(found) > PAGE_ROWS else "",
            "live_url": query.url("/alerts/live", after=mark.number, revision=mark.revision),
            "host_name": self._host_name(query.host),
            **self._counts(query),
        }
        return self._pages.page(visitor, "alerts.html", **context)

    def _rows(self, alerts: Iterable[Alert], visitor: Visitor) -> list[Any]:
        return [alert_row(alert, self._deps.rules, visitor.language) for alert in alerts]

    def _host_name(self, host: str) -> str:
        found = self._deps.registers.host(bytes.fromhex(host)) if host else None
        return found.name if found else host

    def _counts(self, query: AlertQuery) -> dict[str, Any]:
        counts = self._deps.alerts.counts()
        return {
            "severities": [(s, severity_count(counts, query.state, s), query.toggled(s).url()) for s in SEVERITIES],
            "states": [
                (s, sum(severity_count(counts, s, n) for n in SEVERITIES), query.with_state(s).url()) for s in STATES
            ],
            "query": query,
        }

    async def stream(self, request: Request) -> Response:
        """Server-sent events for one open list; a reconnecting browser names the last alert it has."""
        visitor, params = visitor_of(request), request.query_params
        if self._live.is_full(visitor.name):
            raise HTTPException(503)
        after = number(request.headers.get("last-event-id", "")) or number(params.get("after", ""))
        seen = Mark(after, number(params.get("revision", "")))
        feed = self._feed(visitor, AlertQuery.read(params))
        return StreamingResponse(stream(self._live, feed, seen, visitor.name), media_type="text/event-stream")

    def _feed(self, visitor: Visitor, query: AlertQuery) -> Feed:
        deps, pages = self._deps, self._pages

        def newer(after: int) -> list[Alert] | None:
            found = deps.alerts.alerts(query.filter(PAGE_ROWS + 1))
            fresh = [alert for alert in found if alert.number > after]
            return None if len(fresh) > PAGE_ROWS else fresh[::-1]

        def render_row(alert: Alert) -> str:
            (row,) = self._rows([alert], visitor)
            return pages.fragment(visitor, "alert_row.html", row=row, fresh=True)

        def render_counts() -> str:
            return pages.fragment(visitor, "counts.html", **self._counts(query))

        def is_welcome() -> bool:
            account = deps.accounts.session(codes.session_hash(visitor.session_id), deps.clock.now_ns())
            return account is not None and account.role is visitor.role and not account.disabled

        return Feed(newer, render_row, render_counts, is_welcome)

    def detail(self, request: Request, alert_id: str) -> Response:
        """Everything known about one alert, top to bottom as an officer reads a case."""
        visitor = visitor_of(request)
        return self._detail_page(visitor, self._alert(alert_id))

    def _detail_page(self, visitor: Visitor, alert: Alert, status: int = 200, complaint: str = "") -> Response:
        language = visitor.language
        rule = self._deps.rules.text(alert.rule_id, language)
        tested, rest = all_facts(alert.facts, rule.fact_names if rule else (), language)
        case = [
            other for other in self._deps.alerts.case(alert.case_id)[:CASE_ROWS_MAX] if other.alert_id != alert.alert_id
        ]
        host = self._deps.registers.host(alert.host_id)
        context = {
            "alert": alert,
            "row": alert_row(alert, self._deps.rules, language),
            "rule": rule,
            "groups": evidence(alert.facts, language),
            "tested": tested,
            "rest": rest,
            "case": self._rows(case, visitor),
            "host": host,
            "complaint": complaint,
            "reason_length_max": REASON_LENGTH_MAX,
        }
        return self._pages.page(visitor, "alert.html", status, **context)

    def _alert(self, alert_id: str) -> Alert:
        alert = self._deps.alerts.alert(bytes.fromhex(alert_id)) if is_id(alert_id) else None
        if alert is None:
            raise HTTPException(404)
        return alert

    def acknowledge(self, request: Request, alert_id: str) -> Response:
        """Take the alert on, with a reason; the store writes who, when and why into the log."""
        visitor, alert = visitor_of(request), self._alert(alert_id)
        reason = field_of(request, "reason", REASON_LENGTH_MAX)
        if not reason:
            return self._detail_page(visitor, alert, 422, "alert.reason_missing")
        done = self._deps.alerts.acknowledge(
            alert.alert_id, by=visitor.name, reason=reason, now_ns=self._deps.clock.now_ns()
        )
        if not done:
            return self._detail_page(visitor, self._alert(alert_id), 409, "alert.not_open")
        return RedirectResponse(f"/alerts/{alert_id}", 303)


def severity_count(counts: Mapping[tuple[AlertState, int], int], state: str, severity: int) -> int:
    """Alerts of one severity in one state, or in all of them."""
    if state == ALL_STATES:
        return sum(count for (_, found), count in counts.items() if found == severity)
    return counts.get((AlertState(state), severity), 0)
