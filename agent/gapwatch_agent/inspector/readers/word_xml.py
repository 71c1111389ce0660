"""WordprocessingML to fragments: paragraphs from split runs, table rows, text boxes, watermarks, form fields, pages.

Text that the document shows as struck out, deleted or moved away is no mark any more (domain §3.3, changed marks), nor
is the prompt of a control nobody filled in. Hidden text counts: it travels with the file. Of alternatives (the same box
for newer and older programs) the first that says something is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.readers.drawing_ml import Alternatives, is_watermark
from gapwatch_agent.inspector.readers.word_controls import FormField, Prompts, is_on
from gapwatch_agent.inspector.readers.xml_stream import attribute

_FRAGMENT_CHARACTERS_MAX: Final = 1 << 16
_WAITING_CHARACTERS_MAX: Final = 1 << 20
_CELL_COST: Final = 64
"""What a cell or a line counts beside its characters: there may be many with hardly any."""
_SYMBOLS: Final = {
    "f0ab": "★", "f0b6": "☆", "f0fe": "☑", "f052": "☑", "f0fd": "☒", "f0a8": "□", "f06f": "□", "f0a3": "□",
}  # fmt: skip
"""Characters of the Wingdings fonts that stand for stars and boxes."""
_TYPED_SYMBOLS: Final = {int(code, 16): shown for code, shown in _SYMBOLS.items()}
_PRIVATE: Final = re.compile("[\uf000-\uf0ff]")
"""The same characters typed as text in such a font."""
_LINE_IN_CELL: Final = "\x0b"
_BOXES: Final = frozenset({where.TEXT_BOX, where.WATERMARK})
_ROTATION: Final = re.compile(r"(?:^|;)\s*rotation:\s*(-?\d{1,3})(?:;|\s|$)")
_ANGLE: Final = re.compile(r"-?\d{1,10}")
_DEGREE: Final = 60_000
"""DrawingML counts angles in these."""


@dataclass(slots=True)
class _Flow:
    """A story being read: the part's own, or a text box inside a paragraph of it."""

    part: str
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    rows: list[list[list[str]]] = field(default_factory=list)
    boxed: list[str] = field(default_factory=list)
    kept: int = 0
    """Characters waiting in rows and boxes for their end."""


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
        self._left_out = 0
        self._alternatives = Alternatives()
        self._prompts = Prompts()
        self._field = FormField()
        self._slanted = self._named_watermark = False
        self._in_paragraph_properties = 0
        self._section_breaks = ""
        self._openers: dict[str, Callable[[dict[str, str]], None]] = {
            "r": self._open_run,
            "t": self._open_text,
            "strike": self._strike,
            "dstrike": self._strike,
            **dict.fromkeys(("moveFrom", "del", "rt"), self._open_left_out),
            "AlternateContent": lambda _: self._alternate("AlternateContent"),
            "Fallback": lambda _: self._alternate("Fallback"),
            "sdt": self._prompts.open,
            "showingPlcHdr": self._prompts.prompt,
            "sdtContent": self._prompts.open_content,
            "ffData": self._field.open,
            "checkBox": lambda _: self._field.kind("checkBox"),
            "ddList": lambda _: self._field.kind("ddList"),
            **{name: partial(self._field.value, name) for name in ("checked", "default", "result", "listEntry")},
            "fldChar": self._field_character,
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
            "docPr": self._open_drawing,
            "xfrm": self._turn,
            **dict.fromkeys(("shape", "rect"), self._open_vml),
        }
        self._closers: dict[str, Callable[[], None]] = {
            "r": self._close_run,
            "t": self._close_text,
            **dict.fromkeys(("moveFrom", "del", "rt"), self._close_left_out),
            "AlternateContent": self._close_alternatives,
            "sdt": self._prompts.close,
            "sdtContent": self._prompts.close_content,
            "ffData": self._field.close,
            "pPr": self._close_paragraph_properties,
            "p": self._close_paragraph,
            "tr": self._close_row,
            "txbxContent": self._close_box,
        }
        self.wanted = frozenset(self._openers) | frozenset(self._closers)

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def characters(self, text: str) -> None:
        if self._in_text and not (self._run_struck or self._left_out or self._prompts.showing):
            self._field.said()
            self._write(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._alternatives.depth:
            self._alternatives.start(name)
            return
        opened = self._openers.get(name)
        if opened is not None:
            opened(attributes)

    def end(self, name: str) -> None:
        if self._alternatives.depth:
            self._alternatives.end(name)
            return
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
            self._run_struck = is_on(attributes)

    def _open_left_out(self, _attributes: dict[str, str]) -> None:
        self._left_out += 1

    def _close_left_out(self) -> None:
        self._left_out -= 1

    def _alternate(self, name: str) -> None:
        self._alternatives.start(name)

    def _close_alternatives(self) -> None:
        self._alternatives.end("AlternateContent")

    def _field_character(self, attributes: dict[str, str]) -> None:
        if attribute(attributes, "fldCharType") == "end":
            value = self._field.end()
            if value and not self._left_out:
                self._write(value)

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
        if words and not self._left_out:
            self._alternatives.said = True
            self._ready.append(Fragment(words[:_FRAGMENT_CHARACTERS_MAX], part=where.WATERMARK, page=self._page))

    # --- pages

    def _rendered_break(self, _attributes: dict[str, str]) -> None:
        # Word writes one after an explicit break too; the same page must not be counted twice.
        if self._page_has_text or self._flows[-1].pieces:
            self._new_page()

    def _break_before(self, attributes: dict[str, str]) -> None:
        if is_on(attributes) and self._page_has_text:
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
        if _PRIVATE.search(text):
            text = text.translate(_TYPED_SYMBOLS)
        flow.pieces.clear()
        flow.length = 0
        if not text.strip():
            return
        flow.kept += len(text) + _CELL_COST
        if flow.kept > _WAITING_CHARACTERS_MAX:
            self._hand_on(flow)
        if flow.rows and flow.rows[-1]:
            flow.rows[-1][-1].append(text)
        elif flow.part in _BOXES:
            flow.boxed.append(text)
        else:
            self._emit(flow.part, text)

    def _hand_on(self, flow: _Flow) -> None:
        """Rows and boxes longer than any real one do not wait for their end."""
        waiting = [text for row in flow.rows for cell in row for text in cell] + flow.boxed
        for row in flow.rows:
            row[:] = [[]] if row else []
        flow.boxed.clear()
        flow.kept = 0
        for text in waiting:
            self._emit(flow.part, text)

    def _open_row(self, _attributes: dict[str, str]) -> None:
        self._flush_paragraph()
        self._flows[-1].rows.append([])

    def _open_cell(self, _attributes: dict[str, str]) -> None:
        flow = self._flows[-1]
        if flow.rows:
            flow.rows[-1].append([])
            flow.kept += _CELL_COST
            if flow.kept > _WAITING_CHARACTERS_MAX:
                self._hand_on(flow)

    def _close_row(self) -> None:
        flow = self._flows[-1]
        if not flow.rows:
            return
        cells = flow.rows.pop()
        if not flow.rows and not flow.boxed:
            flow.kept = 0
        filled = [paragraphs for paragraphs in cells if paragraphs]
        if flow.part in _BOXES:
            flow.boxed.extend(CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in filled).split("\n"))
        elif len(filled) == 1:
            # A table of one cell is layout, not a form: its paragraphs are lines like any others.
            for text in filled[0]:
                self._emit(flow.part, text.replace(_LINE_IN_CELL, "\n"))
        elif filled:
            text = CELL_SEPARATOR.join(_LINE_IN_CELL.join(cell) for cell in cells)
            self._emit(where.TABLE if flow.part == where.DOCUMENT else flow.part, text.replace("\n", _LINE_IN_CELL))

    def _open_box(self, _attributes: dict[str, str]) -> None:
        part = self._flows[-1].part
        if self._slanted or self._named_watermark:
            part = where.WATERMARK
        elif part == where.DOCUMENT:
            part = where.TEXT_BOX
        # A box in a header or a note is as much its part as the lines around it.
        self._flows.append(_Flow(part))

    def _close_box(self) -> None:
        if len(self._flows) == 1:
            return
        self._flush_paragraph()
        flow = self._flows.pop()
        if flow.boxed:
            self._ready.append(Fragment("\n".join(flow.boxed), part=flow.part, page=self._page))

    def _open_drawing(self, attributes: dict[str, str]) -> None:
        self._slanted = False
        self._named_watermark = is_watermark(attribute(attributes, "name") or "")

    def _turn(self, attributes: dict[str, str]) -> None:
        turn = _ANGLE.fullmatch(attribute(attributes, "rot") or "")
        self._slanted = turn is not None and round(int(turn[0]) / _DEGREE) % 90 != 0

    def _open_vml(self, attributes: dict[str, str]) -> None:
        turn = _ROTATION.search((attribute(attributes, "style") or "")[:1000])
        self._slanted = turn is not None and int(turn[1]) % 90 != 0
        self._named_watermark = is_watermark(attribute(attributes, "id") or "")

    def _emit(self, part: str, text: str) -> None:
        self._page_has_text = True
        self._ready.append(Fragment(text, part=part, page=self._page))

    def _write(self, text: str) -> None:
        flow = self._flows[-1]
        flow.pieces.append(text)
        self._alternatives.said = True
        flow.length += len(text)
        if flow.length > _FRAGMENT_CHARACTERS_MAX:
            self._flush_paragraph()
