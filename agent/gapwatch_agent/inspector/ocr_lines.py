"""Lines read from a page and what becomes of them: rows, zones by position, fragments. Pure; needs no extra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import context, ocr_misreadings
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment

FIRST_TOP: Final = 0.25
"""Down to here a first page carries its mark (GB/T 9704 puts it at 16-19 %; a scan may lie lower)."""
LATER_TOP: Final = 0.13
BOTTOM: Final = 0.88
_SCORE_MIN: Final = 0.5
"""Below this the recogniser was guessing: pictures, handwriting, patterns."""
_SAME_ROW: Final = 0.5
_LABEL: Final = re.compile(r"密级|密級|保密等级|涉密等级")


@dataclass(frozen=True, slots=True)
class Box:
    """Where a line stands in its page, all four as fractions of the page's size."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says, where, and how sure the recogniser is of its characters (0-1).

    ``is_prose``: so long that it was taken for running text without being read. ``is_watermark``: it lies faint across
    the page, and the box is not in the page's own measure.
    """

    text: str
    box: Box
    score: float
    is_prose: bool = False
    is_watermark: bool = False


def fragments(lines: list[Line], page: int) -> Iterator[Fragment]:
    """The page's rows in reading order. ``page`` counts from 1. Prose ends a page's top, as everywhere (zones.py)."""
    for line in lines:
        if line.is_watermark:
            yield Fragment(ocr_misreadings.corrected(line.text), where.WATERMARK, page)
    prose_seen = False
    for row in rows([line for line in lines if _is_placed(line)]):
        text = CELL_SEPARATOR.join(ocr_misreadings.corrected(line.text) for line in row if line.text)
        middle = sum(line.box.middle for line in row) / len(row)
        is_prose = any(line.is_prose for line in row) or context.is_prose(text)
        if middle < BOTTOM:
            prose_seen = prose_seen or is_prose
        if text:
            zone = _zone(middle, page, prose_seen=prose_seen)
            if zone == where.PAGE_BOTTOM and page == 1 and not prose_seen and _LABEL.search(text):
                # The title block of a drawing: a table at the foot of a page without prose.
                zone = where.COVER_TABLE
            yield Fragment(text, where.TABLE if zone == where.COVER_TABLE else where.DOCUMENT, page, zone)


def _is_placed(line: Line) -> bool:
    return not line.is_watermark and (line.is_prose or line.score >= _SCORE_MIN)


def rows(lines: list[Line]) -> list[list[Line]]:
    """Lines that stand beside one another, left to right; the rows top to bottom."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.box.middle):
        if found and _beside(found[-1][0].box, line.box):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line.box.left) for row in found]


def _beside(one: Box, other: Box) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    return overlap > _SAME_ROW * min(one.bottom - one.top, other.bottom - other.top)


def _zone(middle: float, page: int, *, prose_seen: bool) -> str:
    if middle >= BOTTOM:
        return where.PAGE_BOTTOM
    if prose_seen:
        return where.BODY
    if page == 1:
        return where.FIRST_PAGE_TOP if middle < FIRST_TOP else where.FIRST_PAGE
    return where.PAGE_TOP if middle < LATER_TOP else where.BODY
