"""Which files of a RAR 5 archive are encrypted, and whether it is whole: its headers say so, libarchive 3.6 does not
(it hands out cipher text, and ends quietly where the archive breaks off).

Only headers are walked; sizes are checked before they are believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.readers.source import Source

SIGNATURE: Final = b"Rar!\x1a\x07\x01\x00"
_HEADER_BYTES: Final = 1 << 12
_HEADER_BYTES_MAX: Final = 1 << 16
_BLOCKS_MAX: Final = 100_000
_FILE: Final = 2
_ENCRYPTION: Final = 4
_END: Final = 5
_HAS_EXTRA, _HAS_DATA = 1, 2
_ENCRYPTION_RECORD: Final = 1


@dataclass(frozen=True, slots=True)
class Headers:
    """``encrypted``: names, as written, of files whose content is. ``whole``: the archive's end was reached."""

    encrypted: frozenset[bytes] = frozenset()
    whole: bool = True


def walk(source: Source) -> Headers:
    """What the headers say. Anything but a RAR 5 archive has nothing encrypted and is whole."""
    found: set[bytes] = set()
    if source.read(0, len(SIGNATURE)) != SIGNATURE:
        return Headers()
    position = len(SIGNATURE)
    for _ in range(_BLOCKS_MAX):
        raw = source.read(position, _HEADER_BYTES)
        numbers = _Numbers(raw, 4)
        size = numbers.take()
        if numbers.position + size > len(raw) and len(raw) == _HEADER_BYTES:
            raw = numbers.raw = source.read(position, _HEADER_BYTES_MAX)
        body_at = numbers.position
        kind, flags = numbers.take(), numbers.take()
        extra = numbers.take() if flags & _HAS_EXTRA else 0
        data = numbers.take() if flags & _HAS_DATA else 0
        if numbers.position > len(raw) or size == 0:
            return Headers(frozenset(found), whole=False)
        if kind in {_END, _ENCRYPTION}:
            break
        end = body_at + size
        if kind == _FILE and 0 < extra < size and _says_encrypted(raw[end - extra : end]):
            found.add(_name(numbers))
        position += end + data
    return Headers(frozenset(found))


class _Numbers:
    """Variable-length numbers one after another; past the end they are 0 and ``position`` shows it."""

    def __init__(self, raw: bytes, position: int) -> None:
        self.raw = raw
        self.position = position

    def take(self) -> int:
        number = shift = 0
        while shift < 63:
            byte = self.raw[self.position] if self.position < len(self.raw) else 0
            self.position += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        return number


def _name(numbers: _Numbers) -> bytes:
    """The rest of a file's header: flags, size, attributes, time, checksum, method, system, name."""
    flags = numbers.take()
    numbers.take()
    numbers.take()
    numbers.position += (4 if flags & 2 else 0) + (4 if flags & 4 else 0)
    numbers.take()
    numbers.take()
    size = numbers.take()
    return numbers.raw[numbers.position : numbers.position + size]


def _says_encrypted(extra: bytes) -> bool:
    numbers = _Numbers(extra, 0)
    while numbers.position < len(extra):
        size = numbers.take()
        start = numbers.position
        if numbers.take() == _ENCRYPTION_RECORD:
            return True
        if size == 0:
            return False
        numbers.position = start + size
    return False
