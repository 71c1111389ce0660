"""Binary workbooks (xlsb): a package like xlsx whose sheets, strings and comments are records; drawings stay XML."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from typing import Final, TypeVar

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import office_drawing, office_package, xlsx, xlsx_header
from gapwatch_agent.inspector.readers.office_package import Package
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.xlsb_records import number_at, records, text_at
from gapwatch_agent.inspector.readers.xlsx_sheet import ROW_BYTES_MAX, Cells, margins_first
from gapwatch_agent.inspector.readers.xlsx_strings import STRING_COST_BYTES

_Piece = TypeVar("_Piece")
_ROW: Final = 0
_RK: Final = frozenset({2, 13})
_REAL: Final = frozenset({5, 9, 16})
_TEXT: Final = frozenset({6, 8, 17})
_SHARED: Final = frozenset({7, 18})
_RICH: Final = 62
_END_OF_ROWS: Final = 146
_MARGINS: Final = 479
_SHORT_CELLS: Final = frozenset({13, 16, 17, 18})
"""Cells right of the one before: they leave their column out."""
_SHEET: Final = frozenset({_ROW, _RICH, _END_OF_ROWS, _MARGINS}) | _RK | _REAL | _TEXT | _SHARED
_STRING: Final = 19
_NAME: Final = 39
_BUNDLED_SHEET: Final = 156
_COMMENT_TEXT: Final = 637
_MARGIN_PARTS: Final = (where.HEADER, where.FOOTER) * 3
_FORMULA_STRING: Final = 0x17
_CELL_COST_BYTES: Final = 8
_REAL_NUMBER: Final = struct.Struct("<d")


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading. Reports ``damaged`` when the workbook itself is missing or a part breaks off."""
    return office_package.readings(source, limits, report, lambda package: _fragments(package, source.size))


def _fragments(package: Package, size: int) -> Iterator[Fragment | Embedded]:
    yield from package.properties()
    main = package.main("xl/workbook.bin")
    ids: list[str] = []
    yield from _contained(_workbook(package, main, ids), package)
    if not ids:
        package.report("damaged")
    relations = package.relations(main) if main else []
    table = xlsx.target(relations, "sharedStrings", "xl/sharedstrings.bin")
    strings, full = _kept(_contained(_strings(package, table), package), package.limits)
    cells = Cells(strings, package.limits.expansion_bytes(size), package.report)
    sheets = xlsx.sheet_parts(package, ids, relations)
    for page, name in enumerate(sheets, start=1):
        yield from office_drawing.over(package, name, page)
        margins: list[Fragment] = []
        yield from _contained(margins_first(_sheet(package, name, cells, page, margins), margins), package)
    for page, sheet in enumerate(sheets, start=1):
        for name in package.related(sheet, "comments"):
            yield from _contained(_comments(package, name, page), package)
    yield from xlsx.notes(package, sheets)
    yield from package.embedded((main, *sheets))
    if full:
        package.report("too_large")
        for text in itertools.islice(_contained(_strings(package, table), package), len(strings), None):
            if text.strip():
                yield Fragment(text.decode(), zone=where.BODY)


def _contained(found: Iterator[_Piece], package: Package) -> Iterator[_Piece]:
    """One part that cannot be read does not hide the others."""
    try:
        yield from found
    except StopReading as stop:
        if stop.reason == "too_large":
            raise
        package.report(stop.reason)


def _workbook(package: Package, name: str, ids: list[str]) -> Iterator[Fragment]:
    """Sheets' names and the names that stand for words; the sheets' relationships are added to ``ids``."""
    workbook = xlsx.Workbook()
    for kind, record in records(package.content(name), frozenset({_BUNDLED_SHEET, _NAME}), package.report):
        if kind == _BUNDLED_SHEET:
            identity, end = text_at(record, 8)
            if len(ids) < xlsx.SHEETS_MAX:
                ids.append(identity.decode())
                workbook.name(text_at(record, end)[0].decode())
        else:
            key, end = text_at(record, 9)
            formula = record[end + 4 :]
            if formula[:1] == bytes((_FORMULA_STRING,)):
                count = int.from_bytes(formula[1:3], "little")
                words = formula[3 : 3 + count * 2].decode("utf-16-le", errors="replace")
                workbook.constant(key.decode(), f'"{words}"')
        yield from workbook.take()


def _strings(package: Package, name: str) -> Iterator[bytes]:
    for _, record in records(package.content(name), frozenset({_STRING}), package.report):
        yield text_at(record, 1)[0]


def _kept(found: Iterator[bytes], limits: Limits) -> tuple[list[bytes], bool]:
    """The strings as far as their share of memory goes, and whether there are more."""
    left = limits.memory_bytes // xlsx.STRINGS_SHARE
    strings: list[bytes] = []
    for text in found:
        left -= len(text) + STRING_COST_BYTES
        if left < 0:
            return strings, True
        strings.append(text)
    return strings, False


def _sheet(package: Package, name: str, cells: Cells, page: int, margins: list[Fragment]) -> Iterator[Fragment]:
    row: list[bytes] = []
    row_bytes = 0
    for kind, record in records(package.content(name), _SHEET, package.report):
        if kind == _MARGINS:
            _take_margins(record, page, margins)
        elif kind in {_ROW, _END_OF_ROWS} or row_bytes > ROW_BYTES_MAX:
            yield from cells.row(row, page)
            row, row_bytes = [], 0
        if kind not in {_MARGINS, _ROW, _END_OF_ROWS}:
            row.append(_cell(kind, record, cells))
            row_bytes += len(row[-1]) + _CELL_COST_BYTES
    yield from cells.row(row, page)


def _cell(kind: int, record: bytes, cells: Cells) -> bytes:
    at = 4 if kind in _SHORT_CELLS else 8
    if kind in _TEXT:
        return text_at(record, at)[0]
    if kind == _RICH:
        return text_at(record, at + 1)[0]
    if kind in _REAL:
        return _shown(_REAL_NUMBER.unpack_from(record, at)[0]) if at + _REAL_NUMBER.size <= len(record) else b""
    number = number_at(record, at)
    if number is None:
        return b""
    return cells.string(number) if kind in _SHARED else _packed_number(number)


def _packed_number(packed: int) -> bytes:
    """An RK number: an integer or the upper half of a double, perhaps times a hundred."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        value = float(_REAL_NUMBER.unpack(b"\0\0\0\0" + (packed & 0xFFFFFFFC).to_bytes(4, "little"))[0])
    return _shown(value / 100 if packed & 1 else value)


def _shown(value: float) -> bytes:
    return (str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)).encode()


def _take_margins(record: bytes, page: int, margins: list[Fragment]) -> None:
    position = 2
    for part in _MARGIN_PARTS:
        text, position = text_at(record, position)
        margins += xlsx_header.fragments(part, text.decode(), page)


def _comments(package: Package, name: str, page: int) -> Iterator[Fragment]:
    if name.endswith(".bin"):
        for _, record in records(package.content(name), frozenset({_COMMENT_TEXT}), package.report):
            text = text_at(record, 1)[0].decode()
            if text.strip():
                yield Fragment(text, part=where.NOTE, page=page)
