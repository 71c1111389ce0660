"""PDF: labels and properties, what runs on every page, the first page, the other pages, notes, files inside.

pdfium reads the pages; names of custom properties, the XMP packet and signs of damage come from the raw bytes.
Invisible text counts (an OCR layer). A page that is only a picture is read by OCR where that is on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import lines, ocr
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import (
    label_xml,
    pdf_damage,
    pdf_extras,
    pdf_library,
    pdf_lines,
    pdf_objects,
    pdf_page,
    pdf_strings,
)
from gapwatch_agent.inspector.readers.pdf_library import Handle, NotOpenedError
from gapwatch_agent.inspector.readers.pdf_lines import PageText
from gapwatch_agent.inspector.readers.pdf_objects import Raw
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, Reading, Report, Source, StopReading

_HEAD_PAGES: Final = 4
"""Read before anything of them is given out, to know what runs on every page."""
_TIME_SHARE: Final = 0.6
"""Of the processor time of a child: the rest is for judging, hashing and what lies inside."""
_LOADED_BYTES_MAX: Final = 64 << 20
"""pdfium keeps what it has loaded; a large document is opened anew after about so much of it."""
_DECIPHERED_BYTES_MAX: Final = 8 << 20
"""An encrypted file (its password is empty) up to this size is deciphered as a whole to read its properties."""
_PINNED_MAX: Final = 8
"""Files pinned to pages are held until the pages are read."""
_STANDARD_KEYS: Final = (b"Title", b"Subject", b"Keywords", b"Author", b"Creator", b"Producer")
_PROPERTIES_MAX: Final = 1000
_VALUE_CHARACTERS_MAX: Final = 1000


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading."""
    yield _fragments(source, limits, report)


def _fragments(source: Source, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    whole = source.size <= pdf_library.IN_MEMORY_BYTES_MAX
    raw = pdf_objects.load(source, whole=whole)
    yield from _packets(raw, limits, report)
    if pdf_damage.has_broken_streams(raw, limits) or pdf_damage.is_cut_off(raw) or pdf_damage.has_lost_objects(raw):
        report("damaged")
    content = raw.content if whole else b""
    try:
        with pdf_library.opened(source, content) as document:
            yield from _document(document, raw, _Pages(document, source, content, limits, report), limits, report)
            return
    except NotOpenedError as error:
        reason = error.reason
    mended = pdf_damage.mended(raw) if reason == "damaged" else b""
    try:
        with pdf_library.opened(source, mended or b"-") as document:
            report(reason)
            pages = _Pages(document, BytesSource(mended), mended, limits, report)
            yield from _document(document, raw, pages, limits, report)
    except NotOpenedError as error:
        if not raw.is_encrypted():
            yield from _properties(raw, None)
        raise StopReading(reason) from error


def _document(
    document: Handle, raw: Raw, pages: _Pages, limits: Limits, report: Report
) -> Iterator[Fragment | Embedded]:
    """An open document. Raises NotOpenedError, before anything else, when it has no pages."""
    if pages.count == 0:
        raise NotOpenedError("damaged")
    if raw.whole and raw.is_encrypted() and len(raw.content) <= _DECIPHERED_BYTES_MAX:
        plain = Raw(pdf_library.deciphered(document, 2 * _DECIPHERED_BYTES_MAX), whole=True)
        yield from _packets(plain, limits, report)
        yield from _properties(plain, document)
    else:
        yield from _properties(raw, document)
    yield from pages.fragments()
    if pages.is_mute and b"/FontFile" in raw.content:
        # A font is carried for the text that uses it: where none shows, something on the way is broken.
        report("damaged")
    yield from pdf_extras.outline(document)
    yield from pages.notes
    yield from pages.pinned
    yield from pdf_extras.attachments(document, limits, report)


def _packets(raw: Raw, limits: Limits, report: Report) -> Iterator[Fragment]:
    for packet in raw.packets():
        yield from label_xml.fragments((packet,), limits, report)


def _properties(raw: Raw, document: Handle | None) -> Iterator[Fragment]:
    """The Info dictionary, custom entries too. Dates and other entries that are no text are passed over."""
    info = raw.info()
    keys = [*_STANDARD_KEYS, *(key for key in info if key not in _STANDARD_KEYS)]
    for key in keys[:_PROPERTIES_MAX]:
        if b"\0" in key or key.endswith(b"Date"):
            continue
        value = pdf_library.metadata(document, key) if document else pdf_strings.text(info.get(key, b""))
        if value.strip():
            yield Fragment(value[:_VALUE_CHARACTERS_MAX], part=where.PROPERTY, key=pdf_strings.name(key))


@dataclass(slots=True)
class _Seen:
    """A page as far as it was read: its text placed, or all of it without places; what hangs on it."""

    number: int
    placed: PageText | None = None
    plain: str = ""
    annotated: tuple[Fragment, ...] = ()
    pictured: tuple[Fragment, ...] = ()
    by_sight: bool = False


class _Pages:
    """The pages of a document, one after the other."""

    def __init__(self, document: Handle, source: Source, content: bytes, limits: Limits, report: Report) -> None:
        self._document = document
        self._limits = limits
        self._report = report
        self._ocr = ocr.start(limits, report)
        self.count = max(pdfium.FPDF_GetPageCount(document), 0)
        self._source = source
        self._content = content
        self._deadline_s = time.process_time() + limits.cpu_s * _TIME_SHARE
        self._texts = 0
        self.is_mute = True
        self._pictures = 0
        self._running: frozenset[str] = frozenset()
        self._watermarks: set[str] = set()
        self.notes: list[Fragment] = []
        self.pinned: list[Embedded] = []

    def fragments(self) -> Iterator[Fragment]:
        """Everything on the pages but notes, which are kept for last."""
        first = [self._page(index) for index in range(min(self.count, _HEAD_PAGES))]
        placed = [page.placed for page in first if page.placed is not None]
        running, self._running = pdf_lines.running(placed)
        yield from running
        for page in first:
            yield from self._of(page)
        yield from self._rest(len(first))
        unseen = first[0].placed is None and not first[0].by_sight
        if self._pictures and (unseen or not self._texts):
            self._report("unsupported")

    def _rest(self, start: int) -> Iterator[Fragment]:
        """Later pages; when time runs out the last page is still read, since marks stand at ends."""
        each = max(self._source.size // self.count, 1)
        batch = max(_LOADED_BYTES_MAX // each, 1)
        while start < self.count:
            large = each * self.count > _LOADED_BYTES_MAX
            with _fresh(self._document, self._source, self._content, needed=large) as self._document:
                for index in range(start, min(start + batch, self.count)):
                    if time.process_time() > self._deadline_s:
                        self._report("timed_out")
                        yield from self._of(self._page(self.count - 1))
                        return
                    yield from self._of(self._page(index))
            start += batch

    def _of(self, page: _Seen) -> Iterator[Fragment]:
        yield from page.pictured
        if page.placed is not None:
            for text in page.placed.across:
                if text not in self._watermarks and len(self._watermarks) < self._limits.members_max:
                    self._watermarks.add(text)
                    yield Fragment(text, part=where.WATERMARK, page=page.number)
            yield from pdf_lines.fragments(page.placed, self._running)
        elif page.plain:
            yield Fragment(page.plain, page=page.number, zone=where.BODY)
        yield from page.annotated

    def _page(self, index: int) -> _Seen:
        """Load and read one page."""
        seen = _Seen(index + 1)
        page = pdfium.FPDF_LoadPage(self._document, index)
        if not page:
            self._report("damaged")
            return seen
        try:
            self._read(page, seen)
            if not seen.placed and not seen.plain:
                self._picture(page, seen)
            found = pdf_extras.annotated(page, seen.number)
            self.notes.extend(found.notes[: max(self._limits.members_max - len(self.notes), 0)])
            self._pin(found.files)
            seen.annotated = (*found.shown, *(self._flattened(page, seen) if found.appears else ()))
        finally:
            pdfium.FPDF_ClosePage(page)
        return seen

    def _pin(self, files: list[Embedded]) -> None:
        room = max(_PINNED_MAX - len(self.pinned), 0)
        if len(files) > room:
            self._report("too_many")
        self.pinned.extend(files[:room])

    def _read(self, page: Handle, seen: _Seen) -> None:
        with pdf_page.opened(page, seen.number) as text:
            self.is_mute = self.is_mute and (text is None or not text.text)
            if text is None or not text.text.strip() or text.is_unreadable():
                return
            self._texts += 1
            if seen.number <= _HEAD_PAGES or lines.TRIGGER.search(text.text):
                seen.placed = text.placed()
            else:
                seen.plain = text.plain()

    def _picture(self, page: Handle, seen: _Seen) -> None:
        """A page without text: blank, or a picture for OCR."""
        if not pdf_extras.holds_picture(page):
            return
        self.is_mute = False
        if self._ocr is not None:
            if self._ocr.is_spent():
                self._report("timed_out")
                return
            image = pdf_extras.render(page, seen.number)
            if image is not None:
                seen.pictured = tuple(self._ocr.pixels(image.pixels, image.width, image.height, image.page))
                seen.by_sight = True
                self._texts += 1
                return
        self._pictures += 1

    def _flattened(self, page: Handle, seen: _Seen) -> Iterator[Fragment]:
        """What stamps, free text and filled fields show: text that is on the page only once they are part of it."""
        known = {line.text for line in seen.placed.lines} if seen.placed else set()
        fields = pdf_extras.fields(page)
        if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
            return
        again = pdfium.FPDF_LoadPage(self._document, seen.number - 1)
        if not again:
            return
        try:
            with pdf_page.opened(again, seen.number) as text:
                if text is None or not text.text.strip():
                    return
                placed = text.placed()
                for line in placed.lines:
                    if line.text not in known:
                        part = where.DOCUMENT if fields else where.ANNOTATION
                        zone = pdf_lines.zone(line, placed) if fields else ""
                        yield Fragment(line.text, part=part, page=seen.number, zone=zone)
        finally:
            pdfium.FPDF_ClosePage(again)


@contextmanager
def _fresh(document: Handle, source: Source, content: bytes, *, needed: bool) -> Iterator[Handle]:
    """The document, opened anew where what pdfium has loaded so far would add up."""
    if not needed:
        yield document
        return
    try:
        with pdf_library.opened(source, content) as again:
            yield again
    except NotOpenedError as error:
        raise StopReading("damaged") from error
