"""OpenDocument XML to fragments: paragraphs, rows, sheets, slides, margins, boxes, notes, properties; flat files too.

One handler reads meta.xml, styles.xml, content.xml and a flat document alike: element names say what is what. Text that
is struck out or deleted under tracking is no mark any more (domain §3.3, changed marks); hidden text counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers.odf_styles import Styles
from gapwatch_agent.inspector.readers.xml_stream import attribute

_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_VALUE_CHARACTERS_MAX: Final = 1000
_CELLS_MAX: Final = 4096
_NESTED_ROWS_MAX: Final = 64
_ROW_CHARACTERS_MAX: Final = 1 << 16
_SPACES_MAX: Final = 64
_LINE_IN_CELL: Final = "\x0b"
_SKIPPED: Final = frozenset(
    {"tracked-changes", "binary-data", "ruby-text", "note-citation", "number", "scripts", "script", "settings"}
    | {"font-face-decls", "dde-links", "event-listeners"}
)
_NOTES: Final = frozenset({"annotation", "note-body", "notes", "handout-master", "content-validations"})
_SHAPES: Final = frozenset(
    {"frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "regular-polygon", "path"}
    | {"connector", "caption", "measure"}
)
_MARGINS: Final = {
    "header": where.HEADER, "header-left": where.HEADER, "header-first": where.HEADER,
    "footer": where.FOOTER, "footer-left": where.FOOTER, "footer-first": where.FOOTER,
}  # fmt: skip
_PLACEHOLDERS: Final = {
    "title": where.DOCUMENT, "subtitle": where.DOCUMENT, "outline": where.DOCUMENT, "text": where.DOCUMENT,
    "header": where.HEADER, "footer": where.FOOTER,
}  # fmt: skip
_CONTROLS: Final = frozenset({"fixed-text", "text", "textarea", "formatted-text"})
_KEYS: Final = {"keyword": "keywords"}


@dataclass(slots=True)
class _Flow:
    """A story being read: the part's own, a margin, a shape, a note. ``depth`` is its element's."""

    part: str
    depth: int = 0
    shape: bool = False
    watermark: bool = False
    subject: bool = False
    """A slide's title or outline: what it speaks of, not what it is marked with."""
    in_paragraph: int = 0
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    rows: list[list[list[str]]] = field(default_factory=list)
    rows_length: int = 0
    lines: list[str] = field(default_factory=list)
    lines_length: int = 0


class Content:
    """A part of a document, or a whole flat one. ``styles`` are those known before this part."""

    def __init__(self, styles: Styles | None = None) -> None:
        self.styles = styles or Styles()
        self._flows = [_Flow(where.DOCUMENT)]
        self._ready: list[Fragment] = []
        self._depth = 0
        self._skipped_from = 0
        self._struck: list[tuple[int, bool]] = []
        self._body = ""
        self._page = 0
        self._page_has_text = False
        self._page_pending = False
        self._sheet_depth = -1
        self._kept: tuple[int, str, str] | None = None
        self._kept_text = ""
        self._in_meta = False
        self._in_forms = False
        self._body_next = False
        self._cell_value = ""
        self._openers: dict[str, Callable[[dict[str, str]], None]] = {
            "p": self._open_paragraph,
            "h": self._open_paragraph,
            "span": self._open_span,
            "s": self._spaces,
            "tab": lambda _: self._write("\t"),
            "line-break": lambda _: self._write(_LINE_IN_CELL if self._flows[-1].rows else "\n"),
            "soft-page-break": lambda _: self._break_page(),
            "hidden-text": lambda attributes: self._write(attribute(attributes, "string-value") or ""),
            "table": self._open_table,
            "table-row": self._open_row,
            "table-cell": self._open_cell,
            "covered-table-cell": self._open_cell,
            "page": self._open_slide,
            "enhanced-geometry": self._geometry,
            "style": self.styles.open,
            "text-properties": self.styles.text_properties,
            "paragraph-properties": self.styles.paragraph_properties,
            "title": lambda attributes: self._keep(where.NOTE, "", attributes),
            "desc": lambda attributes: self._keep(where.NOTE, "", attributes),
            "footer-decl": lambda attributes: self._keep(where.FOOTER, "", attributes),
            "header-decl": lambda attributes: self._keep(where.HEADER, "", attributes),
        }
        self._closers: dict[str, Callable[[], None]] = {
            "p": self._close_paragraph,
            "h": self._close_paragraph,
            "table-cell": self._close_cell,
            "table-row": self._close_row,
            "style": self.styles.close,
        }

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def characters(self, text: str) -> None:
        if self._skipped_from:
            return
        if self._kept is not None:
            if len(self._kept_text) < _VALUE_CHARACTERS_MAX:
                self._kept_text += text[:_VALUE_CHARACTERS_MAX]
        elif self._flows[-1].in_paragraph:
            self._write(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._skipped_from:
            return
        if name in _SKIPPED:
            self._skipped_from = self._depth
        elif self._in_meta:
            key = attribute(attributes, "name") if name == "user-defined" else _KEYS.get(name, name)
            self._kept, self._kept_text = (self._depth, where.PROPERTY, (key or "")[:_VALUE_CHARACTERS_MAX]), ""
        elif self._in_forms:
            if name in _CONTROLS:
                self._control(attributes)
        elif self._body_next:
            self._body, self._body_next = name, False
            self._page = 1 if name == "text" else 0
        else:
            self._open(name, attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        in_paragraph = self._flows[-1].in_paragraph
        if name in _NOTES:
            self._push(where.NOTE)
        elif name in _SHAPES:
            self._open_shape(attributes)
        elif name in _MARGINS and not in_paragraph:
            self._push(_MARGINS[name])
        elif name in {"meta", "body"} and not in_paragraph:
            self._in_meta, self._body_next = name == "meta", name == "body" and not self._body
        elif name == "forms":
            self._in_forms = True
        else:
            opened = self._openers.get(name)
            if opened is not None:
                opened(attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        depth = self._depth + 1
        if self._skipped_from:
            self._skipped_from = 0 if self._skipped_from == depth else self._skipped_from
            return
        if self._kept is not None and self._kept[0] == depth:
            self._close_kept()
        elif self._in_meta or self._in_forms:
            self._in_meta = self._in_meta and name != "meta"
            self._in_forms = self._in_forms and name != "forms"
        else:
            closed = self._closers.get(name)
            if closed is not None:
                closed()
            if self._flows[-1].depth == depth and len(self._flows) > 1:
                self._pop()
        while self._struck and self._struck[-1][0] >= depth:
            self._struck.pop()

    # --- stories

    def _push(self, part: str, *, shape: bool = False, watermark: bool = False) -> None:
        self._flows.append(_Flow(part, self._depth, shape, watermark))

    def _pop(self) -> None:
        while self._flows[-1].rows:
            self._close_row()
        self._flush()
        flow = self._flows.pop()
        if not flow.lines:
            return
        page = self._page if self._main().part == where.DOCUMENT else 0
        if flow.watermark:
            self._ready.append(Fragment("".join(flow.lines), where.WATERMARK, page))
        elif flow.part == where.TEXT_BOX:
            self._ready.append(Fragment("\n".join(flow.lines), where.TEXT_BOX, page))
        else:
            zone = where.BODY if flow.subject and flow.part == where.DOCUMENT and page > 1 else ""
            self._ready.extend(Fragment(line, flow.part, page, zone) for line in flow.lines)

    def _main(self) -> _Flow:
        """The story that shapes are anchored in: the text, a margin, a note."""
        return next(flow for flow in reversed(self._flows) if not flow.shape)

    def _open_shape(self, attributes: dict[str, str]) -> None:
        main = self._main().part
        part = main if main != where.DOCUMENT else where.TEXT_BOX
        placeholder = attribute(attributes, "class")
        if placeholder and main == where.DOCUMENT:
            part = _PLACEHOLDERS.get(placeholder, part)
        name = (attribute(attributes, "name") or "").lower()
        self._push(part, shape=True, watermark="watermark" in name or "水印" in name)
        self._flows[-1].subject = bool(placeholder)

    def _geometry(self, attributes: dict[str, str]) -> None:
        fontwork = (attribute(attributes, "type") or "").startswith("fontwork")
        if fontwork or attribute(attributes, "text-path") == "true":
            self._flows[-1].watermark = self._flows[-1].shape

    def _control(self, attributes: dict[str, str]) -> None:
        for name in ("label", "current-value", "value"):
            text = attribute(attributes, name)
            if text:
                self._ready.append(Fragment(text[:_FRAGMENT_CHARACTERS_MAX], where.TEXT_BOX, self._page))
                return

    def _keep(self, part: str, key: str, _attributes: dict[str, str]) -> None:
        """Text outside paragraphs: declared slide margins, what a shape is described as."""
        if not self._flows[-1].in_paragraph and (part != where.NOTE or self._flows[-1].shape):
            self._kept, self._kept_text = (self._depth, part, key), ""

    def _close_kept(self) -> None:
        if self._kept is not None and self._kept_text.strip():
            self._ready.append(Fragment(self._kept_text, self._kept[1], key=self._kept[2]))
        self._kept, self._kept_text = None, ""

    # --- pages: of a text by breaks, of a spreadsheet by sheets, of a presentation by slides

    def _break_page(self) -> None:
        if self._body != "text" or len(self._flows) > 1:
            return
        if self._flows[-1].in_paragraph and self._flows[-1].pieces:
            self._page_pending = True
        elif self._page_has_text:
            self._new_page()

    def _new_page(self) -> None:
        self._page += 1
        self._page_has_text = False
        self._page_pending = False

    def _open_slide(self, _attributes: dict[str, str]) -> None:
        if self._body in {"presentation", "drawing"}:
            self._new_page()

    def _open_table(self, _attributes: dict[str, str]) -> None:
        if self._body == "spreadsheet" and len(self._flows) == 1 and not self._flows[-1].rows:
            self._new_page()
            self._sheet_depth = self._depth

    # --- paragraphs and what stands in them

    def _open_paragraph(self, attributes: dict[str, str]) -> None:
        flow = self._flows[-1]
        self._flush()
        flow.in_paragraph += 1
        style = self.styles.resolve("paragraph", attribute(attributes, "style-name"))
        self._struck.append((self._depth, bool(style.struck)))
        if style.breaks_before and not flow.rows:
            self._break_page()
        self._page_pending = self._page_pending or (bool(style.breaks_after) and len(self._flows) == 1)

    def _close_paragraph(self) -> None:
        flow = self._flows[-1]
        self._flush()
        flow.in_paragraph = max(flow.in_paragraph - 1, 0)
        if self._page_pending and self._body == "text" and len(self._flows) == 1:
            self._new_page()

    def _open_span(self, attributes: dict[str, str]) -> None:
        struck = self.styles.resolve("text", attribute(attributes, "style-name")).struck
        if struck is not None:
            self._struck.append((self._depth, struck))

    def _spaces(self, attributes: dict[str, str]) -> None:
        count = attribute(attributes, "c") or "1"
        self._write(" " * min(int(count) if count.isdecimal() and len(count) < 6 else 1, _SPACES_MAX))

    def _write(self, text: str) -> None:
        flow = self._flows[-1]
        if not flow.in_paragraph or (self._struck and self._struck[-1][1]):
            return
        flow.pieces.append(text)
        flow.length += len(text)
        if flow.length > _FRAGMENT_CHARACTERS_MAX:
            self._flush()

    def _flush(self) -> None:
        flow = self._flows[-1]
        text = "".join(flow.pieces)
        flow.pieces.clear()
        flow.length = 0
        if text.strip():
            self._line(flow, text)

    def _line(self, flow: _Flow, text: str) -> None:
        if flow.rows and flow.rows[-1] and flow.rows_length < _ROW_CHARACTERS_MAX:
            flow.rows[-1][-1].append(text)
            flow.rows_length += len(text)
        elif flow.depth == 0:
            self._emit(where.DOCUMENT, text)
        else:
            flow.lines.append(text)
            flow.lines_length += len(text)
            if flow.lines_length > _FRAGMENT_CHARACTERS_MAX:
                self._emit(flow.part, "\n".join(flow.lines))
                flow.lines.clear()
                flow.lines_length = 0

    def _emit(self, part: str, text: str) -> None:
        self._page_has_text = self._page_has_text or len(self._flows) == 1
        self._ready.append(Fragment(text, part, self._page))

    # --- tables

    def _open_row(self, _attributes: dict[str, str]) -> None:
        if len(self._flows[-1].rows) < _NESTED_ROWS_MAX:
            self._flush()
            self._flows[-1].rows.append([])

    def _open_cell(self, attributes: dict[str, str]) -> None:
        rows = self._flows[-1].rows
        if rows and len(rows[-1]) < _CELLS_MAX:
            rows[-1].append([])
        struck = self.styles.resolve("table-cell", attribute(attributes, "style-name")).struck
        if struck:
            self._struck.append((self._depth, struck))
        # A string that nobody rendered as a paragraph; a repeated cell is read once.
        self._cell_value = attribute(attributes, "string-value") or ""

    def _close_cell(self) -> None:
        rows = self._flows[-1].rows
        if self._cell_value.strip() and rows and rows[-1] and not rows[-1][-1]:
            rows[-1][-1].append(self._cell_value[:_FRAGMENT_CHARACTERS_MAX])
        self._cell_value = ""

    def wants_rows(self) -> bool:
        """Whether the reader stands between two rows of a sheet that holds no struck text."""
        flow = self._flows[0]
        at_rows = len(self._flows) == 1 and not flow.rows and self._depth == self._sheet_depth
        return at_rows and not self._skipped_from and not self._in_forms and not self.styles.strikes

    def rows(self, rows: Iterable[list[str]]) -> None:
        """Rows read without the parser, each of the texts of its cells that say something."""
        for cells in rows:
            if len(cells) == 1:
                for text in cells[0].split(_LINE_IN_CELL):
                    self._emit(where.DOCUMENT, text)
            elif cells:
                self._emit(where.TABLE, CELL_SEPARATOR.join(cells))

    def _close_row(self) -> None:
        flow = self._flows[-1]
        if not flow.rows:
            return
        cells = flow.rows.pop()
        flow.rows_length = flow.rows_length if flow.rows else 0
        while cells and not cells[-1]:
            cells.pop()
        filled = [paragraphs for paragraphs in cells if paragraphs]
        if len(filled) == 1:
            # A row of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                self._line(flow, text.replace(_LINE_IN_CELL, "\n"))
        elif filled:
            # In a form an empty cell is a value nobody filled in; in a sheet it is distance.
            shown = filled if self._body == "spreadsheet" else cells
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in shown).replace("\n", _LINE_IN_CELL)
            in_slide = flow.part in {where.DOCUMENT, where.TEXT_BOX} and self._body == "presentation"
            if flow.depth == 0 or in_slide:
                self._emit(where.TABLE, text)
            else:
                self._line(flow, text)
