"""Signing in and out, and the two preferences a browser keeps: language and theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from gapwatch_collector.console import codes
from gapwatch_collector.console.access import LANDING
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.guard import (
    THEME_COOKIE,
    THEMES,
    Visitor,
    entry_cookie,
    field_of,
    session_cookie,
    visitor_of,
)
from gapwatch_collector.console.limits import SignInLimit
from gapwatch_collector.console.pages import Pages
from gapwatch_collector.console.words import LANGUAGE_COOKIE, LANGUAGES
from gapwatch_collector.model import ActKind

SESSION_S: Final = 8 * 3600
"""A working day; then a new one-time code is due."""
_PREFERENCE_S: Final = 365 * 86_400
_CODE_LENGTH_MAX: Final = 128
_PATH_LENGTH_MAX: Final = 512
_COOKIE_LENGTH_MAX: Final = 128
_PREFERENCES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "language": (LANGUAGE_COOKIE, LANGUAGES),
    "theme": (THEME_COOKIE, THEMES),
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a posted code led to: a session, or the reason why not (a key of the catalogue and a status)."""

    session_id: str = ""
    landing: str = ""
    complaint: str = ""
    status: int = 200
    retry_s: int = 0


class EntryRoutes:
    """Sign-in, sign-out, preferences."""

    def __init__(self, deps: ConsoleDeps, pages: Pages, limit: SignInLimit) -> None:
        self._deps, self._pages, self._limit = deps, pages, limit

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self.landing, methods=["GET"])
        router.add_api_route("/sign-in", self.form, methods=["GET"])
        router.add_api_route("/sign-in", self.sign_in, methods=["POST"])
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"])
        router.add_api_route("/preference/{name}/{value}", self.prefer, methods=["GET"])
        router.add_api_route("/healthz", self.health, methods=["GET"])
        return router

    def landing(self, request: Request) -> Response:
        """Each duty's first question."""
        role = visitor_of(request).role
        return RedirectResponse(LANDING[role] if role else "/sign-in", 303)

    def health(self) -> Response:
        """For a balancer: the process answers. Says nothing else."""
        return PlainTextResponse("ok")

    def form(self, request: Request) -> Response:
        """The form, with the code filled in where the address carries one. Spends nothing: only the post does."""
        code = request.query_params.get("code", "")[:_CODE_LENGTH_MAX]
        return self._form_page(request, visitor_of(request), code, local_path(request.query_params.get("next", "")))

    def _form_page(
        self, request: Request, visitor: Visitor, code: str, next_path: str, outcome: _Outcome | None = None
    ) -> Response:
        name = entry_cookie(self._deps)
        secret = request.cookies.get(name, "")[:_COOKIE_LENGTH_MAX] or codes.new_session_id()
        response = self._pages.page(
            visitor,
            "sign_in.html",
            outcome.status if outcome else 200,
            code=code,
            next_path=next_path,
            complaint=outcome.complaint if outcome else "",
            retry_s=outcome.retry_s if outcome else 0,
            token=visitor.token or codes.form_token(secret),
        )
        if outcome and outcome.retry_s:
            response.headers["retry-after"] = str(outcome.retry_s)
        self._set(response, name, secret, SESSION_S)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Spend the code; one page tells every failure, so a guess learns nothing."""
        outcome = await run_in_threadpool(self._spend, request)
        if not outcome.session_id:
            return self._form_page(
                request, visitor_of(request), "", local_path(field_of(request, "next", _PATH_LENGTH_MAX)), outcome
            )
        wanted = local_path(field_of(request, "next", _PATH_LENGTH_MAX))
        response = RedirectResponse(wanted or outcome.landing, 303)
        self._set(response, session_cookie(self._deps), outcome.session_id, SESSION_S)
        response.delete_cookie(entry_cookie(self._deps), secure=self._deps.secure_cookies, samesite="strict")
        return response

    def _spend(self, request: Request) -> _Outcome:
        deps, now_ns = self._deps, self._deps.clock.now_ns()
        address = request.client.host if request.client else ""
        attempt = self._limit.attempt(address)
        if not attempt.allowed:
            if attempt.first_refusal:  # once a window: the log must not be filled by whoever hammers the form
                self._failed(address, "too_many_tries", now_ns)
            return _Outcome(complaint="sign_in.too_many", status=429, retry_s=attempt.retry_s)
        code = field_of(request, "code", _CODE_LENGTH_MAX)
        account = deps.accounts.spend_sign_in(codes.code_hash(code), now_ns) if code else None
        if account is None:
            self._failed(address, "code_not_valid", now_ns)
            return _Outcome(complaint="sign_in.refused", status=403)
        if account.role is None:
            self._failed(address, "no_role", now_ns, account.name)
            return _Outcome(complaint="sign_in.no_role", status=403)
        previous = visitor_of(request).session_id
        if previous:
            deps.accounts.close_session(codes.session_hash(previous))
        session_id = codes.new_session_id()
        deps.accounts.open_session(account.account_id, codes.session_hash(session_id), now_ns + SESSION_S * 10**9)
        deps.audit.act(ActKind.SIGNED_IN, by=account.name, detail={"address": address}, now_ns=now_ns)
        return _Outcome(session_id=session_id, landing=LANDING[account.role])

    def _failed(self, address: str, reason: str, now_ns: int, by: str = "") -> None:
        detail = {"address": address, "reason": reason}
        self._deps.audit.act(ActKind.SIGN_IN_FAILED, by=by, detail=detail, now_ns=now_ns)

    def sign_out(self, request: Request) -> Response:
        """Close the session here and in the store."""
        visitor = visitor_of(request)
        self._deps.accounts.close_session(codes.session_hash(visitor.session_id))
        now_ns = self._deps.clock.now_ns()
        self._deps.audit.act(ActKind.SIGNED_OUT, by=visitor.name, detail={}, now_ns=now_ns)
        response = RedirectResponse("/sign-in", 303)
        response.delete_cookie(session_cookie(self._deps), secure=self._deps.secure_cookies, samesite="strict")
        return response

    def prefer(self, request: Request, name: str, value: str) -> Response:
        """Remember a language or a theme in the browser and go back; nothing of ours changes."""
        response = RedirectResponse(local_path(request.query_params.get("back", "")) or "/", 303)
        cookie, values = _PREFERENCES.get(name, ("", ()))
        if value in values:
            self._set(response, cookie, value, _PREFERENCE_S)
        return response

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            secure=self._deps.secure_cookies,
            httponly=True,
            samesite="strict",
        )


def local_path(path: str) -> str:
    """The path when it leads nowhere but to this console, else ''."""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > _PATH_LENGTH_MAX:
        return ""
    return path if path.isascii() and path.isprintable() and "\\" not in path else ""
