"""Naming a medium: serial number and filesystem id in one normal form, and which serial numbers name nothing.

Serial numbers are missing, cloned and written differently by different bridges; the key is the same text wherever the
same stick is seen, and says by its first character when it rests on less than a unique serial.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from gapwatch_proto.events import Medium

_PART_CHARS_MAX: Final = 128
_SERIAL_CHARS_MIN: Final = 4
_PUNCTUATION: Final = "/~:"
"""What keys are built with; a serial cannot hold it and so cannot pass for another key."""

# Serials that whole production runs share (usb.ids forums, vendors' reference firmware); compared after normalising.
_SHARED: Final = frozenset(
    {
        "0123456789",
        "123456789",
        "1234567890",
        "0123456789AB",
        "0123456789ABCDEF",
        "123456789ABC",
        "123456789ABCDEF",
        "1234567890ABCDEF",
        "0123456789ABCDEFGH",
        "00000000000000000001",
        "CCYYMMDDHHMMSS",
        "DEADBEEF",
        "NONE",
        "NULL",
        "SERIAL",
        "TBDTBDTBD",
        "UNKNOWN",
        "USB2.0",
        "012345678901",
        "012345678912",
        "1234567890AB",
        "20090516388200000",
        "ABCDEFGHIJ",
        "ABCDEF0123456789",
    }
)
_ONLY_FILLER: Final = re.compile(r"(.)\1*|0+[0-9A-F]")


def normal_serial(serial: str) -> str:
    """The serial without what differs between readers: blanks, control characters, case; cut to a fixed length."""
    return _normal(serial)


def normal_filesystem_id(filesystem_id: str) -> str:
    """A filesystem UUID or FAT volume serial in one writing."""
    return _normal(filesystem_id)


def serial_missing(serial: str) -> bool:
    """Whether a serial names no single device: empty, too short, filler, or known to be shared by many."""
    normal = normal_serial(serial)
    return len(normal) < _SERIAL_CHARS_MIN or normal in _SHARED or _ONLY_FILLER.fullmatch(normal) is not None


def device_key(medium: Medium) -> str:
    """The device alone: its serial, or ``~vendor:product`` when the serial names nothing."""
    if serial_missing(medium.serial_number):
        return f"~{_normal(medium.vendor_id)}:{_normal(medium.product_id)}"
    return normal_serial(medium.serial_number)


def medium_key(medium: Medium) -> str:
    """The device and the filesystem on it: ``4C530001230508109262/1A2B-3C4D``; what sightings are kept under."""
    return f"{device_key(medium)}/{normal_filesystem_id(medium.filesystem_id)}"


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    cut = text[: _PART_CHARS_MAX * 4]
    kept = (char for char in cut if unicodedata.category(char)[0] not in "CZ" and char not in _PUNCTUATION)
    return "".join(kept).upper()[:_PART_CHARS_MAX]
