"""PowerPoint 97-2003 presentations, templates, WPS's too (MS-PPT): masters, then each slide as a page, notes last.

Only what the newest edit refers to is read: superseded versions of a slide that a fast save left behind do not count.
What a shape is, and in which zone, is decided by the same rules as for today's format.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ole_properties, ppt_records, ppt_shapes
from gapwatch_agent.inspector.readers.compound import CHUNK_BYTES, CompoundFile
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.ppt_records import HEAD_BYTES, Presentation, Record, inside
from gapwatch_agent.inspector.readers.pptx_slide import Backdrop, Frames, Slide
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading

_DOCUMENT_ATOM, _LIST, _PERSIST, _MARGINS, _MARGIN_FLAGS = 0x03E9, 0x0FF0, 0x03F3, 0x0FD9, 0x0FDA
_SLIDES, _MASTERS, _NOTES = 0, 1, 2
_SLIDE_MARGINS: Final = 3
_HAS_HEADER, _HAS_FOOTER = 0x10, 0x20
_COMMENT: Final = 0x2EE0
_USUAL_HEIGHT: Final = 4320.0
_SLIDES_MAX: Final = 5000
_MASTER_PLACEHOLDERS: Final = ("title", "ctrTitle", "body", "subTitle")


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading. Reports ``damaged`` when the newest edit cannot be found or a record breaks off."""
    compound = CompoundFile(source, limits, report)
    yield _fragments(compound, limits, report)


def _fragments(compound: CompoundFile, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    yield from ole_properties.fragments(compound, limits, report)
    yield from _Reader(Presentation(compound, report), limits, report).read()


@dataclass(slots=True)
class _Listed:
    """A slide, master or notes page as the document lists it."""

    number: int
    identity: int = 0
    texts: list[str] = field(default_factory=list)


class _Reader:
    def __init__(self, presentation: Presentation, limits: Limits, report: Report) -> None:
        self._presentation = presentation
        self._limits = limits
        self._report = report
        self._height = _USUAL_HEIGHT
        self._lists: dict[int, list[_Listed]] = {_SLIDES: [], _MASTERS: [], _NOTES: []}
        self._frames: Frames = {}
        self._notes: list[Fragment] = []

    def read(self) -> Iterator[Fragment | Embedded]:
        yield from self._document()
        for master in self._lists[_MASTERS]:
            yield from self._master(master)
        for page, slide in enumerate(self._lists[_SLIDES], start=1):
            yield from self._slide(slide, page)
        yield from self._notes
        pages = {slide.identity: page for page, slide in enumerate(self._lists[_SLIDES], start=1)}
        for notes in self._lists[_NOTES]:
            yield from self._notes_page(notes, pages)
        yield from self._embedded()

    # --- the document's own record

    def _document(self) -> Iterator[Fragment]:
        data = self._presentation.content(self._presentation.document)
        for record in ppt_records.children(data, 0, len(data)):
            if record.kind == _DOCUMENT_ATOM:
                self._height = float(u32(data, record.start + 4)) or _USUAL_HEIGHT
            elif record.kind == _LIST:
                self._lists.setdefault(record.instance, []).extend(_listed(data, record))
            elif record.kind == _MARGINS:
                yield from _margins(data, record, 0)
        kinds = (
            (_SLIDES, (ppt_records.SLIDE,)), (_MASTERS, (ppt_records.MAIN_MASTER,)), (_NOTES, (ppt_records.NOTES,)),
        )  # fmt: skip
        for number, wanted in kinds:
            if not self._lists[number] or not self._presentation.is_listed:
                self._lists[number] = [_Listed(found) for found in self._presentation.numbers(*wanted)]
            if len(self._lists[number]) > _SLIDES_MAX:
                self._report("too_many")
                del self._lists[number][_SLIDES_MAX:]

    # --- pages

    def _drawn(self, data: bytes, listed: _Listed) -> ppt_shapes.Drawn:
        return ppt_shapes.drawn(data, 0, len(data), listed.texts, self._limits.depth_max)

    def _master(self, listed: _Listed) -> Iterator[Fragment]:
        data = self._presentation.content(self._presentation.place(listed.number))
        found = self._drawn(data, listed)
        for words in found.word_art:
            yield Fragment(words, part=where.WATERMARK)
        backdrop = Backdrop(self._height)
        yield from backdrop.place(found.shapes)
        self._frames.update(backdrop.frames)
        yield from self._own_margins(data, 0)

    def _slide(self, listed: _Listed, page: int) -> Iterator[Fragment]:
        data = self._presentation.content(self._presentation.place(listed.number))
        found = self._drawn(data, listed)
        yield from self._own_margins(data, page)
        for words in found.word_art:
            yield Fragment(words, part=where.WATERMARK, page=page)
        yield from Slide(page, self._height, self._frames).place(found.shapes)
        for _, (_, text, _) in ppt_shapes.strings(data, 0, len(data), _COMMENT, self._limits.depth_max):
            self._note("\n".join(ppt_shapes.lines(text)), page)

    def _own_margins(self, data: bytes, page: int) -> Iterator[Fragment]:
        for record in ppt_records.children(data, 0, len(data)):
            if record.kind == _MARGINS:
                yield from _margins(data, record, page)

    def _note(self, text: str, page: int) -> None:
        if text and len(self._notes) < self._limits.members_max:
            self._notes.append(Fragment(text, part=where.NOTE, page=page))

    def _notes_page(self, listed: _Listed, pages: dict[int, int]) -> Iterator[Fragment]:
        data = self._presentation.content(self._presentation.place(listed.number))
        page = next((pages.get(u32(data, record.start), 0) for record in ppt_records.children(data, 0, len(data))), 0)
        for shape in self._drawn(data, listed).shapes:
            if shape.lines and shape.lines != [ppt_shapes.FIELD_TEXT]:
                yield Fragment(shape.text(), part=where.NOTE, page=page)

    # --- objects

    def _embedded(self) -> Iterator[Embedded]:
        for number in self._presentation.numbers(ppt_records.OLE_OBJECT):
            place = self._presentation.place(number)
            yield Embedded(f"object{number}", functools.partial(self._object, place))

    def _object(self, place: int) -> Iterator[bytes]:
        """An embedded compound file, packed or not."""
        head, _, size = self._presentation.head(place)
        start, end = place + HEAD_BYTES, min(place + HEAD_BYTES + size, self._presentation.stream.size)
        unpacker = zlib.decompressobj() if head >> 4 else None
        missing = 0
        if unpacker is not None:
            missing = u32(self._presentation.stream.read(start, 4), 0)
            start += 4
        while start < end:
            piece = self._presentation.stream.read(start, min(CHUNK_BYTES, end - start))
            if not piece:
                return
            start += len(piece)
            if unpacker is None:
                yield piece
            else:
                for found in _unpacked(unpacker, piece):
                    missing -= len(found)
                    yield found
                if unpacker.eof:
                    return
        # The checksum behind the bytes is not always there.
        if missing > 0:
            raise StopReading("damaged")


def _unpacked(unpacker: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    while piece:
        try:
            found = unpacker.decompress(piece, CHUNK_BYTES)
        except zlib.error as error:
            raise StopReading("damaged") from error
        yield found
        piece = unpacker.unconsumed_tail


def _listed(data: bytes, record: Record) -> Iterator[_Listed]:
    """The pages of a list, each with the texts of its placeholders."""
    last: _Listed | None = None
    for part in inside(data, record):
        if part.kind == _PERSIST:
            if last is not None:
                yield last
            last = _Listed(u32(data, part.start), u32(data, part.start + 12))
        elif last is not None:
            text = ppt_records.text_of(data, part)
            if text is not None:
                last.texts.append(text)
    if last is not None:
        yield last


def _margins(data: bytes, record: Record, page: int) -> Iterator[Fragment]:
    """Header and footer texts kept beside the slides; a text that is switched off is a note."""
    flags, found = 0, ["", "", ""]
    for part in inside(data, record):
        text = ppt_records.text_of(data, part)
        if part.kind == _MARGIN_FLAGS:
            flags = u16(data, part.start + 2)
        elif text is not None and part.instance < len(found):
            found[part.instance] = text
    # The list of margins for notes and handouts has its own number; slides have no header.
    of_slides = page or record.instance == _SLIDE_MARGINS
    for text, flag, kind in ((found[1], _HAS_HEADER, where.HEADER), (found[2], _HAS_FOOTER, where.FOOTER)):
        if text.strip():
            yield Fragment(text, part=kind if of_slides and flags & flag else where.NOTE, page=page)
