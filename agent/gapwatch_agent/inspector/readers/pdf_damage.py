"""Signs of damage that pdfium passes over in silence: no end, packed data that is broken, objects that are lost."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf_objects
from gapwatch_agent.inspector.readers.pdf_objects import DEFLATED, STREAM, Raw
from gapwatch_agent.inspector.readers.source import StopReading

_TAIL_BYTES: Final = 4096
_STREAM_BYTES_MAX: Final = 128 << 20
"""A stream this large unpacked would have pdfium ask for more memory than there is."""
_CHECKED_STREAMS_MAX: Final = 20_000
_CHECKED_BYTES_MAX: Final = 8 << 20
_LETTERED_BYTES_MAX: Final = 1 << 16
_ENTRIES_MAX: Final = 20_000
_MISSING_MAX: Final = 16

_START: Final = re.compile(rb"startxref\s+(\d{1,19})\s")
_IMAGE: Final = re.compile(rb"/Subtype\s*/Image")
"""Streams whose damage costs no text, and which are the large ones."""
_LETTERED: Final = re.compile(rb"/Filter\s*\[\s*/A(?:SCII)?85(?:Decode)?\s*/Fl(?:ateDecode)?\b")
_TABLE: Final = re.compile(rb"xref\s+(?=\d+ \d+\s)")
_SUBSECTION: Final = re.compile(rb"(\d{1,9}) (\d{1,6})\s+(?=\d{10} \d{5} [nf])")
_PAGE: Final = re.compile(rb"/Type\s*/Page\b")
_HEAD: Final = re.compile(rb"(\d{1,9})\s+(\d{1,5})$")
_HEAD_BYTES_MAX: Final = 4096
_PAGES_MAX: Final = 5000
_OWN_NUMBER: Final = 4_000_000
"""Above any number in use, below the highest pdfium takes."""
_ENTRY_BYTES: Final = 20
_OBJECT: Final = re.compile(rb"\s*\d+ \d+ obj")


def is_cut_off(raw: Raw) -> bool:
    """Whether the end a PDF must have is missing."""
    tail = raw.content.rstrip(b"\0\r\n\t ")[-_TAIL_BYTES:]
    return b"%%EOF" not in tail or _START.search(tail) is None


def has_lost_objects(raw: Raw) -> bool:
    """Whether a cross reference table names an object of which there is no trace. Wrong offsets alone are common."""
    if not raw.whole:
        return False
    missing = checked = 0
    for table in _TABLE.finditer(raw.content):
        section = _SUBSECTION.match(raw.content, table.end())
        while section is not None:
            first, count = int(section[1]), int(section[2])
            for index in range(count):
                at = section.end() + index * _ENTRY_BYTES
                entry = raw.content[at : at + _ENTRY_BYTES]
                checked += 1
                if checked > _ENTRIES_MAX or missing > _MISSING_MAX:
                    return missing > 0
                if entry[17:18] != b"n" or not entry[:10].isdigit() or not entry[11:16].isdigit():
                    continue
                if _OBJECT.match(raw.content, int(entry[:10])):
                    continue
                if raw.content.find(b"%d %d obj" % (first + index, int(entry[11:16]))) < 0:
                    return True
                missing += 1
            section = _SUBSECTION.match(raw.content, section.end() + count * _ENTRY_BYTES)
    return False


def has_broken_streams(raw: Raw, limits: Limits) -> bool:
    """Whether a packed stream that can hold text does not unpack.

    Raises StopReading where a stream would unpack to more than there is memory.
    """
    if not raw.whole or raw.is_encrypted():
        return False
    content = raw.content
    unpacked = 0
    largest = min(limits.expansion_bytes(len(content)), _STREAM_BYTES_MAX)
    for count, opened in enumerate(STREAM.finditer(content)):
        if count >= _CHECKED_STREAMS_MAX or unpacked > _CHECKED_BYTES_MAX:
            return False
        if content[opened.start() - 3 : opened.start()] == b"end":
            continue
        entries = raw.entries(opened.start())
        if _IMAGE.search(entries):
            continue
        if DEFLATED.search(entries):
            size, sound = _measured(content, opened.end(), largest)
        elif _LETTERED.search(entries):
            size, sound = _lettered(content, opened.end())
        else:
            continue
        unpacked += size
        if size > largest:
            raise StopReading("too_large")
        if not sound:
            return True
    return False


def mended(raw: Raw) -> bytes:
    """A file without its catalogue, given one that names the pages still there; empty when there are none."""
    pages: list[bytes] = []
    end = 0
    for named in _PAGE.finditer(raw.content):
        at = raw.content.rfind(b" obj", max(named.start() - _HEAD_BYTES_MAX, end), named.start())
        head = _HEAD.search(raw.content, max(at - _ENTRY_BYTES, 0), at) if at >= 0 else None
        if head and len(pages) < _PAGES_MAX:
            pages.append(b"%s %s R" % head.groups())
        end = named.end()
    if not pages or not raw.whole:
        return b""
    kids = b"%d 0 obj\n<</Type/Pages/Count %d/Kids[%s]>>\nendobj\n" % (_OWN_NUMBER, len(pages), b" ".join(pages))
    root = b"%d 0 obj\n<</Type/Catalog/Pages %d 0 R>>\nendobj\n" % (_OWN_NUMBER + 1, _OWN_NUMBER)
    return raw.content + b"\nendstream\nendobj\n" + kids + root + b"trailer\n<</Root %d 0 R>>\n" % (_OWN_NUMBER + 1)


def _measured(content: bytes, start: int, size_max: int) -> tuple[int, bool]:
    """How much it unpacks to, and whether it is sound to its end."""
    unpacker = zlib.decompressobj()
    size = 0
    for piece in pdf_objects.steps(unpacker, content, start):
        if piece is None:
            return size, False
        size += len(piece)
        if size > size_max:
            break
    return size, unpacker.eof


def _lettered(content: bytes, start: int) -> tuple[int, bool]:
    """The same for packed data written in letters (ASCII85); long ones are taken on trust."""
    end = content.find(b"~>", start, start + _LETTERED_BYTES_MAX)
    if end < 0:
        return 0, content.find(b"~>", start) >= 0
    try:
        packed = base64.a85decode(content[start:end])
    except (ValueError, binascii.Error):
        return 0, False
    return _measured(packed, 0, _STREAM_BYTES_MAX)
