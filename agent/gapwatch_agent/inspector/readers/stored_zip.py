"""The least zip there is, to hand documents that lie unpacked inside another file to the readers of their kind."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator


class StoredZip:
    """Members as they are, one after another, then their directory. All of it is kept in memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._directory: list[bytes] = []
        self._length = 0

    def add(self, name: str, content: bytes) -> None:
        """``name`` must be shorter than 16,384 characters."""
        raw = name.encode("utf-8", errors="replace")
        sizes = (zlib.crc32(content), len(content), len(content), len(raw), 0)
        # Version 2.0, UTF-8 names, stored, the first day zip knows.
        fixed = struct.pack("<5H3L2H", 20, 0x800, 0, 0, 0x21, *sizes)
        self._directory.append(b"PK\x01\x02\x14\x00" + fixed + struct.pack("<3H2L", 0, 0, 0, 0, self._length) + raw)
        self._pieces += [b"PK\x03\x04" + fixed + raw, content]
        self._length += 4 + len(fixed) + len(raw) + len(content)

    def finish(self) -> Iterator[bytes]:
        """The whole zip in pieces."""
        yield from self._pieces
        directory = b"".join(self._directory)
        yield directory
        count = len(self._directory)
        yield struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), self._length, 0)
