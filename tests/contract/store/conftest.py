"""The engines that must keep the store's contract. PostgreSQL joins by a line in ENGINES."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_collector.store import Store
from support.clock import FakeClock
from support.stores import Engine

ENGINES = {"sqlite": lambda folder: Engine(folder / "store.db")}


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = ENGINES[request.param](tmp_path)
    yield engine
    engine.close()


@pytest.fixture
def store(engine: Engine) -> Store:
    return engine.open()


@pytest.fixture
def clock(engine: Engine) -> FakeClock:
    return engine.clock
