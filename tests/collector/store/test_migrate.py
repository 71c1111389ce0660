"""Opening brings the schema up to date once, whoever comes first, and refuses what it does not know."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gapwatch_collector.errors import ConfigError
from support.stores import Engine, make_store


def revision(path: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()
    finally:
        connection.close()


def test_a_new_database_is_at_the_newest_revision(engine: Engine) -> None:
    engine.open()
    assert revision(engine.path) == [("0001",)]


def test_opening_again_changes_nothing(engine: Engine) -> None:
    engine.open()
    engine.close()
    before = engine.path.read_bytes()
    engine.open()
    engine.close()
    assert engine.path.read_bytes() == before


def test_a_newer_schema_is_refused_with_the_remedy(engine: Engine) -> None:
    engine.open()
    engine.close()
    connection = sqlite3.connect(engine.path)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '0999'")
    connection.close()
    with pytest.raises(ConfigError, match="newer than this program knows") as refused:
        engine.open()
    assert str(engine.path) in str(refused.value)
    assert "install that newer version" in str(refused.value)
    assert revision(engine.path) == [("0999",)]


def test_a_foreign_database_is_refused_and_left_alone(engine: Engine) -> None:
    connection = sqlite3.connect(engine.path)
    with connection:
        connection.execute("CREATE TABLE hosts (anything TEXT)")
    connection.close()
    with pytest.raises(ConfigError, match="not a database of this program"):
        engine.open()
    connection = sqlite3.connect(engine.path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("hosts",)]
    connection.close()


def test_roles_that_start_together_migrate_once(engine: Engine) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait(30)
        try:
            make_store(engine.path).close()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert revision(engine.path) == [("0001",)]


def test_processes_that_start_together_migrate_once(engine: Engine) -> None:
    script = (
        "import sys; from pathlib import Path; from gapwatch_collector.store import open_store;"
        "from gapwatch_collector.clock import SystemClock;"
        "open_store(Path(sys.argv[1]), sign=lambda m: bytes(64), clock=SystemClock()).close()"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(engine.path)], stderr=subprocess.PIPE) for _ in range(3)
    ]
    errors = [process.communicate(timeout=90)[1] for process in running]
    assert [(process.returncode, error) for process, error in zip(running, errors, strict=True)] == [(0, b"")] * 3
    assert revision(engine.path) == [("0001",)]
