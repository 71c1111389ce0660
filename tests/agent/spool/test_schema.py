"""What the database checks before it is believed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gapwatch_agent.spool import schema
from gapwatch_agent.spool.port import SpoolDamagedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "spool.db"
    connection = schema.create(path, b"s" * 16)
    schema.mark_complete(connection)
    connection.close()
    return path


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_commit_survives_power_loss_and_one_writer_owns_it(path: Path) -> None:
    connection = schema.connect(path)
    settings = {name: pragma(connection, name) for name in ("journal_mode", "synchronous", "locking_mode")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "locking_mode": "exclusive"}
    assert pragma(connection, "auto_vacuum") == 2
    connection.close()


def test_a_whole_spool_passes(path: Path) -> None:
    connection = schema.connect(path)
    schema.check(connection)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("PRAGMA application_id = 7", "not a spool"),
        ("PRAGMA user_version = 9", "schema 9"),
        ("DELETE FROM spool", "own id"),
        ("UPDATE spool SET next_seq = 5", "last one given out was 4"),
        ("DROP TABLE spans", "cannot be read"),
        ("INSERT INTO headers VALUES (1, x'00')", "cannot be read"),
    ],
)
def test_what_is_not_a_whole_spool_is_named(path: Path, statement: str, complaint: str) -> None:
    connection = schema.connect(path)
    connection.execute(statement)
    with pytest.raises(SpoolDamagedError, match=complaint):
        schema.check(connection)
    connection.close()


def test_a_transaction_that_raises_leaves_nothing(path: Path) -> None:
    connection = schema.connect(path)

    def fail() -> None:
        with schema.transaction(connection):
            connection.execute("UPDATE spool SET next_seq = 9")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert connection.execute("SELECT next_seq FROM spool").fetchone() == (1,)
    assert not connection.in_transaction
    connection.close()
