"""HTML's tags and text to fragments: lines from blocks, table rows, margins, boxes, watermarks, properties, pages.

End tags may be missing and elements may overlap: nothing here relies on them. Text that is shown struck out is no mark
any more (domain §3.3, changed marks); text that a style hides counts, it travels with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers.html_tokens import Tag

_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_VALUE_CHARACTERS_MAX: Final = 1000
_OPEN_MAX: Final = 64
_CELLS_MAX: Final = 4096
_STYLE_CHARACTERS_MAX: Final = 2000
_LINE_IN_CELL: Final = "\x0b"
_BREAK: Final = "\x01"
_TAB: Final = "\x02"

_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div"}
    | {"dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"head", "header", "hgroup", "hr", "html", "legend", "li", "listing", "main", "menu", "nav", "ol", "option", "p"}
    | {"plaintext", "pre", "search", "section", "select", "summary", "svg", "table", "tbody", "td", "text", "textarea"}
    | {"tfoot", "th", "thead", "title", "tr", "ul", "v:textbox", "xml", "xmp"}
)
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_SECTIONS: Final = frozenset({"article", "section", "main", "aside"})
_STRUCK: Final = frozenset({"s", "strike", "del"})
_MUTE: Final = frozenset({"rt", "rp", "datalist"})
_KEPT_LINES: Final = frozenset({"pre", "listing", "plaintext", "textarea", "xmp"})
_CHANGING: Final = _STRUCK | _MUTE | _KEPT_LINES | {"xml", "option", "v:textbox", "header", "footer"}
_ENDED_BY_THE_NEXT: Final = frozenset({"p", "option", "li", "td", "th", "tr", "dt", "dd"})
_STYLE: Final = re.compile(
    r"mso-element\s*:\s*(?P<mso>[\w-]+)|(?P<struck>line-through)"
    r"|(?<![\w-])(?:page-)?break-(?P<side>before|after)\s*:\s*(?:always|page|left|right|recto|verso)",
    re.IGNORECASE,
)
_MSO_PARTS: Final = {
    "header": where.HEADER, "footer": where.FOOTER, "footnote-list": where.NOTE, "endnote-list": where.NOTE,
    "comment-list": where.NOTE, "comment": where.NOTE,
}  # fmt: skip
_WATERMARK: Final = re.compile("watermark|水印", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_WIDE_SPACE: Final = re.compile(r"\t| {2,}")
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_OFFICE_PROPERTIES: Final = {"o:documentproperties": False, "o:customdocumentproperties": True}


@dataclass(slots=True)
class _Open:
    """An element that changes how its content is read, until its end tag. ``nested``: others of its name in it."""

    tag: str
    kind: str
    nested: int = 0


@dataclass(slots=True)
class _Flow:
    """A story being read: the page's own, a margin, a box, a note."""

    part: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    tables: list[list[list[str]]] = field(default_factory=list)
    cells_length: int = 0
    lines: list[str] = field(default_factory=list)


def fragments(tokens: Iterable[Tag | str]) -> Iterator[Fragment]:
    """The fragments of a document as they complete."""
    page = _Page()
    for token in tokens:
        if isinstance(token, str):
            page.text(token)
        elif token.name.startswith("/"):
            page.end(token)
        else:
            page.start(token)
        if page.ready:
            yield from page.ready
            page.ready.clear()
    page.finish()
    yield from page.ready


class _Page:
    def __init__(self) -> None:
        self.ready: list[Fragment] = []
        self._flows = [_Flow(where.DOCUMENT)]
        self._open: list[_Open] = []
        self._page = 1
        self._page_has_text = False
        self._sections = 0
        self._struck = self._mute = self._kept_lines = 0
        self._title: list[str] | None = None
        self._office: bool | None = None
        self._key = ""
        self._value: list[str] = []

    def text(self, text: str) -> None:
        if self._title is not None:
            self._title.append(text[:_VALUE_CHARACTERS_MAX])
        elif self._key:
            self._value.append(text[:_VALUE_CHARACTERS_MAX])
        elif not self._mute and not self._struck:
            if not self._flows[-1].pieces and text.isspace():
                return
            if self._kept_lines:
                text = _WIDE_SPACE.sub(_TAB, text).replace("\r\n", _BREAK).replace("\n", _BREAK)
            self._write(text)

    def start(self, tag: Tag) -> None:
        name = tag.name
        if self._office is not None:
            self._key, self._value = tag.written.rpartition(":")[2], []
            return
        if self._open and name in _ENDED_BY_THE_NEXT:
            self._close(name)
        if name in _BLOCKS:
            self._flush()
        kinds = self._kinds(tag)
        if name in _VOID:
            self._void(tag, kinds)
            return
        self._table_start(name)
        self._sections += name in _SECTIONS
        if name == "title":
            self._title = []
        elif name == "v:textpath":
            self._emit(where.WATERMARK, tag.attributes.get("string", ""))
        elif name in _OFFICE_PROPERTIES:
            self._office = _OFFICE_PROPERTIES[name]
        for kind in kinds:
            self._begin(name, kind)
        if not kinds and self._open:
            outer = next((open_ for open_ in reversed(self._open) if open_.tag == name), None)
            if outer is not None:
                outer.nested += 1

    def end(self, tag: Tag) -> None:
        name = tag.name[1:]
        if self._office is not None:
            if name in _OFFICE_PROPERTIES:
                self._office, self._key = None, ""
            else:
                self._close_property()
            return
        if name in _BLOCKS:
            self._flush()
        if name == "title" and self._title is not None:
            self._property("title", "".join(self._title))
            self._title = None
        self._table_end(name)
        self._sections = max(self._sections - (name in _SECTIONS), 0)
        if name == "br":
            self._write(_BREAK)
        if self._open:
            self._close(name)

    def finish(self) -> None:
        if self._title is not None:
            self._property("title", "".join(self._title))
        while self._open:
            self._undo(self._open.pop())
        self._end_flow()

    # --- what elements change

    def _kinds(self, tag: Tag) -> list[str]:
        """What this element makes of its content: a part, ``struck``, ``mute``, ``kept_lines``, ``break_after``."""
        name, attributes = tag.name, tag.attributes
        if not attributes and name not in _CHANGING:
            return []
        kinds = []
        if name in _STRUCK:
            kinds.append("struck")
        elif name in _MUTE or name == "xml" or (name == "option" and "selected" not in attributes):
            kinds.append("mute")
        elif name in _KEPT_LINES:
            kinds.append("kept_lines")
        elif name == "v:textbox":
            kinds.append(where.TEXT_BOX)
        elif name in {"header", "footer"} and not self._sections:
            kinds.append(name)
        elif name == "div" and attributes.get("title") in {"header", "footer"}:
            # LibreOffice's export.
            kinds.append(attributes["title"])
        if any(key in attributes and _WATERMARK.search(attributes[key], 0, 500) for key in ("class", "id")):
            kinds.append(where.WATERMARK)
        if "style" in attributes:
            kinds += self._style_kinds(attributes["style"][:_STYLE_CHARACTERS_MAX])
        return kinds

    def _style_kinds(self, style: str) -> list[str]:
        kinds = []
        for found in _STYLE.finditer(style):
            if found["struck"]:
                kinds.append("struck")
            elif found["mso"]:
                part = _MSO_PARTS.get(found["mso"].lower())
                kinds += [part] if part else []
            elif found["side"].lower() == "before":
                self._new_page()
            else:
                kinds.append("break_after")
        return kinds

    def _begin(self, name: str, kind: str) -> None:
        if len(self._open) >= _OPEN_MAX:
            return
        self._open.append(_Open(name, kind))
        self._count(kind, 1)
        if kind in where.PARTS:
            self._flush()
            self._flows.append(_Flow(kind))

    def _close(self, name: str) -> None:
        """End the innermost element of that name, and what was opened in it and never closed."""
        at = next((index for index in range(len(self._open) - 1, -1, -1) if self._open[index].tag == name), -1)
        if at < 0:
            return
        if self._open[at].nested:
            self._open[at].nested -= 1
            return
        while len(self._open) > at:
            self._undo(self._open.pop())
        # One element may have opened several.
        while self._open and self._open[-1].tag == name and not self._open[-1].nested:
            self._undo(self._open.pop())

    def _undo(self, open_: _Open) -> None:
        self._count(open_.kind, -1)
        if open_.kind == "break_after":
            self._flush()
            self._new_page()
        elif open_.kind in where.PARTS and len(self._flows) > 1:
            self._end_flow()
            flow = self._flows.pop()
            if flow.lines:
                self._emit(flow.part, "\n".join(flow.lines))

    def _count(self, kind: str, step: int) -> None:
        self._struck += step * (kind == "struck")
        self._mute += step * (kind == "mute")
        self._kept_lines += step * (kind == "kept_lines")

    def _void(self, tag: Tag, kinds: list[str]) -> None:
        attributes = tag.attributes
        if tag.name == "br":
            if "break_after" in kinds:
                self._new_page()
            if self._flows[-1].pieces:
                self._write(_BREAK)
        elif tag.name == "meta":
            key = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
            self._property(key, attributes.get("content", ""))
        elif tag.name in {"img", "area"}:
            self._emit(where.NOTE, attributes.get("alt", ""))
        elif tag.name == "input" and not self._mute:
            kind = attributes.get("type", "text").lower()
            if kind in {"checkbox", "radio"}:
                self._write("☑" if "checked" in attributes else "□")
            elif kind != "hidden":
                self._write(attributes.get("value", ""))

    # --- properties

    def _property(self, key: str, value: str) -> None:
        value = " ".join(value.split())
        if key.strip() and value:
            key = key.strip()[:_VALUE_CHARACTERS_MAX]
            self.ready.append(Fragment(value[:_VALUE_CHARACTERS_MAX], part=where.PROPERTY, key=key))

    def _close_property(self) -> None:
        """``<o:Category>…``; custom ones write what is no letter of an XML name as ``_x5BC6_``."""
        if self._key:
            key = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), self._key)
            self._property(key if self._office else key.lower(), "".join(self._value))
        self._key, self._value = "", []

    # --- pages and lines

    def _new_page(self) -> None:
        if len(self._flows) == 1:
            self._flush()
            if self._page_has_text:
                self._page += 1
                self._page_has_text = False

    def _write(self, text: str) -> None:
        if self._mute or self._struck:
            return
        flow = self._flows[-1]
        flow.pieces.append(text)
        flow.length += len(text)
        if flow.length > _FRAGMENT_CHARACTERS_MAX:
            self._flush()

    def _flush(self) -> None:
        flow = self._flows[-1]
        if not flow.pieces:
            return
        text = _SPACE.sub(" ", "".join(flow.pieces))
        flow.pieces.clear()
        flow.length = 0
        lines = [line.strip(" ").replace(_TAB, CELL_SEPARATOR) for line in text.split(_BREAK)]
        text = "\n".join(line for line in lines if line)
        if text.strip():
            self._line(flow, text)

    def _line(self, flow: _Flow, text: str) -> None:
        if flow.tables and flow.tables[-1] and flow.cells_length < _FRAGMENT_CHARACTERS_MAX:
            flow.tables[-1][-1].append(text)
            flow.cells_length += len(text)
        elif flow.part == where.TEXT_BOX:
            flow.lines.append(text)
        else:
            self._emit(flow.part, text)

    def _emit(self, part: str, text: str) -> None:
        if text.strip():
            self._page_has_text = self._page_has_text or part in {where.DOCUMENT, where.TABLE}
            page = 0 if part in {where.HEADER, where.FOOTER} else self._page
            self.ready.append(Fragment(text[: 2 * _FRAGMENT_CHARACTERS_MAX], part=part, page=page))

    def _end_flow(self) -> None:
        self._flush()
        while self._flows[-1].tables:
            self._close_row()
            self._flows[-1].tables.pop()

    # --- tables: a list of open rows a flow, innermost last

    def _table_start(self, name: str) -> None:
        tables = self._flows[-1].tables
        if name == "table" and len(tables) < _OPEN_MAX:
            tables.append([])
        elif name == "tr" and tables:
            self._close_row()
        elif name in {"td", "th"} and tables and len(tables[-1]) < _CELLS_MAX:
            tables[-1].append([])

    def _table_end(self, name: str) -> None:
        if name == "tr":
            self._close_row()
        elif name == "table" and self._flows[-1].tables:
            self._close_row()
            self._flows[-1].tables.pop()

    def _close_row(self) -> None:
        flow = self._flows[-1]
        if not flow.tables:
            return
        cells = flow.tables.pop()
        flow.cells_length = flow.cells_length if flow.tables else 0
        while cells and not cells[-1]:
            cells.pop()
        filled = [paragraphs for paragraphs in cells if paragraphs]
        if len(filled) == 1:
            # A row of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                self._line(flow, text.replace(_LINE_IN_CELL, "\n"))
        elif filled:
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in cells).replace("\n", _LINE_IN_CELL)
            if flow.part == where.TEXT_BOX:
                flow.lines.append(text)
            else:
                self._emit(where.TABLE if flow.part == where.DOCUMENT else flow.part, text)
        flow.tables.append([])
