"""Spreadsheets (OOXML, macro and template kinds): names and properties, then each sheet as a page, notes last.

Of a sheet its margins come first where it is short, then what floats over it (text boxes, WordArt, charts), then rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import drawing_ml, office_drawing, office_package, xlsx_sheet
from gapwatch_agent.inspector.readers.office_package import Package, Relation
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source
from gapwatch_agent.inspector.readers.xlsx_strings import SharedStrings, lanes
from gapwatch_agent.inspector.readers.xml_stream import attribute

SHEETS_MAX: Final = 5000
_NAMES_MAX: Final = 5000
_NAME_CHARACTERS_MAX: Final = 1000
STRINGS_SHARE: Final = 4
"""The shared strings may take this part of an inspection's memory."""
SHEET_KINDS: Final = frozenset({"worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet"})
_SHEET_NAMES: Final = re.compile(r"xl/(?:worksheets|chartsheets|dialogsheets|macrosheets)/[^/]+\.(?:xml|bin)")
_COMMENT_ENDS: Final = frozenset({"comment", "threadedComment"})
_COMMENT_TEXTS: Final = frozenset({"t", "text"})


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading. Reports ``damaged`` when the workbook itself is missing or a part breaks off."""
    return office_package.readings(source, limits, report, lambda package: _fragments(package, source.size))


def _fragments(package: Package, size: int) -> Iterator[Fragment | Embedded]:
    yield from package.properties()
    main = package.main("xl/workbook.xml")
    if not main:
        package.report("damaged")
    workbook = Workbook()
    yield from package.part(main, workbook)
    relations = package.relations(main) if main else []
    strings = SharedStrings(package.limits.memory_bytes // STRINGS_SHARE)
    table = target(relations, "sharedStrings", "xl/sharedstrings.xml")
    yield from _table(package, table, strings)
    cells = xlsx_sheet.Cells(strings.strings, package.limits.expansion_bytes(size), package.report)
    sheets = sheet_parts(package, workbook.sheets, relations)
    for page, name in enumerate(sheets, start=1):
        yield from office_drawing.over(package, name, page)
        yield from _sheet(package, name, xlsx_sheet.Sheet(page, cells))
    yield from notes(package, sheets)
    yield from package.embedded((main, *sheets))
    if strings.full:
        package.report("too_large")
        yield from _table(package, table, SharedStrings(0, skip=len(strings.strings)))


def _table(package: Package, name: str, strings: SharedStrings) -> Iterator[Fragment]:
    return package.part(name, strings, lambda chunks: lanes(chunks, strings, b"<si", b"</si>"))


def _sheet(package: Package, name: str, sheet: xlsx_sheet.Sheet) -> Iterator[Fragment]:
    found = package.part(name, sheet, lambda chunks: lanes(chunks, sheet, b"<row", b"</row>"))
    return xlsx_sheet.margins_first(found, sheet.margins)


class Workbook:
    """The workbook part: ``sheets`` are its sheets' relationship ids in order; names come as properties."""

    def __init__(self) -> None:
        self.sheets: list[str] = []
        self._ready: list[Fragment] = []
        self._name = ""
        self._text: list[str] = []

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and len(self.sheets) < SHEETS_MAX:
            self.sheets.append(attribute(attributes, "id") or "")
            self.name(attributes.get("name", ""))
        elif name == "definedName":
            self._name = attributes.get("name", "")[:_NAME_CHARACTERS_MAX]
            self._text.clear()

    def end(self, name: str) -> None:
        if name == "definedName":
            self.constant(self._name, "".join(self._text))
            self._name = ""

    def characters(self, text: str) -> None:
        if self._name and len(self._text) < _NAME_CHARACTERS_MAX:
            self._text.append(text[:_NAME_CHARACTERS_MAX])

    def name(self, text: str) -> None:
        """A sheet's name."""
        if text.strip():
            self._ready.append(Fragment(text[:_NAME_CHARACTERS_MAX], part=where.PROPERTY, key="sheet"))

    def constant(self, name: str, formula: str) -> None:
        """A name that stands for words and not for cells."""
        text = formula.strip().removeprefix("=").strip()
        if len(text) > 2 and text.startswith('"') and text.endswith('"'):
            self._ready.append(Fragment(text[1:-1].replace('""', '"'), part=where.PROPERTY, key=name))


def target(relations: list[Relation], kind: str, usual: str) -> str:
    """The part of that kind, or where it usually lies."""
    return next((relation.target for relation in relations if relation.kind == kind), usual)


def sheet_parts(package: Package, ids: list[str], relations: list[Relation]) -> list[str]:
    """The sheets in the workbook's order, then those it does not list."""
    sheets = [relation for relation in relations if relation.kind in SHEET_KINDS]
    return package.in_order(ids, sheets, _SHEET_NAMES)[:SHEETS_MAX]


def notes(package: Package, sheets: list[str]) -> Iterator[Fragment]:
    """Comments, old and threaded."""
    for page, sheet in enumerate(sheets, start=1):
        for name in package.related(sheet, "comments", "threadedComment"):
            if name.endswith(".xml"):
                handler = drawing_ml.Paragraphs(where.NOTE, page, ends=_COMMENT_ENDS, texts=_COMMENT_TEXTS)
                yield from package.part(name, handler)
