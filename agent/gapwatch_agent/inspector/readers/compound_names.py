"""The names that stand at the root of an OLE compound file: enough to tell a document from a mail, cheaply.

Only the directory is read, and of it at most ``_SECTORS_MAX`` sectors; every chain is bounded. Layout: [MS-CFB] 2.
"""

from __future__ import annotations

import struct
from typing import Final

from gapwatch_agent.inspector.readers.source import Source

_HEADER_BYTES: Final = 512
_FAT_SECTORS_IN_HEADER: Final = 109
_END_OF_CHAIN: Final = 0xFFFFFFFE
_LAST_SECTOR: Final = 0xFFFFFFFA
_ENTRY_BYTES: Final = 128
_SECTORS_MAX: Final = 512
_NO_ENTRY: Final = 0xFFFFFFFF


def root_names(source: Source) -> list[str]:
    """Names of the entries directly under the root; empty when the directory cannot be followed."""
    header = source.read(0, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return []
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in {9, 12}:
        return []
    sector_bytes = 1 << shift
    fat_sectors = struct.unpack_from(f"<{_FAT_SECTORS_IN_HEADER}I", header, 76)
    directory = _directory(source, sector_bytes, fat_sectors, struct.unpack_from("<I", header, 48)[0])
    return _children_of_root(directory)


def _directory(source: Source, sector_bytes: int, fat_sectors: tuple[int, ...], first: int) -> bytes:
    per_sector = sector_bytes // 4
    pieces: list[bytes] = []
    seen: set[int] = set()
    sector = first
    while sector < _LAST_SECTOR and sector not in seen and len(seen) < _SECTORS_MAX:
        seen.add(sector)
        piece = source.read((sector + 1) * sector_bytes, sector_bytes)
        if not piece:
            break
        pieces.append(piece)
        index = sector // per_sector
        if index >= len(fat_sectors) or fat_sectors[index] >= _LAST_SECTOR:
            break
        raw = source.read((fat_sectors[index] + 1) * sector_bytes + sector % per_sector * 4, 4)
        sector = struct.unpack("<I", raw)[0] if len(raw) == 4 else _END_OF_CHAIN
    return b"".join(pieces)


def _children_of_root(directory: bytes) -> list[str]:
    """The root's children are a tree of siblings; walked without trusting it to be one."""
    count = len(directory) // _ENTRY_BYTES
    if not count:
        return []
    names: list[str] = []
    waiting = [struct.unpack_from("<I", directory, 76)[0]]
    seen: set[int] = {_NO_ENTRY}
    while waiting:
        number = waiting.pop()
        if number in seen or number >= count:
            continue
        seen.add(number)
        at = number * _ENTRY_BYTES
        length = min(struct.unpack_from("<H", directory, at + 64)[0], 64)
        names.append(directory[at : at + max(length - 2, 0)].decode("utf-16-le", errors="replace"))
        waiting.extend(struct.unpack_from("<II", directory, at + 68))
    return names
