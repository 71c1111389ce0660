"""Stands before every route: who is asking, may they, and did the form come from one of our own pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request

from gapwatch_collector.console.access import PUBLIC, may
from gapwatch_collector.console.codes import form_token, is_form_token, session_hash
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.words import LANGUAGE_COOKIE, Language, choose
from gapwatch_collector.model import Account, Role

THEME_COOKIE: Final = "gapwatch-theme"
THEMES: Final = ("auto", "light", "dark")
_FORM_FIELDS_MAX: Final = 20
_COOKIE_LENGTH_MAX: Final = 128


class SignInNeededError(Exception):
    """Nobody, or nobody any longer, is signed in under this cookie."""


class ForbiddenError(Exception):
    """The duty of the one who asks does not include this."""


class ForgedFormError(Exception):
    """The form did not come from a page of ours, or the page is older than the session."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking and how they want to be answered. ``account`` None stands before the sign-in."""

    language: Language
    theme: str
    account: Account | None = None
    role: Role | None = None
    session_id: str = ""

    @property
    def name(self) -> str:
        return self.account.name if self.account else ""

    @property
    def token(self) -> str:
        """What the forms on this visitor's pages carry."""
        return form_token(self.session_id) if self.session_id else ""


def session_cookie(deps: ConsoleDeps) -> str:
    """The cookie's name; under TLS the prefix makes browsers hold it to Secure, this host and the whole site."""
    return "__Host-gapwatch-session" if deps.secure_cookies else "gapwatch-session"


def entry_cookie(deps: ConsoleDeps) -> str:
    """Ties the sign-in form to the browser that asked for it, before there is a session."""
    return "__Host-gapwatch-entry" if deps.secure_cookies else "gapwatch-entry"


class Guard:
    """The app-wide dependency. Sets ``request.state.visitor`` and, for posts, ``request.state.form``."""

    def __init__(self, deps: ConsoleDeps) -> None:
        self._deps = deps

    async def __call__(self, request: Request) -> None:
        method, route = request.method, request.scope["route"].path
        visitor = await run_in_threadpool(self.visitor, request)
        request.state.visitor = visitor
        if (method, route) not in PUBLIC:
            if visitor.role is None:
                raise SignInNeededError
            if not may(visitor.role, method, route):
                raise ForbiddenError
        if method == "POST":
            request.state.form = await self._form(request, visitor)

    def visitor(self, request: Request) -> Visitor:
        """Who asks, by cookie; an account that was disabled or lost its role is nobody."""
        stranger = self.stranger(request)
        session_id = request.cookies.get(session_cookie(self._deps), "")
        if not 0 < len(session_id) <= _COOKIE_LENGTH_MAX:
            return stranger
        account = self._deps.accounts.session(session_hash(session_id), self._deps.clock.now_ns())
        if account is None or account.disabled or account.role is None:
            return stranger
        return replace(stranger, account=account, role=account.role, session_id=session_id)

    def stranger(self, request: Request) -> Visitor:
        """How somebody wants to be answered, without asking the store who it is."""
        language = choose(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))
        theme = request.cookies.get(THEME_COOKIE, THEMES[0])
        return Visitor(language, theme if theme in THEMES else THEMES[0])

    async def _form(self, request: Request, visitor: Visitor) -> FormData:
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise ForgedFormError
        form = await request.form(max_files=0, max_fields=_FORM_FIELDS_MAX)
        secret = visitor.session_id or request.cookies.get(entry_cookie(self._deps), "")
        token = form.get("token")
        if not secret or not isinstance(token, str) or not is_form_token(secret, token):
            raise ForgedFormError
        return form


def visitor_of(request: Request) -> Visitor:
    """The visitor the guard let through."""
    visitor: Visitor = request.state.visitor
    return visitor


def field_of(request: Request, name: str, length_max: int) -> str:
    """One text field of the posted form, trimmed and cut to its bound."""
    value = request.state.form.get(name)
    return value.strip()[:length_max] if isinstance(value, str) else ""
