"""What is SQLite's own: connections, durability, locks, error codes. Nothing else in this room names the engine.

Measured choices: WAL with ``synchronous=FULL`` (an ack means that the commit survives power loss), a checkpoint every
16,000 pages instead of 1,000 (1.3-1.5 times the events a second into a large log), writers that take the lock when
they begin (``BEGIN IMMEDIATE``), so that two of them wait for each other instead of failing at their first write.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event, exc
from sqlalchemy.dialects import sqlite as dialect
from sqlalchemy.engine import URL

from gapwatch_collector.errors import ConfigError
from gapwatch_collector.store.database import Database

CHECKPOINT_PAGES: Final = 16_000
CACHE_KIB: Final = 32 * 1024
_WAL_RETRY_S: Final = 0.02
_WAL_BYTES_KEPT: Final = 128 * 1024 * 1024

# The primary result codes (the low byte) that mean: the database cannot take it now.
_TROUBLES: Final = {
    sqlite3.SQLITE_BUSY: "{path} is locked by another process for too long",
    sqlite3.SQLITE_LOCKED: "{path} is locked by another transaction for too long",
    sqlite3.SQLITE_READONLY: "{path} cannot be written: give this user write permission to the file and its folder",
    sqlite3.SQLITE_IOERR: "{path} cannot be read or written (I/O error): check the disk",
    sqlite3.SQLITE_FULL: "the disk that holds {path} is full: make room",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened: check that the folder exists and that this user may use it",
    sqlite3.SQLITE_NOMEM: "memory ran out while {path} was used",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged: stop the collector, keep the file, restore the latest backup",
    sqlite3.SQLITE_NOTADB: "{path} is not a SQLite database: name another file, or restore the latest backup",
}


class SqliteDialect:
    """Fills the Dialect port for the database file at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def insert(self, table: Table) -> dialect.Insert:
        return dialect.insert(table)

    def append_rows(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        marks = ",".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", list(rows))  # noqa: S608  names are ours

    def trouble(self, error: exc.DBAPIError) -> str | None:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None:  # raised by the driver itself before a statement ran
            return None
        sentence = _TROUBLES.get(code & 0xFF)
        return None if sentence is None else sentence.format(path=self._path)

    @contextmanager
    def lead(self) -> Iterator[bool]:
        """An flock beside the database: the kernel lets go of it when its holder dies, however it dies."""
        lock = os.open(
            self._path.with_name(self._path.name + ".evaluator"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)


def open_database(path: Path, *, busy_timeout_s: float) -> Database:
    """A database over the file, made (readable by its owner alone) when it is missing.

    Raises ConfigError naming the file and the remedy when it cannot be used.
    """
    _require_usable(path)
    engine = _engine(path, busy_timeout_s)
    database = Database(engine, SqliteDialect(path), busy_timeout_s=busy_timeout_s)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    except exc.DBAPIError as error:
        engine.dispose()
        raise ConfigError(str(path), [database.dialect.trouble(error) or str(error.orig)]) from error
    return database


def _require_usable(path: Path) -> None:
    """SQLite would make the file readable by whoever the umask lets; and it says little about why it cannot."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        remedy = "name a file in an existing folder that this user may write to"
        raise ConfigError(str(path), [f"the database file cannot be opened: {error.strerror}; {remedy}"]) from error


def _read_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _enter_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switch to the write-ahead log. While another connection switches too SQLite does not wait but says busy."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _engine(path: Path, busy_timeout_s: float) -> Engine:
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, pool_size=8, max_overflow=8, pool_timeout=busy_timeout_s)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # Only a column that was tampered with holds text that is no UTF-8; whoever reads it finds a wrong type or hash.
        connection.text_factory = _read_text
        connection.isolation_level = None  # the driver begins nothing by itself; ``_begin`` does
        connection.execute(f"PRAGMA busy_timeout={int(busy_timeout_s * 1000)}").close()
        _enter_wal(connection, busy_timeout_s)
        for pragma in (
            "synchronous=FULL",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"journal_size_limit={_WAL_BYTES_KEPT}",
            f"cache_size=-{CACHE_KIB}",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
