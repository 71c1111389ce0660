"""Numbers out of bytes that may end too early: what is missing counts as zero, nothing raises. Pure."""

from __future__ import annotations


def u16(data: bytes, at: int) -> int:
    """The unsigned 16-bit number at that offset."""
    return int.from_bytes(data[at : at + 2], "little")


def u32(data: bytes, at: int) -> int:
    """The unsigned 32-bit number at that offset."""
    return int.from_bytes(data[at : at + 4], "little")
