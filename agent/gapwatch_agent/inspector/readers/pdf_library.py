"""pdfium as the PDF reader needs it: loaded once in the parent, no font or other path opened, no callback made late.

Fonts that a file does not carry are replaced by one glyph of our own, an em square: pdfium drops text whose glyphs have
no extent, and the cage has no font files. Everything a child calls back into is made here, before the cage closes
(a new callback would need executable memory). The raw bindings are used; the package around them loads far more.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector.readers.source import Source, StopReading

IN_MEMORY_BYTES_MAX: Final = 32 << 20
"""A larger file is read block by block as pdfium asks for it."""
STRING_BYTES_MAX: Final = 1 << 17
_REASONS: Final = {pdfium.FPDF_ERR_PASSWORD: "encrypted", pdfium.FPDF_ERR_SECURITY: "encrypted"}

Handle = Any
"""A pointer of pdfium's."""


class NotOpenedError(Exception):
    """pdfium refuses the file; ``reason`` says why in the words of a verdict."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def opened(source: Source, content: bytes) -> Iterator[Handle]:
    """The document; ``content`` is the whole file or empty when it is read block by block."""
    slot = max(_SOURCES, default=0) + 1
    _SOURCES[slot] = source
    access = pdfium.FPDF_FILEACCESS(source.size, _get_block, slot)
    try:
        if content:
            document = pdfium.FPDF_LoadMemDocument64(content, len(content), None)
        else:
            document = pdfium.FPDF_LoadCustomDocument(ctypes.byref(access), None)
        if not document:
            raise NotOpenedError(_REASONS.get(pdfium.FPDF_GetLastError(), "damaged"))
        try:
            yield document
        finally:
            pdfium.FPDF_CloseDocument(document)
    finally:
        del _SOURCES[slot]


def text_of(call: Callable[[Any, int], int]) -> str:
    """A string by pdfium's custom: asked twice, first for its size in bytes, in UTF-16 with a final zero."""
    size = call(None, 0)
    if not 2 < size <= STRING_BYTES_MAX:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    call(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace").rstrip("\0")


def metadata(document: Handle, key: bytes) -> str:
    """An entry of the Info dictionary, decrypted; empty when there is none."""
    return text_of(lambda buffer, size: pdfium.FPDF_GetMetaText(document, key, buffer, size))


def deciphered(document: Handle, bytes_max: int) -> bytes:
    """The document as pdfium would save it without its encryption; empty when that would be larger."""
    _SAVED.append(bytearray())
    _SAVED_BYTES_MAX.append(bytes_max)
    try:
        saved = pdfium.FPDF_SaveAsCopy(document, ctypes.byref(_FILE_WRITE), pdfium.FPDF_REMOVE_SECURITY)
        return bytes(_SAVED[-1]) if saved else b""
    finally:
        _SAVED.pop()
        _SAVED_BYTES_MAX.pop()


# --- callbacks

_SAVED: list[bytearray] = []
_SAVED_BYTES_MAX: list[int] = []


@dict(pdfium.FPDF_FILEWRITE._fields_)["WriteBlock"]  # type: ignore[untyped-decorator, unused-ignore]
def _write_block(_write: Any, data: int, size: int) -> int:
    """Called by pdfium to save; zero ends it."""
    if len(_SAVED[-1]) + size > _SAVED_BYTES_MAX[-1]:
        return 0
    _SAVED[-1].extend(ctypes.string_at(data, size))
    return 1


_FILE_WRITE: Final = pdfium.FPDF_FILEWRITE(version=1, WriteBlock=_write_block)

_SOURCES: dict[int, Source] = {}
"""Open files by the number pdfium hands back: a file inside a file is opened beside the outer one."""


@dict(pdfium.FPDF_FILEACCESS._fields_)["m_GetBlock"]  # type: ignore[untyped-decorator, unused-ignore]
def _get_block(slot: int, position: int, buffer: Any, size: int) -> int:
    """Called by pdfium; ``slot`` is what ``opened`` gave it. Zero says that the medium failed."""
    try:
        piece = _SOURCES[slot].read(position, size)
    except (StopReading, KeyError):
        return 0
    if len(piece) != size:
        return 0
    ctypes.memmove(buffer, piece, size)
    return 1


# --- the only font


def _table_of_boxes() -> bytes:
    """A TrueType font of two equal glyphs, each an em square, and every character mapped to the second."""
    corners = struct.pack(">hhhh", 0, 1000, 0, -1000) + struct.pack(">hhhh", -200, 0, 1000, 0)
    box = struct.pack(">hhhhhHH", 1, 0, -200, 1000, 800, 3, 0) + bytes([1, 1, 1, 1]) + corners
    box += bytes(-len(box) % 4)
    # Format 13: many characters, one glyph.
    subtable = struct.pack(">HHIIIIII", 13, 0, 28, 0, 1, 0, 0x10FFFF, 1)
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable,
        b"glyf": box * 2,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, -200, 1000, 800, 0, 8, 2, 1, 0),
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, 1000, 0, 0, 1000, 1, *[0] * 7, 1),
        b"hmtx": struct.pack(">Hhh", 1000, 0, 0),
        b"loca": struct.pack(">III", 0, len(box), 2 * len(box)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 1, *[0] * 8),
    }
    directory = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, len(tables) * 16 - 64)
    offset = len(directory) + 16 * len(tables)
    bodies = b""
    for tag, body in sorted(tables.items()):
        directory += tag + struct.pack(">III", 0, offset + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    return directory + bodies


_FONT: Final = _table_of_boxes()
_FONT_INFO_FIELDS: Final = dict(pdfium.FPDF_SYSFONTINFO._fields_)


@_FONT_INFO_FIELDS["MapFont"]  # type: ignore[untyped-decorator, unused-ignore]
def _map_font(*_wanted: Any) -> int:
    return 1


@_FONT_INFO_FIELDS["GetFontData"]  # type: ignore[untyped-decorator, unused-ignore]
def _get_font_data(_info: Any, _font: Any, table: int, buffer: Any, size: int) -> int:
    if table:
        return 0
    if buffer and size >= len(_FONT):
        ctypes.memmove(buffer, _FONT, len(_FONT))
    return len(_FONT)


_FONT_INFO: Final = pdfium.FPDF_SYSFONTINFO(version=1, MapFont=_map_font, GetFontData=_get_font_data)


def _start() -> None:
    """No list of font folders, and then not even a search."""
    no_paths = (ctypes.POINTER(ctypes.c_char) * 1)()
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=no_paths))
    pdfium.FPDF_SetSystemFontInfo(_FONT_INFO)


_start()
