"""The console as an ASGI application: one guard before every route, security headers on every response."""

from __future__ import annotations

from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from gapwatch_collector.console import assets
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.guard import ForbiddenError, ForgedFormError, Guard, SignInNeededError
from gapwatch_collector.console.headers import SecurityHeaders
from gapwatch_collector.console.limits import SignInLimit
from gapwatch_collector.console.live import LiveAlerts
from gapwatch_collector.console.pages import Pages
from gapwatch_collector.console.routes.alerts import AlertRoutes
from gapwatch_collector.console.routes.api import ApiRoutes
from gapwatch_collector.console.routes.audit import AuditRoutes
from gapwatch_collector.console.routes.entry import EntryRoutes
from gapwatch_collector.console.routes.hosts import HostRoutes
from gapwatch_collector.errors import StoreBusyError

_BODY_BYTES_MAX: Final = 64 * 1024
# Nothing about a classified unit's console is reported to anybody, whatever the environment says.
_TELEMETRY_OFF: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(deps: ConsoleDeps) -> FastAPI:
    """Build the console. ``app.state.live`` is closed by whoever stops the server, so that open streams end at once."""
    app = FastAPI(
        title="Gapwatch console",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such a redirect is made of the Host header, which is the sender's to choose
        dependencies=[Depends(Guard(deps))],
        max_body_size=_BODY_BYTES_MAX,
        telemetry=_TELEMETRY_OFF,
    )
    pages, live = Pages(deps), LiveAlerts(deps.alerts, deps.clock)
    app.state.live = live
    for routes in (
        EntryRoutes(deps, pages, SignInLimit(deps.clock)),
        AlertRoutes(deps, pages, live),
        HostRoutes(deps, pages),
        AuditRoutes(deps, pages),
        ApiRoutes(deps),
    ):
        app.include_router(routes.router())
    app.mount("/static", StaticFiles(directory=assets.FOLDER))
    app.add_middleware(SecurityHeaders)
    _answer_errors(app, deps, pages)
    return app


def _answer_errors(app: FastAPI, deps: ConsoleDeps, pages: Pages) -> None:
    guard = Guard(deps)

    def refusal(request: Request, status: int, key: str) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": key, "status": status}, status)
        try:
            visitor = guard.visitor(request)
        except StoreBusyError:  # the store that is too busy to answer is too busy to say who asks
            visitor = guard.stranger(request)
        return pages.page(visitor, "refusal.html", status, key=key, status_code=status)

    def sign_in_needed(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "sign_in_needed", "status": 401}, 401)
        if request.headers.get("hx-request") or request.url.path == "/alerts/live":
            return Response(status_code=401, headers={"hx-redirect": "/sign-in"})
        return RedirectResponse("/sign-in", 303)

    def forbidden(request: Request, _: Exception) -> Response:
        return refusal(request, 403, "forbidden")

    def forged(request: Request, _: Exception) -> Response:
        return refusal(request, 403, "forged_form")

    def busy(request: Request, _: Exception) -> Response:
        return refusal(request, 503, "busy")

    def other(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refusal(request, status, {404: "not_found", 405: "not_found", 503: "busy"}.get(status, "other"))

    app.add_exception_handler(SignInNeededError, sign_in_needed)
    app.add_exception_handler(ForbiddenError, forbidden)
    app.add_exception_handler(ForgedFormError, forged)
    app.add_exception_handler(StoreBusyError, busy)
    app.add_exception_handler(HTTPException, other)
