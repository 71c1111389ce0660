"""The text of a binary Word document to fragments: paragraphs, table rows, fields, pages, the boxes anchored in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers.doc_formatting import PLAIN, SYMBOLS, TICKED, UNTICKED, Formatting, Paragraph
from gapwatch_agent.inspector.readers.doc_structure import Chunk

_SPECIAL: Final = re.compile("[\x07\x08\x0b-\x0e\x13-\x15\x1c\x1d]")
_BOXES: Final = {UNTICKED: "☐", TICKED: "☑"}
_INVISIBLE: Final = re.compile("[\x00-\x06\x0f-\x12\x16-\x1d\x1f\xad]+")
_ODD: Final = re.compile("[\x00-\x06\x0f-\x12\x16-\x1f\xad\ud800-\udfff\uf000-\uf0ff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_FIELD_DEPTH_MAX: Final = 64
_CELLS_MAX: Final = 1000
_LINE_IN_CELL: Final = "\x0b"
_PRIVATE: Final = {0xF000 + low: shown for low, shown in SYMBOLS.items()} | {0x1E: "-"}

Anchored = Callable[[int, int], Iterable[Fragment]]
"""The boxes anchored at a character, given its number and the page."""


class Story:
    """One sub-document, or a part of it, being read. ``part`` names what its text is.

    Pages are counted from 1 where ``page`` is 1 and not at all where it is 0. ``sections`` holds the ends of sections:
    whether a new page starts there.
    """

    def __init__(
        self, part: str, formatting: Formatting, page: int = 0, sections: dict[int, bool] | None = None
    ) -> None:
        self.page = page
        self._part = part
        self._formatting = formatting
        self._sections = sections or {}
        self._pieces: list[str] = []
        self._length = 0
        self._cell: list[str] = []
        self._row: list[list[str]] = []
        self._row_length = 0
        self._inner_row: list[str] = []
        self._fields: list[bool] = []
        self._unshown: list[str] = []
        self._after_cell_mark = False
        self._page_has_text = False

    def read(self, chunks: Iterable[Chunk], anchored: Anchored | None = None) -> Iterator[Fragment]:
        """The fragments of these chunks and of what is anchored in them."""
        for chunk in chunks:
            text = self._formatting.visible(chunk)
            at = 0
            for special in _SPECIAL.finditer(text):
                position = special.start()
                if position > at:
                    self._write(text[at:position])
                at = position + 1
                character = special[0]
                if character == "\x08":
                    if anchored is not None:
                        yield from anchored(chunk.first + position, self.page)
                elif character in "\r\x07\x0c":
                    yield from self._mark(character, chunk, position)
                else:
                    self._inline(character)
            if at < len(text):
                self._write(text[at:])
                if self._length > _FRAGMENT_CHARACTERS_MAX:
                    yield from self._end_paragraph(PLAIN)
        yield from self._end_row()
        yield from self._end_paragraph(PLAIN)

    # --- characters

    def _write(self, text: str) -> None:
        self._after_cell_mark = False
        target = self._unshown if self._fields and not all(self._fields) else self._pieces
        target.append(text)
        self._length += len(text)

    def _inline(self, character: str) -> None:
        """Line ends inside a paragraph and the marks of fields, whose instructions are not shown."""
        if character == "\x13":
            if len(self._fields) < _FIELD_DEPTH_MAX:
                self._fields.append(False)
        elif character == "\x14":
            if self._fields:
                self._fields[-1] = True
            if all(self._fields):
                self._unshown.clear()
        elif character == "\x15":
            if self._fields:
                self._fields.pop()
            if not self._fields:
                self._unshown.clear()
        elif character in _BOXES:
            # It stands in the instruction of its field and is what the field shows.
            self._pieces.append(_BOXES[character])
        else:
            self._write("\n")

    def _mark(self, character: str, chunk: Chunk, position: int) -> Iterator[Fragment]:
        paragraph = self._formatting.paragraph(chunk.place + position * chunk.width) if chunk.width else PLAIN
        if paragraph.starts_page and self._page_has_text and not self._row:
            self._new_page()
        if character == "\x07":
            yield from self._cell_mark(paragraph)
        elif character == "\r":
            yield from self._end_paragraph(paragraph)
        else:
            yield from self._end_paragraph(PLAIN)
            # A section's last character looks like a page break.
            if self._sections.get(chunk.first + position + 1, True):
                self._new_page()
        self._after_cell_mark = character == "\x07"

    def _new_page(self) -> None:
        if self.page:
            self.page += 1
            self._page_has_text = False

    # --- paragraphs and rows

    def _take(self) -> str:
        if self._unshown and not all(self._fields):
            # A field that does not end in its paragraph: rather too much text than a rest that nobody reads.
            self._pieces += self._unshown
            self._fields.clear()
        self._unshown.clear()
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        return cleaned(text) if _ODD.search(text) else text

    def _end_paragraph(self, paragraph: Paragraph) -> Iterator[Fragment]:
        text = self._take()
        if paragraph.inner_row_end:
            yield from self._emit_row([[cell] if cell else [] for cell in self._inner_row])
            self._inner_row.clear()
        elif paragraph.inner_cell and len(self._inner_row) < _CELLS_MAX:
            self._inner_row.append(text)
        elif paragraph.in_table:
            yield from self._put_in_cell(text)
        else:
            if self._row or self._cell:
                yield from self._end_row()
            if text.strip():
                yield self._fragment(self._part, text)

    def _cell_mark(self, paragraph: Paragraph) -> Iterator[Fragment]:
        text = self._take()
        # Without formatting an empty cell right after another cell's end is taken for the end of the row.
        guessed = not paragraph.in_table and self._after_cell_mark and not text and bool(self._row)
        yield from self._put_in_cell(text)
        if paragraph.row_end or guessed:
            yield from self._end_row()
            return
        self._row.append(self._cell)
        self._cell = []
        if len(self._row) > _CELLS_MAX:
            yield from self._end_row()

    def _put_in_cell(self, text: str) -> Iterator[Fragment]:
        if text.strip():
            self._cell.append(text)
            self._row_length += len(text)
            if self._row_length > _FRAGMENT_CHARACTERS_MAX:
                yield from self._end_row()

    def _end_row(self) -> Iterator[Fragment]:
        self._row_length = 0
        row, self._row = self._row, []
        if self._cell:
            row.append(self._cell)
            self._cell = []
        if self._inner_row:
            row.append(self._inner_row)
            self._inner_row = []
        yield from self._emit_row(row)

    def _emit_row(self, cells: list[list[str]]) -> Iterator[Fragment]:
        filled = [cell for cell in cells if cell]
        if len(filled) == 1:
            # A table of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                yield self._fragment(self._part, text)
        elif filled:
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in cells).replace("\n", _LINE_IN_CELL)
            yield self._fragment(where.TABLE if self._part == where.DOCUMENT else self._part, text)

    def _fragment(self, part: str, text: str) -> Fragment:
        self._page_has_text = True
        return Fragment(text, part=part, page=self.page)


def cleaned(text: str) -> str:
    """Without marks of objects and struck characters, with symbols as they look and no half characters."""
    text = _INVISIBLE.sub("", text).translate(_PRIVATE)
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
    return text
