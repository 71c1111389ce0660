"""An index of fingerprints in one SQLite file: which known documents hold this text, and which does it hold.

What many documents share (letterheads, standard clauses, licences) must not make them match. So a hash counts for less
the more texts have it, measured against the known text's own passages: ten versions of one report share everything and
stay recognisable, ten reports with one letterhead share what none of them is about. Copies of one text count once. The
file holds names and marks: it is created 0600 and is as secret as what it names.
"""

from __future__ import annotations

import heapq
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gapwatch_agent.errors import AgentError, ConfigError
from gapwatch_agent.inspector import fingerprint
from gapwatch_agent.inspector.fingerprint import Fingerprint

COMMON_MAX: Final = 256
"""A hash in more texts than this is boilerplate; the bound also keeps a look-up from reading an office's letterhead."""
MATCH_SCORE: Final = 0.17
"""The weighted part of the smaller text that must stand in the other (how it was measured: ADR 0019)."""
MATCHES_MAX: Final = 20
"""Also how many candidates are weighed."""
_PATHS_MAX: Final = 20
_SOME: Final = 64
_MISSES_MAX: Final = 6
"""So many of the likeliest candidates that are none end a look-up."""
_LOCK_WAIT_S: Final = 30.0
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE meta (version INTEGER NOT NULL, key_id BLOB NOT NULL);
CREATE TABLE texts (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, fingerprint BLOB NOT NULL);
CREATE TABLE documents (
    path BLOB NOT NULL, member TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    axis TEXT NOT NULL, level TEXT NOT NULL, level_text TEXT NOT NULL, text INTEGER REFERENCES texts (id),
    PRIMARY KEY (path, member)
) WITHOUT ROWID;
CREATE INDEX documents_of_text ON documents (text) WHERE text IS NOT NULL;
CREATE TABLE postings (hash INTEGER NOT NULL, text INTEGER NOT NULL, PRIMARY KEY (hash, text)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A known document: a file, or with ``member`` a file inside it. ``fingerprint`` None: too little text for one."""

    path: str
    size: int
    mtime_ns: int
    sha256: str = ""
    axis: str = ""
    level: str = ""
    level_text: str = ""
    member: str = ""
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A known text that shares content with what was looked up.

    ``shared`` samples are common; ``found`` is the part of the looked-up text that stands in the known one, ``covered``
    the part of the known one in the looked-up text; ``score`` is the larger of the two with boilerplate discounted.
    ``documents`` are the known documents with this text, without their fingerprints, at most twenty.
    """

    documents: tuple[Document, ...]
    shared: int
    found: float
    covered: float
    score: float


class Index:
    """The open index; a context manager. Changes last only after ``commit``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        if isinstance(error, sqlite3.Error):
            raise AgentError(f"the index failed: {error}; if it is damaged, delete it and index again") from error

    def commit(self) -> None:
        """Make every change since the last commit last, all or nothing."""
        self._db.commit()

    def known(self, path: str) -> tuple[int, int] | None:
        """Size and mtime in ns of a file when it was indexed."""
        row = self._db.execute(
            "SELECT size, mtime_ns FROM documents WHERE path = ? LIMIT 1", (os.fsencode(path),)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def paths_under(self, folder: str) -> Iterator[str]:
        """Every indexed file below a folder (an absolute path)."""
        low = os.fsencode(folder.rstrip("/")) + b"/"
        # '0' is the character after '/'.
        rows = self._db.execute(
            "SELECT DISTINCT path FROM documents WHERE path >= ? AND path < ?", (low, low[:-1] + b"0")
        ).fetchall()
        for (path,) in rows:
            yield os.fsdecode(path)

    def replace(self, path: str, documents: Iterable[Document]) -> None:
        """What is known of a file is now this: the file itself and the members it holds."""
        self.remove(path)
        for document in documents:
            text = None if document.fingerprint is None else self._text(document.fingerprint)
            self._db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(os.fsencode(path), _storable(document.member), document.size, document.mtime_ns, document.sha256),
                    *(document.axis, document.level, _storable(document.level_text), text),
                ),
            )

    def remove(self, path: str) -> None:
        """Forget a file and its members; a text that no document has any more goes with them."""
        raw = os.fsencode(path)
        texts = self._db.execute(
            "SELECT DISTINCT text FROM documents WHERE path = ? AND text IS NOT NULL", (raw,)
        ).fetchall()
        self._db.execute("DELETE FROM documents WHERE path = ?", (raw,))
        for (text,) in texts:
            if self._db.execute("SELECT 1 FROM documents WHERE text = ? LIMIT 1", (text,)).fetchone() is None:
                hashes = self._fingerprint(text).hashes
                self._db.executemany("DELETE FROM postings WHERE hash = ? AND text = ?", [(h, text) for h in hashes])
                self._db.execute("DELETE FROM texts WHERE id = ?", (text,))

    def counts(self) -> tuple[int, int]:
        """Documents, and different texts among them."""
        (documents,) = self._db.execute("SELECT count(*) FROM documents").fetchone()
        (texts,) = self._db.execute("SELECT count(*) FROM texts").fetchone()
        return documents, texts

    def lookup(self, wanted: Fingerprint) -> list[Match]:
        """Known texts that share content with ``wanted``, best first, at most ``MATCHES_MAX``."""
        frequencies = _Frequencies(self._db)
        scores: dict[int, float] = {}
        for keyed in wanted.hashes:
            texts = frequencies.texts(keyed)
            if len(texts) <= COMMON_MAX:
                for text in texts:
                    scores[text] = scores.get(text, 0.0) + 1 / len(texts)
        found: list[tuple[int, Match]] = []
        misses = 0
        for text in heapq.nlargest(MATCHES_MAX, scores, key=scores.__getitem__):
            match = _weigh(wanted, self._fingerprint(text), frequencies)
            if match is not None:
                found.append((text, match))
            elif (misses := misses + 1) == _MISSES_MAX:
                break
        found.sort(key=lambda pair: (-pair[1].score, -pair[1].found - pair[1].covered, pair[0]))
        return [
            Match(self._documents(text), match.shared, match.found, match.covered, match.score) for text, match in found
        ]

    def _text(self, print_: Fingerprint) -> int:
        data = print_.encode()
        digest = blake2b(data, digest_size=16).digest()
        row = self._db.execute("SELECT id FROM texts WHERE digest = ?", (digest,)).fetchone()
        if row is not None:
            return int(row[0])
        cursor = self._db.execute("INSERT INTO texts (digest, fingerprint) VALUES (?, ?)", (digest, data))
        text = cursor.lastrowid
        assert text is not None
        self._db.executemany("INSERT INTO postings VALUES (?, ?)", [(keyed, text) for keyed in print_.hashes])
        return text

    def _fingerprint(self, text: int) -> Fingerprint:
        row = self._db.execute("SELECT fingerprint FROM texts WHERE id = ?", (text,)).fetchone()
        try:
            return fingerprint.decode(row[0])
        except (TypeError, ValueError) as error:
            raise AgentError("the index is damaged: delete it and index again") from error

    def _documents(self, text: int) -> tuple[Document, ...]:
        rows = self._db.execute(
            "SELECT path, size, mtime_ns, sha256, axis, level, level_text, member FROM documents WHERE text = ?"
            " ORDER BY path, member LIMIT ?",
            (text, _PATHS_MAX),
        )
        return tuple(Document(os.fsdecode(path), *rest) for path, *rest in rows)


class _Frequencies:
    """How many different texts have a hash, as far as it tells boilerplate; remembered for one look-up."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._counts: dict[int, int] = {}

    def texts(self, keyed: int) -> list[int]:
        """Which texts they are."""
        rows = self._db.execute("SELECT text FROM postings WHERE hash = ? LIMIT ?", (keyed, COMMON_MAX + 1))
        found = [text for (text,) in rows]
        self._counts[keyed] = len(found)
        return found

    def of(self, keyed: int) -> int:
        """How many they are."""
        known = self._counts.get(keyed)
        if known is None:
            query = "SELECT count(*) FROM (SELECT 1 FROM postings WHERE hash = ? LIMIT ?)"
            (known,) = self._db.execute(query, (keyed, COMMON_MAX + 1)).fetchone()
            self._counts[keyed] = known
        return known

    def weight(self, keyed: int, own: int) -> float:
        """What the hash is worth in judging a text whose own passages stand in ``own`` texts."""
        frequency = self.of(keyed)
        if frequency <= own:
            return 1.0
        return own / frequency if frequency <= COMMON_MAX else 0.0

    def own(self, hashes: Sequence[int]) -> int:
        """In how many texts the rarest quarter of a text's hashes stands: 1, or the number of its versions."""
        return sorted(map(self.of, hashes))[len(hashes) // 4]

    def weigh(self, hashes: Collection[int], own: int) -> float:
        """The worth of several hashes together."""
        return sum(self.weight(keyed, own) for keyed in hashes)


def _weigh(wanted: Fingerprint, known: Fingerprint, frequencies: _Frequencies) -> Match | None:
    rate = max(wanted.rate, known.rate)
    one, other = wanted.at(rate), known.at(rate)
    shared = set(one).intersection(other)
    if len(shared) < fingerprint.SHARED_MIN:
        return None
    # Hashes are evenly spread numbers: a few of them stand for all, and asking for the frequency of each takes time.
    some = other[:: len(other) // _SOME + 1]
    own = frequencies.own(some)
    evidence = frequencies.weigh(shared, own)
    if evidence < fingerprint.SHARED_MIN:
        return None
    of_other = max(frequencies.weigh(some, own) * len(other) / len(some), evidence)
    score = evidence / min(frequencies.weigh(one, own), of_other)
    if score < MATCH_SCORE:
        return None
    return Match((), len(shared), len(shared) / len(one), len(shared) / len(other), score)


def create_or_open(path: Path, key_id: bytes) -> Index:
    """The index at ``path``, made if there is none. Raises ConfigError when it has another key or is no index."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return _open(path, key_id, create=True)


def open_existing(path: Path, key_id: bytes) -> Index:
    """The index at ``path``. Raises ConfigError when there is none, it has another key or is no index."""
    if not path.exists():
        raise ConfigError(
            str(path), ["there is no index; make it with: gapwatch-agent fingerprint index DIR --db FILE"]
        )
    return _open(path, key_id, create=False)


def _open(path: Path, key_id: bytes, *, create: bool) -> Index:
    try:
        connection = sqlite3.connect(path, timeout=_LOCK_WAIT_S)
    except sqlite3.OperationalError as error:
        raise AgentError(f"{path}: the index cannot be opened: {error}") from error
    try:
        if create:
            _create(connection, key_id)
        version, made_with = connection.execute("SELECT version, key_id FROM meta").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if "no such" in str(error):
            raise ConfigError(str(path), ["this is not a fingerprint index; name another file"]) from error
        raise AgentError(f"{path}: the index cannot be used: {error}") from error
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:
        connection.close()
        raise ConfigError(str(path), ["this is not a fingerprint index; name another file"]) from error
    if (version, made_with) != (_VERSION, key_id):
        connection.close()
        fault = (
            "was made with another key: give that key with --key-file, or name another index"
            if version == _VERSION
            else f"has version {version}, this program knows {_VERSION}: delete it and index again"
        )
        raise ConfigError(str(path), [fault])
    return Index(connection)


def _create(connection: sqlite3.Connection, key_id: bytes) -> None:
    """Make the tables where there are none yet; of two that start at once, one does."""
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in _SCHEMA.strip().split(";\n"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (?, ?)", (_VERSION, key_id))
    connection.commit()


def _storable(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
