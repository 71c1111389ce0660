"""DrawingML to text: the shapes of a slide or a sheet's drawing with their place, and the paragraphs of other parts.

A shape is collected whole, because where it stands is known before its text and what it is beside it. Where a drawing
offers alternatives, the first that says something is taken and the fallback left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment

_SHAPES: Final = frozenset({"sp", "graphicFrame", "pic", "cxnSp"})
_STRUCK: Final = frozenset({"sngStrike", "dblStrike"})
_OPENED: Final = _SHAPES | {
    *("t", "rPr", "fld", "br", "xfrm", "off", "ext", "chOff", "chExt", "grpSp", "grpSpPr", "tr", "tc", "ph", "cNvPr"),
    *("AlternateContent", "Fallback"),
}
_CLOSED: Final = _SHAPES | {"t", "r", "fld", "p", "tr", "xfrm", "grpSpPr", "grpSp", "AlternateContent"}
"""The elements that mean something; most of a drawing is how it looks."""
_LINE_IN_CELL: Final = "\x0b"
_PARAGRAPH_CHARACTERS_MAX: Final = 1 << 16
_WAITING_CHARACTERS_MAX: Final = 4 << 20
_CELL_COST: Final = 64
"""What a cell or a line counts beside its characters: there may be many with hardly any."""
_WAITING_SHAPES_MAX: Final = 20_000
_GROUP_DEPTH_MAX: Final = 256

NO_PLACE: Final = -1.0


@dataclass(slots=True)
class Shape:
    """One shape. ``lines`` are its paragraphs, ``rows`` its table; ``top`` and ``height`` in the drawing's units, -1
    when it stands where its layout puts it; ``turned`` when it is rotated by neither a quarter nor a half turn.
    """

    placeholder: str = ""
    index: str = ""
    name: str = ""
    top: float = NO_PLACE
    height: float = NO_PLACE
    turned: bool = False
    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def describe(self, name: str, attributes: dict[str, str]) -> None:
        """Take what an element of the shape's head says about it."""
        if name == "ph":
            self.placeholder, self.index = attributes.get("type", "obj"), attributes.get("idx", "")
        else:
            self.name = attributes.get("name", "")[:200]

    def text(self) -> str:
        """The paragraphs as one box."""
        return "\n".join(self.lines)


Place = Callable[[list[Shape]], list[Fragment]]
"""What a format makes of the shapes of one drawing."""


class Shapes:
    """A drawing's handler. ``place`` gets all shapes at once; call ``rest`` after the part has ended."""

    wanted: Final = _OPENED | _CLOSED

    def __init__(self, place: Place) -> None:
        self._place = place
        self._shapes: list[Shape] = []
        self._ready: list[Fragment] = []
        self._waiting_characters = 0
        self._open: list[Shape] = []
        self._groups: list[tuple[float, float]] = []
        self._in_group_properties = False
        self._frame: dict[str, float] = {}
        self._pieces: list[str] = []
        self._length = 0
        self._cells: list[list[str]] | None = None
        self._in_text = self._struck = self._in_field = False
        self._alternatives = Alternatives()

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def rest(self) -> list[Fragment]:
        """What was waiting for the drawing's end."""
        while self._open:
            self._close_shape()
        self._flush()
        return self.take()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._alternatives.start(name):
            return
        if name == "t":
            self._in_text = True
        elif name == "rPr":
            self._struck = attributes.get("strike") in _STRUCK
        elif name == "fld":
            # Slide numbers and dates are the program's words.
            self._in_field = attributes.get("type", "").startswith(("slidenum", "datetime"))
        elif name == "br":
            self._write("\n" if self._cells is None else _LINE_IN_CELL)
        elif name in _SHAPES:
            self._open.append(Shape())
        elif name in {"xfrm", "off", "ext", "chOff", "chExt", "grpSp", "grpSpPr"}:
            self._geometry(name, attributes)
        elif name == "tr":
            self._cells = []
        elif name == "tc":
            self._open_cell()
        elif self._open and name in {"ph", "cNvPr"}:
            self._open[-1].describe(name, attributes)

    def end(self, name: str) -> None:
        if not self._alternatives.end(name):
            return
        if name == "t":
            self._in_text = False
        elif name in {"r", "fld"}:
            self._struck = self._in_field = False
        elif name == "p":
            self._close_paragraph()
        elif name == "tr":
            self._close_row()
        elif name == "xfrm":
            self._close_frame()
        elif name == "grpSpPr":
            self._in_group_properties = False
        elif name == "grpSp" and self._groups:
            self._groups.pop()
        elif name in _SHAPES and self._open:
            self._close_shape()

    def characters(self, text: str) -> None:
        if self._in_text and not (self._struck or self._in_field or self._alternatives.depth):
            self._write(text)

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        self._alternatives.said = True
        if self._length > _PARAGRAPH_CHARACTERS_MAX:
            self._close_paragraph()

    def _close_paragraph(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        if not text.strip():
            return
        self._waiting_characters += len(text) + _CELL_COST
        if self._cells:
            self._cells[-1].append(text)
            if self._waiting_characters > _WAITING_CHARACTERS_MAX:
                self._close_row()
                self._cells = [[]]
            return
        if not self._open:
            self._open.append(Shape())
        self._open[-1].lines.extend(line for line in text.split("\n") if line.strip())
        self._hand_on()

    def _open_cell(self) -> None:
        if self._cells is not None:
            self._waiting_characters += _CELL_COST
            if self._waiting_characters > _WAITING_CHARACTERS_MAX:
                self._close_row()
                self._cells = []
            self._cells.append([])

    def _close_row(self) -> None:
        cells, self._cells = self._cells, None
        row = [_LINE_IN_CELL.join(cell) for cell in cells or () if cell]
        if row and self._open:
            self._open[-1].rows.append(row)
            self._hand_on()

    def _hand_on(self) -> None:
        """A shape longer than any real one does not wait for its end."""
        if self._waiting_characters > _WAITING_CHARACTERS_MAX:
            for shape in self._open:
                self._shapes.append(replace(shape))
                shape.lines, shape.rows = [], []
            self._flush()

    def _close_shape(self) -> None:
        self._close_paragraph()
        shape = self._open.pop()
        if shape.lines or shape.rows or shape.placeholder:
            self._shapes.append(shape)
        if self._waiting_characters > _WAITING_CHARACTERS_MAX or len(self._shapes) > _WAITING_SHAPES_MAX:
            self._flush()

    def _flush(self) -> None:
        shapes, self._shapes, self._waiting_characters = self._shapes, [], 0
        self._ready += self._place(shapes)

    # --- where it stands; only the vertical axis decides a zone

    def _geometry(self, name: str, attributes: dict[str, str]) -> None:
        if name == "grpSp":
            if len(self._groups) < _GROUP_DEPTH_MAX:
                self._groups.append((1.0, 0.0))
        elif name == "grpSpPr":
            self._in_group_properties = True
        elif name == "xfrm":
            self._frame = {"rot": _number(attributes, "rot")}
        elif name in {"off", "chOff"} and "y" in attributes:
            self._frame[name] = _number(attributes, "y")
        elif name in {"ext", "chExt"} and "cy" in attributes:
            self._frame[name] = _number(attributes, "cy")

    def _close_frame(self) -> None:
        frame, self._frame = self._frame, {}
        if "off" not in frame or "ext" not in frame:
            return
        if self._in_group_properties:
            if self._groups and frame.get("chExt", 0.0) > 0 and "chOff" in frame:
                scale = frame["ext"] / frame["chExt"]
                self._groups[-1] = (scale, frame["off"] - frame["chOff"] * scale)
            return
        if self._open:
            top, height = frame["off"], frame["ext"]
            for scale, shift in reversed(self._groups):
                top, height = top * scale + shift, height * scale
            shape = self._open[-1]
            shape.top, shape.height = top, height
            shape.turned = round(frame.get("rot", 0.0) / 60_000) % 90 != 0


class Alternatives:
    """``mc:AlternateContent``: the fallback is left out when a choice before it said something.

    ``start`` and ``end`` say whether the element is to be read; set ``said`` when something was read.
    """

    def __init__(self) -> None:
        self._outer: list[bool] = []
        self.said = False
        self.depth = 0
        """How deep inside a fallback that is left out; 0 outside."""

    def start(self, name: str) -> bool:
        if self.depth:
            self.depth += 1
        elif name == "AlternateContent":
            self._outer.append(self.said)
            self.said = False
        elif name == "Fallback" and self.said and self._outer:
            self.depth = 1
        return not self.depth

    def end(self, name: str) -> bool:
        if self.depth:
            self.depth -= 1
            return False
        if name == "AlternateContent" and self._outer:
            self.said = self._outer.pop() or self.said
        return True


class Paragraphs:
    """Any part whose text stands in text elements inside paragraph elements: charts, diagrams, comments, notes."""

    def __init__(
        self, part: str, page: int, *, ends: frozenset[str] = frozenset({"p"}), texts: frozenset[str] = frozenset({"t"})
    ) -> None:
        self._part = part
        self._page = page
        self._ends = ends
        self._texts = texts
        self._ready: list[Fragment] = []
        self._pieces: list[str] = []
        self._length = 0
        self._in_text = False
        self._phonetic = 0

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name in self._texts:
            self._in_text = True
        elif name == "rPh":
            self._phonetic += 1

    def end(self, name: str) -> None:
        if name in self._texts:
            self._in_text = False
        elif name == "rPh":
            self._phonetic = max(self._phonetic - 1, 0)
        if name in self._ends:
            self._flush()

    def characters(self, text: str) -> None:
        if self._in_text and not self._phonetic:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > _PARAGRAPH_CHARACTERS_MAX:
                self._flush()

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._length = 0
        if text.strip():
            self._ready.append(Fragment(text, part=self._part, page=self._page))


def row_text(row: list[str]) -> str:
    """A table's row as one line."""
    return CELL_SEPARATOR.join(row)


def boxes(page: int) -> Place:
    """Every shape a text box: what a sheet's drawing, a chart's own shapes and a diagram are."""

    def place(shapes: list[Shape]) -> list[Fragment]:
        found: list[Fragment] = []
        for shape in shapes:
            if shape.lines:
                part = where.WATERMARK if shape.turned or is_watermark(shape.name) else where.TEXT_BOX
                found.append(Fragment(shape.text(), part=part, page=page))
            found.extend(Fragment(row_text(row), part=where.TABLE, page=page, zone=where.BODY) for row in shape.rows)
        return found

    return place


def notes(page: int) -> Place:
    """Every shape a note."""

    def place(shapes: list[Shape]) -> list[Fragment]:
        texts = [text for shape in shapes for text in (*shape.lines, *map(row_text, shape.rows))]
        return [Fragment(text, part=where.NOTE, page=page) for text in texts]

    return place


def is_watermark(name: str) -> bool:
    """Whether a shape's name says so: what programs call the shapes of their watermark command."""
    return "watermark" in name.lower() or "水印" in name


def _number(attributes: dict[str, str], name: str) -> float:
    """A coordinate, 0 for anything else that stands there."""
    digits = attributes.get(name, "")[:20]
    try:
        return float(int(digits))
    except ValueError:
        return 0.0
