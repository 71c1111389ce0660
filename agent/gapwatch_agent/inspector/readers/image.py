"""Pictures: what they say in words beside the pixels, then the pixels themselves where the OCR extra is there and on.

Without it a picture is never wholly inspected, and the verdict says ``unsupported``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, cast

from gapwatch_agent.inspector import ocr
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import image_metadata
from gapwatch_agent.inspector.readers.source import Reading, Report, Source, StopReading

_WINDOW_BYTES = 1 << 16


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading: properties, then the lines of each page by position."""
    yield _fragments(source, limits, report)


def _fragments(source: Source, limits: Limits, report: Report) -> Reading:
    yield from image_metadata.fragments(source, limits, report)
    reading = ocr.start(limits, report)
    if reading is None:
        report("unsupported")
        return
    medium = SourceFile(source)
    with io.BufferedReader(medium, _WINDOW_BYTES) as file:
        yield from reading.picture(cast("IO[bytes]", file))
    if medium.stopped:
        raise StopReading(medium.stopped)


class SourceFile(io.RawIOBase):
    """A source as a file, for a library that wants one. ``stopped`` is why the medium failed, if it did."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._at = 0
        self.stopped = ""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        if start + offset < 0:
            raise ValueError("a place before the file")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            piece = self._source.read(self._at, len(view))
        except StopReading as stop:
            self.stopped = stop.reason
            raise OSError(stop.reason) from stop
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
