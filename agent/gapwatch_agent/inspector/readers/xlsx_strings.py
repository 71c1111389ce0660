"""The shared strings of a workbook, kept as UTF-8 up to a bound; what does not fit can be had as lines afterwards.

Whole blocks of plain items are taken apart by one search; whatever is not plain goes through expat.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import xml_stream

_BLOCK_BYTES_MAX: Final = 1 << 20
_STRING_CHARACTERS_MAX: Final = 1 << 16
STRING_COST_BYTES: Final = 48
"""What a string costs beside its bytes: the object's head and its place in the list."""
_ITEM: Final = re.compile(rb"<si>\s{0,64}<t(?: [^<>]{0,200})?(?:/>|>([^<]*)</t>)\s{0,64}</si>|<si/>|<si></si>")
_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"'](?!utf-8)", re.IGNORECASE)
_ESCAPED: Final = re.compile(rb"_x([0-9A-Fa-f]{4})_")
_REFERENCE: Final = re.compile(rb"&#(?:[1-9][0-9]{2,6}|x[1-9A-Fa-f][0-9A-Fa-f]{2,5});")
"""References to characters that are no markup; some programs write all their Chinese this way."""
_LINE_ENDS: Final = re.compile(rb"\r\n?")


class BlockHandler(xml_stream.Handler, Protocol):
    """A handler that can take whole elements as bytes."""

    def wants_blocks(self) -> bool:
        """Whether the parser stands where such elements may follow."""
        ...

    def block(self, content: bytes) -> bool:
        """Take a run of whole elements; False when they are not plain and must be parsed."""
        ...


def lanes(chunks: Iterable[bytes], handler: BlockHandler, opening: bytes, closing: bytes) -> Iterator[bytes]:
    """The bytes for the parser: everything but the blocks that the handler took, each of which is left out whole.

    A block starts at ``opening`` and ends after ``closing``; what is left is as well-formed as the whole was. Nothing
    is left out behind a comment or the like: what looks like a block there may be none.
    """
    pending = b""
    last = b""
    plain = True
    for number, chunk in enumerate(chunks):
        if number == 0 and (_DECLARED.match(chunk[:300]) or chunk.startswith((b"\xff\xfe", b"\xfe\xff"))):
            plain = False
        pending += chunk
        for piece, rest in _pieces(pending, handler, opening, closing) if plain else ((pending, b""),):
            pending = rest
            plain = plain and b"<!" not in last + piece
            last = piece[-1:] or last
            yield piece
            if not plain:
                break
        if not plain and pending:
            yield pending
            pending = b""
    if pending:
        yield pending


def _pieces(pending: bytes, handler: BlockHandler, opening: bytes, closing: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(for the parser, still waiting): the head before the first block, then the blocks, a space for each taken."""
    if not handler.wants_blocks():
        at = pending.find(opening)
        head, pending = (pending[:at], pending[at:]) if at >= 0 else (pending, b"")
        yield head, pending
        if pending and not handler.wants_blocks():
            yield pending, b""
            return
    end = pending.rfind(closing)
    if end >= 0:
        block, rest = pending[: end + len(closing)], pending[end + len(closing) :]
        yield b" " if block.lstrip().startswith(opening) and handler.block(block) else block, rest
    elif len(pending) > _BLOCK_BYTES_MAX:
        yield pending, b""


def unescaped(raw: bytes) -> bytes:
    """Character references resolved, and what ``restored`` does."""
    if b"&" in raw:
        raw = html.unescape(raw.decode("utf-8", errors="replace")).encode("utf-8", errors="replace")
    return restored(raw)


def restored(raw: bytes) -> bytes:
    """The format's own ``_x000D_`` escapes resolved; line ends are one character."""
    if b"_x" in raw:
        raw = _ESCAPED.sub(_character, raw)
    return _LINE_ENDS.sub(b"\n", raw) if b"\r" in raw else raw


def dereferenced(block: bytes) -> bytes:
    """The block with the references resolved that cannot be mistaken for markup afterwards."""
    return _REFERENCE.sub(lambda reference: _referenced(reference[0]), block) if b"&#" in block else block


@functools.lru_cache(maxsize=4096)
def _referenced(reference: bytes) -> bytes:
    return html.unescape(reference.decode("ascii")).encode("utf-8", errors="replace")


def _character(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode("utf-8", errors="replace")


class SharedStrings:
    """``xl/sharedStrings.xml``: ``strings`` in their order as far as ``bytes_max`` goes; ``full`` when there are more.

    ``skip`` makes a second pass of it: that many strings are passed over and the others come as fragments.
    """

    def __init__(self, bytes_max: int, skip: int = -1) -> None:
        self.strings: list[bytes] = []
        self.full = False
        self._left = bytes_max
        self._skip = skip
        self._ready: list[Fragment] = []
        self._pieces: list[str] = []
        self._length = 0
        self._in_table = self._in_text = False
        self._phonetic = 0

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def wants_blocks(self) -> bool:
        return self._in_table

    def block(self, content: bytes) -> bool:
        """Plain items only: one text each, no formatting inside, no comments."""
        if b"<!" in content or b"<?" in content:
            return False
        if self.full:
            return True
        content = dereferenced(content)
        found = _ITEM.findall(content)
        if len(found) != content.count(b"<si"):
            return False
        if b"&" in content or b"_x" in content or b"\r" in content:
            found = [unescaped(raw) for raw in found]
        cost = sum(map(len, found)) + len(found) * STRING_COST_BYTES
        if self._skip < 0 and cost <= self._left:
            self._left -= cost
            self.strings += found
        else:
            for raw in found:
                self._add(raw)
        return True

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "t":
            self._in_text = True
        elif name == "rPh":
            self._phonetic += 1
        elif name == "sst":
            self._in_table = True

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            text = "".join(self._pieces).encode("utf-8", errors="replace")
            self._pieces.clear()
            self._length = 0
            self._add(restored(text))
        elif name == "sst":
            self._in_table = False

    def characters(self, text: str) -> None:
        if self._in_text and self._phonetic <= 0:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > _STRING_CHARACTERS_MAX:
                # No program writes one this long: it comes as lines, its end stays as the string.
                self._ready.append(_line("".join(self._pieces)))
                self._pieces.clear()
                self._length = 0

    def _add(self, raw: bytes) -> None:
        if self._skip > 0:
            self._skip -= 1
        elif self._skip == 0:
            if raw.strip():
                self._ready.append(_line(raw.decode("utf-8", errors="replace")))
        else:
            self._left -= len(raw) + STRING_COST_BYTES
            self.full = self.full or self._left < 0
            if not self.full:
                self.strings.append(raw)


def _line(text: str) -> Fragment:
    """A string whose place in the sheets is not known."""
    return Fragment(text, zone=where.BODY)
