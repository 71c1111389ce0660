"""Office 2003's own XML: a Word document (``w:wordDocument``) or a workbook (``ss:Workbook``), all in one file."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers import xlsx_header
from gapwatch_agent.inspector.readers.word_xml import Body
from gapwatch_agent.inspector.readers.xml_stream import attribute

_VALUE_CHARACTERS_MAX: Final = 1000
_CELL_CHARACTERS_MAX: Final = 1 << 16
_CELLS_MAX: Final = 4096
_STORIES_MAX: Final = 64
_LINE_IN_CELL: Final = "\x0b"
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_STANDARD: Final = "DocumentProperties"
_CUSTOM: Final = "CustomDocumentProperties"
_STORIES: Final = {
    "hdr": where.HEADER, "ftr": where.FOOTER, "footnote": where.NOTE, "endnote": where.NOTE,
}  # fmt: skip


class _Properties:
    """``o:DocumentProperties`` and the custom ones, whose names write what is no letter of a name as ``_x5BC6_``."""

    def __init__(self) -> None:
        self.inside = ""
        self._key = ""
        self._text = ""

    def start(self, name: str) -> None:
        if not self.inside:
            self.inside = name
        else:
            self._key, self._text = name, ""

    def characters(self, text: str) -> None:
        if self._key and len(self._text) < _VALUE_CHARACTERS_MAX:
            self._text += text[:_VALUE_CHARACTERS_MAX]

    def end(self, name: str) -> list[Fragment]:
        if name == self.inside:
            self.inside = ""
            return []
        key = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), self._key)
        text, self._key = self._text.strip(), ""
        found = Fragment(text, where.PROPERTY, key=key if self.inside == _CUSTOM else key.lower())
        return [found] if text and key else []


class WordDocument:
    """``w:wordDocument``: headers and footers stand inside the section's properties, notes inside the text."""

    def __init__(self) -> None:
        self._ready: list[Fragment] = []
        self._stories: list[tuple[str, Body]] = [("", Body(where.DOCUMENT))]
        self._properties = _Properties()
        self._annotations: list[bool] = []

    def take(self) -> list[Fragment]:
        found = [*self._ready, *self._stories[0][1].take()]
        self._ready = []
        return found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._properties.inside or name in {_STANDARD, _CUSTOM}:
            self._properties.start(name)
            return
        if name == "annotation":
            is_comment = attribute(attributes, "type") == "Word.Comment"
            self._annotations.append(is_comment)
            if is_comment:
                self._open("annotation", where.NOTE)
                return
        if name in _STORIES:
            self._open(name, _STORIES[name])
        else:
            self._stories[-1][1].start(name, attributes)

    def characters(self, text: str) -> None:
        if self._properties.inside:
            self._properties.characters(text)
        else:
            self._stories[-1][1].characters(text)

    def end(self, name: str) -> None:
        if self._properties.inside:
            self._ready += self._properties.end(name)
        elif name == self._stories[-1][0] and (name != "annotation" or self._annotations[-1:] == [True]):
            self._ready += self._stories.pop()[1].take()
        else:
            self._stories[-1][1].end(name)
        if name == "annotation" and self._annotations:
            self._annotations.pop()

    def _open(self, name: str, part: str) -> None:
        if len(self._stories) < _STORIES_MAX:
            self._stories.append((name, Body(part)))


class Workbook:
    """``ss:Workbook``: a sheet is a page, its margins are attributes of the page's setup."""

    def __init__(self) -> None:
        self._ready: list[Fragment] = []
        self._properties = _Properties()
        self._page = 0
        self._cells: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._in_data = self._in_comment = False
        self._struck: set[str] = set()
        self._style = ""
        self._is_struck = False

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._properties.inside or name in {_STANDARD, _CUSTOM}:
            self._properties.start(name)
        elif name == "Worksheet":
            self._page += 1
        elif name == "Style":
            self._style = attribute(attributes, "ID") or ""
        elif name == "Font":
            if attribute(attributes, "StrikeThrough") == "1" and len(self._struck) < _CELLS_MAX:
                self._struck.add(self._style)
        elif name == "Row":
            self._cells = []
        elif name == "Cell":
            self._open_cell(attributes)
        elif name == "Comment":
            self._in_comment = True
        elif name == "Data":
            self._in_data = True
        elif name in {"Header", "Footer"}:
            part = where.HEADER if name == "Header" else where.FOOTER
            self._ready += xlsx_header.fragments(part, attribute(attributes, "Data") or "", self._page)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._is_struck = attribute(attributes, "StyleID") in self._struck
        if len(self._cells) < _CELLS_MAX:
            self._cells.append("")

    def characters(self, text: str) -> None:
        if self._properties.inside:
            self._properties.characters(text)
        elif self._in_data and self._length < _CELL_CHARACTERS_MAX:
            self._text.append(text[:_CELL_CHARACTERS_MAX])
            self._length += len(text)

    def end(self, name: str) -> None:
        if self._properties.inside:
            self._ready += self._properties.end(name)
        elif name == "Data":
            self._close_data("".join(self._text).strip())
            self._text.clear()
            self._length = 0
            self._in_data = False
        elif name == "Comment":
            self._in_comment = False
        elif name == "Row":
            filled = [cell for cell in self._cells if cell.strip()]
            if len(filled) == 1:
                self._ready.append(Fragment(filled[0].replace(_LINE_IN_CELL, "\n"), page=self._page))
            elif filled:
                self._ready.append(Fragment(CELL_SEPARATOR.join(filled), where.TABLE, self._page))
            self._cells = []

    def _close_data(self, text: str) -> None:
        if self._in_comment:
            if text:
                self._ready.append(Fragment(text, where.NOTE, self._page))
        elif self._cells and not self._is_struck:
            self._cells[-1] = text.replace("\n", _LINE_IN_CELL)
