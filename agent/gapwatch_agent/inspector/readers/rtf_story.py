"""A story of an RTF (the body, a header, a box) from characters to fragments: paragraphs, rows of cells, pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment

_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_LINE_IN_CELL: Final = "\x0b"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CELLS_MAX: Final = 1000


@dataclass(slots=True)
class Story:
    """``page`` counts from 1 and stays 0 in stories that belong to every page."""

    part: str
    page: int = 0
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _cell: list[str] = field(default_factory=list)
    _row: list[list[str]] = field(default_factory=list)
    _in_table: bool = False
    _page_has_text: bool = False
    _section_ended: bool = False
    _ready: list[Fragment] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Characters of the current paragraph."""
        self._pieces.append(text)
        self._length += len(text)
        if self._length > _FRAGMENT_CHARACTERS_MAX:
            self.paragraph()

    def control(self, name: str) -> None:
        """A control word that shapes the text; any other is ignored."""
        if name == "par":
            self.paragraph()
        elif name in {"cell", "nestcell"}:
            self._end_cell()
        elif name in {"row", "nestrow"}:
            self._end_row()
        elif name == "intbl":
            self._in_table = True
        elif name == "pard":
            self._in_table = False
        elif name == "page" or (name == "pagebb" and self._page_has_text):
            self._new_page()
        elif name == "sect":
            self.paragraph()
            self._section_ended = True
        elif name == "sbknone":
            self._section_ended = False

    def paragraph(self) -> None:
        """End the paragraph."""
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        if not text.strip():
            return
        if _SURROGATE.search(text):
            text = text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
        if self._in_table:
            if len(self._cell) < _CELLS_MAX:
                self._cell.append(text.replace("\n", _LINE_IN_CELL))
            return
        if self._row:
            self._end_row()
        self._emit(text, self.part)

    def end(self) -> None:
        """The story is over."""
        self._in_table = False
        self.paragraph()
        self._end_row()

    def take(self) -> list[Fragment]:
        """What is complete. A text box is one fragment of all its lines."""
        ready, self._ready = self._ready, []
        if self.part == where.TEXT_BOX and ready:
            return [Fragment("\n".join(fragment.text for fragment in ready), part=self.part, page=ready[0].page)]
        return ready

    def _end_cell(self) -> None:
        in_table, self._in_table = self._in_table, True
        self.paragraph()
        self._in_table = in_table
        if len(self._row) < _CELLS_MAX:
            self._row.append(self._cell)
        self._cell = []

    def _end_row(self) -> None:
        if self._cell:
            self._row.append(self._cell)
            self._cell = []
        row, self._row = self._row, []
        filled = [cell for cell in row if cell]
        if len(filled) == 1:
            # A row of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                self._emit(text.replace(_LINE_IN_CELL, "\n"), self.part)
        elif filled:
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in row)
            self._emit(text, where.TABLE if self.part == where.DOCUMENT else self.part)

    def _new_page(self) -> None:
        if self.page and self.part == where.DOCUMENT:
            self.paragraph()
            self.page += 1
            self._page_has_text = False

    def _emit(self, text: str, part: str) -> None:
        if self._section_ended:
            self._section_ended = False
            if self._page_has_text:
                self._new_page()
        self._page_has_text = True
        self._ready.append(Fragment(text, part=part, page=self.page))
