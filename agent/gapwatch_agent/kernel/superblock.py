"""Which filesystem stands on a block device: type, id and label from its first bytes. Pure, except ``read_start``.

udev knows this where it runs; this is for where it does not, and for the moment before it has looked. Ids are written
as udev writes them, so that a medium has the same id on every machine. The bytes are a stranger's: nothing is believed
beyond its own field.
"""

from __future__ import annotations

import os
import re
import struct
import uuid
from dataclasses import dataclass
from typing import Final

START_BYTES: Final = 0x10000 + 0x1000
"""Enough for every format below; the last to begin is btrfs at 64 KiB."""

_ISO_DATE: Final = re.compile(rb"[0-9]{16}")
_FAT_LABELS_OF_NONE: Final = frozenset({"NO NAME", ""})


@dataclass(frozen=True, slots=True)
class Superblock:
    """Empty where nothing was recognised."""

    type: str = ""
    uid: str = ""
    label: str = ""


def read_start(node: str) -> bytes:
    """The first bytes of a block device; none when it cannot be read. May wait long: not for an event loop."""
    try:
        fd = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.pread(fd, START_BYTES, 0)
    except OSError:
        return b""
    finally:
        os.close(fd)


def identify(data: bytes) -> Superblock:
    """What the first bytes of a device say it is."""
    data = data.ljust(START_BYTES, b"\0")
    for reader in (_exfat, _ntfs, _ext, _xfs, _btrfs, _iso9660, _fat):
        found = reader(data)
        if found is not None:
            return found
    return Superblock()


def _fat(data: bytes) -> Superblock | None:
    if data[510:512] != b"\x55\xaa" or data[0] not in (0xEB, 0xE9):
        return None
    if data[82:87] == b"FAT32":
        return Superblock("vfat", _serial(data, 67), _fat_label(data[71:82]))
    if data[54:57] == b"FAT":
        return Superblock("vfat", _serial(data, 39), _fat_label(data[43:54]))
    return None


def _fat_label(raw: bytes) -> str:
    label = _text(raw).rstrip(" ")
    return "" if label in _FAT_LABELS_OF_NONE else label


def _exfat(data: bytes) -> Superblock | None:
    return Superblock("exfat", _serial(data, 100)) if data[3:11] == b"EXFAT   " else None


def _ntfs(data: bytes) -> Superblock | None:
    if data[3:11] != b"NTFS    ":
        return None
    return Superblock("ntfs", f"{struct.unpack_from('<Q', data, 72)[0]:016X}")


def _ext(data: bytes) -> Superblock | None:
    if data[1080:1082] != b"\x53\xef":
        return None
    compatible, incompatible = struct.unpack_from("<II", data, 1024 + 92)
    kind = "ext4" if incompatible & 0x2C0 else "ext3" if compatible & 0x4 else "ext2"
    return Superblock(kind, _uuid(data, 1024 + 104), _text(data[1024 + 120 : 1024 + 136]))


def _xfs(data: bytes) -> Superblock | None:
    return Superblock("xfs", _uuid(data, 32), _text(data[108:120])) if data[:4] == b"XFSB" else None


def _btrfs(data: bytes) -> Superblock | None:
    at = 0x10000
    if data[at + 64 : at + 72] != b"_BHRfS_M":
        return None
    return Superblock("btrfs", _uuid(data, at + 32), _text(data[at + 0x12B : at + 0x22B]))


def _iso9660(data: bytes) -> Superblock | None:
    at = 0x8000
    if data[at + 1 : at + 6] != b"CD001":
        return None
    label = _text(data[at + 40 : at + 72]).rstrip(" ")
    for date in (data[at + 830 : at + 846], data[at + 813 : at + 829]):  # modified, else created
        if _ISO_DATE.fullmatch(date) and date != b"0" * 16:
            digits = date.decode("ascii")
            parts = (digits[:4], *(digits[place : place + 2] for place in range(4, 16, 2)))
            return Superblock("iso9660", "-".join(parts), label)
    return Superblock("iso9660", "", label)


def _serial(data: bytes, at: int) -> str:
    high, low = struct.unpack_from("<I", data, at)[0] >> 16, struct.unpack_from("<I", data, at)[0] & 0xFFFF
    return f"{high:04X}-{low:04X}"


def _uuid(data: bytes, at: int) -> str:
    raw = data[at : at + 16]
    return str(uuid.UUID(bytes=raw)) if any(raw) else ""


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
