"""The spool's database: tables, settings, and the checks a file must pass before it is trusted.

Headers and payloads stand in separate tables, payloads in one table per severity: only then does deleting the least
severe free whole pages (C3). WAL with synchronous FULL makes a commit survive power loss. The lock is exclusive because
a spool has one writer; it also spares the shared-memory file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool.port import SpoolDamagedError
from gapwatch_proto.errors import MalformedRecordError
from gapwatch_proto.record import SEVERITY_MAX, SEVERITY_MIN, RecordHeader, record_hash

APPLICATION_ID: Final = 0x47575350
SCHEMA_VERSION: Final = 1
SEVERITIES: Final = range(SEVERITY_MIN, SEVERITY_MAX + 1)

_MAY_PASS: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
    }
)

_TABLES: Final = (
    """CREATE TABLE spool(
        id INTEGER PRIMARY KEY CHECK (id = 1),
        spool_id BLOB NOT NULL,
        next_seq INTEGER NOT NULL,
        tail_hash BLOB NOT NULL,
        acked_seq INTEGER NOT NULL,
        acked_hash BLOB NOT NULL,
        sent_seq INTEGER NOT NULL)""",
    "CREATE TABLE filler(bytes BLOB NOT NULL)",
    "CREATE TABLE headers(seq INTEGER PRIMARY KEY, header BLOB NOT NULL)",
    *(f"CREATE TABLE payload_{severity}(seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)" for severity in SEVERITIES),
    """CREATE TABLE spans(
        first_seq INTEGER PRIMARY KEY,
        last_seq INTEGER NOT NULL,
        first_prev_hash BLOB NOT NULL,
        last_hash BLOB NOT NULL,
        worst_severity INTEGER NOT NULL)""",
    """CREATE TABLE sources(
        instance BLOB PRIMARY KEY,
        last_number INTEGER NOT NULL,
        touched_seq INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE losses(
        boot_id BLOB NOT NULL,
        reason TEXT NOT NULL,
        since_boottime_ns INTEGER NOT NULL,
        payloads INTEGER NOT NULL,
        headers INTEGER NOT NULL,
        first_seq INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        from_boottime_ns INTEGER NOT NULL,
        to_boottime_ns INTEGER NOT NULL,
        PRIMARY KEY (boot_id, reason)) WITHOUT ROWID""",
)


def connect(path: Path) -> sqlite3.Connection:
    """A writing connection with the spool's settings; the file is created when missing.

    Raises sqlite3.DatabaseError for a file that is no database.
    """
    # One thread at a time uses it (the port's rule), but not always the one that opened it.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        for pragma in (
            "locking_mode = EXCLUSIVE",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            "synchronous = FULL",
            "wal_autocheckpoint = 256",
            "cache_size = -2048",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def create(path: Path, spool_id: bytes) -> sqlite3.Connection:
    """A new, empty spool. ``user_version`` is written with the tables, so a half-made file is recognised."""
    connection = connect(path)
    with transaction(connection):
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute("INSERT INTO spool VALUES (1, ?, 1, ?, 0, ?, 0)", (spool_id, bytes(32), bytes(32)))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    return connection


def mark_complete(connection: sqlite3.Connection) -> None:
    """From here on the file counts as a spool (``is_complete``)."""
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


class transaction:  # noqa: N801 (reads as a statement: with transaction(connection))
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when anything was raised."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._rollback()
                raise
        else:
            self._rollback()

    def _rollback(self) -> None:
        # SQLite ends the transaction by itself after some errors (disk full among them).
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def check(connection: sqlite3.Connection) -> None:
    """Whether an opened file is a whole spool of this schema whose tail is the one it remembers.

    Raises SpoolDamagedError saying what is wrong, UnavailableError when it cannot be told now.
    """
    try:
        _check_identity(connection)
        faults = connection.execute("PRAGMA quick_check(1)").fetchall()
        if faults != [("ok",)]:
            raise SpoolDamagedError(f"the database is damaged: {faults[0][0]}")
        _check_tail(connection)
    except (sqlite3.Error, MalformedRecordError) as error:
        if isinstance(error, sqlite3.Error):
            require_damage(error)
        raise SpoolDamagedError(f"the database cannot be read: {error}") from error


def require_damage(error: sqlite3.Error) -> None:
    """Raise UnavailableError for a failure that says nothing about the file: a full, locked or failing disk.

    A spool must not be given up for what may pass.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & 0xFF in _MAY_PASS and code != sqlite3.SQLITE_IOERR_SHORT_READ:
        raise UnavailableError(f"the spool cannot be opened now: {error}") from error


def _check_identity(connection: sqlite3.Connection) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise SpoolDamagedError(f"the file is not a spool (application id {application:#x})")
    if version != SCHEMA_VERSION:
        raise SpoolDamagedError(f"the spool has schema {version}, this program knows {SCHEMA_VERSION}")


def _check_tail(connection: sqlite3.Connection) -> None:
    row = connection.execute("SELECT spool_id, next_seq, tail_hash, acked_seq FROM spool").fetchone()
    if row is None:
        raise SpoolDamagedError("the spool does not know its own id")
    spool_id, next_seq, tail_hash, acked_seq = row
    last = connection.execute("SELECT seq, header FROM headers ORDER BY seq DESC LIMIT 1").fetchone()
    span = connection.execute("SELECT last_seq, last_hash FROM spans ORDER BY first_seq DESC LIMIT 1").fetchone()
    if last is not None and (span is None or last[0] > span[0]):
        tail = (last[0], record_hash(last[1]))
        if RecordHeader.unpack(last[1]).spool_id != spool_id:
            raise SpoolDamagedError("the last record belongs to another spool")
    else:
        tail = (span[0], span[1]) if span is not None else (acked_seq, tail_hash)
    if tail != (next_seq - 1, tail_hash):
        raise SpoolDamagedError(f"the last record kept is {tail[0]}, the last one given out was {next_seq - 1}")
