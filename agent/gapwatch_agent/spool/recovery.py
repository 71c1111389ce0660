"""Opening a spool, and starting a new one when the old one cannot be trusted (C1, C3).

A new spool is built in full under another name and then put in place, so a kill at any point leaves either the old one
or a whole new one. The old files are kept aside as evidence. Records are carried over only as far as their chain
verifies; they get new numbers after the Gap record that opens the new spool and says how many were saved and lost.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.spool import schema
from gapwatch_agent.spool.port import NewRecord, SpoolDamagedError, SpoolLimits
from gapwatch_agent.spool.remains import Remains
from gapwatch_agent.spool.reserve import Reserve
from gapwatch_agent.spool.room import STEP_PAGES
from gapwatch_agent.spool.store import DirectoryLock, SqliteSpool
from gapwatch_proto import codec
from gapwatch_proto.events import Gap
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import ID_BYTES

_log = logging.getLogger(__name__)

_DATABASE: Final = "spool.db"
_MARKER: Final = "spool.id"
_RESERVE: Final = "spool.reserve"
_ASIDE_MAX: Final = 3
"""Damaged spools kept as evidence; older ones are removed, so that damage cannot fill the disk."""
_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class _Place:
    """A spool's directory and what a spool needs to work in it."""

    directory: Path
    limits: SpoolLimits
    clock: Clock
    boot_id: bytes

    @property
    def database(self) -> Path:
        return self.directory / _DATABASE

    @property
    def unfinished(self) -> Path:
        return self.directory / f"{_DATABASE}.new"


@dataclass(frozen=True, slots=True)
class _Loss:
    """Why a new spool begins, for its first record."""

    source: str
    reason: str
    detail: str


def open_spool(directory: Path, limits: SpoolLimits, clock: Clock, boot_id: bytes) -> SqliteSpool:
    """The spool in ``directory``, made when missing, replaced when damaged.

    Raises UnavailableError when another process holds it, OSError when the directory cannot be written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _Place(directory, limits, clock, boot_id)
    lock = DirectoryLock(directory)
    # SQLite removes its log when it closes; on a full disk the next one needs that space again.
    bridge = Reserve(directory / "spool.bridge", STEP_PAGES * 4096)
    bridge.give_up()
    try:
        spool = _open(place)
    except BaseException:
        lock.release()
        raise
    reserve = Reserve(directory / _RESERVE, limits.reserve_bytes)
    reserve.make()
    spool.hold(lock, reserve, bridge)
    return spool


def renew_spool(spool: SqliteSpool, directory: Path, reason: str, detail: str) -> SqliteSpool:
    """End a spool that the collector cannot follow any more and begin a new one with what still waits in it.

    ``spool`` must not be used afterwards.
    """
    place = _Place(directory, spool.limits, spool.clock, spool.boot_id)
    lock, reserve, bridge = spool.let_go()
    renewed = _replace(place, _Loss("spool", reason, detail))
    if reserve is not None:
        reserve.make()
    renewed.hold(lock, reserve, bridge)
    return renewed


def _open(place: _Place) -> SqliteSpool:
    _finish_swap(place)
    marker = place.directory / _MARKER
    if not place.database.exists() or place.database.stat().st_size == 0:
        if marker.exists():
            return _replace(place, _Loss("spool", "damaged", "the spool's file is missing or empty"))
        _build(place, None)
        _finish_swap(place)
    try:
        connection = schema.connect(place.database)
    except sqlite3.DatabaseError as error:
        schema.require_damage(error)
        return _replace(place, _Loss("spool", "damaged", f"the spool cannot be opened: {error}"))
    try:
        schema.check(connection)
    except SpoolDamagedError as error:
        connection.close()
        return _replace(place, _Loss("spool", "damaged", str(error)))
    return _ready(place, connection)


def _ready(place: _Place, connection: sqlite3.Connection) -> SqliteSpool:
    spool = SqliteSpool(connection, place.database, place.limits, place.clock, place.boot_id)
    (place.directory / _MARKER).write_text(spool.spool_id.hex() + "\n", encoding="ascii")
    return spool


def _replace(place: _Place, loss: _Loss) -> SqliteSpool:
    _log.error("%s; a new spool begins and the old one is kept as spool.damaged-*", loss.detail)
    # Both spools stand side by side for a moment; the reserve is made again once the new one is open.
    Reserve(place.directory / _RESERVE, place.limits.reserve_bytes).give_up()
    _build(place, loss)
    _finish_swap(place)
    return _ready(place, schema.connect(place.database))


def _finish_swap(place: _Place) -> None:
    """Put a wholly built new spool in place; throw a half-built one away."""
    if not place.unfinished.exists():
        return
    if not _is_complete(place.unfinished):
        _remove(place.unfinished)
        return
    stamp = place.clock.wall_ns() // 1_000_000_000
    aside = place.directory / f"spool.damaged-{stamp}"
    # The log first: were it left beside the new database, SQLite would play it into that one.
    for suffix in ("-wal", "-shm", ""):
        old = Path(f"{place.database}{suffix}")
        if old.exists():
            old.rename(f"{aside}{suffix}")
    place.unfinished.rename(place.database)
    _sync(place.directory)
    _forget_old_evidence(place.directory)


def _is_complete(path: Path) -> bool:
    """Whether a new spool was built to its end. Closing it moves its log into the one file that is renamed."""
    try:
        connection = schema.connect(path)
    except sqlite3.Error:
        return False
    try:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_VERSION)
    except sqlite3.Error:
        return False
    finally:
        connection.close()


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_old_evidence(directory: Path) -> None:
    kept = sorted(
        (path for path in directory.glob("spool.damaged-*") if not path.name.endswith(("-wal", "-shm"))),
        key=lambda path: path.stat().st_mtime_ns,
    )
    for path in kept[:-_ASIDE_MAX]:
        _remove(path)


# --- building a new spool --------------------------------------------------------------------------------------------


def _build(place: _Place, loss: _Loss | None) -> None:
    """Write a whole spool under the unfinished name: empty, or opened by a Gap and what could be saved."""
    _remove(place.unfinished)
    connection = schema.create(place.unfinished, secrets.token_bytes(ID_BYTES))
    if loss is None:
        schema.mark_complete(connection)
        connection.close()
        return
    spool = SqliteSpool(connection, place.unfinished, place.limits, place.clock, place.boot_id)
    try:
        _carry_over(place, spool, connection, loss)
        schema.mark_complete(connection)
    finally:
        spool.close()


def _carry_over(place: _Place, spool: SqliteSpool, connection: sqlite3.Connection, loss: _Loss) -> None:
    old = Remains(place.database)
    try:
        saved = sum(1 for _ in old.records())
        spool.append([_opening_gap(place, loss, saved, old.waiting())])
        records = old.records()
        while batch := list(islice(records, _BATCH)):
            spool.append(batch)
        with schema.transaction(connection):
            connection.executemany("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", old.sources())
    finally:
        old.close()


def _opening_gap(place: _Place, loss: _Loss, saved: int, waiting: int) -> NewRecord:
    count = waiting - saved if waiting >= 0 else -1
    lost = str(count) if waiting >= 0 else "unknown"
    detail = f"{loss.detail}; records saved: {saved}; lost: {lost}"
    gap = Gap(loss.source, loss.reason, count, 0, place.clock.boottime_ns(), 0, 0, detail)
    clock = place.clock
    return NewRecord(
        Kind.GAP, SEVERITY[Kind.GAP], clock.boottime_ns(), clock.wall_ns(), place.boot_id, codec.encode(gap)
    )
