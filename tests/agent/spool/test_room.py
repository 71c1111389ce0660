"""Free pages ahead of need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool import schema
from gapwatch_agent.spool.room import STEP_PAGES, Room, require_full


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, Room]]:
    connection = schema.create(tmp_path / "spool.db", b"s" * 16)
    room = Room(connection, tmp_path / "spool.db")
    yield connection, room
    connection.close()
    room.close()


def pragma(connection: sqlite3.Connection, name: str) -> int:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_step_is_really_in_the_file_and_the_log(opened: tuple[sqlite3.Connection, Room], tmp_path: Path) -> None:
    connection, room = opened
    assert room.claim()
    assert pragma(connection, "freelist_count") >= STEP_PAGES - 64
    blocks = (tmp_path / "spool.db").stat().st_blocks * 512
    assert blocks >= (pragma(connection, "page_count") - 1) * 4096
    assert (tmp_path / "spool.db-wal").stat().st_blocks * 512 >= STEP_PAGES * 4096
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_file_does_not_grow_by_itself(opened: tuple[sqlite3.Connection, Room]) -> None:
    connection, room = opened
    room.claim()
    with pytest.raises(sqlite3.OperationalError, match="full"):
        connection.execute("INSERT INTO payload_1 VALUES (1, zeroblob(4000000))")
    assert room.claim(4_000_000)
    connection.execute("INSERT INTO payload_1 VALUES (1, zeroblob(4000000))")


def test_much_free_space_goes_back_little_stays(opened: tuple[sqlite3.Connection, Room]) -> None:
    connection, room = opened
    room.claim(20_000_000)
    room.give_back()
    kept = pragma(connection, "freelist_count")
    assert abs(kept - STEP_PAGES) <= 16  # pages of the file's own bookkeeping go too
    room.give_back()
    assert pragma(connection, "freelist_count") == kept


def test_only_a_full_disk_is_a_reason_to_evict() -> None:
    full, broken = sqlite3.OperationalError("full"), sqlite3.OperationalError("I/O")
    full.sqlite_errorcode, broken.sqlite_errorcode = sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR
    require_full(full)
    with pytest.raises(UnavailableError, match="I/O"):
        require_full(broken)
