"""Which files on media were reported already: a small SQLite index in ``watch``'s state directory.

One row an object (a file on one filesystem) with what it looked like when it was last inspected. Rows are written a
while after their event was handed on, so a process killed in between reports a file twice rather than never. Bounded:
the oldest rows go first.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

OBJECTS_MAX: Final = 500_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS seen (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    filesystem_id TEXT NOT NULL,
    object TEXT NOT NULL,
    changed_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    UNIQUE (filesystem_id, object)
);
"""
_NOTE: Final = "INSERT OR REPLACE INTO seen (filesystem_id, object, changed_ns, size, sha256) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen: ``object`` names it on its filesystem, ``changed_ns`` and ``size`` tell if it changed.

    ``sha256`` is empty when its content was not read.
    """

    filesystem_id: str
    object: str
    changed_ns: int
    size: int
    sha256: str = ""


class SeenIndex:
    """Opens or creates the index; one that cannot be read is made anew (everything is then reported once more)."""

    def __init__(self, path: Path, objects_max: int = OBJECTS_MAX) -> None:
        self._objects_max = objects_max
        self._pending: dict[tuple[str, str], Sighting] = {}
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError:
            for stale in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                stale.unlink(missing_ok=True)
            self._db = _open(path)

    def find(self, filesystem_id: str, name: str) -> Sighting | None:
        """What was last noted about an object."""
        pending = self._pending.get((filesystem_id, name))
        if pending is not None:
            return pending
        row = self._db.execute(
            "SELECT changed_ns, size, sha256 FROM seen WHERE filesystem_id = ? AND object = ?",
            (_storable(filesystem_id), name),
        ).fetchone()
        return None if row is None else Sighting(filesystem_id, name, *row)

    def note(self, sighting: Sighting) -> None:
        """Remember at the next ``flush``; ``find`` knows it at once."""
        self._pending[(sighting.filesystem_id, sighting.object)] = sighting

    @property
    def waiting(self) -> int:
        """Sightings that are not on disk yet."""
        return len(self._pending)

    def flush(self) -> None:
        """Put what was noted on disk and let the oldest go. Raises sqlite3.Error (disk full)."""
        if not self._pending:
            return
        rows = [(_storable(s.filesystem_id), s.object, s.changed_ns, s.size, s.sha256) for s in self._pending.values()]
        with self._db:
            self._db.executemany(_NOTE, rows)
            self._db.execute(
                "DELETE FROM seen WHERE number <= (SELECT number FROM seen ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (self._objects_max,),
            )
        self._pending.clear()

    def count(self) -> int:
        """Objects on disk."""
        return int(self._db.execute("SELECT count(*) FROM seen").fetchone()[0])

    def close(self) -> None:
        """Close without writing what is pending."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


def _storable(text: str) -> str:
    """SQLite takes no lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()
