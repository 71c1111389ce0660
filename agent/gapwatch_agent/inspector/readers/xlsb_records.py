"""The binary records of an xlsb part (MS-XLSB 2.1.4): a stream of (type, bytes), and the strings inside them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from gapwatch_agent.inspector.readers.source import Report

RECORD_BYTES_MAX: Final = 1 << 18
"""No record that is read holds more: a cell's text has at most 32,767 characters."""
_LENGTH: Final = struct.Struct("<I")
_NULL: Final = 0xFFFFFFFF
_HEAD_BYTES_MAX: Final = 6


def records(chunks: Iterable[bytes], wanted: frozenset[int], report: Report) -> Iterator[tuple[int, bytes]]:
    """The wanted records of a part. Reports ``damaged`` for one that breaks off or is longer than any can be."""
    pending = b""
    position = skipping = 0
    for chunk in chunks:
        if skipping >= len(chunk):
            skipping -= len(chunk)
            continue
        pending = pending[position:] + chunk[skipping:]
        position = skipping = 0
        while (head := _head(pending, position)) is not None:
            kind, size, start = head
            end = start + size
            if kind not in wanted or size > RECORD_BYTES_MAX:
                if kind in wanted:
                    report("damaged")
                if end > len(pending):
                    skipping, position = end - len(pending), len(pending)
                    break
            elif end > len(pending):
                break
            else:
                yield kind, pending[start:end]
            position = end
    if position < len(pending) or skipping:
        report("damaged")


def _head(pending: bytes, position: int) -> tuple[int, int, int] | None:
    """(type, size, where the record's bytes start), None when the head is not all there."""
    available = len(pending) - position
    if available < 2 or (available < _HEAD_BYTES_MAX and not _complete(pending, position)):
        return None
    kind = pending[position]
    position += 1
    if kind & 0x80:
        kind = kind & 0x7F | (pending[position] & 0x7F) << 7
        position += 1
    size = 0
    for shift in (0, 7, 14, 21):
        byte = pending[position]
        position += 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return kind, size, position


def _complete(pending: bytes, position: int) -> bool:
    """Whether the few bytes left hold a whole head."""
    size_at = position + (2 if pending[position] & 0x80 else 1)
    return any(not byte & 0x80 for byte in pending[size_at : size_at + 4])


def text_at(record: bytes, position: int) -> tuple[bytes, int]:
    """(UTF-8 of a counted UTF-16 string, where it ends); an absent string is empty. Never reads past the record."""
    if position + _LENGTH.size > len(record):
        return b"", len(record)
    count = int(_LENGTH.unpack_from(record, position)[0])
    start = position + _LENGTH.size
    if count == _NULL:
        return b"", start
    end = min(start + count * 2, len(record))
    return record[start:end].decode("utf-16-le", errors="replace").encode("utf-8", errors="replace"), end


def number_at(record: bytes, position: int) -> int | None:
    """An unsigned 32-bit number, None past the record's end."""
    if position + _LENGTH.size > len(record):
        return None
    return int(_LENGTH.unpack_from(record, position)[0])
