"""The record stream of binary workbooks (BIFF5 and BIFF8): records with what continues them, strings, numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers import codepages
from gapwatch_agent.inspector.readers.compound import Stream
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import StopReading

_BLOCK_BYTES: Final = 1 << 16
_CONTINUE: Final = 0x3C
_CONTINUED_BYTES_MAX: Final = 1 << 26
_HEAD: Final = struct.Struct("<HH")
_WIDE, _EXTENDED, _RICH = 1, 4, 8

Record = tuple[int, int, list[bytes]]
"""A record's place in the stream, its kind, its bytes and those of the records that continue it."""


def records(stream: Stream, wanted: frozenset[int], continued: frozenset[int]) -> Iterator[Record]:
    """The wanted records. Of a kind in ``continued`` the following CONTINUE records come with it."""
    window = _Window(stream)
    kind = 0
    while window.fill(_HEAD.size):
        # What lies whole in the window is taken without asking again: a sheet has hundreds of thousands of records.
        block, at, end = window.block, window.at, len(window.block) - _HEAD.size
        while at <= end:
            kind, size = _HEAD.unpack_from(block, at)
            if kind in wanted:
                if kind in continued or at + size > end:
                    break
                yield window.place + at, kind, [block[at + 4 : at + 4 + size]]
            at += size + 4
        else:
            window.at = at
            continue
        window.at = at
        yield window.place + at, kind, list(_with_continued(window, kind in continued))


def _with_continued(window: _Window, is_continued: bool) -> Iterator[bytes]:
    """The record at the window's place and, where asked for, what continues it."""
    total = 0
    while True:
        _, size = _HEAD.unpack_from(window.block, window.at)
        window.fill(size + _HEAD.size)
        yield window.block[window.at + 4 : window.at + 4 + size]
        window.at += size + _HEAD.size
        total += size
        if total > _CONTINUED_BYTES_MAX:
            raise StopReading("too_large")
        if not is_continued or not window.fill(_HEAD.size):
            return
        if _HEAD.unpack_from(window.block, window.at)[0] != _CONTINUE:
            return


class _Window:
    """A part of the stream: ``block`` begins at ``place`` in it, the next record at ``at`` in the block."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.block = b""
        self.place = 0
        self.at = 0

    def fill(self, count: int) -> bool:
        """Whether so many bytes follow; they are in the window then."""
        if self.at + count > len(self.block):
            self.place += self.at
            self.at = 0
            self.block = self._stream.read(self.place, max(count, _BLOCK_BYTES))
        return self.at + count <= len(self.block)


def text(data: bytes, at: int, *, codepage: int = 0, length_bytes: int = 2) -> str:
    """A string with its length before it: of BIFF8, or of bytes where there is a code page."""
    count = int.from_bytes(data[at : at + length_bytes], "little")
    at += length_bytes
    if codepage:
        return codepages.decode(data[at : at + count], codepage)
    flags = data[at] if at < len(data) else 0
    at += 1 + (2 if flags & _RICH else 0) + (4 if flags & _EXTENDED else 0)
    return characters(data, at, count, wide=bool(flags & _WIDE))


def characters(data: bytes, at: int, count: int, *, wide: bool) -> str:
    """So many characters of one or two bytes."""
    if not wide:
        return data[at : at + count].decode("latin-1")
    raw = data[at : at + 2 * count]
    return raw[: len(raw) // 2 * 2].decode("utf-16-le", errors="replace")


def spread_text(parts: list[bytes], count: int) -> str:
    """So many characters over several records, each of which says anew how wide its characters are."""
    found: list[str] = []
    for part in parts:
        if count <= 0:
            break
        piece = characters(part, 1, count, wide=bool(part and part[0] & _WIDE))
        found.append(piece)
        count -= len(piece)
    return "".join(found)


def shared_strings(parts: list[bytes]) -> Iterator[str]:
    """The strings of an SST record and what continues it; ends where the bytes end."""
    cursor = _Cursor(parts)
    cursor.take(8)
    while True:
        found = cursor.string()
        if found is None:
            return
        yield found


class _Cursor:
    """A place in bytes that are cut into records, where only characters are cut with ceremony."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts
        self._number = 0
        self._at = 0

    def string(self) -> str | None:
        """The next string; None at the end."""
        data, at = self._parts[self._number], self._at
        if at + 3 <= len(data):
            flags = data[at + 2]
            count = u16(data, at)
            at += 3
            tail = 0
            if flags & _RICH:
                tail = 4 * u16(data, at)
                at += 2
            if flags & _EXTENDED:
                tail += u32(data, at)
                at += 4
            end = at + (count << (flags & _WIDE))
            if end + tail <= len(data):
                self._at = end + tail
                raw = data[at:end]
                return raw.decode("utf-16-le", errors="replace") if flags & _WIDE else raw.decode("latin-1")
        return self._cut_string()

    def _cut_string(self) -> str | None:
        head = self.take(3)
        if len(head) < 3:
            return None
        flags = head[2]
        runs = u16(self.take(2), 0) if flags & _RICH else 0
        extra = u32(self.take(4), 0) if flags & _EXTENDED else 0
        found = self._characters(u16(head, 0), wide=bool(flags & _WIDE))
        self._skip(4 * runs + extra)
        return found

    def _characters(self, count: int, *, wide: bool) -> str:
        found: list[str] = []
        while True:
            data = self._parts[self._number]
            piece = characters(data, self._at, count, wide=wide)
            found.append(piece)
            count -= len(piece)
            self._at += len(piece) * (2 if wide else 1)
            if count <= 0 or not self._next_part():
                return "".join(found)
            wide = bool(self.take(1)[:1].strip(b"\0"))

    def take(self, count: int) -> bytes:
        """So many bytes across records; fewer at the end."""
        found = b""
        while len(found) < count:
            data = self._parts[self._number]
            piece = data[self._at : self._at + count - len(found)]
            found += piece
            self._at += len(piece)
            if len(found) < count and not self._next_part():
                break
        return found

    def _skip(self, count: int) -> None:
        while count > len(self._parts[self._number]) - self._at:
            count -= max(len(self._parts[self._number]) - self._at, 0)
            if not self._next_part():
                self._at = len(self._parts[self._number])
                return
        self._at += count

    def _next_part(self) -> bool:
        if self._number + 1 >= len(self._parts):
            return False
        self._number += 1
        self._at = 0
        return True


def number(raw: bytes) -> str:
    """An eight-byte number as a spreadsheet shows it by default."""
    return f"{struct.unpack('<d', raw.ljust(8, bytes(1))[:8])[0]:.15g}"


def short_number(value: int) -> str:
    """A number packed into 32 bits."""
    found: float
    if value & 2:
        found = (value >> 2) - (0x40000000 if value & 0x80000000 else 0)
    else:
        found = struct.unpack("<d", bytes(4) + struct.pack("<I", value & 0xFFFFFFFC))[0]
    return f"{found / 100 if value & 1 else found:.15g}"
