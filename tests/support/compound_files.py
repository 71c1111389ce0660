"""A small writer of OLE compound files ([MS-CFB], version 3): streams under the root, everything in big sectors."""

import struct

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def _entry(name, kind, child=_FREE, right=_FREE, start=_END, size=0):
    raw = name.encode("utf-16-le")
    head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, kind, 1)
    return head + struct.pack("<III", _FREE, right, child) + b"\0" * 36 + struct.pack("<IQ", start, size)


def compounded(streams):
    """The bytes of a compound file of {name: content}. A short stream is padded: nothing lies in small sectors."""
    fat, sectors, placed = [], [], []
    for name, content in streams.items():
        padded = content.ljust(4096, b"\0")
        start, count = len(sectors), -(-len(padded) // _SECTOR)
        sectors += [padded[at * _SECTOR : (at + 1) * _SECTOR].ljust(_SECTOR, b"\0") for at in range(count)]
        fat += [*range(start + 1, start + count), _END]
        placed.append((name, start, len(padded)))
    entries = [_entry("Root Entry", 5, child=1 if placed else _FREE)]
    for number, (name, start, size) in enumerate(placed, start=1):
        entries.append(_entry(name, 2, right=number + 1 if number < len(placed) else _FREE, start=start, size=size))
    directory = b"".join(entries)
    directory = directory.ljust(-(-len(directory) // _SECTOR) * _SECTOR, b"\0")
    first, count = len(sectors), len(directory) // _SECTOR
    sectors += [directory[at * _SECTOR : (at + 1) * _SECTOR] for at in range(count)]
    fat += [*range(first + 1, first + count), _END]
    fat_sectors = 1
    while fat_sectors * 128 < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_at = len(sectors)
    fat += [_FAT] * fat_sectors
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * _SECTOR, b"\xff")
    sectors += [table[at * _SECTOR : (at + 1) * _SECTOR] for at in range(fat_sectors)]
    header = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, first, 0, 0, _END, 0, _END, 0)
    where = list(range(fat_at, fat_at + fat_sectors))
    header += struct.pack("<109I", *(where + [_FREE] * 109)[:109])
    return header + b"".join(sectors)
