"""A console with a handful of machines and alerts, and browsers to ask it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from gapwatch_collector.model import Role
from support.console import ConsoleWorld
from support.console_alerts import many_alerts
from support.console_client import ConsoleClient


@pytest.fixture
def world() -> ConsoleWorld:
    world = ConsoleWorld()
    world.add_hosts(12)
    world.alerts.add(*many_alerts(30))
    return world


@pytest.fixture
def browser(world: ConsoleWorld) -> Iterator[Callable[..., ConsoleClient]]:
    """``browser(role)`` is signed in as that role; ``browser()`` as nobody."""
    with ExitStack() as exits:

        def open_browser(role: Role | None = None, **options: bool) -> ConsoleClient:
            client = exits.enter_context(ConsoleClient(world, **options))
            return client.sign_in(role) if role else client

        yield open_browser
