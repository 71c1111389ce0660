"""RTF cut into tokens while it streams: groups, control words, text as bytes. What is passed over costs one search.

Raw data after a ``bin`` word is stepped over without being read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from gapwatch_agent.inspector.readers.source import Source

OPEN: Final = "{"
CLOSE: Final = "}"
WORD: Final = "\\"
TEXT: Final = "text"
UNICODE: Final = "u"
STAR: Final = "*"

_CHUNK: Final = 1 << 18
_TOKEN_BYTES_MAX: Final = 64
"""No control word with its number is longer. A run of characters may be cut anywhere between two of them."""
_TOKEN: Final = re.compile(
    rb"(?P<unicode>(?:\\u-?\d{1,6} ?(?:\\'[0-9a-fA-F]{2}){1,2}){1,1000})|(?P<codes>(?:\\'[0-9a-fA-F]{2}){1,4000})"
    rb"|\\(?:(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|(?P<symbol>[^a-zA-Z]))"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]{1,65536})|[\r\n]+|\\",
    re.DOTALL,
)
_UNICODE: Final = re.compile(rb"\\u(-?\d{1,6}) ?((?:\\'[0-9a-fA-F]{2})+)")
_SKIPPED: Final = re.compile(rb"[{}]|\\(?:bin(\d{1,10}) ?|[^a-zA-Z]|[a-zA-Z])", re.DOTALL)


class Token(NamedTuple):
    """``kind`` is one of the above; ``name`` a control word or symbol, ``number`` its parameter, ``raw`` text bytes;
    of a run of Unicode characters with what stands for each in a code page, as ``unicode_run`` takes it apart.

    ``at`` is where it begins in the file.
    """

    kind: str
    name: str = ""
    number: int | None = None
    raw: bytes = b""
    at: int = 0


def unicode_run(raw: bytes) -> list[tuple[bytes, bytes]]:
    """Each character's number and, as written (four bytes each), the codes after it."""
    return _UNICODE.findall(raw)


def coded(codes: bytes) -> bytes:
    """The bytes that such codes stand for."""
    return bytes.fromhex(codes.replace(b"\\'", b"").decode("ascii"))


class Tokens:
    """The file's tokens from its start. ``complete`` says afterwards whether it ended where a file may."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._buffer = b""
        self._start = 0
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[Token]:
        while True:
            self._fill()
            match = _TOKEN.match(self._buffer, self._at)
            if match is None:
                return
            position = self._start + self._at
            self._at = match.end()
            kind = match.lastgroup
            if kind == "text":
                yield Token(TEXT, raw=match["text"], at=position)
            elif kind in {"word", "number"}:
                number = match["number"]
                value = int(number) if number else None
                if match["word"] == b"bin":
                    self._jump(value or 0)
                yield Token(WORD, match["word"].decode("ascii"), value, at=position)
            elif kind == "codes":
                yield Token(TEXT, raw=coded(match["codes"]), at=position)
            elif kind == "unicode":
                yield Token(UNICODE, raw=match["unicode"], at=position)
            elif kind == "brace":
                yield Token(OPEN if match["brace"] == b"{" else CLOSE, at=position)
            elif kind == "symbol":
                symbol = match["symbol"].decode("latin-1")
                yield Token(STAR if symbol == "*" else WORD, symbol, at=position)

    def position(self) -> int:
        """Where the next token begins in the file."""
        return self._start + self._at

    def skip_group(self) -> int:
        """Pass over everything up to the brace that closes the group just being read, which is left to be read next.

        Gives that brace's place, or the end of the file.
        """
        depth = 0
        while True:
            self._fill()
            match = _SKIPPED.search(self._buffer, self._at)
            if match is None:
                if self._ended:
                    self._at = len(self._buffer)
                    return self._start + self._at
                # A word cut by the end of the buffer begins with its last backslash.
                self._at = max(self._at, len(self._buffer) - _TOKEN_BYTES_MAX)
                self._fill(force=True)
                continue
            if match[0] == b"}" and depth == 0:
                self._at = match.start()
                return self._start + self._at
            depth += {b"{": 1, b"}": -1}.get(match[0], 0)
            self._at = match.end()
            if match[1] is not None:
                self._jump(int(match[1]))

    def _jump(self, count: int) -> None:
        """Step over raw bytes."""
        self._at += count
        if self._at > len(self._buffer):
            self._start += self._at
            self._buffer, self._at = b"", 0

    def _fill(self, *, force: bool = False) -> None:
        if self._ended or (len(self._buffer) - self._at > _TOKEN_BYTES_MAX and not force):
            return
        rest = self._buffer[self._at :]
        self._start += self._at
        piece = self._source.read(self._start + len(rest), _CHUNK)
        self._ended = not piece
        self._buffer, self._at = rest + piece, 0
