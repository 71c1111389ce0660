"""A browser's half of a conversation with the console, without a browser: cookies, forms, redirects."""

from __future__ import annotations

import asyncio
import re
from types import TracebackType
from typing import Self

import httpx

from gapwatch_collector.console.app import create_app
from gapwatch_collector.model import Role
from support.console import ConsoleWorld

_TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


class ConsoleClient:
    """One browser. ``with`` it, so that its loop is closed."""

    def __init__(self, world: ConsoleWorld, *, raise_app_exceptions: bool = True) -> None:
        self.world = world
        self.app = create_app(world.deps())
        self._runner = asyncio.Runner()
        scheme = "https" if world.secure_cookies else "http"
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=raise_app_exceptions)
        self._http = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://console.test")
        self.cookies = self._http.cookies

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._runner.run(self._http.get(path, headers=headers))

    def request(self, method: str, path: str) -> httpx.Response:
        return self._runner.run(self._http.request(method, path))

    def post(self, path: str, *, token: str | None = None, origin: str = "", **fields: str) -> httpx.Response:
        """Post a form with the token of the page it stands on (the caller's, else the sign-in or landing page's)."""
        data = dict(fields)
        data["token"] = self.token() if token is None else token
        headers = {"sec-fetch-site": origin} if origin else {}
        return self._runner.run(self._http.post(path, data=data, headers=headers))

    def token(self) -> str:
        """What the forms of this browser carry now."""
        page = self.get("/sign-in").text
        found = _TOKEN.search(page)
        assert found is not None
        return found[1]

    def sign_in(self, role: Role) -> ConsoleClient:
        answer = self.post("/sign-in", code=self.world.code(role))
        assert answer.status_code == 303, answer.text
        return self
