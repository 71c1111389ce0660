"""Builders of archives for which there is no free packer, or whose headers a test wants wrong."""

import lzma
import struct
import zlib

SECTOR = 2048


# --- tar


def tar_header(name, size, kind=b"0", *, magic=b"ustar\x0000", size_field=None):
    """A header with a right checksum. ``size_field``: its twelve bytes instead of the size in octal."""
    block = bytearray(512)
    block[: len(name[:100])] = name[:100]
    block[100:108] = b"0000644\0"
    block[124:136] = size_field or b"%011o\0" % size
    block[148:156] = b" " * 8
    block[156:157] = kind
    block[257:265] = magic
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def tar_file(name, content, kind=b"0"):
    """One entry: header, content, padding."""
    return tar_header(name, len(content), kind) + content + bytes(-len(content) % 512)


def pax(**records):
    """An extended header for the entry after it."""
    body = b""
    for key, value in records.items():
        record = b" %s=%s\n" % (key.encode(), value)
        size = len(record) + 1
        while len(b"%d" % size) + len(record) > size:
            size += 1
        body += b"%d" % size + record
    return tar_file(b"pax", body, b"x")


TAR_END = bytes(1024)


# --- lzip


def lzip(content):
    """One member."""
    described = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
    # The stream must end with a mark of its own: FORMAT_ALONE writes one, behind thirteen bytes of header.
    packed = lzma.compress(content, lzma.FORMAT_ALONE, filters=[described])[13:]
    return b"LZIP\x01\x10" + packed + struct.pack("<LQQ", zlib.crc32(content), len(content), len(packed) + 26)


# --- cab


def cab(members, *, packed=False):
    """A cabinet of {name: content}, stored or as MSZIP."""
    data = b"".join(members.values())
    files = b""
    offset = 0
    for name, content in members.items():
        files += struct.pack("<2L4H", len(content), offset, 0, 0, 0, 0x80) + name.encode() + b"\0"
        offset += len(content)
    start = 36 + 8 + len(files)
    blocks = b""
    count = 0
    for at in range(0, len(data), 32768):
        piece = data[at : at + 32768]
        block = b"CK" + zlib.compress(piece, wbits=-15) if packed else piece
        blocks += struct.pack("<L2H", 0, len(block), len(piece)) + block
        count += 1
    head = struct.pack("<4s5L2B5H", b"MSCF", 0, start + len(blocks), 0, 44, 0, 3, 1, 1, len(members), 0, 1, 0)
    return head + struct.pack("<L2H", start, count, 1 if packed else 0) + files + blocks


# --- rar


def rar4(members, *, file_flags=0, archive_flags=0):
    """A RAR 4 archive of {name: content}, stored; names in UTF-8. Flag 4: encrypted."""
    found = b"Rar!\x1a\x07\x00" + _rar4_block(0x73, archive_flags, struct.pack("<HL", 0, 0))
    for name, content in members.items():
        raw = name.encode()
        flags = 0x8000 | file_flags | (0 if raw.isascii() else 0x200)
        body = struct.pack(
            "<2LBLLBBHL", len(content), len(content), 3, zlib.crc32(content), 0, 20, 0x30, len(raw), 0o100644
        )
        found += _rar4_block(0x74, flags, body + raw) + content
    return found + _rar4_block(0x7B, 0x4000, b"")


def _rar4_block(kind, flags, body):
    rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


def rar5(members, *, encrypted=False, encrypted_headers=False):
    """A RAR 5 archive of {name: content}, stored."""
    found = b"Rar!\x1a\x07\x01\x00"
    if encrypted_headers:
        return found + _rar5_block(_vint(4) + _vint(0) + _vint(0) + _vint(0) + b"\x0f" + bytes(16)) + bytes(64)
    found += _rar5_block(_vint(1) + _vint(0) + _vint(0))
    # An encryption record: size, type 1, version 0, no flags, 2^15 rounds, salt, vector.
    record = _vint(1) + _vint(0) + _vint(0) + b"\x0f" + bytes(32)
    extra = _vint(len(record)) + record if encrypted else b""
    for name, content in members.items():
        raw = name.encode()
        found += _rar5_block(
            _vint(2)
            + _vint(2 | (1 if extra else 0))
            + (_vint(len(extra)) if extra else b"")
            + _vint(len(content))
            + _vint(4)
            + _vint(len(content))
            + _vint(0o100644)
            + struct.pack("<L", zlib.crc32(content))
            + _vint(0)
            + _vint(1)
            + _vint(len(raw))
            + raw
            + extra
        )
        found += content
    return found + _rar5_block(_vint(5) + _vint(0) + _vint(0))


def _rar5_block(body):
    sized = _vint(len(body)) + body
    return struct.pack("<L", zlib.crc32(sized)) + sized


def _vint(number):
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


# --- iso 9660


def iso(name, content):
    """A disc of one file, with Joliet's long name beside the short one."""
    first_data = 24
    sectors = -(-len(content) // SECTOR)
    total = first_data + sectors
    image = bytearray(total * SECTOR)
    for at, root, table, joliet in ((16, 20, 22, False), (17, 21, 23, True)):
        image[at * SECTOR : (at + 1) * SECTOR] = _volume(root, table, total, joliet=joliet)
        table_entry = struct.pack("<BBLH", 1, 0, root, 1) + b"\0\0"
        image[table * SECTOR : table * SECTOR + len(table_entry)] = table_entry
        raw = name.encode("utf-16-be") if joliet else b"A.TXT;1"
        listing = _record(root, SECTOR, b"\x00", 2) + _record(root, SECTOR, b"\x01", 2)
        listing += _record(first_data, len(content), raw, 0)
        image[root * SECTOR : root * SECTOR + len(listing)] = listing
    image[18 * SECTOR : 18 * SECTOR + 7] = b"\xffCD001\x01"
    image[first_data * SECTOR : first_data * SECTOR + len(content)] = content
    return bytes(image)


def _both(number, size=4):
    return number.to_bytes(size, "little") + number.to_bytes(size, "big")


def _record(sector, size, name, flags):
    body = b"\0" + _both(sector) + _both(size) + bytes([126, 1, 1, 0, 0, 0, 0, flags, 0, 0]) + _both(1, 2)
    body += bytes([len(name)]) + name
    body += b"" if len(body) % 2 else b"\0"
    return bytes([len(body) + 1]) + body


def _volume(root, table, total, *, joliet):
    space = "ISO".encode("utf-16-be") if joliet else b"ISO"
    block = bytearray(SECTOR)
    block[0:8] = (b"\x02" if joliet else b"\x01") + b"CD001\x01\0"
    block[8:72] = space.ljust(64, b"\0" if joliet else b" ")
    block[80:88] = _both(total)
    if joliet:
        block[88:91] = b"%/E"
    block[120:124], block[124:128], block[128:132] = _both(1, 2), _both(1, 2), _both(SECTOR, 2)
    block[132:140] = _both(10)
    block[140:144] = table.to_bytes(4, "little")
    block[156:190] = _record(root, SECTOR, b"\0", 2)
    block[881] = 1
    return block
