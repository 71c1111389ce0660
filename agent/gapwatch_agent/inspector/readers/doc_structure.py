"""The skeleton of a Word 97-2003 document (MS-DOC) and of the two before it: what lies where, and the piece table."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import codepages
from gapwatch_agent.inspector.readers.compound import CompoundFile, Stream
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Report, StopReading

_FIB_BYTES: Final = 2048
_WORD_97: Final = 0xC1
_OLDEST: Final = 0x65
_COMPLEX, _ENCRYPTED, _SECOND_TABLE, _WIDE = 0x0004, 0x0100, 0x0200, 0x1000
_PAIRS_AT: Final = 0x9A
_COUNTS_AT: Final = 0x4C
_OLD_COUNTS_AT: Final = 0x34
_OLD_PAIRS: Final = {"headers": 0xB0, "clx": 0x160}
_NUMBERS: Final = {
    "sections": 6, "headers": 11, "character_pages": 12, "paragraph_pages": 13, "clx": 33,
    "shapes": 40, "header_shapes": 41, "drawings": 50, "boxes": 56, "header_boxes": 58,
}  # fmt: skip
_TABLE_BYTES_MAX: Final = 4 * MIB
_DRAWINGS_BYTES_MAX: Final = 32 * MIB
_TEXT_SHARE: Final = 4
"""Pieces share bytes of the file only where something was copied: their text is a small multiple of it at most."""
_CHUNK_CHARACTERS: Final = 1 << 15
_CP_MAX: Final = 1 << 31
_PIECE_COMPRESSED: Final = 0x40000000
STORIES: Final = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header_boxes")
"""The sub-documents, one after the other in the text."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of text in one piece: its first character's number in the text and place in the file.

    ``width`` is the bytes a character takes in the file, 0 where that differs from one to the next.
    """

    text: str
    first: int
    place: int
    width: int


@dataclass(frozen=True, slots=True)
class _Piece:
    first: int
    end: int
    place: int
    is_wide: bool


class WordFile:
    """The file information block and what it points at. Raises StopReading for what is no document or is encrypted."""

    def __init__(self, compound: CompoundFile, limits: Limits, report: Report) -> None:
        entry = compound.find("WordDocument")
        if entry is None:
            raise StopReading("damaged")
        self._report = report
        self._data = compound.find("Data")
        self._compound = compound
        self.body: Stream = compound.open(entry)
        self._block = self.body.read(0, _FIB_BYTES)
        version, flags = u16(self._block, 2), u16(self._block, 10)
        if version < _OLDEST or len(self._block) < _PAIRS_AT:
            raise StopReading("damaged" if len(self._block) < _PAIRS_AT else "unsupported")
        if flags & _ENCRYPTED:
            raise StopReading("encrypted")
        self.is_old = version < _WORD_97
        table = None if self.is_old else compound.find("1Table" if flags & _SECOND_TABLE else "0Table")
        if table is None and not self.is_old:
            report("damaged")
        self._table: Stream | None = self.body if self.is_old else compound.open(table) if table is not None else None
        self._budget = min(limits.expansion_bytes(self.body.size), _TEXT_SHARE * self.body.size + MIB)
        self.codepage = codepages.of_language(u16(self._block, 6))
        self.stories = self._story_ranges()
        self._pieces = self._piece_table(flags)
        self._piece_starts = [piece.first for piece in self._pieces]

    def data(self, offset: int, count: int) -> bytes:
        """Bytes that characters refer to: pictures, fields of forms."""
        return self._compound.open(self._data).read(offset, count) if self._data is not None else b""

    def part(self, name: str) -> bytes:
        """One of the structures that the block points at; empty where there is none."""
        at = _OLD_PAIRS.get(name, -1) if self.is_old else _PAIRS_AT + 8 * _NUMBERS[name]
        offset, size = u32(self._block, at), u32(self._block, at + 4)
        if at < 0 or not size or self._table is None:
            return b""
        size_max = _DRAWINGS_BYTES_MAX if name == "drawings" else _TABLE_BYTES_MAX
        if size > size_max:
            self._report("too_large")
            size = size_max
        data = self._table.read(offset, size)
        if len(data) < size:
            self._report("damaged")
        return data

    def text(self, first: int, end: int, codepage: int = 0) -> Iterator[Chunk]:
        """The characters of that range. ``codepage`` is only asked where a character is a byte of an old document."""
        number = max(bisect_right(self._piece_starts, first) - 1, 0)
        while number < len(self._pieces) and self._pieces[number].first < end:
            piece = self._pieces[number]
            low, high = max(piece.first, first), min(piece.end, end)
            for start in range(low, high, _CHUNK_CHARACTERS):
                chunk = self._chunk(piece, start, min(start + _CHUNK_CHARACTERS, high), codepage)
                if not chunk.text:
                    self._report("damaged")
                    break
                yield chunk
            number += 1

    def _chunk(self, piece: _Piece, start: int, end: int, codepage: int) -> Chunk:
        width = 2 if piece.is_wide else 1
        place = piece.place + (start - piece.first) * width
        raw = self.body.read(place, (end - start) * width)
        self._budget -= len(raw)
        if self._budget < 0:
            raise StopReading("too_large")
        if piece.is_wide:
            return Chunk(_units(raw[: len(raw) // 2 * 2]), start, place, 2)
        if self.is_old:
            return Chunk(codepages.decode(raw, codepage), start, place, 0)
        return Chunk(raw.decode("latin-1").translate(_WESTERN), start, place, 1)

    def _story_ranges(self) -> dict[str, tuple[int, int]]:
        at = _OLD_COUNTS_AT if self.is_old else _COUNTS_AT
        ranges, first = {}, 0
        for number, name in enumerate(STORIES):
            count = min(u32(self._block, at + 4 * number), _CP_MAX - first)
            ranges[name] = (first, first + count)
            first += count
        return ranges

    def _piece_table(self, flags: int) -> list[_Piece]:
        """The pieces in the order of the text; the whole text is one where there is no table."""
        pieces = list(self._pieces_of(self.part("clx"))) if flags & _COMPLEX or not self.is_old else []
        if pieces:
            return pieces
        if not self.is_old:
            self._report("damaged")
        start = u32(self._block, 0x18)
        end = max(u32(self._block, 0x1C), start)
        wide = bool(flags & _WIDE) if self.is_old else _looks_wide(self.body.read(start, 1024))
        count = (min(end, self.body.size) - min(start, self.body.size)) // (2 if wide else 1)
        if self._table is None or not any(high > low for low, high in self.stories.values()):
            self.stories["main"] = (0, count)
        return [_Piece(0, count, start, wide)]

    def _pieces_of(self, clx: bytes) -> Iterator[_Piece]:
        at = 0
        while at < len(clx) and clx[at] == 1:
            at += 3 + u16(clx, at + 1)
        if at >= len(clx) or clx[at] != 2:
            return
        size = min(u32(clx, at + 1), len(clx) - at - 5)
        at += 5
        count = max(size - 4, 0) // 12
        for number in range(count):
            first, end = u32(clx, at + 4 * number), u32(clx, at + 4 * number + 4)
            place = u32(clx, at + 4 * (count + 1) + 8 * number + 2)
            if not first < end <= _CP_MAX:
                self._report("damaged")
                continue
            if self.is_old:
                yield _Piece(first, end, place, is_wide=False)
            elif place & _PIECE_COMPRESSED:
                yield _Piece(first, end, (place & ~_PIECE_COMPRESSED) // 2, is_wide=False)
            else:
                yield _Piece(first, end, place, is_wide=True)


_WESTERN: Final = {byte: bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in range(0x80, 0xA0)}


def _units(raw: bytes) -> str:
    """UTF-16 with its surrogates left apart: every unit counts as a character here, in the file and in the text."""
    text = raw.decode("utf-16-le", errors="surrogatepass")
    return text if len(text) * 2 == len(raw) else "".join(map(chr, memoryview(raw).cast("H")))


def plex(data: bytes, item_bytes: int) -> tuple[list[int], int]:
    """The positions of a PLC and where its items begin: one position more than items of that size."""
    count = max(len(data) - 4, 0) // (4 + item_bytes)
    return [u32(data, 4 * number) for number in range(count + 1)] if count else [], 4 * (count + 1)


def _looks_wide(sample: bytes) -> bool:
    """Whether text of unknown width takes two bytes a character: then its line ends do."""
    return sample.count(b"\r\0") > 0 or sample.count(0) * 4 > len(sample)
