"""A storage inside a compound file as a compound file of its own, so that the engine can examine an embedded document.

Written as it is read, nothing is held but the directory. Every stream gets whole sectors (the limit under which streams
share small ones is put at 0): fit for the reader of this package, not meant for other programs.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers.compound import CHUNK_BYTES, MAGIC, CompoundFile, Entry
from gapwatch_agent.inspector.readers.source import StopReading

_SECTOR_BYTES: Final = 512
_NUMBERS: Final = _SECTOR_BYTES // 4
_FREE, _END, _TABLE, _NO_ENTRY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_HEADER_TABLES: Final = 109
_ENTRY_BYTES: Final = 128
_TREE: Final = {True: 1, False: 2}
_ROOT: Final = 5


def standalone(compound: CompoundFile, storage: Entry) -> Iterator[bytes]:
    """The bytes of that file, in pieces. Raises StopReading where its streams are more than the file they lie in."""
    entries = _listed(storage)
    sizes = [0 if entry.is_storage else compound.open(entry).size for entry, _, _ in entries]
    if sum(sizes) > compound.bytes_max:
        # Streams of an honest file share nothing.
        raise StopReading("damaged")
    directory_sectors = -(-len(entries) * _ENTRY_BYTES // _SECTOR_BYTES)
    counts = [directory_sectors, *(-(-size // _SECTOR_BYTES) for size in sizes)]
    tables, more_tables = _table_counts(sum(counts))
    first = tables + more_tables
    starts = []
    for count in counts:
        starts.append(first)
        first += count
    yield from _header_and_tables(tables, more_tables, counts, starts)
    yield _directory(entries, sizes, starts[1:], directory_sectors)
    for (entry, _, _), size in zip(entries, sizes, strict=True):
        yield from _padded(compound, entry, size)


def _listed(storage: Entry) -> list[tuple[Entry, int, int]]:
    """The storage first, then all beneath it: (entry, next of its siblings, first of its children)."""
    found: list[list[Entry | int]] = [[storage, _NO_ENTRY, _NO_ENTRY]]
    at = 0
    while at < len(found):
        entry = found[at][0]
        assert isinstance(entry, Entry)
        children = list(entry.children.values())
        first = len(found)
        if children:
            found[at][2] = first
        for number, child in enumerate(children, start=1):
            found.append([child, first + number if number < len(children) else _NO_ENTRY, _NO_ENTRY])
        at += 1
    return [(entry, following, child) for entry, following, child in found]  # type: ignore[misc]


def _table_counts(sectors: int) -> tuple[int, int]:
    """How many sectors the allocation table takes, and how many the list of those beyond the header's."""
    tables = more = 0
    while True:
        needed = -(-(sectors + tables + more) // _NUMBERS)
        needed_more = -(-max(needed - _HEADER_TABLES, 0) // (_NUMBERS - 1))
        if (needed, needed_more) == (tables, more):
            return tables, more
        tables, more = needed, needed_more


def _header_and_tables(tables: int, more_tables: int, counts: list[int], starts: list[int]) -> Iterator[bytes]:
    header = MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    more_start = tables if more_tables else _END
    header += struct.pack("<9I", 0, tables, starts[0], 0, 0, _END, 0, more_start, more_tables)
    numbers = array("I", range(tables))
    listed = numbers[:_HEADER_TABLES]
    yield header + listed.tobytes() + _filled(_HEADER_TABLES - len(listed))
    table = array("I", [_TABLE] * tables) + array("I", [_TABLE - 1] * more_tables)
    for start, count in zip(starts, counts, strict=True):
        table.extend(range(start + 1, start + count))
        if count:
            table.append(_END)
    yield table.tobytes() + _filled(-len(table) % _NUMBERS)
    for number in range(more_tables):
        low = _HEADER_TABLES + number * (_NUMBERS - 1)
        piece = numbers[low : low + _NUMBERS - 1]
        following = tables + number + 1 if number + 1 < more_tables else _END
        yield piece.tobytes() + _filled(_NUMBERS - 1 - len(piece)) + struct.pack("<I", following)


def _filled(count: int) -> bytes:
    return b"\xff" * 4 * count


def _directory(entries: list[tuple[Entry, int, int]], sizes: list[int], starts: list[int], sectors: int) -> bytes:
    pieces = []
    for number, ((entry, following, child), size, start) in enumerate(zip(entries, sizes, starts, strict=True)):
        name = "Root Entry" if number == 0 else entry.name[:31]
        raw = name.encode("utf-16-le", errors="surrogatepass")[:62]
        kind = _ROOT if number == 0 else _TREE[entry.is_storage]
        pieces.append(raw.ljust(64, b"\0"))
        # The root's siblings would be outside the file.
        pieces.append(
            struct.pack("<HBBIII", len(raw) + 2, kind, 1, _NO_ENTRY, _NO_ENTRY if number == 0 else following, child)
        )
        pieces.append(entry.class_id.ljust(16, b"\0")[:16] + bytes(20))
        pieces.append(struct.pack("<IQ", start if size else _END, size))
    return b"".join(pieces).ljust(sectors * _SECTOR_BYTES, b"\0")


def _padded(compound: CompoundFile, entry: Entry, size: int) -> Iterator[bytes]:
    """The stream's bytes up to a whole sector; what is missing from it becomes zeros, the owner reported it."""
    if not size:
        return
    stream = compound.open(entry)
    for offset in range(0, size, CHUNK_BYTES):
        wanted = min(CHUNK_BYTES, size - offset)
        yield stream.read(offset, wanted).ljust(-(-wanted // _SECTOR_BYTES) * _SECTOR_BYTES, b"\0")
