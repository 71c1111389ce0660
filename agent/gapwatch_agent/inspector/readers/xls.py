"""Binary workbooks (BIFF5, BIFF8: Excel 5 to 2003, templates, WPS's tables): each sheet a page, hidden ones too.

The stream is read once: the workbook's part with its names and strings, then each sheet with its header and footer,
its rows (one filled cell is a line, several are a table row) and what floats over them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import biff, office_art, ole_objects, ole_properties, xls_protection, xlsx_header
from gapwatch_agent.inspector.readers.compound import CompoundFile, Entry
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading

_STREAMS: Final = ("Workbook", "Book")
_BOF, _EOF, _BOUND_SHEET, _CODE_PAGE, _FILE_PASS, _SST = 0x0809, 0x000A, 0x0085, 0x0042, 0x002F, 0x00FC
_HEADER, _FOOTER, _MORE_MARGINS = 0x0014, 0x0015, 0x089C
_LABEL, _RICH_LABEL, _SHARED_LABEL, _STRING = 0x0204, 0x00D6, 0x00FD, 0x0207
_FORMULAS: Final = (0x0006, 0x0206, 0x0406)
_NUMBER, _SHORT_NUMBER, _SHORT_NUMBERS = 0x0203, 0x027E, 0x00BD
_OBJECT, _TEXT_OBJECT, _NOTE, _DRAWING, _CHART_TEXT = 0x005D, 0x01B6, 0x001C, 0x00EC, 0x100D
_CONTINUED: Final = frozenset({_SST, _TEXT_OBJECT, _DRAWING, _STRING})
_BIFF8: Final = 0x0600
_NOTE_OBJECT: Final = 0x19
_STRINGS_SHARE: Final = 4
"""The shared strings may take this part of an inspection's memory."""
_STRING_COST_BYTES: Final = 80
_ROW_CHARACTERS_MAX: Final = 1 << 16
_EMBEDDED_PREFIX: Final = "mbd"
_WESTERN: Final = 1252


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """A reading for each of the two generations a file may hold side by side."""
    compound = CompoundFile(source, limits, report)
    found = [entry for entry in (compound.find(name) for name in _STREAMS) if entry is not None]
    if not found:
        raise StopReading("damaged")
    for entry in found:
        yield _fragments(compound, entry, limits, report)


def _fragments(compound: CompoundFile, entry: Entry, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    yield from ole_properties.fragments(compound, limits, report)
    yield from _Workbook(limits, report, limits.expansion_bytes(entry.size)).read(compound, entry)
    for name, storage in list(compound.root.children.items()):
        if name.startswith(_EMBEDDED_PREFIX):
            yield from ole_objects.embedded(compound, storage)


class _Workbook:
    """The state while the records pass."""

    def __init__(self, limits: Limits, report: Report, characters_left: int) -> None:
        self._report = report
        self._strings: list[str] = []
        self._strings_left = limits.memory_bytes // _STRINGS_SHARE
        self._characters_left = characters_left
        self._codepage = 0
        self._page = 0
        self._pages: dict[int, int] = {}
        self._depth = 0
        self._row_number = -1
        self._row: list[str] = []
        self._row_characters = 0
        self._object_kind = 0
        self._missing = False
        self._cipher: xls_protection.Cipher | None = None
        self._readers: dict[int, Callable[[list[bytes]], Iterator[Fragment]]] = {
            _BOUND_SHEET: self._sheet_name,
            _CODE_PAGE: self._code_page,
            _FILE_PASS: self._encrypted,
            _SST: self._shared,
            _HEADER: functools.partial(self._margin, where.HEADER),
            _FOOTER: functools.partial(self._margin, where.FOOTER),
            _MORE_MARGINS: self._more_margins,
            _OBJECT: self._object,
            _TEXT_OBJECT: self._text_object,
            _NOTE: self._note,
            _DRAWING: self._drawing,
            _CHART_TEXT: self._chart_text,
            _EOF: self._end,
        }
        self._cells: dict[int, Callable[[bytes], str]] = {
            _LABEL: self._label,
            _RICH_LABEL: self._label,
            _SHARED_LABEL: self._shared_label,
            _NUMBER: lambda data: biff.number(data[6:14]),
            _SHORT_NUMBER: lambda data: biff.short_number(u32(data, 6)),
            _SHORT_NUMBERS: _numbers,
            **dict.fromkeys(_FORMULAS, _formula),
        }

    def read(self, compound: CompoundFile, entry: Entry) -> Iterator[Fragment]:
        """The fragments of the workbook stream."""
        wanted = frozenset({*self._readers, *self._cells, _BOF, _STRING})
        begun = False
        for place, kind, parts in biff.records(compound.open(entry), wanted, _CONTINUED):
            begun = begun or (kind == _BOF and place == 0)
            if self._cipher is not None:
                parts = self._cipher.record(place, kind, parts)  # noqa: PLW2901 - the same record, legible
            cell = self._cells.get(kind)
            if cell is not None:
                data = parts[0]
                row = u16(data, 0)
                if row != self._row_number or self._row_characters > _ROW_CHARACTERS_MAX:
                    yield from self._end_row()
                    self._row_number = row
                self._put(cell(data))
            elif kind == _STRING:
                self._put(self._formula_text(parts))
            elif kind == _BOF:
                yield from self._end_row()
                self._begin(place, parts[0])
            else:
                yield from self._end_row()
                yield from self._readers[kind](parts)
        yield from self._end_row()
        if self._depth > 0 or not begun:
            compound.damaged()

    # --- parts of the stream

    def _begin(self, place: int, data: bytes) -> None:
        if u16(data, 0) < _BIFF8 and not self._codepage:
            self._codepage = _WESTERN
        if self._depth == 0 and (place in self._pages or self._pages):
            # Charts inside a sheet are parts of their own kind and belong to its page.
            self._page = self._pages.get(place, self._page + 1)
        self._depth += 1

    def _end(self, _parts: list[bytes]) -> Iterator[Fragment]:
        yield from self._end_row()
        self._depth = max(self._depth - 1, 0)

    def _encrypted(self, parts: list[bytes]) -> Iterator[Fragment]:
        self._cipher = xls_protection.cipher(parts[0])
        if self._cipher is None:
            raise StopReading("encrypted")
        return iter(())

    def _code_page(self, parts: list[bytes]) -> Iterator[Fragment]:
        if self._codepage:
            self._codepage = u16(parts[0], 0)
        return iter(())

    def _sheet_name(self, parts: list[bytes]) -> Iterator[Fragment]:
        data = parts[0]
        self._pages.setdefault(u32(data, 0), len(self._pages) + 1)
        name = biff.text(data, 6, codepage=self._codepage, length_bytes=1)
        if name.strip():
            yield Fragment(name, part=where.PROPERTY, key="sheet")

    def _shared(self, parts: list[bytes]) -> Iterator[Fragment]:
        full = False
        for text in biff.shared_strings(parts):
            self._strings_left -= len(text) * 2 + _STRING_COST_BYTES
            if self._strings_left >= 0:
                self._strings.append(text)
            elif text.strip():
                # What cannot be kept for its cell is at least seen.
                yield Fragment(text)
                full = True
        if full:
            self._report("too_large")

    # --- margins and what floats

    def _margin(self, part: str, parts: list[bytes]) -> Iterator[Fragment]:
        data = parts[0]
        if data:
            text = biff.text(data, 0, codepage=self._codepage, length_bytes=1 if self._codepage else 2)
            yield from xlsx_header.fragments(part, text, self._page)

    def _more_margins(self, parts: list[bytes]) -> Iterator[Fragment]:
        """Even pages' and the first page's header and footer."""
        data, at = parts[0], 38
        for number, part in enumerate((where.HEADER, where.FOOTER, where.HEADER, where.FOOTER)):
            if not u16(data, 30 + 2 * number):
                continue
            text = biff.text(data, at)
            yield from xlsx_header.fragments(part, text, self._page)
            wide = at + 2 < len(data) and data[at + 2] & 1
            at += 3 + len(text) * (2 if wide else 1)

    def _object(self, parts: list[bytes]) -> Iterator[Fragment]:
        self._object_kind = u16(parts[0], 4)
        return iter(())

    def _text_object(self, parts: list[bytes]) -> Iterator[Fragment]:
        text = biff.spread_text(parts[1:], u16(parts[0], 10))
        if text.strip():
            is_note = self._object_kind == _NOTE_OBJECT
            yield Fragment(_lines(text), part=where.NOTE if is_note else where.TEXT_BOX, page=self._page)
        self._object_kind = 0

    def _note(self, parts: list[bytes]) -> Iterator[Fragment]:
        """Old workbooks keep a comment's text here; later ones in a text object."""
        if self._codepage:
            text = biff.text(parts[0], 4, codepage=self._codepage)
            if text.strip():
                yield Fragment(_lines(text), part=where.NOTE, page=self._page)

    def _drawing(self, parts: list[bytes]) -> Iterator[Fragment]:
        for words in office_art.word_art(b"".join(parts)):
            yield Fragment(words, part=where.WATERMARK, page=self._page)

    def _chart_text(self, parts: list[bytes]) -> Iterator[Fragment]:
        text = biff.text(parts[0], 2, codepage=self._codepage, length_bytes=1)
        if text.strip():
            yield Fragment(_lines(text), part=where.TEXT_BOX, page=self._page)

    # --- cells

    def _label(self, data: bytes) -> str:
        return biff.text(data, 6, codepage=self._codepage)

    def _shared_label(self, data: bytes) -> str:
        index = u32(data, 6)
        if index < len(self._strings):
            return self._strings[index]
        if not self._missing and self._strings_left >= 0:
            self._missing = True
            self._report("damaged")
        return ""

    def _formula_text(self, parts: list[bytes]) -> str:
        if self._codepage or len(parts) == 1:
            return biff.text(parts[0], 0, codepage=self._codepage)
        return biff.spread_text([parts[0][2:], *parts[1:]], u16(parts[0], 0))

    def _put(self, text: str) -> None:
        if text and not text.isspace():
            self._row.append(text)
            self._row_characters += len(text)
            self._characters_left -= len(text)
            if self._characters_left < 0:
                raise StopReading("too_large")

    def _end_row(self) -> Iterator[Fragment]:
        row, self._row, self._row_characters, self._row_number = self._row, [], 0, -1
        if len(row) == 1:
            yield Fragment(_lines(row[0]), page=self._page)
        elif row:
            text = CELL_SEPARATOR.join(row)
            if "\n" in text or "\r" in text:
                text = _lines(text).replace("\n", "\x0b")
            yield Fragment(text, part=where.TABLE, page=self._page)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _formula(data: bytes) -> str:
    """A formula's last result; text follows in a record of its own."""
    return "" if data[12:14] == b"\xff\xff" else biff.number(data[6:14])


def _numbers(data: bytes) -> str:
    """Neighbouring numbers of one row."""
    return CELL_SEPARATOR.join(biff.short_number(u32(data, at + 2)) for at in range(4, len(data) - 7, 6))
