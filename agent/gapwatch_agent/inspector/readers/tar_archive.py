"""Tar, as a stream: ustar, pax and GNU names, sparse files. Only regular files are given, all else is passed over.

Written for hostile headers: sizes are checked before they are believed, extended headers are bounded, and a stream that
ends early says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import member_names
from gapwatch_agent.inspector.readers.byte_stream import PIECE_BYTES, ByteStream
from gapwatch_agent.inspector.readers.source import Embedded, Report, StopReading

BLOCK: Final = 512
_REGULAR: Final = frozenset({b"0", b"\0", b" ", b"7", b"S"})
_EXTENSIONS: Final = frozenset({b"x", b"X", b"g", b"L", b"K"})
_NO_CONTENT: Final = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_EXTENDED_BYTES_MAX: Final = MIB
_SPARSE_PIECES_MAX: Final = 10_000
_OTHERS_MAX: Final = 100_000
"""Headers that are no regular file: folders, links, extensions."""
_RESYNC_BYTES_MAX: Final = 64 * MIB
_RECORD: Final = re.compile(rb"(\d{1,10}) ")
_NUMBER: Final = re.compile(rb"\d{1,20}")


@dataclass(slots=True)
class _Extended:
    """What extended headers say about the next file."""

    path: bytes = b""
    size: int = -1
    real_size: int = -1
    sparse_map: list[tuple[int, int]] = field(default_factory=list)
    map_in_content: bool = False


def is_tar(head: bytes) -> bool:
    """Whether a stream begins with a tar header whose checksum is right."""
    return len(head) >= BLOCK and head[0] != 0 and _checksum_is_right(head[:BLOCK])


def members(stream: ByteStream, limits: Limits, report: Report) -> Iterator[Embedded]:
    """Every regular file. Reports ``damaged`` (a header or the end is missing) and ``too_many``."""
    extended = _Extended()
    given = others = 0
    for block in _headers(stream, report):
        kind, size = block[156:157], _number(block[124:136])
        if extended.size >= 0:
            size = extended.size
        if size < 0:
            report("damaged")
            size = 0
        if kind in _REGULAR:
            given += 1
        else:
            others += 1
        if given > limits.members_max or others > _OTHERS_MAX:
            report("too_many")
            return
        if kind in _EXTENSIONS:
            _extend(extended, kind, stream, size, report)
            continue
        if kind in _REGULAR:
            yield from _file(block, size, extended, stream, report)
        else:
            stream.skip(0 if kind in _NO_CONTENT else _padded(size))
        extended = _Extended()


def _headers(stream: ByteStream, report: Report) -> Iterator[bytes]:
    """Every block that is a header, where the one who takes them leaves the stream. Archives one behind another, with
    zero blocks between, are read to the last; without any the end was cut off.
    """
    ended = False
    while True:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            if not ended:
                report("damaged")
            return
        if not block.strip(b"\0"):
            ended = True
            continue
        if not _checksum_is_right(block):
            if ended:
                return
            report("damaged")
            block = _resync(stream)
            if not block:
                return
        yield block


def _file(block: bytes, size: int, extended: _Extended, stream: ByteStream, report: Report) -> Iterator[Embedded]:
    raw = extended.path or _path(block)
    if block[156:157] == b"S":
        extended.real_size = _number(block[483:495])
        extended.sparse_map = _old_sparse(block, stream)
    body = _Body(stream, size)
    content = body.content if extended.real_size < 0 else _Sparse(body, extended).content
    if not raw.endswith(b"/"):
        yield Embedded(member_names.decode(raw), content)
    if not body.finish():
        report("damaged")


class _Body:
    """A file's bytes in the stream; what nobody took is passed over."""

    def __init__(self, stream: ByteStream, size: int) -> None:
        self._stream = stream
        self._size = size
        self._left = size
        self._open = True

    def content(self) -> Iterator[bytes]:
        while self._open and self._left > 0:
            piece = next(self._stream.pieces(min(self._left, PIECE_BYTES)), b"")
            if not piece:
                raise StopReading("damaged")
            self._left -= len(piece)
            yield piece

    def finish(self) -> bool:
        """Go to the next header; whether all of the file was there."""
        self._open = False
        padding = _padded(self._size) - self._size
        passed = self._stream.skip(self._left + padding)
        return passed == self._left + padding


class _Sparse:
    """A file with holes: the map says where the bytes that are stored belong."""

    def __init__(self, body: _Body, extended: _Extended) -> None:
        self._body = body
        self._extended = extended

    def content(self) -> Iterator[bytes]:
        stored = _Pieces(self._body.content())
        places = _map_in_content(stored) if self._extended.map_in_content else self._extended.sparse_map
        at = 0
        for offset, count in places:
            if offset < at:
                raise StopReading("damaged")
            yield from _hole(offset - at)
            at = offset + count
            yield from stored.take(count)
        yield from _hole(self._extended.real_size - at)


class _Pieces:
    """Portions of a file's pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def take(self, count: int) -> Iterator[bytes]:
        while count > 0:
            self._rest = self._rest or next(self._pieces, b"")
            if not self._rest:
                return
            piece, self._rest = self._rest[:count], self._rest[count:]
            count -= len(piece)
            yield piece


def _hole(size: int) -> Iterator[bytes]:
    while size > 0:
        yield bytes(min(size, PIECE_BYTES))
        size -= PIECE_BYTES


def _map_in_content(stored: _Pieces) -> list[tuple[int, int]]:
    """GNU sparse 1.0: decimal numbers, one a line, before the content, padded to a block."""
    text = b""
    wanted = 1
    while text.count(b"\n") < wanted and len(text) < _EXTENDED_BYTES_MAX:
        block = b"".join(stored.take(BLOCK))
        if not block:
            break
        text += block
        first = _NUMBER.match(text)
        wanted = 1 + 2 * min(int(first[0]) if first else 0, _SPARSE_PIECES_MAX)
    numbers = [int(line) for line in text.split(b"\n")[1:wanted] if _NUMBER.fullmatch(line)]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _old_sparse(block: bytes, stream: ByteStream) -> list[tuple[int, int]]:
    """GNU's first form: four places in the header, twenty-one in each block after it."""
    places = _places(block[386:482])
    more = block[482:483] not in {b"\0", b"0", b" "}
    while more and len(places) < _SPARSE_PIECES_MAX:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            break
        places += _places(block[:504])
        more = block[504:505] not in {b"\0", b"0", b" "}
    return places


def _places(raw: bytes) -> list[tuple[int, int]]:
    pairs = [(_number(raw[at : at + 12]), _number(raw[at + 12 : at + 24])) for at in range(0, len(raw), 24)]
    return [(offset, count) for offset, count in pairs if offset >= 0 and count > 0]


def _extend(extended: _Extended, kind: bytes, stream: ByteStream, size: int, report: Report) -> None:
    """Take in a header about the next file; one that is unreasonably large is cut."""
    taken = min(size, _EXTENDED_BYTES_MAX)
    raw = stream.read(taken)
    if len(raw) < taken or stream.skip(_padded(size) - taken) < _padded(size) - taken or taken < size:
        report("damaged")
    if kind == b"L":
        extended.path = raw.rstrip(b"\0")
    elif kind in {b"x", b"X"}:
        _pax(raw, extended)


def _pax(raw: bytes, extended: _Extended) -> None:
    r"""Records ``length key=value\\n``."""
    position = 0
    offset = -1
    while record := _RECORD.match(raw, position):
        end = position + int(record[1])
        if end <= record.end():
            return
        key, _, value = raw[record.end() : end].rstrip(b"\n").partition(b"=")
        position = end
        number = int(value) if _NUMBER.fullmatch(value) else -1
        if key == b"GNU.sparse.name" or (key == b"path" and not extended.path):
            extended.path = value
        elif key == b"size":
            extended.size = number
        elif key in {b"GNU.sparse.realsize", b"GNU.sparse.size"}:
            extended.real_size = number
        elif key == b"GNU.sparse.major":
            extended.map_in_content = number == 1
        elif key == b"GNU.sparse.offset":
            offset = number
        elif key == b"GNU.sparse.numbytes" and len(extended.sparse_map) < _SPARSE_PIECES_MAX and offset >= 0:
            extended.sparse_map.append((offset, max(number, 0)))
        elif key == b"GNU.sparse.map":
            numbers = [int(item) for item in value.split(b",", _SPARSE_PIECES_MAX) if _NUMBER.fullmatch(item)]
            extended.sparse_map = list(zip(numbers[::2], numbers[1::2], strict=False))


def _resync(stream: ByteStream) -> bytes:
    """The next header with the magic and a right checksum; empty when there is none to be found."""
    for _ in range(_RESYNC_BYTES_MAX // BLOCK):
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            return b""
        if block[257:262] == b"ustar" and _checksum_is_right(block):
            return block
    return b""


def _path(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0] if block[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(raw: bytes) -> int:
    """Octal, or base 256 where the first bit is set; negative when it is neither or means a negative number."""
    if raw and raw[0] & 0x80:
        return -1 if raw[0] == 0xFF else int.from_bytes(bytes([raw[0] & 0x7F]) + raw[1:], "big")
    digits = raw.replace(b"\0", b" ").strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        return -1


def _checksum_is_right(block: bytes) -> bool:
    said = _number(block[148:156])
    total = sum(block) - sum(block[148:156]) + 8 * 32
    if said == total:
        return True
    # Some old writers summed the bytes as signed.
    return said == total - 256 * sum(1 for byte in block[:148] + block[156:] if byte > 127)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
