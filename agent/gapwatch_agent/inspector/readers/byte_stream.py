"""A stream of bytes to be taken in any portions, over pieces as a decoder gives them or over a source that can skip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from gapwatch_agent.inspector.readers.source import Source, StopReading

PIECE_BYTES: Final = 1 << 16


class ByteStream(Protocol):
    """Forward only."""

    def read(self, count: int) -> bytes:
        """That many bytes, fewer only at the end. Raises StopReading when the stream breaks off, every time."""
        ...

    def skip(self, count: int) -> int:
        """Pass over that many bytes; how many there were."""
        ...

    def pieces(self, count: int) -> Iterator[bytes]:
        """That many bytes in pieces of bounded size, fewer only at the end."""
        ...


class PieceStream:
    """Over pieces. Skipping is reading."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self._position = 0
        self.stopped: StopReading | None = None
        """Why the pieces broke off."""

    def peek(self, count: int) -> bytes:
        """The next bytes, left where they are; what was there before a break is given first."""
        found = [self._rest[self._position :]]
        size = len(found[0])
        while size < count:
            piece = self._next()
            if not piece:
                break
            found.append(piece)
            size += len(piece)
        self._rest, self._position = b"".join(found), 0
        return self._rest[:count]

    def read(self, count: int) -> bytes:
        found = b"".join(self.pieces(count))
        if len(found) < count and self.stopped is not None:
            raise StopReading(self.stopped.reason)
        return found

    def skip(self, count: int) -> int:
        return sum(map(len, self.pieces(count)))

    def pieces(self, count: int) -> Iterator[bytes]:
        while count > 0:
            if self._position >= len(self._rest):
                self._rest, self._position = self._next(), 0
                if not self._rest:
                    return
            piece = self._rest[self._position : self._position + count]
            self._position += len(piece)
            count -= len(piece)
            yield piece

    def everything(self) -> Iterator[bytes]:
        """All that is left. Raises StopReading where the stream breaks off."""
        while piece := self._rest[self._position :] or self._next():
            self._rest, self._position = b"", 0
            yield piece
        if self.stopped is not None:
            raise StopReading(self.stopped.reason)

    def _next(self) -> bytes:
        try:
            return next((piece for piece in self._pieces if piece), b"")
        except StopReading as stop:
            self.stopped = stop
            return b""


class SourceStream:
    """Over a source, from a place in it."""

    def __init__(self, source: Source, position: int = 0) -> None:
        self._source = source
        self._position = position

    def read(self, count: int) -> bytes:
        found = self._source.read(self._position, count)
        self._position += len(found)
        return found

    def skip(self, count: int) -> int:
        count = min(count, max(self._source.size - self._position, 0))
        self._position += count
        return count

    def pieces(self, count: int) -> Iterator[bytes]:
        while count > 0:
            piece = self.read(min(count, PIECE_BYTES))
            if not piece:
                return
            count -= len(piece)
            yield piece


def of_source(source: Source, start: int = 0, end: int = -1) -> Iterator[bytes]:
    """A source's bytes in pieces; ``end`` -1 is its end."""
    return SourceStream(source, start).pieces((source.size if end < 0 else end) - start)
