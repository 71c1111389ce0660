"""A real Chromium before a real console on loopback. Nothing else can be reached, and asking for it fails the test."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from gapwatch_collector.clock import SystemClock
from gapwatch_collector.console.app import create_app
from gapwatch_collector.console.server import ConsoleServer, Listen, console_server
from gapwatch_collector.model import Role
from support.console import ConsoleWorld

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE_S = 10
# A refused sign-in answers 403, a stream that the server ends is cut: both are logged by the browser and meant.
_EXPECTED = re.compile(r"status of 40[13] |ERR_INCOMPLETE_CHUNKED_ENCODING")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a file and no longer: while it runs, playwright keeps this thread's event loop occupied, and the
    tests of other files, which come in any order, need theirs.
    """
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


class RunningConsole:
    """The console in a thread of its own, as the collector runs it."""

    def __init__(self, world: ConsoleWorld) -> None:
        self._server: ConsoleServer = console_server(create_app(world.deps()), Listen("127.0.0.1", 0))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()))

    def start(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._server.started:
            assert self._thread.is_alive(), "the console did not start"
            assert time.monotonic() < deadline, "the console did not start in time"
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the console did not stop"


@pytest.fixture
def world() -> ConsoleWorld:
    return ConsoleWorld(clock=SystemClock())


@pytest.fixture
def address(world: ConsoleWorld) -> Iterator[str]:
    console = RunningConsole(world)
    yield console.start()
    console.stop()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, world: ConsoleWorld, address: str) -> Iterator[OpenPage]:
    """``open_page(role, path, **context)``: a browser of one's own, signed in as that role (None: nobody)."""
    contexts: list[BrowserContext] = []
    foreign: list[str] = []
    complaints: list[str] = []

    def only_the_console(route: Route) -> None:
        if route.request.url.startswith(address):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    def open_page(role: Role | None, path: str = "/", **options: object) -> Page:
        settings = {"locale": "zh-CN", "viewport": {"width": 1366, "height": 768}, "base_url": address, **options}
        context = browser.new_context(**settings)
        contexts.append(context)
        context.route("**/*", only_the_console)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        if role is not None:
            page.goto(f"/sign-in?{urlencode({'code': world.code(role), 'next': path if path != '/' else ''})}")
            page.locator("form.sign-in button").click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
        else:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert foreign == [], "the browser was sent elsewhere"
    assert [text for text in complaints if not _EXPECTED.search(text)] == [], "the browser complained"
