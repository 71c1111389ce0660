"""Where the parts of a mail are (RFC 2046): one pass over the bytes, however large; nothing of a body is kept.

A delimiter ends every part that is open inside it, so a mail whose inner parts were cut off still shows its outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import mail_header
from gapwatch_agent.inspector.readers.mail_header import Header
from gapwatch_agent.inspector.readers.source import Report, Source

_WINDOW_BYTES: Final = 1 << 20
_LINE_BYTES_MAX: Final = 1024
_NESTING_MAX: Final = 32
_USUAL_HEADER_BYTES: Final = 8192
_DELIMITERS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no parts: its header, where its body is, and the multiparts around it, outermost first, as
    (subtype, number).
    """

    header: Header
    start: int
    end: int
    around: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A mail's own header and its parts in order."""

    header: Header
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """A multipart that has begun."""

    boundary: bytes
    subtype: str
    number: int


def split(source: Source, start: int, end: int, limits: Limits, report: Report) -> Message:
    """The mail between two offsets. Reports ``damaged`` (a delimiter is missing), ``too_many``, ``too_deep``."""
    lines = _Delimiters(source, end, report)
    top, body = read_header(source, start, end)
    header = top
    opened: list[_Open] = []
    parts: list[Part] = []
    while True:
        if len(parts) >= limits.members_max:
            report("too_many")
            break
        multipart = _multipart(header, len(parts) + len(opened), opened)
        if multipart is not None and len(opened) >= _NESTING_MAX:
            report("too_deep")
        elif multipart is not None:
            opened.append(multipart)
        found = lines.next(body, opened)
        if multipart is None or found is None:
            around = tuple((one.subtype, one.number) for one in opened)
            parts.append(Part(header, body, _without_line_end(source, body, found.at if found else end), around))
        while found is not None and found.closes:
            del opened[found.level :]
            found = lines.next(found.after, opened) if opened else None
        if found is None:
            if opened:
                report("damaged")
            break
        del opened[found.level + 1 :]
        header, body = read_header(source, found.after, end)
    return Message(top, tuple(parts))


def read_header(source: Source, start: int, end: int) -> tuple[Header, int]:
    """The header that begins there, and where the body begins."""
    room = min(mail_header.HEADER_BYTES_MAX, max(end - start, 0))
    block = b""
    for count in (min(_USUAL_HEADER_BYTES, room), room):
        block = source.read(start, count)
        if block.startswith((b"\n", b"\r\n")):
            return Header(), start + (2 if block[:1] == b"\r" else 1)
        places = [(at, len(mark)) for mark in (b"\n\n", b"\n\r\n", b"\r\r") if (at := block.find(mark)) >= 0]
        if places:
            at, size = min(places)
            return mail_header.parse(block[:at]), start + at + size
    return mail_header.parse(block), min(start + len(block), end)


def _multipart(header: Header, number: int, opened: list[_Open]) -> _Open | None:
    kind, parameters = header.content_type(_default(opened))
    boundary = parameters.get("boundary", "").encode("utf-8", errors="replace")[:_LINE_BYTES_MAX].rstrip()
    if not kind.startswith("multipart/") or not boundary:
        return None
    return _Open(b"--" + boundary, kind.partition("/")[2], number)


def _default(opened: list[_Open]) -> str:
    return "message/rfc822" if opened and opened[-1].subtype == "digest" else "text/plain"


def _without_line_end(source: Source, start: int, end: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    before = source.read(max(end - 2, start), end - max(end - 2, start))
    if before == b"\r\n":
        return end - 2
    return end - 1 if before.endswith(b"\n") else end


@dataclass(frozen=True, slots=True)
class _Found:
    """A delimiter line: which of the open multiparts it belongs to, and whether it ends it."""

    at: int
    after: int
    level: int
    closes: bool


class _Delimiters:
    """Finds lines that begin with two dashes and are an open multipart's."""

    def __init__(self, source: Source, end: int, report: Report) -> None:
        self._source = source
        self._end = end
        self._report = report
        self._window = b""
        self._window_at = 0
        self._left = _DELIMITERS_MAX

    def next(self, position: int, opened: list[_Open]) -> _Found | None:
        """The first delimiter at or after ``position``, which is where a line begins."""
        if not opened:
            return None
        at = position if self._read(position, 2) == b"--" else self._after_line_end(position)
        while at >= 0:
            found = self._match(at, self._read(at, _LINE_BYTES_MAX), opened)
            if found is not None:
                return found
            self._left -= 1
            if self._left <= 0:
                self._report("too_many")
                return None
            at = self._after_line_end(at)
        return None

    def _after_line_end(self, position: int) -> int:
        """Where the next line that begins with dashes begins, after this position; -1 when there is none."""
        while position < self._end:
            self._fill(position)
            at = self._window.find(b"\n--", position - self._window_at)
            if at >= 0:
                return self._window_at + at + 1
            if self._window_at + len(self._window) >= self._end:
                return -1
            # The last two bytes may be the beginning of one.
            position = max(self._window_at + len(self._window) - 2, position + 1)
        return -1

    def _fill(self, position: int) -> None:
        inside = self._window_at <= position < self._window_at + len(self._window) - 2
        if not inside:
            self._window_at = position
            self._window = self._source.read(position, min(_WINDOW_BYTES, self._end - position))

    def _read(self, position: int, count: int) -> bytes:
        """Bytes from the window where it has them."""
        count = min(count, self._end - position)
        start = position - self._window_at
        if start < 0 or start + count > len(self._window):
            return self._source.read(position, count)
        return self._window[start : start + count]

    @staticmethod
    def _match(at: int, text: bytes, opened: list[_Open]) -> _Found | None:
        line, line_end, _ = text.partition(b"\n")
        bare = line.rstrip()
        for level in range(len(opened) - 1, -1, -1):
            boundary = opened[level].boundary
            if bare in (boundary, boundary + b"--"):
                return _Found(at, at + len(line) + len(line_end), level, bare != boundary)
        return None
