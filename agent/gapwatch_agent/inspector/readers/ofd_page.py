"""A page of an OFD document (GB/T 33190-2016 §7.7, §11) to pieces of text with coordinates.

An object stands in its boundary, in millimetres from the page's upper left corner, by its own transformation; a program
may write a line as one object, as one a run or as one a character. Pieces come out in points, ready for ``pdf_lines``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import pdf_lines
from gapwatch_agent.inspector.readers.pdf_lines import Piece
from gapwatch_agent.inspector.readers.xml_stream import attribute

POINTS_A_MM: Final = 72 / 25.4
PIECES_MAX: Final = 50_000
"""Of one page. Each character may be an object, and a page of small print holds ten thousand."""
_PIECE_CHARACTERS_MAX: Final = 1 << 20
_LINE_CHARACTERS_MAX: Final = 2000
_COORDINATE_MAX: Final = 1e6
_ASKEW_RADIANS: Final = 0.08
_JOINED_EMS: Final = 0.2
_SET_APART_EMS: Final = (1.0, 0.5)
"""From which gap on characters of one object are apart: narrow ones (their width is a guess) and wide ones."""
_FAINT_SIZE_MIN: Final = 28.0
_FAINT_LEVELS: Final = range(150, 246)
_FAINT_ALPHA: Final = 160
_NOWHERE: Final = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class _Text:
    """A text object being read."""

    number: str
    boundary: tuple[float, float]
    matrix: tuple[float, ...]
    size: float
    faint: bool
    x: float = 0.0
    y: float = 0.0

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """A point of the object's in points from the page's corner."""
        a, b, c, d, e, f = self.matrix
        left, top = self.boundary
        return _bounded(left + a * x + c * y + e) * POINTS_A_MM, _bounded(top + b * x + d * y + f) * POINTS_A_MM


@dataclass(slots=True)
class Placed:
    """Something set elsewhere that appears on this page: a template, a composite unit, an image."""

    kind: str
    resource: str
    left: float
    top: float


@dataclass(slots=True)
class Annot:
    """An annotation: its type, what its author remarks, its appearance."""

    kind: str
    remark: str = ""
    pieces: list[Piece] = field(default_factory=list)


class PageObjects:
    """The handler of a page, a template, an annotation file or a resource file. ``wanted``: objects to remember."""

    def __init__(self, wanted: frozenset[str] = frozenset()) -> None:
        self.pieces: list[Piece] = []
        self.placed: list[Placed] = []
        self.units: dict[str, list[Piece]] = {}
        self.annots: list[Annot] = []
        self.texts: dict[str, str] = {}
        self.box = ""
        self._wanted = wanted
        self._target = self.pieces
        self._end = (0.0, 0.0)
        self._offset = (0.0, 0.0)
        self._text: _Text | None = None
        self._code: dict[str, str] | None = None
        self._in_remark = False
        self._in_box = False
        self._characters: list[str] = []
        self._length = 0

    def take(self) -> list[Fragment]:
        return []

    def characters(self, text: str) -> None:
        if (self._code is not None or self._in_remark or self._in_box) and self._length < _PIECE_CHARACTERS_MAX:
            self._characters.append(text)
            self._length += len(text)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "TextObject":
            self._open_text(attributes)
        elif name == "TextCode":
            self._code = attributes
        elif name == "FillColor":
            if self._text is not None:
                self._text.faint = self._text.faint or _is_faint(attributes)
        elif name in {"Template", "CompositeObject", "ImageObject"}:
            left, top = _numbers(attribute(attributes, "Boundary"), 2, (0.0, 0.0))[:2]
            resource = attribute(attributes, "TemplateID" if name == "Template" else "ResourceID") or ""
            if len(self.placed) < PIECES_MAX:
                self.placed.append(Placed(name, resource, left + self._offset[0], top + self._offset[1]))
        elif name == "CompositeGraphicUnit":
            self._target = self.units.setdefault(attribute(attributes, "ID") or "", [])
        elif name == "Annot":
            self.annots.append(Annot(attribute(attributes, "Type") or ""))
            self._target = self.annots[-1].pieces
        elif name == "Appearance":
            left, top = _numbers(attribute(attributes, "Boundary"), 2, (0.0, 0.0))[:2]
            self._offset = (left, top)
        self._in_remark = name == "Remark"
        self._in_box = name == "PhysicalBox"

    def end(self, name: str) -> None:
        if name == "TextCode":
            if self._text is not None and self._code is not None:
                self._close_code(self._text, self._code, "".join(self._characters))
            self._code = None
        elif name == "TextObject":
            self._text = None
        elif name == "Remark" and self.annots:
            self.annots[-1].remark = "".join(self._characters)
        elif name == "PhysicalBox":
            self.box = self.box or "".join(self._characters)
        elif name in {"CompositeGraphicUnit", "Annot"}:
            self._target = self.pieces
            self._offset = (0.0, 0.0)
        self._characters.clear()
        self._length = 0
        self._in_remark = self._in_box = False

    def _open_text(self, attributes: dict[str, str]) -> None:
        left, top = _numbers(attributes.get("Boundary"), 2, (0.0, 0.0))[:2]
        alpha = _numbers(attributes.get("Alpha"), 1, (255.0,))[0]
        self._text = _Text(
            attributes.get("ID") or "",
            (left + self._offset[0], top + self._offset[1]),
            _numbers(attributes.get("CTM"), 6, _NOWHERE),
            _numbers(attributes.get("Size"), 1, (3.7,))[0],
            alpha < _FAINT_ALPHA,
        )

    def _close_code(self, text: _Text, code: dict[str, str], words: str) -> None:
        # Without a position of its own a code goes on where the one before it began.
        text.x = _numbers(code.get("X"), 1, (text.x,))[0]
        text.y = _numbers(code.get("Y"), 1, (text.y,))[0]
        if not words.strip() or len(self._target) >= PIECES_MAX:
            return
        if text.number in self._wanted:
            self.texts[text.number] = self.texts.get(text.number, "") + words
        across = _deltas(code.get("DeltaX"), len(words))
        down = _deltas(code.get("DeltaY"), len(words))
        spaced, width = _spaced(words, across, text.size) if len(words) > 1 else (words, _advance(words, text.size))
        upright = bool(down) and not any(across)
        self._add(
            text, spaced, (text.x + (0.0 if upright else width), text.y + (sum(down) if upright else 0.0)), upright
        )

    def _add(self, text: _Text, words: str, end: tuple[float, float], upright: bool) -> None:
        a, b, c, d, _, _ = text.matrix
        start, finish = text.on_page(text.x, text.y), text.on_page(*end)
        size = _bounded(text.size * math.hypot(c, d)) * POINTS_A_MM
        direction = pdf_lines.SIDE if upright else _direction(a, b)
        faint = text.faint and size >= _FAINT_SIZE_MIN
        piece = Piece(words, min(start[0], finish[0]), max(start[0], finish[0]), start[1], size, direction, faint)
        last = self._target[-1] if self._target else None
        if last is not None and self._continues(last, piece, start):
            self._target[-1] = replace(last, text=last.text + words, right=max(last.right, piece.right))
        else:
            self._target.append(piece)
        self._end = finish

    def _continues(self, last: Piece, piece: Piece, start: tuple[float, float]) -> bool:
        """Whether this piece begins where the last one ended: one line written in several objects."""
        alike = (
            last.direction == piece.direction and last.faint == piece.faint and len(last.text) < _LINE_CHARACTERS_MAX
        )
        near = math.dist(self._end, start) <= _JOINED_EMS * min(last.size, piece.size)
        return alike and near and abs(last.size - piece.size) <= 0.5 * max(last.size, piece.size)


def moved(pieces: list[Piece], left: float, top: float) -> list[Piece]:
    """Pieces of a unit where it is placed (millimetres)."""
    x, y = _bounded(left) * POINTS_A_MM, _bounded(top) * POINTS_A_MM
    return [replace(p, left=p.left + x, right=p.right + x, baseline=p.baseline + y) for p in pieces]


def _advance(character: str, size: float) -> float:
    """About how wide a character is."""
    return size if character > "\u2e80" else size / 2


def _spaced(words: str, across: list[float], size: float) -> tuple[str, float]:
    """The text with its wide gaps as spaces or tabs, and its width in the object's units."""
    width = 0.0
    pieces: list[str] = []
    for index, character in enumerate(words):
        own = _advance(character, size)
        pieces.append(character)
        if index == len(words) - 1:
            width += own
            break
        step = across[index] if index < len(across) else (own if not across else across[-1])
        gap = step - own
        if gap > _SET_APART_EMS[own == size] * size > 0:
            pieces.append(pdf_lines.separator(gap, size, character, words[index + 1]))
        width += step
    return "".join(pieces), width


def _deltas(value: str | None, count: int) -> list[float]:
    """Steps between characters; ``g 3 5.5`` stands for three times 5.5. Never more than there are characters."""
    found: list[float] = []
    if not value:
        return found
    tokens = value.split(None, 4 * count + 4)
    index = 0
    while index < len(tokens) and len(found) < count:
        if tokens[index] == "g" and index + 2 < len(tokens):
            times = int(_number(tokens[index + 1]))
            found += [_number(tokens[index + 2])] * max(min(times, count - len(found)), 0)
            index += 3
        else:
            found.append(_number(tokens[index]))
            index += 1
    return found


def _direction(a: float, b: float) -> str:
    if b == 0 and a >= 0:
        return pdf_lines.FLAT
    angle = abs(math.atan2(b, a))
    if angle <= _ASKEW_RADIANS:
        return pdf_lines.FLAT
    quarter = min(abs(angle - math.pi / 2), abs(angle - math.pi))
    return pdf_lines.SIDE if quarter <= _ASKEW_RADIANS else pdf_lines.SLANTED


def _is_faint(attributes: dict[str, str]) -> bool:
    """Lighter than print and not white, or see-through."""
    levels = _numbers(attribute(attributes, "Value"), 3, ())
    alpha = _numbers(attribute(attributes, "Alpha"), 1, (255.0,))[0]
    return alpha < _FAINT_ALPHA or (bool(levels) and all(int(level) in _FAINT_LEVELS for level in levels))


def _numbers(value: str | None, count: int, otherwise: tuple[float, ...]) -> tuple[float, ...]:
    if not value:
        return otherwise
    tokens = value.split(None, count)[:count]
    if len(tokens) < count:
        return otherwise
    try:
        found = tuple(map(float, tokens))
    except ValueError:
        return tuple(map(_number, tokens))
    # Not a number fails the comparison as infinity does.
    return found if all(-_COORDINATE_MAX < one < _COORDINATE_MAX for one in found) else tuple(map(_bounded, found))


def _number(token: str) -> float:
    try:
        return _bounded(float(token[:40]))
    except ValueError:
        return 0.0


def _bounded(value: float) -> float:
    return max(-_COORDINATE_MAX, min(value, _COORDINATE_MAX)) if value == value else 0.0  # noqa: PLR0124 - not a number
