"""Reading pictures of pages: whether it can be done here, and what a picture or a rendered page says.

An extra (docs/adr/0020): nothing of it is imported unless ``Limits.ocr`` asks for it and its packages are there. The
warm parent loads it; a child that finds it not loaded cannot load it, and its pictures are ``unsupported``.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from gapwatch_agent.inspector import ocr_lines, syscalls
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits

_PACKAGES: Final = ("numpy", "onnxruntime", "PIL", "rapidocr")
_LAST_MOMENT_S: Final = 1.5
"""Left of the child's processor time for the rest: the longest step takes a fraction of it."""
_log = logging.getLogger(__name__)

Report = Callable[[str], None]


@dataclass(slots=True)
class _Loaded:
    """What was loaded, by which process: modules and the engine; ``failed`` once it did not work."""

    engine: Any = None
    page: Any = None
    picture: Any = None
    process: int = 0
    failed: bool = False


_loaded: Final = _Loaded()


def available() -> bool:
    """Whether the packages of the extra are installed; imports none of them."""
    return all(importlib.util.find_spec(name) is not None for name in _PACKAGES)


def start(limits: Limits, report: Report) -> Reading | None:
    """The reading of one file's pages; None where OCR is off, not installed, or does not load."""
    if not limits.ocr or not load():
        return None
    return Reading(limits, report)


def load() -> bool:
    """Load the extra, once a process: to be called before the first child is forked. False where it does not load."""
    if _loaded.engine is None and not _loaded.failed:
        try:
            _import()
        except Exception as error:  # noqa: BLE001 - a broken extra costs pictures their text, nothing else
            _loaded.failed = True
            _log.warning("OCR does not load: %s", error)
    return _loaded.engine is not None


def _import() -> None:
    if not available():
        raise ImportError("the packages of the extra `ocr` are not installed")
    from gapwatch_agent.inspector import ocr_engine, ocr_page, ocr_picture  # noqa: PLC0415 - large, and only on request

    origin = importlib.util.find_spec("rapidocr")
    if origin is None or origin.origin is None:
        raise ImportError("rapidocr has no folder")
    syscalls.map_large_blocks()
    engine = ocr_engine.Engine(Path(origin.origin).parent / "models")
    reader = ocr_page.PageReader(engine, lambda: False)
    # What is loaded or prepared at first use must be so before the cage: every decoder, both models.
    for page in ocr_picture.specimens():
        reader.read(page, first=True)
    _loaded.page, _loaded.picture, _loaded.engine = ocr_page, ocr_picture, engine
    _loaded.process = os.getpid()


class Reading:
    """The pages of one file, under one budget of processor time and pages."""

    def __init__(self, limits: Limits, report: Report) -> None:
        self._limits = limits
        self._report = report
        self._pages_left = limits.ocr_pages_max
        self._deadline = _deadline(limits)
        self._reader = _loaded.page.PageReader(_loaded.engine, self.is_spent)

    def picture(self, file: IO[bytes]) -> Iterator[Fragment]:
        """What the pages of a picture file say. What cannot be read is reported."""
        try:
            picture = _loaded.picture.Picture(file)
        except _loaded.picture.Damaged:
            self._report("damaged")
            return
        for number in range(picture.pages):
            if not self._may_go_on():
                return
            try:
                page = picture.page(number)
            except _loaded.picture.TooLarge:
                self._report("too_large")
                continue
            except _loaded.picture.Damaged:
                self._report("damaged")
                return
            yield from self._page(page, number + 1)
        if picture.damaged:
            self._report("damaged")

    def pixels(self, pixels: bytes, width: int, height: int, page: int) -> Iterator[Fragment]:
        """What a rendered page says: one byte (grey) or three (RGB) a pixel, rows without padding. Pages from 1."""
        if self._may_go_on():
            yield from self._page(_loaded.picture.from_bytes(pixels, width, height), page)

    def is_spent(self) -> bool:
        """Whether the processor time of this file's pictures is used up."""
        return time.process_time() >= self._deadline

    def _page(self, grey: Any, number: int) -> Iterator[Fragment]:
        try:
            lines, complete = self._reader.read(grey, first=number == 1)
        except MemoryError:
            self._report("too_large")
            return
        if not complete:
            self._report("timed_out")
        yield from ocr_lines.fragments(lines, number)

    def _may_go_on(self) -> bool:
        if self._pages_left <= 0:
            self._report("too_many")
            return False
        if self.is_spent():
            self._report("timed_out")
            return False
        self._pages_left -= 1
        return True


def _deadline(limits: Limits) -> float:
    """On the clock of this process's processor time: what OCR may take, and never so much that the child is killed."""
    end = time.process_time() + limits.ocr_cpu_s
    # Asking for the limit in force is not permitted in the cage; a child's clock began when it was forked.
    return min(end, limits.cpu_s - _LAST_MOMENT_S) if os.getpid() != _loaded.process else end
