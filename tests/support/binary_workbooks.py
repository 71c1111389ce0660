"""Builders of binary workbooks (xlsb) for the inspector's tests: records, strings, a whole package."""

import struct

from support.office_documents import package, relations


def record(kind, payload=b""):
    """One record with its head."""
    head = bytes((kind,)) if kind < 128 else bytes((kind & 0x7F | 0x80, kind >> 7))
    size = len(payload)
    length = b""
    while True:
        length += bytes((size & 0x7F | (0x80 if size > 0x7F else 0),))
        size >>= 7
        if not size:
            return head + length + payload


def text(value):
    """A counted UTF-16 string; None is an absent one."""
    if value is None:
        return b"\xff\xff\xff\xff"
    encoded = value.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded


def cell(column, value):
    """A cell: a number, an index of a shared string (bytes of it), or a string in the cell."""
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return record(6, place + text(value))
    if isinstance(value, bytes):
        return record(7, place + struct.pack("<I", int(value)))
    if isinstance(value, int):
        return record(2, place + struct.pack("<I", value << 2 & 0xFFFFFFFF | 2))
    return record(5, place + struct.pack("<d", value))


def row(number, *values):
    """A row's head and its cells."""
    head = struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0)
    return record(0, head) + b"".join(cell(column, value) for column, value in enumerate(values))


def sheet(*rows, header=None, footer=None, extra=b""):
    """A worksheet part."""
    margins = record(479, b"\0\0" + b"".join(text(value) for value in (header, footer, None, None, None, None)))
    body = b"".join(row(number, *values) for number, values in enumerate(rows))
    return record(129) + record(145) + body + record(146) + extra + margins + record(480) + record(130)


def raw_xlsb(*sheets, strings=(), others=None, names=b""):
    """A workbook of sheet parts."""
    bundle = b"".join(
        record(156, struct.pack("<II", 0, number) + text(f"rId{number}") + text(f"表{number}"))
        for number in range(1, len(sheets) + 1)
    )
    targets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1)]
    items = b"".join(record(19, b"\0" + text(value)) for value in strings)
    table = record(159, struct.pack("<II", len(strings), len(strings))) + items + record(160)
    parts = {
        "xl/workbook.bin": record(131) + record(143) + bundle + record(144) + names + record(132),
        "xl/_rels/workbook.bin.rels": relations([*targets, ("rIdS", "sharedStrings", "sharedStrings.bin")]),
        "xl/sharedStrings.bin": table,
        **{f"xl/worksheets/sheet{n}.bin": content for n, content in enumerate(sheets, start=1)},
    }
    return package("xlsb", "xl/workbook.bin", parts | (others or {}))
