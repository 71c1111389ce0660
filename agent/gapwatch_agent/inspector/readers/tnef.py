"""winmail.dat (MS-OXTNEF): how Outlook sends attachments to others. Where each of them is; sizes are checked. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_HEAD_BYTES: Final = 6
_ATTRIBUTE: Final = struct.Struct("<BLL")
_CHECKSUM_BYTES: Final = 2
_BODY: Final = 0x0002800C
_BEGINS: Final = 0x00069002
_TITLE: Final = 0x00018010
_DATA: Final = 0x0006800F
_ATTRIBUTES_MAX: Final = 100_000
_TITLE_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class Inside:
    """A file in it: its name as written, where its bytes are. The message's own text has no name."""

    name: bytes
    start: int
    end: int


def files(raw: bytes) -> tuple[list[Inside], bool]:
    """Everything inside, and whether all of it is there."""
    if not raw.startswith(SIGNATURE):
        return [], False
    found: list[Inside] = []
    title = b""
    position = _HEAD_BYTES
    for _ in range(_ATTRIBUTES_MAX):
        if position == len(raw):
            return found, True
        if position + _ATTRIBUTE.size > len(raw):
            break
        _, kind, size = _ATTRIBUTE.unpack_from(raw, position)
        start = position + _ATTRIBUTE.size
        position = start + size + _CHECKSUM_BYTES
        if kind == _BEGINS:
            title = b""
        elif kind == _TITLE:
            title = raw[start : start + min(size, _TITLE_BYTES_MAX)].split(b"\0", 1)[0]
            if found and not found[-1].name and found[-1].end == start - _CHECKSUM_BYTES - _ATTRIBUTE.size:
                # Some writers put the name behind the bytes.
                found[-1] = Inside(title, found[-1].start, found[-1].end)
        elif kind in {_DATA, _BODY}:
            found.append(Inside(title if kind == _DATA else b"", start, min(start + size, len(raw))))
        if position > len(raw):
            break
    return found, False
