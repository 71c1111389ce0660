"""A builder of binary workbooks (BIFF8 and BIFF5) for the inspector's tests."""

import struct

from support.compound_documents import compound

BIFF5, BIFF8 = 0x0500, 0x0600


def record(kind, content=b""):
    return struct.pack("<HH", kind, len(content)) + content


def string(words, length="<H"):
    """A string of BIFF8."""
    wide = any(ord(character) > 255 for character in words)
    raw = words.encode("utf-16-le") if wide else words.encode("latin-1")
    return struct.pack(length, len(words)) + bytes([wide]) + raw


def old_string(words, length="<H"):
    """A string of BIFF5 in Chinese."""
    raw = words.encode("gbk")
    return struct.pack(length, len(raw)) + raw


def label(row, column, words, *, old=False):
    return record(0x0204, struct.pack("<HHH", row, column, 0) + (old_string(words) if old else string(words)))


def shared(row, column, number):
    return record(0x00FD, struct.pack("<HHHI", row, column, 0, number))


def number(row, column, value):
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def formula(row, column, result):
    """A formula and its last result."""
    if isinstance(result, str):
        head = struct.pack("<HHHHIHHI", row, column, 0, 0, 0, 0xFFFF, 0, 0)
        return record(0x0006, head) + record(0x0207, string(result))
    return record(0x0006, struct.pack("<HHHd", row, column, 0, result) + bytes(8))


def box(words, kind=6, cut=0):
    """A text box, or a comment's text; ``cut``: where its text goes on in a record of its own."""
    content = record(0x005D, struct.pack("<HHHHH", 0x15, 0x12, kind, 1, 0) + bytes(12))
    content += record(0x01B6, struct.pack("<HH6xHH4x", 0, 0, len(words), 16))
    for piece in (words[:cut], words[cut:]) if cut else (words,):
        content += record(0x003C, b"\x01" + piece.encode("utf-16-le"))
    return content + record(0x003C, bytes(16))


def more_margins(even_header="", even_footer="", first_header="", first_footer=""):
    texts = (even_header, even_footer, first_header, first_footer)
    head = struct.pack("<H10x16xH4H", 0x089C, 3, *map(len, texts))
    return record(0x089C, head + b"".join(string(words) for words in texts if words))


def strings_record(strings, cut=0):
    """The shared strings. ``cut``: bytes of a record; characters that are cut get their width repeated."""
    body = struct.pack("<II", len(strings), len(strings))
    parts = []
    for words in strings:
        raw = words if isinstance(words, bytes) else string(words)
        wide = raw[2] & 1
        while cut and len(body) + len(raw) > cut:
            room = max(cut - len(body), 0)
            room = 0 if room < 4 else room - (room - 3) % 2 if wide else room
            if room:
                body, raw = body + raw[:room], bytes([wide]) + raw[room:]
            parts.append(body)
            body = b""
            if not room:
                break
        body += raw
    parts.append(body)
    return record(0x00FC, parts[0]) + b"".join(record(0x003C, part) for part in parts[1:])


def book(sheets, *, strings=(), cut=0, version=BIFF8, more=b""):
    """The workbook stream of [(name, records)]."""
    start = record(0x0809, struct.pack("<HHHH", version, 5, 0, 0).ljust(16 if version == BIFF8 else 8, b"\0"))
    start += record(0x0042, struct.pack("<H", 1200 if version == BIFF8 else 936)) + more
    end = (strings_record(strings, cut) if strings else b"") + record(0x000A)
    names = [string(name, "<B") if version == BIFF8 else old_string(name, "<B") for name, _ in sheets]
    place = len(start) + sum(10 + len(name) for name in names) + len(end)
    body = b""
    for name, (_, content) in zip(names, sheets, strict=True):
        start += record(0x0085, struct.pack("<IH", place + len(body), 0) + name)
        body += record(0x0809, struct.pack("<HHHH", version, 0x10, 0, 0)) + content + record(0x000A)
    return start + end + body


def workbook(sheets, others=None, **options):
    """A whole file."""
    stream = "Workbook" if options.get("version", BIFF8) == BIFF8 else "Book"
    return compound({stream: book(sheets, **options), **(others or {})})
