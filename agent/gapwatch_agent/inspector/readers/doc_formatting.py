"""What the formatting of a binary Word document says about its text: struck or deleted characters, symbols, table rows.

Formatting lies in pages of 512 bytes, found by the place of the text in the file. Only direct formatting is read: a
style that strikes text out is not followed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.readers.compound import Stream
from gapwatch_agent.inspector.readers.doc_structure import Chunk, WordFile, plex
from gapwatch_agent.inspector.readers.little_endian import u16, u32

_PAGE_BYTES: Final = 512
_PAGES_KEPT: Final = 64
_PAGE_NUMBER: Final = 0x3FFFFF
_DELETED, _STRUCK, _TWICE_STRUCK, _SYMBOL, _OBJECT = 0x0800, 0x0837, 0x2A53, 0x6A09, 0x6A03
_IN_TABLE, _ROW_END, _INNER_CELL, _INNER_ROW_END = 0x2416, 0x2417, 0x244B, 0x244C
_BREAK_BEFORE, _DEPTH, _SECTION_KIND = 0x2407, 0x6649, 0x3009
_OPERAND_BYTES: Final = (1, 1, 2, 4, 2, 2, 0, 3)
_LONG_OPERANDS: Final = frozenset({0xD608, 0xD606})
_HINTS: Final = (b"\x00\x08", b"\x37\x08", b"\x53\x2a", b"\x09\x6a", b"\x03\x6a")
_GONE: Final = "\x00"
_KEPT: Final = "\r\x07\x0c"
UNTICKED: Final = "\x1c"
TICKED: Final = "\x1d"
"""Stand where a form has a box to tick."""
_ANCHOR: Final = "\x01"
_FORM_AT: Final = 68
_FORM_KIND: Final = 1
_FORM_UNANSWERED: Final = 25
SYMBOLS: Final = {
    0xAB: "★", 0xB6: "☆", 0xFE: "☑", 0x52: "☑", 0xFD: "☒", 0xA8: "□", 0x6F: "□", 0xA3: "□",
}  # fmt: skip
"""Characters of the Wingdings fonts that stand for stars and boxes."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a paragraph's formatting says of its place. ``row_end``: its mark ends a row, ``inner``: of a table inside
    a table's cell.
    """

    in_table: bool = False
    row_end: bool = False
    inner_cell: bool = False
    inner_row_end: bool = False
    starts_page: bool = False


PLAIN: Final = Paragraph()


class Formatting:
    """Answers by place in the file; knows nothing about old documents, which keep it in another form."""

    def __init__(self, file: WordFile) -> None:
        self._file = file
        self._body: Stream = file.body
        self.is_known = not file.is_old
        self._character_places, self._character_pages = self._index(file, "character_pages")
        self._paragraph_places, self._paragraph_pages = self._index(file, "paragraph_pages")
        self._runs: dict[int, list[tuple[int, int, str]]] = {}
        self._marks: dict[int, tuple[list[int], list[Paragraph]]] = {}
        self._paragraphs: dict[bytes, Paragraph] = {}

    def _index(self, file: WordFile, name: str) -> tuple[list[int], list[int]]:
        if not self.is_known:
            return [], []
        data = file.part(name)
        places, at = plex(data, 4)
        # Each page stands once in the file, and each is about text of its own.
        count = min(len(places) - 1, self._body.size // _PAGE_BYTES)
        pages = {places[number]: u32(data, at + 4 * number) & _PAGE_NUMBER for number in range(count)}
        ordered = sorted(pages)
        return ordered, [pages[place] for place in ordered]

    def visible(self, chunk: Chunk) -> str:
        """The chunk's text, as long as it was: what is struck or deleted is NUL, what a symbol font shows stands there.

        Ends of paragraphs, cells and pages stay: they divide what is left.
        """
        if not self._character_pages or not chunk.width:
            return chunk.text
        end = chunk.place + len(chunk.text) * chunk.width
        characters: list[str] | None = None
        number = max(bisect_right(self._character_places, chunk.place) - 1, 0)
        while number < len(self._character_pages) and self._character_places[number] < end:
            least = max(self._character_places[number], chunk.place)
            last = min((*self._character_places[number + 1 : number + 2], end))
            for start, stop, shown in self._runs_of(self._character_pages[number]):
                low = (max(start, least) - chunk.place) // chunk.width
                high = (min(stop, last) - chunk.place) // chunk.width
                if low >= high:
                    continue
                characters = list(chunk.text) if characters is None else characters
                for index in range(low, high):
                    is_box = shown in {UNTICKED, TICKED}
                    if (characters[index] == _ANCHOR) if is_box else (characters[index] not in _KEPT):
                        characters[index] = shown
            number += 1
        return chunk.text if characters is None else "".join(characters)

    def paragraph(self, place: int) -> Paragraph:
        """The paragraph whose mark stands at that place."""
        number = bisect_right(self._paragraph_places, place) - 1
        if not 0 <= number < len(self._paragraph_pages):
            return PLAIN
        places, found = self._marks_of(self._paragraph_pages[number])
        index = bisect_right(places, place) - 1
        return found[index] if 0 <= index < len(found) else PLAIN

    def section_is_continuous(self, place: int) -> bool:
        """Whether the section with these properties goes on where the one before it ended."""
        size = u16(self._body.read(place, 2), 0)
        return any(code == _SECTION_KIND and value == 0 for code, value in _settings(self._body.read(place + 2, size)))

    # --- pages of formatting

    def _runs_of(self, page: int) -> list[tuple[int, int, str]]:
        """Stretches of the file (from, to) whose text is not shown as it stands, and what is shown instead."""
        found = self._runs.get(page)
        if found is None:
            if len(self._runs) >= _PAGES_KEPT:
                self._runs.clear()
            found = self._runs[page] = list(_character_runs(self._page(page), self._box))
        return found

    def _box(self, offset: int) -> str:
        """What a form's field shows: a box that is ticked or not, nothing for a picture or another field."""
        raw = self._file.data(offset + _FORM_AT, 256)
        bits = u16(raw, 4)
        if u32(raw, 0) != 0xFFFFFFFF or bits & 3 != _FORM_KIND:
            return ""
        answer = bits >> 2 & 0x1F
        if answer == _FORM_UNANSWERED:
            # The default stands behind the field's name.
            answer = u16(raw, 10 + 2 + 2 * u16(raw, 10) + 2)
        return TICKED if answer == 1 else UNTICKED

    def _marks_of(self, page: int) -> tuple[list[int], list[Paragraph]]:
        found = self._marks.get(page)
        if found is None:
            if len(self._marks) >= _PAGES_KEPT:
                self._marks.clear()
            data = self._page(page)
            count = min(data[-1], (_PAGE_BYTES - 5) // 17) if data else 0
            places = [u32(data, 4 * number) for number in range(count)]
            offsets = [data[4 * (count + 1) + 13 * number] * 2 for number in range(count)]
            found = self._marks[page] = (places, [self._paragraph_of(_paragraph_settings(data, at)) for at in offsets])
        return found

    def _paragraph_of(self, raw: bytes) -> Paragraph:
        known = self._paragraphs.get(raw)
        if known is None:
            if len(self._paragraphs) >= _PAGES_KEPT * 32:
                self._paragraphs.clear()
            said = dict(_settings(raw))
            known = self._paragraphs[raw] = Paragraph(
                in_table=bool(said.get(_IN_TABLE) or said.get(_DEPTH)),
                row_end=bool(said.get(_ROW_END)),
                inner_cell=bool(said.get(_INNER_CELL)),
                inner_row_end=bool(said.get(_INNER_ROW_END)),
                starts_page=bool(said.get(_BREAK_BEFORE)),
            )
        return known

    def _page(self, number: int) -> bytes:
        data = self._body.read(number * _PAGE_BYTES, _PAGE_BYTES)
        return data if len(data) == _PAGE_BYTES else b""


def _character_runs(page: bytes, box: Callable[[int], str]) -> Iterator[tuple[int, int, str]]:
    count = min(page[-1], (_PAGE_BYTES - 5) // 5) if page else 0
    for number in range(count):
        at = page[4 * (count + 1) + number] * 2
        if not at:
            continue
        raw = page[at + 1 : at + 1 + page[at]]
        if any(hint in raw for hint in _HINTS):
            shown = _shown(raw, box)
            if shown:
                yield u32(page, 4 * number), u32(page, 4 * number + 4), shown


def _shown(raw: bytes, box: Callable[[int], str]) -> str:
    """What stands instead of a run with these settings; nothing where it is shown as it is."""
    shown = ""
    for code, value in _settings(raw):
        if code in {_DELETED, _STRUCK, _TWICE_STRUCK} and value & 1:
            return _GONE
        if code == _SYMBOL:
            character = value >> 16
            shown = SYMBOLS.get(character & 0xFF, "") if 0xF000 <= character <= 0xF0FF else chr(character)
            shown = "" if "\ud800" <= shown <= "\udfff" or shown < " " else shown
        elif code == _OBJECT:
            shown = box(value)
    return shown


def _paragraph_settings(page: bytes, at: int) -> bytes:
    """The settings of the paragraph at that offset, its style's number left out."""
    if not at:
        return b""
    size, start = page[at] * 2 - 1, at + 1
    if size < 0 and start < _PAGE_BYTES:
        size, start = page[start] * 2, start + 1
    return page[start + 2 : start + max(size, 0)]


def _settings(raw: bytes) -> Iterator[tuple[int, int]]:
    """Each setting: its code and its operand, up to four bytes of it."""
    at = 0
    while at + 2 < len(raw):
        code = u16(raw, at)
        at += 2
        size = _OPERAND_BYTES[code >> 13]
        if not size:
            # The longest table settings count their length in two bytes.
            size, at = (u16(raw, at) - 1, at + 2) if code in _LONG_OPERANDS else (raw[at], at + 1)
        yield code, int.from_bytes(raw[at : at + min(max(size, 0), 4)], "little")
        at += max(size, 0)
