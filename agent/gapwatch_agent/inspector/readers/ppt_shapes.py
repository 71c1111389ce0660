"""The shapes of one drawing in a binary presentation: text, place, placeholder, tables; and words drawn as WordArt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector.readers import office_art, ppt_records
from gapwatch_agent.inspector.readers.drawing_ml import NO_PLACE, Shape
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.ppt_records import Record, inside
from gapwatch_agent.inspector.readers.source import StopReading

_GROUP, _SHAPE, _GROUP_FRAME, _CHILD_ANCHOR, _ANCHOR = 0xF003, 0xF004, 0xF009, 0xF00F, 0xF010
_CLIENT_DATA, _CLIENT_TEXT, _PLACEHOLDER, _OUTLINE_TEXT = 0xF011, 0xF00D, 0x0BC3, 0x0F9E
_OPTIONS: Final = frozenset({0xF00B, 0xF121, 0xF122})
_ROTATION, _TABLE = 0x0004, 0x039F
_DRAWING, _ART = 0x040C, 0xF002
_PLACEHOLDERS: Final = {
    1: "title", 13: "title", 17: "title", 3: "ctrTitle", 15: "ctrTitle", 2: "body", 14: "body", 18: "body",
    4: "subTitle", 16: "subTitle", 7: "dt", 8: "sldNum", 9: "ftr", 10: "hdr",
}  # fmt: skip
_FIELDS: Final = frozenset({"dt", "sldNum", "ftr", "hdr"})
FIELD_TEXT: Final = "*"
"""What a placeholder says where the program writes a date, a number, a footer kept elsewhere."""
_LINE_ENDS: Final = str.maketrans({"\r": "\n", "\x0b": "\n"})
_SHAPES_MAX: Final = 20_000
_WRAPPINGS: Final = 2
"""A drawing's shapes are wrapped twice."""


@dataclass(slots=True)
class Drawn:
    """A drawing's shapes in the order of the file; ``word_art`` the words that are drawings themselves."""

    shapes: list[Shape] = field(default_factory=list)
    word_art: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    """How a group's inner vertical places become the drawing's; a table's cells by (top, left)."""

    scale: float = 1.0
    shift: float = 0.0
    cells: list[tuple[float, float, str]] | None = None


@dataclass(slots=True)
class _Read:
    """One shape as its records say it."""

    shape: Shape
    left: float = 0.0
    inner: tuple[float, float] | None = None
    is_table: bool = False


def drawn(data: bytes, start: int, end: int, outline: list[str], depth_max: int) -> Drawn:
    """The shapes of the drawing among these records. ``outline``: the texts that shapes refer to by number."""
    found = Drawn()
    waiting = [(start, end, 0)]
    while waiting:
        low, high, depth = waiting.pop()
        for record in ppt_records.children(data, low, high):
            if record.kind in {_DRAWING, _ART} and record.is_container and depth < _WRAPPINGS:
                waiting.append((record.start, record.end, depth + 1))
            elif record.kind == _GROUP:
                _Collector(data, outline, depth_max, found).group(record, _Frame(), 0)
    return found


class _Collector:
    def __init__(self, data: bytes, outline: list[str], depth_max: int, found: Drawn) -> None:
        self._data = data
        self._outline = outline
        self._depth_max = depth_max
        self._found = found

    def group(self, record: Record, frame: _Frame, depth: int) -> None:
        """A group; its first shape is the group itself."""
        if depth >= self._depth_max:
            raise StopReading("too_deep")
        inner = frame
        first = True
        for child in inside(self._data, record):
            if child.kind == _GROUP:
                self.group(child, inner, depth + 1)
            elif child.kind == _SHAPE:
                read = self._shape(child, inner)
                if first and read.inner is not None and depth:
                    inner = _inner_frame(read, frame)
                self._keep(read, inner)
                first = False
        if inner.cells:
            self._found.shapes.append(_table(inner.cells))

    def _keep(self, read: _Read, frame: _Frame) -> None:
        if len(self._found.shapes) >= _SHAPES_MAX:
            raise StopReading("too_many")
        shape = read.shape
        if frame.cells is not None:
            if shape.lines:
                frame.cells.append((round(shape.top), read.left, "\x0b".join(shape.lines)))
        elif shape.lines or shape.placeholder:
            self._found.shapes.append(shape)

    def _shape(self, record: Record, frame: _Frame) -> _Read:
        read = _Read(Shape())
        shape = read.shape
        for part in inside(self._data, record):
            if part.kind == _ANCHOR:
                shape.top, shape.height, read.left = _anchor(self._data, part)
            elif part.kind == _CHILD_ANCHOR:
                left, top, _, bottom = _numbers(self._data, part.start)
                shape.top, shape.height, read.left = top * frame.scale + frame.shift, (bottom - top) * frame.scale, left
            elif part.kind == _GROUP_FRAME:
                _, top, _, bottom = _numbers(self._data, part.start)
                read.inner = (top, bottom - top)
            elif part.kind in _OPTIONS:
                self._options(part, read)
            elif part.kind == _CLIENT_DATA:
                for data in inside(self._data, part):
                    if data.kind == _PLACEHOLDER:
                        kind = self._data[data.start + 4] if data.end >= data.start + 8 else 0
                        shape.placeholder = _PLACEHOLDERS.get(kind, "obj" if kind else "")
            elif part.kind == _CLIENT_TEXT:
                shape.lines = self._lines(part)
        if shape.placeholder in _FIELDS:
            shape.lines = [line for line in shape.lines if line.strip() != FIELD_TEXT]
        return read

    def _options(self, part: Record, read: _Read) -> None:
        table = self._data[part.start : part.end]
        self._found.word_art += office_art.words_of_options(table, part.instance)
        for at in range(0, min(part.instance * 6, len(table) - 5), 6):
            option = u16(table, at) & 0x3FFF
            if option == _ROTATION:
                read.shape.turned = round(_signed(u32(table, at + 2), 32) / 65536) % 90 != 0
            elif option == _TABLE:
                read.is_table = bool(u32(table, at + 2) & 1)

    def _lines(self, part: Record) -> list[str]:
        for record in inside(self._data, part):
            text = ppt_records.text_of(self._data, record)
            if text is None and record.kind == _OUTLINE_TEXT:
                number = u32(self._data, record.start)
                text = self._outline[number] if number < len(self._outline) else ""
            if text is not None:
                return lines(text)
        return []


def lines(text: str) -> list[str]:
    """The lines of a text that say something."""
    return [line for line in text.translate(_LINE_ENDS).split("\n") if line.strip()]


def _inner_frame(read: _Read, outer: _Frame) -> _Frame:
    """A group has coordinates of its own; its anchor says where they lie."""
    inner_top, inner_height = read.inner or (0.0, 0.0)
    frame = _Frame(outer.scale, outer.shift, [] if read.is_table else None)
    if inner_height > 0 and read.shape.top != NO_PLACE:
        frame.scale = read.shape.height / inner_height
        frame.shift = read.shape.top - inner_top * frame.scale
    return frame


def _anchor(data: bytes, part: Record) -> tuple[float, float, float]:
    """Top, height and left, from either of two sizes of rectangle."""
    if part.end - part.start >= 16:
        top, left, _, bottom = _numbers(data, part.start)
    else:
        top, left, _, bottom = (_signed(u16(data, part.start + at), 16) for at in (0, 2, 4, 6))
    return float(top), float(bottom - top), float(left)


def _numbers(data: bytes, at: int) -> tuple[int, int, int, int]:
    first, second, third, fourth = (_signed(u32(data, at + step), 32) for step in (0, 4, 8, 12))
    return first, second, third, fourth


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _table(cells: list[tuple[float, float, str]]) -> Shape:
    """The rows of a table, from cells that only say where they stand."""
    shape = Shape(top=min(top for top, _, _ in cells), height=0.0)
    rows: dict[float, list[str]] = {}
    for top, _, text in sorted(cells):
        rows.setdefault(top, []).append(text)
    shape.rows = list(rows.values())
    return shape


def strings(data: bytes, start: int, end: int, kind: int, depth_max: int) -> Iterator[tuple[Record, list[str]]]:
    """Every container of that kind at any depth with the strings right in it, by their instance (0, 1, 2)."""
    waiting = [(start, end, 0)]
    while waiting:
        low, high, depth = waiting.pop()
        for record in ppt_records.children(data, low, high):
            if record.kind == kind:
                found = ["", "", ""]
                for part in inside(data, record):
                    text = ppt_records.text_of(data, part)
                    if text is not None and part.instance < len(found):
                        found[part.instance] = text
                yield record, found
            elif (record.is_container or record.kind == _TAG_DATA) and record.kind != _DRAWING:
                if depth >= depth_max:
                    raise StopReading("too_deep")
                waiting.append((record.start, record.end, depth + 1))


_TAG_DATA: Final = 0x138B
"""An atom by its head that holds records all the same."""
