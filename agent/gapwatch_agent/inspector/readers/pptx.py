"""Presentations (OOXML, macro, template and show kinds): properties, the masters and layouts in use, then each slide
as a page in the order they are shown; notes, comments and what no slide uses last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import drawing_ml, office_drawing, office_package, office_properties
from gapwatch_agent.inspector.readers.office_package import Package
from gapwatch_agent.inspector.readers.pptx_slide import Backdrop, Frames, Slide
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.xml_stream import attribute

_SLIDES_MAX: Final = 5000
_USUAL_HEIGHT: Final = 6_858_000.0
_GLANCE_BYTES_MAX: Final = 1 << 18
_SLIDE_NAMES: Final = re.compile(r"ppt/slides/[^/]+\.xml")
_BACKDROP_NAMES: Final = re.compile(r"ppt/(?:slidemasters|slidelayouts)/[^/]+\.xml")
_NOTE_ENDS: Final = frozenset({"p", "text"})
_NOTE_TEXTS: Final = frozenset({"t", "text"})


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading. Reports ``damaged`` when the presentation itself is missing or a part breaks off."""
    return office_package.readings(source, limits, report, _fragments)


def _fragments(package: Package) -> Iterator[Fragment | Embedded]:
    yield from package.properties()
    main = package.main("ppt/presentation.xml")
    if not main:
        package.report("damaged")
    presentation = _Presentation()
    yield from package.part(main, presentation)
    slides = _slides(package, main, presentation.slides)
    for name in dict.fromkeys(tag for part in (main, *slides) for tag in package.related(part, "tags")):
        yield from package.part(name, office_properties.Variables("tag"))
    backdrops = _Backdrops(package, presentation.height)
    # A template has no slides yet: whatever it brings is what its slides will show.
    in_use = slides or [name for name in package.names() if _BACKDROP_NAMES.fullmatch(name)]
    for name in in_use:
        yield from backdrops.behind(name, itself=not slides)
    for page, name in enumerate(slides, start=1):
        slide = Slide(page, presentation.height, backdrops.frames(name))
        yield from _shapes(package, name, slide.place)
        yield from office_drawing.over(package, name, page)
    yield from _notes(package, main, presentation, slides)
    yield from backdrops.unused()
    yield from package.embedded((main, *slides))


def _shapes(package: Package, name: str, place: drawing_ml.Place) -> Iterator[Fragment]:
    shapes = drawing_ml.Shapes(place)
    yield from package.part(name, shapes)
    yield from shapes.rest()


def _slides(package: Package, main: str, ids: list[str]) -> list[str]:
    """In the order of the presentation, then those it does not list."""
    slides = [relation for relation in package.relations(main) if relation.kind == "slide"]
    return package.in_order(ids, slides, _SLIDE_NAMES)[:_SLIDES_MAX]


def _notes(package: Package, main: str, presentation: _Presentation, slides: list[str]) -> Iterator[Fragment]:
    for name in package.related(main, "notesMaster", "handoutMaster"):
        yield from _shapes(package, name, Backdrop(presentation.height, where.NOTE).place)
    for page, slide in enumerate(slides, start=1):
        for name in package.related(slide, "notesSlide"):
            yield from _shapes(package, name, drawing_ml.notes(page))
        for name in package.related(slide, "comments"):
            handler = drawing_ml.Paragraphs(where.NOTE, page, ends=_NOTE_ENDS, texts=_NOTE_TEXTS)
            yield from package.part(name, handler)


class _Backdrops:
    """The masters and layouts of a presentation, each read once."""

    def __init__(self, package: Package, slide_height: float) -> None:
        self._package = package
        self._height = slide_height
        self._read: dict[str, Backdrop] = {}

    def behind(self, name: str, *, itself: bool) -> Iterator[Fragment]:
        """What stands on the layout and master of a slide, masters first, as far as it was not given before."""
        for backdrop in (*reversed(self._chain(name)), *((name,) if itself else ())):
            if backdrop not in self._read:
                yield from self._backdrop(backdrop)

    def frames(self, slide: str) -> Frames:
        """Where a slide's placeholders stand when it does not say so itself: its layout's word before the master's."""
        chain = [self._read[name].frames for name in self._chain(slide) if name in self._read]
        return {key: frame for frames in reversed(chain) for key, frame in frames.items()}

    def unused(self) -> Iterator[Fragment]:
        """The text of layouts that no slide shows: hints at most."""
        for name in self._package.names():
            if _BACKDROP_NAMES.fullmatch(name) and name not in self._read and self._has_words(name):
                yield from self._backdrop(name, where.NOTE)

    def _has_words(self, name: str) -> bool:
        """Whether some shape is no placeholder; a usual template has ten layouts that are nothing else."""
        kept = bytearray()
        try:
            for chunk in self._package.content(name):
                kept += chunk
                if len(kept) > _GLANCE_BYTES_MAX:
                    return True
        except StopReading:
            return True
        return kept.count(b"<p:sp>") > kept.count(b"<p:ph") or b"<p:sp>" not in kept or b"<a:tbl" in kept

    def _backdrop(self, name: str, part: str = "") -> Iterator[Fragment]:
        backdrop = self._read[name] = Backdrop(self._height, part)
        yield from _shapes(self._package, name, backdrop.place)
        if not part:
            yield from office_drawing.over(self._package, name, 0)

    def _chain(self, name: str) -> list[str]:
        layouts = self._package.related(name, "slideLayout")[:1]
        masters = self._package.related(layouts[0] if layouts else name, "slideMaster")[:1]
        return [found for found in (*layouts, *masters) if self._package.has(found) and found != name]


class _Presentation:
    """The presentation part: the slides' relationship ids in order, and how high a slide is."""

    def __init__(self) -> None:
        self.slides: list[str] = []
        self.height = _USUAL_HEIGHT

    def take(self) -> list[Fragment]:
        return []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sldId" and len(self.slides) < _SLIDES_MAX:
            # ``id`` is the slide's own number, ``r:id`` the relationship.
            self.slides.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
        elif name == "sldSz":
            height = attribute(attributes, "cy") or ""
            if height.isascii() and height.isdigit() and len(height) < 12 and int(height):
                self.height = float(int(height))

    def end(self, name: str) -> None:
        """Everything stands in attributes."""

    def characters(self, text: str) -> None:
        """No text."""
