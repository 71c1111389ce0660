"""Stores over a file in the test's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_collector.store import Store
from support.stores import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "store.db")
    yield engine
    engine.close()


@pytest.fixture
def store(engine: Engine) -> Store:
    return engine.open()
