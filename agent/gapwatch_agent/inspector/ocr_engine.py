"""Reading text in pixels: where lines stand (PP-OCR's detector), what they say (its recogniser), on one thread.

Loaded only with the OCR extra (needs numpy, onnxruntime, Pillow and the models). The sessions are made in the warm
parent and used in its forked children: a runtime that keeps no thread has nothing a fork could lose.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Before numpy comes: its linear algebra would start a thread a core, and nothing here uses it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from gapwatch_agent.inspector import ocr_boxes
from gapwatch_agent.inspector.ocr_boxes import Area
from gapwatch_agent.inspector.ocr_lines import Box, Line

Grey = NDArray[np.uint8]
"""A page: rows by columns, 0 black."""

_DETECTOR: Final = "PP-OCRv6_det_small.onnx"
_RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"
_GRAIN: Final = 32
"""The detector halves its input five times."""
DETECTED_PIXELS: Final = 450_000
_DETECTED_SIDE: Final = 1360
"""A page is looked at as if it were this many pixels long: about 116 dpi of A4, where a footnote is 14 pixels high."""
_LINE_HEIGHT: Final = 48
_LINE_RATIO_MAX: Final = 40.0
_LINE_RATIO_MIN: Final = 0.4
_TILT_MIN: Final = 0.006
"""About a third of a degree: less costs no character."""
_TILT_MAX: Final = 0.35


@dataclass(frozen=True, slots=True)
class Band:
    """A strip of a page as fractions: what is looked at, and the part of it whose lines it answers for.

    A line at a strip's edge is cut in two, so strips overlap by more than a line.
    """

    top: float
    bottom: float
    keep_from: float
    keep_to: float


class Engine:
    """Both models, loaded. ``folder`` holds the model files. Raises what the runtime raises when they do not load."""

    def __init__(self, folder: Path) -> None:
        self._detector = _session(folder / _DETECTOR)
        self._recogniser = _session(folder / _RECOGNISER)
        self._detector_input = self._detector.get_inputs()[0].name
        self._recogniser_input = self._recogniser.get_inputs()[0].name
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"].split("\n")
        # Number 0 is "no character", the last one a space, which the list does not name.
        self._characters = ["", *(c for c in characters if c), " "]

    def areas(self, page: Grey, band: Band, pixels_max: int = DETECTED_PIXELS) -> tuple[list[Area], tuple[int, int]]:
        """Where lines stand in a band, in pixels of a map, and that map's width and height."""
        height, width = page.shape
        strip = page[int(band.top * height) : max(int(band.bottom * height), int(band.top * height) + 1)]
        scale = min(1.0, (pixels_max / strip.size) ** 0.5, _DETECTED_SIDE / max(page.shape))
        size = (_grains(width * scale), _grains(strip.shape[0] * scale))
        scaled = np.asarray(Image.fromarray(strip).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
        scores = _run(self._detector, self._detector_input, scaled)[0, 0]
        return ocr_boxes.areas(scores), size

    def line(self, page: Grey, box: Box) -> Line:
        """What stands in a box."""
        height, width = page.shape
        pixels = page[_pixels(box.top, box.bottom, height), _pixels(box.left, box.right, width)]
        ratio = min(max(pixels.shape[1] / pixels.shape[0], _LINE_RATIO_MIN), _LINE_RATIO_MAX)
        size = (max(int(np.ceil(_LINE_HEIGHT * ratio)), 16), _LINE_HEIGHT)
        scaled = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
        answer = _run(self._recogniser, self._recogniser_input, scaled)[0]
        return self._decoded(answer, box)

    def _decoded(self, answer: NDArray[np.float32], box: Box) -> Line:
        """The likeliest character of each column, repetitions and gaps taken out."""
        best = answer.argmax(axis=1)
        kept = np.flatnonzero((best != 0) & (best != np.concatenate(([0], best[:-1]))))
        if not len(kept):
            return Line("", box, 0.0)
        text = "".join(self._characters[index] for index in best[kept].tolist() if index < len(self._characters))
        return Line(text.strip(), box, float(answer[kept, best[kept]].mean()))


def straightened(page: Grey, slope: float) -> Grey:
    """The page turned so that its lines lie level; itself where they do, or where the tilt is no scanner's."""
    if not _TILT_MIN <= abs(slope) <= _TILT_MAX:
        return page
    degrees = float(np.degrees(np.arctan(slope)))
    return np.asarray(Image.fromarray(page).rotate(degrees, Image.Resampling.BILINEAR, fillcolor=255))


def _pixels(start: float, end: float, length: int) -> slice:
    """Shares of a side in pixels, one at least: what lies at the very edge is not beside the page."""
    first = min(max(int(start * length), 0), length - 1)
    return slice(first, min(max(int(np.ceil(end * length)), first + 1), length))


def _grains(length: float) -> int:
    return max(round(length / _GRAIN), 1) * _GRAIN


def _planes(pixels: Grey) -> NDArray[np.float32]:
    """As both models want it: one picture of three planes, -1 black, 1 white."""
    plane = pixels.astype(np.float32) / 127.5 - 1.0
    return np.broadcast_to(plane, (1, 3, *plane.shape)).copy()


def _run(session: Any, name: str, pixels: Grey) -> NDArray[np.float32]:
    """A model's answer. Raises MemoryError, which the runtime calls a failure like any other."""
    try:
        answer: NDArray[np.float32] = session.run(None, {name: _planes(pixels)})[0]
    except Exception as error:
        if "bad_alloc" in str(error) or "allocate" in str(error):
            raise MemoryError from error
        raise
    return answer


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
