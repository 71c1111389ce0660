"""What hangs on a PDF beside its pages' own text: annotations, outline, attached files, pages that are pictures."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.pdf_library import Handle, text_of
from gapwatch_agent.inspector.readers.source import Embedded, Report, StopReading

_ANNOTATIONS_MAX: Final = 2000
_OUTLINE_MAX: Final = 2000
_OUTLINE_DEPTH_MAX: Final = 32
_ATTACHMENTS_MAX: Final = 1000
_PINNED_BYTES_MAX: Final = 8 << 20
_OBJECTS_MAX: Final = 2000
_PICTURE_SHARE: Final = 0.25
"""Of the page: less is a logo on a blank page."""
_STROKES_MIN: Final = 50
_RENDER_DPI: Final = 200
_RENDER_PIXELS_MAX: Final = 12_000_000
_POINTS_PER_INCH: Final = 72
_CHUNK: Final = 1 << 16

_ON_THE_PAGE: Final = frozenset({pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_WATERMARK})
_STAMPS: Final = (("TopSecret", "TOP SECRET"), ("Confidential", "CONFIDENTIAL"))
_SILENT: Final = frozenset({pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP})


@dataclass(frozen=True, slots=True)
class PageImage:
    """A rendered page: grey bytes, ``width`` to a row, no padding, ``height`` rows; ``page`` counts from 1."""

    pixels: bytes
    width: int
    height: int
    page: int
    dpi: int = _RENDER_DPI


@dataclass(slots=True)
class Annotated:
    """What annotations say in words: on the page, as notes; whether any shows text by its appearance; files."""

    shown: list[Fragment] = field(default_factory=list)
    notes: list[Fragment] = field(default_factory=list)
    appears: bool = False
    files: list[Embedded] = field(default_factory=list)


def annotated(page: Handle, number: int) -> Annotated:
    """The page's annotations."""
    found = Annotated()
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _ANNOTATIONS_MAX)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            if kind in _SILENT:
                continue
            words = _entry(annotation, b"Contents")
            if kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                found.files.extend(_pinned(annotation))
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                found.appears = True
                value, label = _entry(annotation, b"V"), _entry(annotation, b"T")
                if value.strip():
                    found.shown.append(Fragment(f"{label}\t{value}", part=where.TABLE, page=number))
            elif kind in _ON_THE_PAGE:
                found.appears = True
                words = "\n".join(text for text in (words, _stamp(_entry(annotation, b"Name"))) if text.strip())
                if words:
                    found.shown.append(Fragment(words, part=where.ANNOTATION, page=number))
            elif words.strip():
                found.notes.append(Fragment(words, part=where.NOTE, page=number))
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _pinned(annotation: Handle) -> Iterator[Embedded]:
    """A file pinned to the page: taken at once, since the page is closed by the time files are given out."""
    attachment = pdfium.FPDFAnnot_GetFileAttachment(annotation)
    if not attachment:
        return
    name = text_of(lambda buffer, size: pdfium.FPDFAttachment_GetName(attachment, buffer, size))
    name = name.replace("\\", "/") or "attachment"
    try:
        data = _content(attachment, _PINNED_BYTES_MAX)
    except StopReading as stop:
        yield Embedded(name, lambda: iter(()), reason=stop.reason)
        return
    yield Embedded(name, lambda: iter((data,)))


def fields(page: Handle) -> bool:
    """Whether the page has fields of a form."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _ANNOTATIONS_MAX)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                return True
    return False


def _entry(annotation: Handle, key: bytes) -> str:
    return text_of(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _stamp(name: str) -> str:
    """What a stamp's name has it show: the standard's own ones are words run together."""
    for known, words in _STAMPS:
        if known in name:
            return words
    return name if any(character > "\u2e80" for character in name) else ""


def outline(document: Handle) -> Iterator[Fragment]:
    """Titles of bookmarks."""
    stack = [(pdfium.FPDFBookmark_GetFirstChild(document, None), 1)]
    count = 0
    while stack and count < _OUTLINE_MAX:
        mark, depth = stack.pop()
        if not mark:
            continue
        count += 1
        title = text_of(lambda buffer, size, mark=mark: pdfium.FPDFBookmark_GetTitle(mark, buffer, size))  # type: ignore[misc]
        if title.strip():
            yield Fragment(title, part=where.NOTE)
        stack.append((pdfium.FPDFBookmark_GetNextSibling(document, mark), depth))
        if depth < _OUTLINE_DEPTH_MAX:
            stack.append((pdfium.FPDFBookmark_GetFirstChild(document, mark), depth + 1))


def attachments(document: Handle, limits: Limits, report: Report) -> Iterator[Embedded]:
    """Files inside."""
    count = pdfium.FPDFDoc_GetAttachmentCount(document)
    if count > _ATTACHMENTS_MAX:
        report("too_many")
    for index in range(min(count, _ATTACHMENTS_MAX)):
        attachment = pdfium.FPDFDoc_GetAttachment(document, index)
        if not attachment:
            continue
        offered = _Offered(attachment)
        try:
            yield _embedded(offered, index, limits)
        finally:
            # The document may be closed next, and pdfium does not forgive being asked then.
            offered.attachment = None


@dataclass(slots=True)
class _Offered:
    """An attached file while it may be asked for."""

    attachment: Handle


def _embedded(offered: _Offered, index: int, limits: Limits) -> Embedded:
    name = text_of(lambda buffer, size: pdfium.FPDFAttachment_GetName(offered.attachment, buffer, size))

    def content() -> Iterator[bytes]:
        attachment = offered.attachment
        if attachment is None:
            raise StopReading("unreadable")
        data = _content(attachment, limits.memory_bytes // 4)
        for start in range(0, len(data), _CHUNK):
            yield data[start : start + _CHUNK]

    return Embedded(name.replace("\\", "/") or f"attachment{index + 1}", content)


def _content(attachment: Handle, bytes_max: int) -> bytes:
    """An attached file's bytes. Raises StopReading when they cannot be had or are too many."""
    size = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attachment, None, 0, size):
        raise StopReading("damaged")
    if size.value > bytes_max:
        raise StopReading("too_large")
    buffer = ctypes.create_string_buffer(max(size.value, 1))
    if not pdfium.FPDFAttachment_GetFile(attachment, buffer, size.value, size):
        raise StopReading("damaged")
    return buffer.raw[: size.value]


# --- pages that are pictures


def holds_picture(page: Handle) -> bool:
    """Whether a good part of the page is a picture, or drawn: letters can be outlines."""
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    whole = max(width * height, 1.0)
    edges = [ctypes.c_float() for _ in range(4)]
    covered, strokes = 0.0, 0
    for index in range(min(pdfium.FPDFPage_CountObjects(page), _OBJECTS_MAX)):
        drawn = pdfium.FPDFPage_GetObject(page, index)
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            return True
        strokes += kind == pdfium.FPDF_PAGEOBJ_PATH
        drawing = kind in {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM}
        if drawing and pdfium.FPDFPageObj_GetBounds(drawn, *edges):
            left, bottom, right, top = (edge.value for edge in edges)
            covered += max(right - left, 0.0) * max(top - bottom, 0.0)
    return bool(covered >= _PICTURE_SHARE * whole or strokes >= _STROKES_MIN)


def render(page: Handle, number: int) -> PageImage | None:
    """The page in grey, at 200 dots an inch or what fits."""
    width_in = pdfium.FPDF_GetPageWidthF(page) / _POINTS_PER_INCH
    height_in = pdfium.FPDF_GetPageHeightF(page) / _POINTS_PER_INCH
    if not (0 < width_in < 500 and 0 < height_in < 500):
        return None
    dpi = min(_RENDER_DPI, int((_RENDER_PIXELS_MAX / (width_in * height_in)) ** 0.5))
    width, height = max(int(width_in * dpi), 1), max(int(height_in * dpi), 1)
    pixels = (ctypes.c_ubyte * (width * height))()
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, pixels, width)
    if not bitmap:
        return None
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
    flags = pdfium.FPDF_ANNOT | pdfium.FPDF_GRAYSCALE
    pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
    pdfium.FPDFBitmap_Destroy(bitmap)
    return PageImage(bytes(pixels), width, height, number, dpi)
