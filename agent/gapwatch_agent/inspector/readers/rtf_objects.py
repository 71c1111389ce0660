"""Files inside an RTF: the hexadecimal data of OLE 1 objects, read again from the file when they are asked for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import codepages
from gapwatch_agent.inspector.readers.source import Embedded, Source, StopReading

_CHUNK: Final = 1 << 16
_HEAD_BYTES: Final = 8192
_NOT_HEX: Final = bytes(byte for byte in range(256) if byte not in b"0123456789abcdefABCDEF")
_EMBEDDED: Final = 2
_STRING_BYTES_MAX: Final = 1024
_PACKAGE: Final = "Package"


def embedded(source: Source, start: int, end: int, index: int, limits: Limits) -> Embedded | None:
    """The file in the object data between two places; None when there is none (a link, an empty object)."""
    head = b""
    for piece in _unhexed(source, start, min(end, start + 3 * _HEAD_BYTES)):
        head += piece
    found = _data(head)
    if found is None:
        return None
    name, offset, size = found

    def content() -> Iterator[bytes]:
        if size > limits.expansion_bytes(end - start):
            raise StopReading("too_large")
        left, skip = size, offset
        for piece in _unhexed(source, start, end):
            wanted = piece[skip : skip + left]
            skip = max(skip - len(piece), 0)
            left -= len(wanted)
            if wanted:
                yield wanted
            if not left:
                return
        raise StopReading("damaged")

    return Embedded(name or f"object{index}", content)


def _unhexed(source: Source, start: int, end: int) -> Iterator[bytes]:
    """The bytes the digits stand for; whatever is no digit is passed over, as Word does."""
    odd = b""
    while start < end:
        piece = source.read(start, min(_CHUNK, end - start))
        if not piece:
            return
        start += len(piece)
        digits = odd + piece.translate(None, _NOT_HEX)
        even = len(digits) // 2 * 2
        odd = digits[even:]
        yield bytes.fromhex(digits[:even].decode("ascii"))


def _data(head: bytes) -> tuple[str, int, int] | None:
    """Name, offset and size of the file in an OLE 1 object (MS-OLEDS 2.2.5)."""
    try:
        _version, form = struct.unpack_from("<II", head)
        if form != _EMBEDDED:
            return None
        at = 8
        class_name, at = _counted(head, at)
        _topic, at = _counted(head, at)
        _item, at = _counted(head, at)
        (size,) = struct.unpack_from("<I", head, at)
        at += 4
        if class_name != _PACKAGE:
            return (class_name, at, size) if size else None
        return _packaged(head, at)
    except (struct.error, ValueError):
        return None


def _packaged(head: bytes, at: int) -> tuple[str, int, int]:
    """A file wrapped by the shell's packager: its name, paths, then its bytes."""
    label, at = _terminated(head, at + 2)
    _path, at = _terminated(head, at)
    (_reserved, length) = struct.unpack_from("<II", head, at)
    at += 8 + length
    (size,) = struct.unpack_from("<I", head, at)
    return label, at + 4, size


def _counted(head: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", head, at)
    if length > _STRING_BYTES_MAX:
        raise ValueError("a name this long is none")
    return _text(head[at + 4 : at + 4 + length].rstrip(b"\0")), at + 4 + length


def _terminated(head: bytes, at: int) -> tuple[str, int]:
    end = head.index(b"\0", at)
    return _text(head[at:end]), end + 1


def _text(raw: bytes) -> str:
    return codepages.decode(raw, 936 if any(byte >= 0x80 for byte in raw) else codepages.WESTERN)
