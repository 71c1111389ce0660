"""SQLite's troubles in our words: nothing is written, the file and the remedy are named."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from gapwatch_collector.errors import ConfigError, StoreBusyError
from gapwatch_collector.store import Store
from gapwatch_collector.store.sqlite import CHECKPOINT_PAGES
from support.chains import Chain
from support.stores import Engine


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process in the middle of a write."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


def pragma_on_every_connection(store: Store, pragma: str) -> None:
    event.listen(store.database._engine, "checkout", lambda raw, *_: raw.execute(f"PRAGMA {pragma}").close())


def test_connections_are_durable_and_wait(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "wal_autocheckpoint": CHECKPOINT_PAGES, "busy_timeout": 5000}
    with store.database.read() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted} == wanted


def test_only_the_owner_may_read_the_files(engine: Engine) -> None:
    before = os.umask(0)
    try:
        engine.open().ingest.commit(Chain().batch(1))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in engine.path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "store.db-wal" in modes


def test_a_write_that_waited_too_long_wrote_nothing(engine: Engine) -> None:
    store = engine.open(busy_timeout_s=0.05)
    chain = Chain()
    store.ingest.commit(chain.batch(1))
    commit = chain.batch(2)
    with locked(engine.path):
        with pytest.raises(StoreBusyError, match="locked by another process") as busy:
            store.ingest.commit(commit)
        assert str(engine.path) in str(busy.value)
        assert len(store.log.read(0, 10)) == 1  # readers go on
    assert store.ingest.commit(commit) is not None
    assert len(store.log.read(0, 10)) == 3


def test_a_writer_of_the_same_process_waits_as_long(engine: Engine) -> None:
    store = engine.open(busy_timeout_s=0.05)
    with store.database.write(), pytest.raises(StoreBusyError, match="another write has been under way"):
        store.ingest.commit(Chain().batch(1))
    assert store.ingest.commit(Chain().batch(1)) is not None


def test_a_full_disk_writes_nothing_and_goes_on_when_there_is_room(engine: Engine) -> None:
    store = engine.open()
    chain = Chain()
    store.ingest.commit(chain.batch(10))
    before = (store.ingest.tree_head(), store.ingest.position(chain.host_id, chain.spool_id))
    with store.database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    pragma_on_every_connection(store, f"max_page_count={pages + 2}")
    commit = chain.batch(400)

    with pytest.raises(StoreBusyError, match="is full: make room"):
        store.ingest.commit(commit)

    assert (store.ingest.tree_head(), store.ingest.position(chain.host_id, chain.spool_id)) == before
    pragma_on_every_connection(store, "max_page_count=1000000")
    assert store.ingest.commit(commit) is not None
    assert len(store.log.read(0, 1000)) == 410


def test_a_database_that_may_not_be_written(engine: Engine) -> None:
    store = engine.open()
    pragma_on_every_connection(store, "query_only=ON")
    with pytest.raises(StoreBusyError, match="cannot be written"):
        store.ingest.commit(Chain().batch(1))
    assert store.log.read(0, 10) == []


@pytest.mark.parametrize("content", [b"this is a letter, not a database" * 200, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(engine: Engine, content: bytes) -> None:
    engine.path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"not a SQLite database|is damaged") as refused:
        engine.open()
    assert str(engine.path) in str(refused.value)
    assert "backup" in str(refused.value)
    assert engine.path.read_bytes() == content


def test_a_damaged_page_is_named_and_takes_nothing_down(engine: Engine) -> None:
    store = engine.open()
    chain = Chain()
    for _ in range(20):
        store.ingest.commit(chain.batch(50))
    engine.close()
    size = engine.path.stat().st_size
    with engine.path.open("r+b") as file:
        file.seek(size // 3 // 4096 * 4096)
        file.write(b"\xa5" * (size // 3))
    store = engine.open()
    with pytest.raises(StoreBusyError, match="is damaged: stop the collector"):
        list(store.maintenance.log_entries())


@pytest.mark.parametrize("name", ["missing/store.db", "."])
def test_a_path_that_cannot_be_a_database(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be opened") as refused:
        Engine(tmp_path / name).open()
    assert "name a file in an existing folder" in str(refused.value)


def test_leadership_ends_with_its_holder(engine: Engine) -> None:
    store = engine.open()
    child = os.fork()
    if child == 0:
        lead = store.evaluation.lead()
        os._exit(0 if lead.__enter__() else 1)  # dies holding it
    assert os.waitpid(child, 0)[1] == 0
    with store.evaluation.lead() as leads:
        assert leads
