"""What the shapes of a slide, a layout or a master are: title, body, margins, watermark, by kind and height. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.drawing_ml import NO_PLACE, Shape, is_watermark, row_text

_TITLES: Final = frozenset({"title", "ctrTitle"})
_FOOTERS: Final = frozenset({"ftr", "dt", "sldNum"})
_FIRST_TOP: Final = 0.20
_LATER_TOP: Final = 0.16
"""A title's middle on a slide of either common shape is above this."""
_BOTTOM: Final = 0.90
_FOOTER_LINES_MAX: Final = 3
_MASTER_TOP: Final = 0.15
_TOP_LINES: Final = 6
_BARE_WORD_CHARACTERS_MAX: Final = 4
_USUAL_TOP: Final = 0.3

Frames = dict[tuple[str, str], tuple[float, float]]
"""Where placeholders stand, (top, height) by kind and index."""


@dataclass(slots=True)
class Backdrop:
    """A master or layout: what really stands on it, and where it puts its placeholders.

    The text of its other placeholders are prompts, shown to nobody but the author of a slide.
    """

    slide_height: float
    part: str = ""
    frames: Frames = field(default_factory=dict)

    def place(self, shapes: list[Shape]) -> list[Fragment]:
        """Every shape by its height: it is on every page. ``part`` overrides for a backdrop that no slide uses."""
        found: list[Fragment] = []
        for shape in shapes:
            if shape.placeholder:
                if shape.top != NO_PLACE:
                    self.frames[shape.placeholder, shape.index] = (shape.top, shape.height)
                    self.frames.setdefault((shape.placeholder, ""), (shape.top, shape.height))
                if shape.placeholder not in _FOOTERS | {"hdr"}:
                    continue
            found += _texts(shape, self.part or self._part(shape), page=0)
        return found

    def _part(self, shape: Shape) -> str:
        if shape.placeholder:
            return where.HEADER if shape.placeholder == "hdr" else where.FOOTER
        if shape.turned or is_watermark(shape.name):
            return where.WATERMARK
        middle = _middle(shape, self.slide_height)
        if middle is None or _MASTER_TOP < middle < _BOTTOM:
            return where.TEXT_BOX
        return where.HEADER if middle <= _MASTER_TOP else where.FOOTER


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide. ``frames`` are those of its layout and master."""

    page: int
    slide_height: float
    frames: Frames

    def place(self, shapes: list[Shape]) -> list[Fragment]:
        """Titles first, then from top to bottom; a slide has no other order that its readers see."""
        placed = [self._with_frame(shape) for shape in shapes]
        placed.sort(key=self._order)
        return [fragment for shape in placed for fragment in self._shape(shape)]

    def _with_frame(self, shape: Shape) -> Shape:
        if not shape.placeholder or shape.top != NO_PLACE:
            return shape
        kinds = (shape.placeholder, *({"ctrTitle": ("title",), "obj": ("body",)}.get(shape.placeholder, ())))
        for key in [(kind, shape.index) for kind in kinds] + [(kind, "") for kind in kinds]:
            if key in self.frames:
                top, height = self.frames[key]
                return replace(shape, top=top, height=height)
        return shape

    def _order(self, shape: Shape) -> tuple[bool, float]:
        top = shape.top if shape.top != NO_PLACE else self.slide_height * _USUAL_TOP
        return shape.placeholder not in _TITLES, top

    def _shape(self, shape: Shape) -> list[Fragment]:
        if shape.placeholder in _FOOTERS or shape.placeholder == "hdr":
            part = where.HEADER if shape.placeholder == "hdr" else where.FOOTER
            return _texts(shape, part, self.page)
        if not shape.placeholder and (shape.turned or is_watermark(shape.name)):
            return _texts(shape, where.WATERMARK, self.page)
        middle = _middle(shape, self.slide_height)
        if middle is None:
            named = shape.placeholder in _TITLES and not _is_subject(shape)
            zone = "" if named or not shape.placeholder else self._inner
            return _texts(shape, where.DOCUMENT, self.page, zone)
        if middle >= _BOTTOM and len(shape.lines) <= _FOOTER_LINES_MAX and not shape.placeholder:
            return _texts(shape, where.FOOTER, self.page)
        top = middle <= (_FIRST_TOP if self.page == 1 else _LATER_TOP) and not _is_subject(shape)
        zone = (where.FIRST_PAGE_TOP if self.page == 1 else where.PAGE_TOP) if top else self._inner
        found = _texts(shape, where.DOCUMENT, self.page, where.PAGE_BOTTOM if middle >= _BOTTOM else zone)
        lines = len(shape.lines)
        return [
            replace(fragment, zone=self._inner) if top and _TOP_LINES <= number < lines else fragment
            for number, fragment in enumerate(found)
        ]

    @property
    def _inner(self) -> str:
        return where.FIRST_PAGE if self.page == 1 else where.BODY


def _is_subject(shape: Shape) -> bool:
    """A title of one bare word names what the slide is about: lessons on secrecy are full of them."""
    return shape.placeholder in _TITLES and len("".join(shape.text().split())) <= _BARE_WORD_CHARACTERS_MAX


def _texts(shape: Shape, part: str, page: int, zone: str = "") -> list[Fragment]:
    """A watermark or box is one fragment, anything else one a line; rows of a table keep their own place."""
    if part in {where.WATERMARK, where.TEXT_BOX}:
        found = [Fragment(shape.text(), part=part, page=page)] if shape.lines else []
    else:
        found = [Fragment(line, part=part, page=page, zone=zone) for line in shape.lines]
    rows = where.TABLE if part == where.DOCUMENT else part
    return found + [Fragment(row_text(row), part=rows, page=page) for row in shape.rows]


def _middle(shape: Shape, slide_height: float) -> float | None:
    """How far down the slide the shape's middle is, 0 to 1; None when nobody knows."""
    if shape.top == NO_PLACE or slide_height <= 0:
        return None
    return (shape.top + shape.height / 2) / slide_height
