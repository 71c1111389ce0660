"""WordprocessingML to fragments: paragraphs from split runs, table rows, text boxes, VML watermarks, pages.

Text that the document shows as struck out or moved away is no mark any more (domain §3.3, changed marks); deleted text
stands in another element and is never seen. Hidden text counts: it travels with the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers.xml_stream import attribute

_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_SYMBOLS: Final = {
    "f0ab": "★", "f0b6": "☆", "f0fe": "☑", "f052": "☑", "f0fd": "☒", "f0a8": "□", "f06f": "□", "f0a3": "□",
}  # fmt: skip
"""Characters of the Wingdings fonts that stand for stars and boxes."""
_LINE_IN_CELL: Final = "\x0b"


@dataclass(slots=True)
class _Flow:
    """A story being read: the part's own, or a text box inside a paragraph of it."""

    part: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    rows: list[list[list[str]]] = field(default_factory=list)
    boxed: list[str] = field(default_factory=list)


class Body:
    """A document, header, footer or note part. ``part`` names what its text is."""

    def __init__(self, part: str) -> None:
        self._flows = [_Flow(part)]
        self._ready: list[Fragment] = []
        self._page = 1 if part == where.DOCUMENT else 0
        self._page_has_text = False
        self._run_struck = False
        self._in_run = 0
        self._in_text = False
        self._moved = 0
        self._in_paragraph_properties = 0
        self._section_breaks = ""
        self._openers: dict[str, Callable[[dict[str, str]], None]] = {
            "r": self._open_run,
            "t": self._open_text,
            "strike": self._strike,
            "dstrike": self._strike,
            "moveFrom": self._open_moved,
            "tab": self._tab,
            "ptab": self._tab,
            "noBreakHyphen": self._hyphen,
            "sym": self._symbol,
            "br": self._break,
            "cr": self._break,
            "textpath": self._watermark,
            "lastRenderedPageBreak": self._rendered_break,
            "pageBreakBefore": self._break_before,
            "pPr": self._open_paragraph_properties,
            "sectPr": self._open_section,
            "type": self._section_type,
            "tr": self._open_row,
            "tc": self._open_cell,
            "txbxContent": self._open_box,
        }
        self._closers: dict[str, Callable[[], None]] = {
            "r": self._close_run,
            "t": self._close_text,
            "moveFrom": self._close_moved,
            "pPr": self._close_paragraph_properties,
            "p": self._close_paragraph,
            "tr": self._close_row,
            "txbxContent": self._close_box,
        }

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def characters(self, text: str) -> None:
        if self._in_text and not self._run_struck and not self._moved:
            self._write(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        opened = self._openers.get(name)
        if opened is not None:
            opened(attributes)

    def end(self, name: str) -> None:
        closed = self._closers.get(name)
        if closed is not None:
            closed()

    # --- runs and what stands in them

    def _open_run(self, _attributes: dict[str, str]) -> None:
        self._in_run += 1
        self._run_struck = False

    def _close_run(self) -> None:
        self._in_run -= 1
        self._run_struck = False

    def _open_text(self, _attributes: dict[str, str]) -> None:
        self._in_text = True

    def _close_text(self) -> None:
        self._in_text = False

    def _strike(self, attributes: dict[str, str]) -> None:
        if self._in_run and not self._in_paragraph_properties:
            self._run_struck = _is_on(attributes)

    def _open_moved(self, _attributes: dict[str, str]) -> None:
        self._moved += 1

    def _close_moved(self) -> None:
        self._moved -= 1

    def _tab(self, _attributes: dict[str, str]) -> None:
        if not self._in_paragraph_properties:
            self._write("\t")

    def _hyphen(self, _attributes: dict[str, str]) -> None:
        self._write("-")

    def _symbol(self, attributes: dict[str, str]) -> None:
        self._write(_SYMBOLS.get((attribute(attributes, "char") or "").lower(), ""))

    def _break(self, attributes: dict[str, str]) -> None:
        if attribute(attributes, "type") == "page":
            self._new_page()
        else:
            self._write(_LINE_IN_CELL if self._flows[-1].rows else "\n")

    def _watermark(self, attributes: dict[str, str]) -> None:
        words = attribute(attributes, "string")
        if words:
            self._ready.append(Fragment(words[:_FRAGMENT_CHARACTERS_MAX], part=where.WATERMARK, page=self._page))

    # --- pages

    def _rendered_break(self, _attributes: dict[str, str]) -> None:
        # Word writes one after an explicit break too; the same page must not be counted twice.
        if self._page_has_text or self._flows[-1].pieces:
            self._new_page()

    def _break_before(self, attributes: dict[str, str]) -> None:
        if _is_on(attributes) and self._page_has_text:
            self._new_page()

    def _open_paragraph_properties(self, _attributes: dict[str, str]) -> None:
        self._in_paragraph_properties += 1

    def _close_paragraph_properties(self) -> None:
        self._in_paragraph_properties -= 1

    def _open_section(self, _attributes: dict[str, str]) -> None:
        if self._in_paragraph_properties:
            self._section_breaks = "nextPage"

    def _section_type(self, attributes: dict[str, str]) -> None:
        if self._section_breaks:
            self._section_breaks = attribute(attributes, "val") or "nextPage"

    def _new_page(self) -> None:
        if self._page and len(self._flows) == 1:
            self._flush_paragraph()
            self._page += 1
            self._page_has_text = False

    # --- paragraphs, cells, boxes

    def _close_paragraph(self) -> None:
        self._flush_paragraph()
        if self._section_breaks:
            breaks, self._section_breaks = self._section_breaks, ""
            if breaks != "continuous":
                self._new_page()

    def _flush_paragraph(self) -> None:
        flow = self._flows[-1]
        text = "".join(flow.pieces)
        flow.pieces.clear()
        flow.length = 0
        if not text.strip():
            return
        if flow.rows and flow.rows[-1]:
            flow.rows[-1][-1].append(text)
        elif flow.part == where.TEXT_BOX:
            flow.boxed.append(text)
        else:
            self._emit(flow.part, text)

    def _open_row(self, _attributes: dict[str, str]) -> None:
        self._flush_paragraph()
        self._flows[-1].rows.append([])

    def _open_cell(self, _attributes: dict[str, str]) -> None:
        rows = self._flows[-1].rows
        if rows:
            rows[-1].append([])

    def _close_row(self) -> None:
        flow = self._flows[-1]
        if not flow.rows:
            return
        cells = flow.rows.pop()
        filled = [paragraphs for paragraphs in cells if paragraphs]
        if flow.part == where.TEXT_BOX:
            flow.boxed.extend(CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in filled).split("\n"))
        elif len(filled) == 1:
            # A table of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                self._emit(flow.part, text.replace(_LINE_IN_CELL, "\n"))
        elif filled:
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in cells)
            self._emit(where.TABLE if flow.part == where.DOCUMENT else flow.part, text.replace("\n", _LINE_IN_CELL))

    def _open_box(self, _attributes: dict[str, str]) -> None:
        outer = self._flows[-1].part
        # A box in a header or a note is as much its part as the lines around it.
        self._flows.append(_Flow(where.TEXT_BOX if outer in {where.DOCUMENT, where.TEXT_BOX} else outer))

    def _close_box(self) -> None:
        if len(self._flows) == 1:
            return
        self._flush_paragraph()
        flow = self._flows.pop()
        if flow.boxed:
            self._ready.append(Fragment("\n".join(flow.boxed), part=where.TEXT_BOX, page=self._page))

    def _emit(self, part: str, text: str) -> None:
        self._page_has_text = True
        self._ready.append(Fragment(text, part=part, page=self._page))

    def _write(self, text: str) -> None:
        flow = self._flows[-1]
        flow.pieces.append(text)
        flow.length += len(text)
        if flow.length > _FRAGMENT_CHARACTERS_MAX:
            self._flush_paragraph()


def _is_on(attributes: dict[str, str]) -> bool:
    """A WordprocessingML switch: on when it stands there without a value."""
    return (attribute(attributes, "val") or "true").lower() not in {"0", "false", "off", "none"}
