"""Fingerprints of files as a scan finds them, and an index kept up to date with a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fingerprint
from gapwatch_agent.inspector.fingerprint import Fingerprint
from gapwatch_agent.inspector.fingerprint_index import Document, Index
from gapwatch_agent.inspector.scan import Scanned
from gapwatch_agent.inspector.tree import Listed
from gapwatch_agent.inspector.verdict import Verdict

_COMMIT_FILES: Final = 100
_RECENT_NS: Final = 2_000_000_000
"""A file changed this shortly before it is read may change again within the same tick of its time."""
_UNSURE_NS: Final = -1
"""Kept as the time of a file that must be read again."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a file: the file's own, or with ``member`` that of a file inside it; ``print`` None: too short."""

    member: str
    verdict: Verdict
    print: Fingerprint | None

    @property
    def is_full(self) -> bool:
        """Whether everything there was to read was read."""
        return self.verdict.inspection.inspected == "full"


def texts(scanned: Scanned) -> list[Text]:
    """The texts of a file and of the files inside it, whether or not they have a fingerprint."""
    return [_text(found) for found in (scanned.found, *scanned.members)]


def _text(found: Verdict) -> Text:
    try:
        made = fingerprint.decode(found.inspection.fingerprint) if found.inspection.fingerprint else None
    except ValueError:
        # A child that was taken over may answer anything.
        made = None
    return Text(found.member, found, made)


@dataclass(slots=True)
class Update:
    """One run over a folder: what it came to, and what must be remembered between listing a file and storing it.

    ``own`` is the index's own path, which is no document.
    """

    index: Index
    own: str
    read: int = 0
    unchanged: int = 0
    removed: int = 0
    incomplete: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _unlisted: list[str] = field(default_factory=list)
    _facts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def changed(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """The files that must be read: new ones, and those whose size or time is another."""
        for one in listed:
            if one.path == self.own or one.path.startswith(f"{self.own}-"):
                continue
            self._seen.add(one.path)
            if one.reason:
                self._unlisted.append(one.path)
            size, mtime_ns = _size_and_time(one.path)
            if mtime_ns != _UNSURE_NS and self.index.known(one.path) == (size, mtime_ns):
                self.unchanged += 1
                continue
            recent = abs(time.time_ns() - mtime_ns) < _RECENT_NS
            self._facts[one.path] = (size, _UNSURE_NS if recent else mtime_ns)
            yield one

    def store(self, scanned: Scanned) -> None:
        """Keep what is known of a file now; one that was not fully read is read again the next time."""
        self.read += 1
        found = texts(scanned)
        full = all(text.is_full for text in found)
        if not full:
            self.incomplete.append(scanned.path)
        size, mtime_ns = self._facts.pop(scanned.path)
        documents = [_document(scanned.path, size, mtime_ns if full else _UNSURE_NS, text) for text in found]
        self.index.replace(scanned.path, documents)
        if self.read % _COMMIT_FILES == 0:
            self.index.commit()

    def forget(self, folder: str) -> None:
        """Drop the files that are gone, not those in a folder that could not be listed. Call it last."""
        for path in self.index.paths_under(folder):
            if path not in self._seen and not any(path.startswith(f"{kept}/") for kept in self._unlisted):
                self.index.remove(path)
                self.removed += 1


def _size_and_time(path: str) -> tuple[int, int]:
    try:
        facts = os.stat(path)  # noqa: PTH116 - any bytes may be a name
    except OSError:
        return 0, _UNSURE_NS
    return facts.st_size, facts.st_mtime_ns


def _document(path: str, size: int, mtime_ns: int, text: Text) -> Document:
    mark = text.verdict.inspection.mark
    return Document(
        path=path,
        size=size,
        mtime_ns=mtime_ns,
        sha256=text.verdict.sha256,
        axis=mark.axis,
        level=mark.level,
        level_text=mark.level_text,
        member=text.member,
        fingerprint=text.print,
    )
