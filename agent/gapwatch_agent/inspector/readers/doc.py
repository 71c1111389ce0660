"""Word 97-2003 documents and templates, WPS Writer's, and as well as can be those of Word 6 and 95 (MS-DOC).

Order: properties, headers and footers of every section, words drawn as shapes, the text with its boxes where they are
anchored, notes and comments, embedded files. Of an encrypted document the properties are read, where they are not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import codepages, office_art, ole_objects, ole_properties
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.doc_formatting import Formatting
from gapwatch_agent.inspector.readers.doc_structure import WordFile, plex
from gapwatch_agent.inspector.readers.doc_text import Story
from gapwatch_agent.inspector.readers.little_endian import u32
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source

_SEPARATORS: Final = 6
"""The first parts of the headers' text divide notes from the page."""
_KINDS: Final = (where.HEADER, where.HEADER, where.FOOTER, where.FOOTER, where.HEADER, where.FOOTER)
"""Even and odd header, even and odd footer, header and footer of the first page; for each section."""
_NOTES: Final = ("footnotes", "endnotes", "comments")
_SECTION_BYTES, _SHAPE_BYTES, _BOX_BYTES = 12, 26, 22
_BOX_SHAPE_AT: Final = 14
_CHINESE: Final = 936


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading; of an old document without a known language a second one in the other of two encodings."""
    compound = CompoundFile(source, limits, report)
    yield _fragments(compound, limits, report, codepage=0)
    if _is_ambiguous(compound, limits):
        yield _fragments(compound, limits, _ignore, codepage=_CHINESE)


def _fragments(compound: CompoundFile, limits: Limits, report: Report, codepage: int) -> Iterator[Fragment | Embedded]:
    yield from ole_properties.fragments(compound, limits, report)
    document = _Document(WordFile(compound, limits, report), codepage)
    yield from document.margins()
    yield from document.word_art()
    yield from document.body()
    yield from document.notes()
    pool = compound.find("ObjectPool")
    for storage in list(pool.children.values()) if pool is not None else ():
        yield from ole_objects.embedded(compound, storage, "ObjectPool")


class _Document:
    def __init__(self, file: WordFile, codepage: int) -> None:
        self._file = file
        self._codepage = codepage or file.codepage
        self._formatting = Formatting(file)
        self._boxes = _Boxes(file, "boxes", "shapes")
        self._header_boxes = _Boxes(file, "header_boxes", "header_shapes")

    def margins(self) -> Iterator[Fragment]:
        """Headers and footers of all sections, boxes in them counted as theirs."""
        first, end = self._file.stories["headers"]
        places, _ = plex(self._file.part("headers"), 0)
        for number, (low, high) in enumerate(itertools.pairwise(places[_SEPARATORS:])):
            if low < high <= end - first:
                yield from self._margin(_KINDS[number % len(_KINDS)], first + low, first + high)
        if len(places) <= _SEPARATORS and end > first:
            yield from self._margin(where.HEADER, first, end)
        for low, high in self._header_boxes.left():
            yield from self._story(where.HEADER, low, high)

    def _margin(self, part: str, low: int, high: int) -> Iterator[Fragment]:
        first = self._file.stories["headers"][0]

        def anchored(position: int, _page: int) -> Iterator[Fragment]:
            for box_low, box_high in self._header_boxes.at(position - first):
                yield from self._story(part, box_low, box_high)

        yield from Story(part, self._formatting).read(self._file.text(low, high, self._codepage), anchored)

    def word_art(self) -> Iterator[Fragment]:
        """Words drawn as shapes: watermarks."""
        for drawing in _drawings(self._file.part("drawings")):
            for words in office_art.word_art(drawing):
                yield Fragment(words, part=where.WATERMARK)

    def body(self) -> Iterator[Fragment]:
        """The main text, boxes standing where they are anchored."""

        def anchored(position: int, page: int) -> Iterator[Fragment]:
            for low, high in self._boxes.at(position):
                yield from self._box(low, high, page)

        story = Story(where.DOCUMENT, self._formatting, page=1, sections=self._sections())
        yield from story.read(self._file.text(*self._file.stories["main"], self._codepage), anchored)
        for low, high in self._boxes.left():
            yield from self._box(low, high, 0)

    def notes(self) -> Iterator[Fragment]:
        """Footnotes, endnotes, comments."""
        for name in _NOTES:
            yield from self._story(where.NOTE, *self._file.stories[name])

    def _story(self, part: str, low: int, high: int) -> Iterator[Fragment]:
        yield from Story(part, self._formatting).read(self._file.text(low, high, self._codepage))

    def _box(self, low: int, high: int, page: int) -> Iterator[Fragment]:
        lines = [fragment.text for fragment in self._story(where.TEXT_BOX, low, high)]
        if lines:
            yield Fragment("\n".join(lines), part=where.TEXT_BOX, page=page)

    def _sections(self) -> dict[int, bool]:
        """Where sections end, and whether what follows starts a page."""
        data = self._file.part("sections")
        places, at = plex(data, _SECTION_BYTES)
        starts = {}
        for number in range(1, len(places) - 1):
            properties = u32(data, at + _SECTION_BYTES * number + 2)
            starts[places[number]] = not self._formatting.section_is_continuous(properties)
        return starts


class _Boxes:
    """The text boxes of the body or of the headers: which shape is anchored where, which text is which shape's."""

    def __init__(self, file: WordFile, boxes: str, shapes: str) -> None:
        first, end = file.stories[boxes]
        data = file.part(boxes) if end > first else b""
        places, at = plex(data, _BOX_BYTES)
        self._ranges: dict[int, list[tuple[int, int]]] = {}
        for number, (low, high) in enumerate(itertools.pairwise(places)):
            if low < high <= end - first:
                shape = u32(data, at + _BOX_BYTES * number + _BOX_SHAPE_AT)
                self._ranges.setdefault(shape, []).append((first + low, first + high))
        if not self._ranges and end > first:
            self._ranges[0] = [(first, end)]
        self._anchors: dict[int, list[int]] = {}
        data = file.part(shapes) if self._ranges else b""
        places, at = plex(data, _SHAPE_BYTES)
        for number, place in enumerate(places[:-1]):
            self._anchors.setdefault(place, []).append(u32(data, at + _SHAPE_BYTES * number))

    def at(self, position: int) -> list[tuple[int, int]]:
        """The texts of the boxes anchored there; each is given once."""
        return [text for shape in self._anchors.get(position, ()) for text in self._ranges.pop(shape, ())]

    def left(self) -> list[tuple[int, int]]:
        """The texts that no anchor gave: boxes in groups."""
        left = [text for texts in self._ranges.values() for text in texts]
        self._ranges.clear()
        return left


def _drawings(data: bytes) -> Iterator[bytes]:
    """The records of each drawing; a byte that says where it belongs stands before each but the first."""
    at = 0
    while at + 8 <= len(data):
        size = 8 + u32(data, at + 4)
        yield data[at : at + size]
        at += size + 1


def _is_ambiguous(compound: CompoundFile, limits: Limits) -> bool:
    """Whether this is a document of bytes that could be Western or Chinese."""
    file = WordFile(compound, limits, _ignore)
    return file.is_old and file.codepage == codepages.WESTERN


def _ignore(_reason: str) -> None:
    """The first reading reported it."""
