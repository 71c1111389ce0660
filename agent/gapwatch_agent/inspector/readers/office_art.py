"""Drawings of binary Office documents (MS-ODRAW): the words of WordArt shapes, which is what watermarks are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers.little_endian import u16, u32

_OPTION_TABLES: Final = frozenset({0xF00B, 0xF121, 0xF122})
_CONTAINER: Final = 0xF
_WORDS: Final = 0x00C0
_NUMBER: Final = 0x3FFF
_COMPLEX: Final = 0x8000
_HEADER_BYTES: Final = 8
_WORDS_BYTES_MAX: Final = 1 << 16


def word_art(data: bytes) -> Iterator[str]:
    """The words of every WordArt shape among these records. Containers are entered, so depth costs nothing."""
    at = 0
    while at + _HEADER_BYTES <= len(data):
        head, kind, size = u16(data, at), u16(data, at + 2), u32(data, at + 4)
        at += _HEADER_BYTES
        if head & 0xF == _CONTAINER:
            continue
        if kind in _OPTION_TABLES:
            yield from words_of_options(data[at : at + size], head >> 4)
        at += size


def words_of_options(table: bytes, count: int) -> Iterator[str]:
    """The words among one shape's options: fixed parts first, then what did not fit into them, in the same order."""
    count = min(count, len(table) // 6)
    at = count * 6
    for number in range(count):
        option, value = u16(table, number * 6), u32(table, number * 6 + 2)
        if not option & _COMPLEX:
            continue
        if option & _NUMBER == _WORDS:
            raw = table[at : at + min(value, _WORDS_BYTES_MAX)]
            text = raw[: len(raw) // 2 * 2].decode("utf-16-le", errors="replace").split("\0")[0]
            if text.strip():
                yield text.replace("\r", "\n")
        at += value
