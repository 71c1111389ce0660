"""The packed RTF of Outlook messages (MS-OXRTFCP) to RTF. Pure and bounded by what the caller allows."""

from __future__ import annotations

from typing import Final

from gapwatch_agent.inspector.readers.little_endian import u32

_PACKED: Final = b"LZFu"
_PLAIN: Final = b"MELA"
_HEAD_BYTES: Final = 16
_WINDOW: Final = 4096
_KNOWN: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the window holds before the first byte."""


def unpacked(data: bytes, bytes_max: int) -> tuple[bytes, bool]:
    """The RTF and whether it is whole: not cut off, not longer than allowed, of a known kind."""
    kind, size = data[8:12], u32(data, 4)
    if kind == _PLAIN:
        plain = data[_HEAD_BYTES : _HEAD_BYTES + min(size, bytes_max)]
        return plain, len(plain) == size
    if kind != _PACKED:
        return b"", False
    return _unpacked(data, min(size, bytes_max), is_bounded=size > bytes_max)


def _unpacked(data: bytes, size: int, *, is_bounded: bool) -> tuple[bytes, bool]:
    """Text and references into the last 4 KiB of it, eight to a byte of flags; a reference to its own place ends it."""
    # All that was written, with the known text before it: a place in the window is one of the last 4096 here.
    found = bytearray(_KNOWN)
    end, at, total = len(data), _HEAD_BYTES, size + len(_KNOWN)
    while at < end and len(found) < total:
        flags = data[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                found += data[at : at + 1]
                at += 1
                continue
            if at + 2 > end:
                return bytes(found[len(_KNOWN) : total]), False
            reference = data[at] << 8 | data[at + 1]
            at += 2
            back = (len(found) - (reference >> 4)) % _WINDOW
            if not back:
                return bytes(found[len(_KNOWN) : total]), not is_bounded
            _repeat(found, back, (reference & 0xF) + 2)
    return bytes(found[len(_KNOWN) : total]), not is_bounded and len(found) >= total


def _repeat(found: bytearray, back: int, count: int) -> None:
    """Append what stands so far back; it may reach into what is being appended."""
    start = len(found) - back
    if start < 0:
        found += bytes(count)
    elif back >= count:
        found += found[start : start + count]
    else:
        piece = found[start:]
        found += (piece * (count // back + 1))[:count]
