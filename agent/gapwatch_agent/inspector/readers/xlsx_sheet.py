"""A worksheet's or chart sheet's XML to rows and margins: a row of one filled cell is a line, of several a table row.

Runs of plain rows are taken apart by one search a row, which is what makes ledgers of 50,000 rows cheap; anything else
(formatting inside a cell, comments, other prefixes) goes through expat. Numbers come as they are stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import xlsx_header
from gapwatch_agent.inspector.readers.source import Report, StopReading
from gapwatch_agent.inspector.readers.xlsx_strings import dereferenced, restored, unescaped

ROW_BYTES_MAX: Final = 1 << 16
_CELL_COST_BYTES: Final = 8
"""What a cell counts beside its text."""
_HEADER_FIRST_ROWS: Final = 2000
_CELL: Final = re.compile(rb"<c([^<>]*+)>\s*+(?:<f[^<>]*+>(?:[^<]*+</f>)?)?\s*+<(?:v|is>\s*+<t)[^<>]*+>([^<]*+)")
_SHARED: Final = b't="s"'
_NOT_PLAIN: Final = (b"<!", b"<?", b"<r>", b"<rPh", b"='", b" =", b"= ")
"""Comments, formatting and phonetics inside a cell, and quotes or spaces that ``_SHARED`` would not see through."""
_EMPTY_ROW: Final = re.compile(rb"<row(?: [^<>]{0,500})?/>")


@dataclass(slots=True)
class Cells:
    """What the sheets of a workbook share: its strings, and how much text they may still give in all."""

    strings: list[bytes]
    bytes_left: int
    report: Report
    missed: bool = False

    def string(self, index: bytes | str | int) -> bytes:
        """A shared string; one that is not there was in a part that is missing or broken."""
        try:
            return self.strings[int(index)]
        except (IndexError, ValueError):
            if not self.missed:
                self.missed = True
                self.report("damaged")
            return b""

    def row(self, cells: list[bytes], page: int) -> list[Fragment]:
        """A row's fragment; more than one only where the row is longer than any real one."""
        filled = list(filter(bytes.strip, cells))
        if not filled:
            return []
        size = sum(map(len, filled))
        self.bytes_left -= size
        if self.bytes_left < 0:
            # A few strings named a million times each: the file's budget counts what is said, not what is stored.
            raise StopReading("too_large")
        if len(filled) == 1:
            return [Fragment(filled[0].decode("utf-8", errors="replace"), page=page)]
        if size <= ROW_BYTES_MAX:
            return [_table_row(filled, page)]
        return [_table_row(group, page) for group in _groups(filled)]


def _table_row(cells: list[bytes], page: int) -> Fragment:
    row = b"\t".join(cells)
    if b"\n" in row:
        row = row.replace(b"\n", b"\x0b")
    return Fragment(row.decode("utf-8", errors="replace"), where.TABLE, page)


def _groups(cells: list[bytes]) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    size = 0
    for cell in cells:
        if group and size + len(cell) > ROW_BYTES_MAX:
            yield group
            group, size = [], 0
        group.append(cell)
        size += len(cell)
    yield group


class Sheet:
    """The handler of one sheet. ``margins`` are its headers and footers, which stand at the end of the part."""

    def __init__(self, page: int, cells: Cells) -> None:
        self.margins: list[Fragment] = []
        self._page = page
        self._cells = cells
        self._ready: list[Fragment] = []
        self._row: list[bytes] = []
        self._row_bytes = 0
        self._in_rows = False
        self._cell_type = ""
        self._pieces: list[str] = []
        self._collecting = False
        self._phonetic = 0

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def wants_blocks(self) -> bool:
        return self._in_rows

    def block(self, content: bytes) -> bool:
        """Plain rows only; they are whole or the parser must see them."""
        if any(token in content for token in _NOT_PLAIN):
            return False
        rows = content.count(b"<row")
        if rows != content.count(b"</row>") and rows - len(_EMPTY_ROW.findall(content)) != content.count(b"</row>"):
            return False
        content = dereferenced(content)
        escaped = b"&" in content or b"_x" in content or b"\r" in content
        strings, ready, row, page = self._cells.strings, self._ready, self._cells.row, self._page
        for piece in content.split(b"</row>"):
            found = _CELL.findall(piece)
            if not found:
                continue
            if escaped:
                found = [(head, value and unescaped(value)) for head, value in found]
            try:
                values = [strings[int(value)] if _SHARED in head else value for head, value in found]
            except (IndexError, ValueError):
                values = [self._cells.string(value) if _SHARED in head else value for head, value in found]
            ready += row(values, page)
        return True

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell_type = attributes.get("t", "n")
            self._pieces.clear()
        elif name in {"v", "t"} or name in xlsx_header.ELEMENTS:
            self._collecting = True
            if name in xlsx_header.ELEMENTS:
                self._pieces.clear()
        elif name == "rPh":
            self._phonetic += 1
        elif name == "sheetData":
            self._in_rows = True

    def end(self, name: str) -> None:
        if name in {"v", "t"}:
            self._collecting = False
        elif name == "c":
            self._close_cell()
        elif name == "row":
            self._close_row()
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "sheetData":
            self._in_rows = False
        elif name in xlsx_header.ELEMENTS:
            self._collecting = False
            self.margins += xlsx_header.fragments(xlsx_header.ELEMENTS[name], "".join(self._pieces), self._page)
            self._pieces.clear()

    def characters(self, text: str) -> None:
        if self._collecting and self._phonetic <= 0:
            self._pieces.append(text)
            self._row_bytes += len(text)
            if self._row_bytes > ROW_BYTES_MAX:
                self._close_cell()
                self._close_row()

    def _close_cell(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        if not text:
            return
        if self._cell_type == "s":
            self._row.append(self._cells.string(text[:20]))
            self._row_bytes += len(self._row[-1]) + _CELL_COST_BYTES
            if self._row_bytes > ROW_BYTES_MAX:
                self._close_row()
        else:
            self._row.append(restored(text.encode("utf-8", errors="replace")))

    def _close_row(self) -> None:
        row, self._row, self._row_bytes = self._row, [], 0
        self._ready += self._cells.row(row, self._page)


def margins_first(found: Iterable[Fragment], margins: list[Fragment]) -> Iterator[Fragment]:
    """Headers and footers before the rows, as far as the sheet is short enough to wait for them.

    ``margins`` is filled while ``found`` is read.
    """
    waiting: list[Fragment] | None = []
    stopped: StopReading | None = None
    try:
        for fragment in found:
            if waiting is None:
                yield fragment
                continue
            waiting.append(fragment)
            if len(waiting) > _HEADER_FIRST_ROWS:
                yield from waiting
                waiting = None
    except StopReading as stop:
        stopped = stop
    yield from margins
    yield from waiting or ()
    if stopped is not None:
        raise stopped
