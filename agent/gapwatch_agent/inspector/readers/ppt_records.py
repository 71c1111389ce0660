"""The record tree of PowerPoint 97-2003 (MS-PPT), and which of its records count: those of the newest edit. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.limits import MIB
from gapwatch_agent.inspector.readers.compound import CompoundFile, Stream
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Report, StopReading

DOCUMENT, SLIDE, MAIN_MASTER, NOTES, OLE_OBJECT = 0x03E8, 0x03EE, 0x03F8, 0x03F0, 0x1011
_USER_EDIT, _PERSIST_DIRECTORY, _CRYPT_SESSION = 0x0FF5, 0x1772, 0x2F14
_TEXT_CHARACTERS, _TEXT_BYTES, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_CONTAINER: Final = 0xF
HEAD_BYTES: Final = 8
_RECORD_BYTES_MAX: Final = 64 * MIB
_EDITS_MAX: Final = 1000
_ENCRYPTED_TOKEN: Final = 0xF3D1C4DF
_OBJECTS_MAX: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its content lies from ``start`` to ``end`` of the bytes it was found in."""

    kind: int
    instance: int
    is_container: bool
    start: int
    end: int


def children(data: bytes, start: int, end: int) -> Iterator[Record]:
    """The records that follow each other there; the last is cut off where its parent ends."""
    while start + HEAD_BYTES <= end:
        head = u16(data, start)
        content = start + HEAD_BYTES
        stop = min(content + u32(data, start + 4), end)
        yield Record(u16(data, start + 2), head >> 4, head & 0xF == _CONTAINER, content, stop)
        start = stop


def inside(data: bytes, record: Record) -> Iterator[Record]:
    """The records of a container."""
    return children(data, record.start, record.end)


def text_of(data: bytes, record: Record) -> str | None:
    """What a text atom says; None for any other record."""
    if record.kind in {_TEXT_CHARACTERS, _STRING}:
        raw = data[record.start : record.end]
        return raw[: len(raw) // 2 * 2].decode("utf-16-le", errors="replace")
    return data[record.start : record.end].decode("latin-1") if record.kind == _TEXT_BYTES else None


class Presentation:
    """The records of the document stream that the newest edit refers to; all there are where no edit can be found.

    ``is_listed``: the numbers by which the document lists its pages are those of the objects here.
    """

    def __init__(self, compound: CompoundFile, report: Report) -> None:
        entry = compound.find("PowerPoint Document")
        if entry is None:
            raise StopReading("damaged")
        self.stream: Stream = compound.open(entry)
        self._report = report
        # Records are read once each; more than the file is long means that some are said to lie in others.
        self._bytes_left = 2 * self.stream.size + MIB
        user = compound.content("Current User", bytes_max=64)
        if u32(user, 12) == _ENCRYPTED_TOKEN:
            raise StopReading("encrypted")
        self._places: dict[int, int] = {}
        self._document = -1
        self.is_listed = True
        self._follow_edits(u32(user, 16))
        if self.head(self.place(self._document))[1] != DOCUMENT:
            report("damaged")
            self._scan()

    def place(self, number: int) -> int:
        """Where an object begins, -1 for none."""
        return self._places.get(number, -1)

    @property
    def document(self) -> int:
        """Where the document's own record begins, -1 for none."""
        return self.place(self._document)

    def numbers(self, *kinds: int) -> list[int]:
        """The objects of these kinds, in the order of their numbers."""
        return [number for number, place in sorted(self._places.items()) if self.head(place)[1] in kinds]

    def head(self, place: int) -> tuple[int, int, int]:
        """The head of the record there: its first field, kind and size; zeros where there is none."""
        raw = self.stream.read(place, HEAD_BYTES) if place >= 0 else b""
        return u16(raw, 0), u16(raw, 2), u32(raw, 4)

    def content(self, place: int) -> bytes:
        """The content of the record there, as far as it is whole and of a size that any has."""
        size = self.head(place)[2]
        if size > _RECORD_BYTES_MAX:
            self._report("too_large")
            size = _RECORD_BYTES_MAX
        data = self.stream.read(place + HEAD_BYTES, size) if place >= 0 else b""
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise StopReading("too_large")
        if len(data) < size:
            self._report("damaged")
        return data

    def _follow_edits(self, place: int) -> None:
        """Newest first: what an edit says of an object hides what those before it said."""
        seen: set[int] = set()
        while place not in seen and len(seen) < _EDITS_MAX and self.head(place)[1] == _USER_EDIT:
            seen.add(place)
            edit = self.stream.read(place + HEAD_BYTES, 32)
            if self.head(place)[2] >= 32 and u32(edit, 28):
                raise StopReading("encrypted")
            if self._document < 0:
                self._document = u32(edit, 16)
            self._read_directory(u32(edit, 12))
            place = u32(edit, 8)
            if not place:
                return

    def _read_directory(self, place: int) -> None:
        if self.head(place)[1] != _PERSIST_DIRECTORY:
            return
        data = self.stream.read(place + HEAD_BYTES, min(self.head(place)[2], 4 * _OBJECTS_MAX))
        at = 0
        while at + 8 <= len(data) and len(self._places) < _OBJECTS_MAX:
            first, count = u32(data, at) & 0xFFFFF, u32(data, at) >> 20
            for number in range(min(count, (len(data) - at) // 4 - 1)):
                self._places.setdefault(first + number, u32(data, at + 4 + 4 * number))
            at += 4 + 4 * count

    def _scan(self) -> None:
        """Nothing says where the newest edit is: it is the last that the stream holds, if any leads to the document.

        Else every record on the top level is taken, and the last document counts.
        """
        found: dict[int, int] = {}
        document = last_edit = -1
        place = number = 0
        while place + HEAD_BYTES <= self.stream.size and number < _OBJECTS_MAX:
            _, kind, size = self.head(place)
            if kind == _CRYPT_SESSION:
                raise StopReading("encrypted")
            if kind == _USER_EDIT:
                last_edit = place
            found[number] = place
            if kind == DOCUMENT:
                document = number
            place += HEAD_BYTES + size
            number += 1
        self._places, self._document = {}, -1
        self._follow_edits(last_edit)
        if self.head(self.document)[1] != DOCUMENT:
            self._places, self._document, self.is_listed = found, document, False
