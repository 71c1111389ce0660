"""One page read for its mark: turned upright and level, then the strips where marks stand, then short lines elsewhere.

Loaded only with the OCR extra. Running text is found but not read: it holds no mark and would cost most of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gapwatch_agent.inspector import ocr_boxes, ocr_engine, ocr_watermark
from gapwatch_agent.inspector.ocr_boxes import Area
from gapwatch_agent.inspector.ocr_engine import DETECTED_PIXELS, Band, Engine, Grey
from gapwatch_agent.inspector.ocr_lines import Box, Line

_TOP: Final = Band(0.0, 0.33, 0.0, 0.28)
_MIDDLE: Final = Band(0.23, 0.92, 0.28, 0.87)
_BOTTOM: Final = Band(0.82, 1.0, 0.87, 1.0)
_LATER_TOP: Final = Band(0.0, 0.22, 0.0, 0.17)
_PROSE_RATIO: Final = 16.0
"""A line so many times longer than high, outside the strips where marks stand, is running text."""
_GLANCE_PIXELS: Final = 150_000
"""Enough of a later page's middle to tell how it lies."""
_LINES_MAX: Final = 60
_TALL_RATIO: Final = 1.5
_TRIED_LINES: Final = 4
_TRIED_RATIO: Final = 6.0
_SURE: Final = 0.9
_SURE_LINES: Final = 2
_BETTER: Final = 0.1
"""How much surer the recogniser must be of the page turned over."""


class PageReader:
    """Reads pages with an engine. ``spent`` says when the time is up; what was read by then is kept."""

    def __init__(self, engine: Engine, spent: Callable[[], bool]) -> None:
        self._engine = engine
        self._spent = spent

    def read(self, page: Grey, *, first: bool) -> tuple[list[Line], bool]:
        """The lines of a page that may bear on a mark, and whether there was time for all of them."""
        page, middle = self._upright(page, DETECTED_PIXELS if first else _GLANCE_PIXELS)
        placed: list[tuple[Band, list[Box]]] = [
            (band, self._boxes(page, band)) for band in ((_TOP if first else _LATER_TOP), _BOTTOM)
        ]
        if first:
            placed.append((_MIDDLE, middle))
        lines: list[Line] = []
        for band, boxes in placed:
            for box in boxes:
                if band is _MIDDLE and _ratio(box, page) > _PROSE_RATIO:
                    lines.append(Line("", box, 1.0, is_prose=True))
                elif self._spent():
                    return lines, False
                elif len(lines) < _LINES_MAX:
                    lines.append(self._engine.line(page, box))
        if first and not self._spent():
            lines.extend(ocr_watermark.lines(self._engine, page))
        return lines, True

    def _upright(self, page: Grey, pixels_max: int) -> tuple[Grey, list[Box]]:
        """The page with its lines level and its head up, and the lines of its middle."""
        found, size = self._engine.areas(page, _MIDDLE, pixels_max)
        if not found:
            found, _ = self._engine.areas(page, _TOP, pixels_max)
        if _is_sideways(found):
            page = np.ascontiguousarray(np.rot90(page))
            found, size = self._engine.areas(page, _MIDDLE, pixels_max)
        tilted = ocr_engine.straightened(page, ocr_boxes.tilt(found))
        if tilted is not page:
            page = tilted
            found, size = self._engine.areas(page, _MIDDLE, pixels_max)
        boxes = _placed(found, size, _MIDDLE)
        over = page[::-1, ::-1]
        if self._is_upside_down(page, over, boxes or self._boxes(page, _TOP)):
            return np.ascontiguousarray(over), self._boxes(over, _MIDDLE)
        return page, boxes

    def _is_upside_down(self, page: Grey, over: Grey, boxes: list[Box]) -> bool:
        """Asked of a few lines of a word or two. One alone may read well either way; two that do settle it."""
        tried = sorted(boxes, key=lambda box: abs(_ratio(box, page) - _TRIED_RATIO))[:_TRIED_LINES]
        upright: list[float] = []
        for box in tried:
            upright.append(self._engine.line(page, box).score)
            if sum(score >= _SURE for score in upright) >= _SURE_LINES:
                return False
        turned = [Box(1 - box.right, 1 - box.bottom, 1 - box.left, 1 - box.top) for box in tried]
        surer = sum(self._engine.line(over, box).score for box in turned)
        return surer > sum(upright) + _BETTER * len(tried)

    def _boxes(self, page: Grey, band: Band) -> list[Box]:
        found, size = self._engine.areas(page, band)
        return _placed(found, size, band)


def _placed(found: list[Area], size: tuple[int, int], band: Band) -> list[Box]:
    """The lines a band answers for, top to bottom, in fractions of the page."""
    width, height = size
    span = band.bottom - band.top
    boxes = []
    for area in found:
        left, top, right, bottom = ocr_boxes.grown(area)
        box = Box(
            max(left / width, 0.0),
            max(band.top + top / height * span, 0.0),
            min(right / width, 1.0),
            min(band.top + bottom / height * span, 1.0),
        )
        if band.keep_from <= box.middle < band.keep_to or (band.keep_to == 1.0 and box.middle >= 1.0):
            boxes.append(box)
    return sorted(boxes, key=lambda box: (box.top, box.left))


def _is_sideways(found: list[Area]) -> bool:
    """Whether most of what looks like lines stands on end."""
    tall = sum(1 for area in found if area.height > _TALL_RATIO * area.width)
    return len(found) >= 3 and tall * 2 > len(found)


def _ratio(box: Box, page: Grey) -> float:
    height, width = page.shape
    return float((box.right - box.left) * width / max((box.bottom - box.top) * height, 1.0))
