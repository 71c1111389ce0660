"""Verdicts by a file's identity and change time, so that an unchanged file is never read twice. One SQLite file.

A verdict holds only as long as the code and the terms that gave it: both are part of the key. A file that changed
within the last moment is not kept, because it could change again without its time moving.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from functools import cache
from pathlib import Path
from typing import Final, Self, TypeAlias

from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector import verdict
from gapwatch_agent.inspector.examine import Terms
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.verdict import Verdict

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS verdicts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    name BLOB NOT NULL,
    terms TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    changed_ns INTEGER NOT NULL,
    answer BLOB NOT NULL,
    UNIQUE (device, inode, name, terms)
);
"""
_FIND: Final = (
    "SELECT answer FROM verdicts WHERE device = ? AND inode = ? AND name = ? AND terms = ?"
    " AND size = ? AND modified_ns = ? AND changed_ns = ?"
)
_NOTE: Final = (
    "INSERT OR REPLACE INTO verdicts (device, inode, name, terms, size, modified_ns, changed_ns, answer)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
FILES_MAX: Final = 500_000
_ANSWER_BYTES_MAX: Final = 64 * MIB
_SETTLED_NS: Final = 50_000_000
"""Two writes within a kernel's clock tick (at most 10 ms) may leave one time."""
_PASSING: Final = frozenset({"crashed", "timed_out", "unreadable", "vanished"})
"""Reasons that may be the machine's, not the file's: such a file is looked at again."""
_SAVE_EVERY: Final = 256
_WAITING_BYTES_MAX: Final = 4 * MIB
_BROKEN: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_DATABASE_MAGIC: Final = b"SQLite format 3\0"

_Key: TypeAlias = tuple[int, int, bytes, str]
_Times: TypeAlias = tuple[int, int, int]
_Row: TypeAlias = tuple[_Times, bytes]


@cache
def engine() -> str:
    """A hash of the code that judges: a new version of any of it forgets every verdict."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def terms_of(limits: Limits, terms: Terms) -> str:
    """What verdicts depend on besides the file, in a word. The key of fingerprints enters hashed."""
    policy = sorted(terms.policy.keys), sorted(terms.policy.guid_levels.items())
    key = hashlib.sha256(b"gapwatch verdict cache" + terms.key).digest()
    spoken = repr((engine(), limits, policy, terms.sum_up)).encode()
    return hashlib.sha256(spoken + key).hexdigest()[:32]


class VerdictCache:
    """Opens or creates the file (mode 0600: it holds names and marks); a broken one is made anew, but only if it is
    one of ours: at our own place (``ours``), or a database.

    What is noted waits here and is written in one short go, so that scans at the same time do not wait for each other.
    Raises OSError when there is nowhere to put it.
    """

    def __init__(self, path: Path, terms: str, files_max: int = FILES_MAX, *, ours: bool = False) -> None:
        self._terms = terms
        self._files_max = files_max
        self._waiting: dict[_Key, _Row] = {}
        self._waiting_bytes = 0
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _BROKEN:  # busy, or the disk's: it may be whole
                raise OSError(str(error)) from error
            if not ours and not _is_database(path):
                raise OSError("it is another file, not one of verdicts") from error
            for stale in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                stale.unlink(missing_ok=True)
            self._db = _open(path)

    def find(self, facts: os.stat_result, name: str) -> tuple[Verdict, ...]:
        """The verdict on that very content and on what is in it; empty when it must be read."""
        key = (facts.st_dev, facts.st_ino, os.fsencode(name), self._terms)
        times = _times(facts)
        try:
            noted = self._waiting.get(key)
            if noted is not None:
                return _read(noted[1]) if noted[0] == times else ()
            row = self._db.execute(_FIND, (*key, *times)).fetchone()
            return _read(row[0]) if row else ()
        except (sqlite3.Error, zlib.error, PeerError):
            return ()

    def note(self, facts: os.stat_result, name: str, found: tuple[Verdict, ...], now_ns: int) -> None:
        """Keep verdicts, the file's own first. ``facts`` are from before it was read, ``now_ns`` from then too."""
        if now_ns - facts.st_ctime_ns < _SETTLED_NS or any(v.inspection.reason in _PASSING for v in found):
            return
        answer = b"\n".join(verdict.encode(one) for one in found)
        if len(answer) > _ANSWER_BYTES_MAX:
            return
        packed = zlib.compress(answer, 1)
        self._waiting[facts.st_dev, facts.st_ino, os.fsencode(name), self._terms] = (_times(facts), packed)
        self._waiting_bytes += len(packed)
        if len(self._waiting) >= _SAVE_EVERY or self._waiting_bytes >= _WAITING_BYTES_MAX:
            self.save()

    def save(self) -> None:
        """Put what was noted on disk and let the oldest go. A full disk costs the cache, never a scan."""
        rows = [(*key, *times, packed) for key, (times, packed) in self._waiting.items()]
        self._waiting.clear()
        self._waiting_bytes = 0
        if not rows:
            return
        try:
            with self._db:
                self._db.executemany(_NOTE, rows)
                newest = self._db.execute("SELECT max(number) FROM verdicts").fetchone()[0] or 0
                self._db.execute("DELETE FROM verdicts WHERE number <= ?", (newest - self._files_max,))
        except sqlite3.Error:
            return

    def close(self) -> None:
        """Save and let go."""
        self.save()
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=2.0)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_DATABASE_MAGIC)) == _DATABASE_MAGIC


def _times(facts: os.stat_result) -> _Times:
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _read(packed: bytes) -> tuple[Verdict, ...]:
    engine_ = zlib.decompressobj()
    answer = engine_.decompress(packed, _ANSWER_BYTES_MAX)
    return tuple(verdict.decode(line) for line in answer.split(b"\n"))
