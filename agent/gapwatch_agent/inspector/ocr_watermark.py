"""Words that lie faint and large across a page, under its text: taken out of the page, levelled, read.

Loaded only with the OCR extra (needs numpy and Pillow). A watermark is lighter than ink and larger than text, so ink is
painted over with paper and what stays is looked at from far away.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from gapwatch_agent.inspector import ocr_boxes
from gapwatch_agent.inspector.ocr_engine import Band, Engine, Grey
from gapwatch_agent.inspector.ocr_lines import Box, Line

_WHOLE: Final = Band(0.0, 1.0, 0.0, 1.0)
_LOOKED_AT_PIXELS: Final = 4_000_000
_SIDE: Final = 700
_DETECTED_PIXELS: Final = 300_000
_INK_MAX: Final = 110
_PAPER_MIN: Final = 238
_COVER_MIN: Final = 0.004
_COVER_MAX: Final = 0.3
"""Less is dirt, more is a photograph or grey paper."""
_HEIGHT_MIN: Final = 0.03
_SCORE_MIN: Final = 0.85
_TURNS: Final = (-45, 0, 45, -30, 30)
"""Degrees that level it: rising to the right as word processors put it, then the others."""
_LINES_MAX: Final = 8


def lines(engine: Engine, page: Grey) -> list[Line]:
    """What lies across the page; nothing for most pages, and then at the cost of a glance."""
    layer = _faint(page)
    if layer is None:
        return []
    for turn in _TURNS:
        turned = layer.rotate(turn, Image.Resampling.BILINEAR, expand=True, fillcolor=255)
        found = _read(engine, np.asarray(turned))
        if found:
            return found
    return []


def _faint(page: Grey) -> Image.Image | None:
    """What is lighter than ink and darker than paper, black on white and small; None where there is hardly any."""
    image = Image.fromarray(page)
    factor = 1
    while page.size > _LOOKED_AT_PIXELS * factor * factor:
        factor += 1
    image = image.reduce(factor) if factor > 1 else image
    pixels = np.asarray(image)
    ink = Image.fromarray(((pixels < _INK_MAX) * 255).astype(np.uint8))
    # The grey edges of black letters are not faint writing.
    around = np.asarray(ink.filter(ImageFilter.MaxFilter(5))) > 0
    faint = Image.fromarray((((pixels < _PAPER_MIN) & ~around) * 255).astype(np.uint8))
    scale = min(1.0, _SIDE / max(image.size))
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    # Blurring closes the gaps that the text on top has left.
    far = np.asarray(faint.resize(size, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(2)))
    cover = float((far > 80).mean())
    if not _COVER_MIN < cover < _COVER_MAX:
        return None
    return Image.fromarray((255 - np.minimum(far.astype(np.uint16) * 2, 255)).astype(np.uint8))


def _read(engine: Engine, layer: Grey) -> list[Line]:
    found, (width, height) = engine.areas(layer, _WHOLE, _DETECTED_PIXELS)
    read = []
    for area in [area for area in found if area.height > _HEIGHT_MIN * height][:_LINES_MAX]:
        left, top, right, bottom = ocr_boxes.grown(area)
        box = Box(max(left / width, 0.0), max(top / height, 0.0), min(right / width, 1.0), min(bottom / height, 1.0))
        line = engine.line(layer, box)
        if line.text and line.score >= _SCORE_MIN:
            read.append(Line(line.text, box, line.score, is_watermark=True))
    return read
