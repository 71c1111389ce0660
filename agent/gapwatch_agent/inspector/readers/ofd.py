"""OFD (GB/T 33190-2016), the fixed layout of Chinese official documents: custom data, annotations, pages, attachments.

A package may hold several documents and several versions of each; every one is a reading of its own. Seals are pictures
and are left alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf_lines
from gapwatch_agent.inspector.readers.ofd_page import PIECES_MAX, POINTS_A_MM, Annot, PageObjects, moved
from gapwatch_agent.inspector.readers.ofd_structure import Element, Package
from gapwatch_agent.inspector.readers.pdf_lines import PageText, Piece
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive

_ENTRY: Final = "ofd.xml"
_ENCRYPTIONS: Final = "encryptions.xml"
"""GM/T 0099-2020: beside OFD.xml when something in the package is encrypted."""
_READINGS_MAX: Final = 16
_COPIES_MAX: Final = 4
_FIRST_PAGES: Final = 6
"""Kept until it is known what runs on every page."""
_TEMPLATES_MAX: Final = 64
_PLACED_MAX: Final = 1000
_A4_MM: Final = (210.0, 297.0)
_EXTENT_MM_MAX: Final = 1e5
_PAGE_MEMBER: Final = re.compile(r"(.*/)?pages/page_(\d{1,6})/content\.xml")
_LABEL_TAG: Final = re.compile("密|secre|secur|classif|level", re.IGNORECASE)
_KEYS: Final = {"Keyword": "keywords", "Title": "title", "Subject": "subject"}
_WATERMARK: Final = "Watermark"


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """A reading for each version of each document.

    Reports ``damaged`` where a reference leads nowhere. Raises StopReading ``encrypted`` after what is still readable.
    """
    archive = ZipArchive(source, limits, report)
    copies = max((len(archive.members(name)) for name in archive.names()), default=1)
    for copy in range(min(copies, _COPIES_MAX)):
        yield from _readings(Package(archive, limits, report, copy), limits, report)
    if archive.members(_ENCRYPTIONS):
        raise StopReading("encrypted")


def _readings(package: Package, limits: Limits, report: Report) -> Iterator[Reading]:
    entry = package.elements(_ENTRY)
    seen: set[str] = set()
    for group in sorted({element.group for element in entry if element.name == "DocRoot"}):
        body = [element for element in entry if element.group == group]
        for root in _roots(package, body):
            if root in seen:
                continue
            seen.add(root)
            if len(seen) > _READINGS_MAX:
                report("too_many")
                return
            yield _Document(package, root, limits, report).reading(_properties(body))
    if not seen:
        report("damaged")
        yield _stray_pages(package, limits, report)


def _roots(package: Package, body: list[Element]) -> Iterator[str]:
    """Document.xml of a document as it stands, then of its versions."""
    for element in body:
        if element.name == "DocRoot" and element.parent == "DocBody":
            yield package.resolve(_ENTRY, element.text)
    for element in body:
        if element.name == "Version":
            listed = package.resolve(_ENTRY, element.get("BaseLoc"))
            for inner in package.elements(listed):
                if inner.name == "DocRoot":
                    yield package.resolve(listed, inner.text)


def _properties(body: list[Element]) -> list[Fragment]:
    found = []
    for element in body:
        if element.name == "CustomData" and element.text:
            found.append(Fragment(element.text, where.PROPERTY, key=element.get("Name")))
        elif element.parent in {"DocInfo", "Keywords"} and element.text:
            found.append(Fragment(element.text, where.PROPERTY, key=_KEYS.get(element.name, element.name)))
    return found


def _stray_pages(package: Package, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    """The pages of a package whose lists are lost, by their usual names."""
    document = _Document(package, "", limits, report)
    found = [name for name in package.archive.names() if _PAGE_MEMBER.fullmatch(name)]
    document.pages = [("", name) for name in sorted(found, key=_page_order)]
    yield from document.reading([])


def _page_order(name: str) -> tuple[str, int]:
    match = _PAGE_MEMBER.fullmatch(name)
    return (match[1] or "", int(match[2])) if match else ("", 0)


@dataclass(slots=True)
class _Sheet:
    """A page's or a template's pieces, and what else is placed on it."""

    pieces: list[Piece] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    box: str = ""
    texts: dict[str, str] = field(default_factory=dict)


class _Document:
    def __init__(self, package: Package, root: str, limits: Limits, report: Report) -> None:
        self._package = package
        self._limits = limits
        self._report = report
        self._root = root
        self._elements = package.elements(root)
        self.pages = [(page.get("ID"), self._resolve(page.get("BaseLoc"))) for page in self._named("Page", "Pages")]
        self._templates = {t.get("ID"): self._resolve(t.get("BaseLoc")) for t in self._named("TemplatePage")}
        self._sheets: dict[str, _Sheet] = {}
        self._units: dict[str, list[Piece]] | None = None
        boxes = [element.text for element in self._named("PhysicalBox", "PageArea")]
        self._extent = (_extent(boxes[0]) if boxes else None) or _A4_MM
        self._tags: dict[str, str] = {}
        self._watermarks: set[str] = set()
        self._has_text = False

    def reading(self, properties: list[Fragment]) -> Iterator[Fragment | Embedded]:
        yield from properties
        yield from self._extensions()
        yield from self._custom_tags()
        yield from self._annotations()
        pages = self._texts()
        first = list(itertools.islice(pages, _FIRST_PAGES))
        yield from (fragment for _, found in first for fragment in found)
        texts = [page for page, _ in first]
        yield from self._across(texts)
        running, keys = pdf_lines.running(texts)
        yield from running
        for page in texts:
            yield from pdf_lines.fragments(page, keys)
        for page, found in pages:
            yield from found
            yield from self._across([page])
            yield from pdf_lines.fragments(page, keys)
        yield from self._files()

    def _across(self, pages: list[PageText]) -> Iterator[Fragment]:
        """What is written across the pages, each wording once."""
        for page in pages:
            for text in page.across:
                if text not in self._watermarks and len(self._watermarks) < _PLACED_MAX:
                    self._watermarks.add(text)
                    yield Fragment(text, where.WATERMARK, page.number)

    def _named(self, name: str, parent: str = "") -> list[Element]:
        return [e for e in self._elements if e.name == name and (not parent or e.parent == parent)]

    def _resolve(self, reference: str) -> str:
        return self._package.resolve(self._root, reference)

    def _listed(self, name: str, parent: str = "Document") -> Iterator[tuple[str, list[Element]]]:
        """(member, its elements) of each list that Document.xml refers to under that name."""
        for element in self._named(name, parent):
            key = self._resolve(element.text)
            if key:
                yield key, self._package.elements(key)

    # --- what stands beside the pages

    def _extensions(self) -> Iterator[Fragment]:
        for _, elements in self._listed("Extensions"):
            for element in elements:
                if element.name == "Property" and element.text:
                    yield Fragment(element.text, where.PROPERTY, key=element.get("Name"))

    def _custom_tags(self) -> Iterator[Fragment]:
        """Tags name parts of the content; those that say what is the level are labels."""
        for key, elements in self._listed("CustomTags"):
            for location in (element for element in elements if element.name == "FileLoc"):
                for tag in self._package.elements(self._package.resolve(key, location.text)):
                    if tag.name == "ObjectRef":
                        if _LABEL_TAG.search(tag.parent):
                            self._tags[tag.text] = tag.parent
                    elif tag.text and _LABEL_TAG.search(tag.name):
                        yield Fragment(tag.text, where.PROPERTY, key=tag.name)

    def _annotations(self) -> Iterator[Fragment]:
        numbers = {page: number for number, (page, _) in enumerate(self.pages, start=1)}
        for key, elements in self._listed("Annotations"):
            for page, location in _page_files(elements):
                objects = PageObjects()
                for _ in self._package.parse(self._package.resolve(key, location), objects):
                    pass
                for annot in objects.annots:
                    yield from _annotation(annot, numbers.get(page, 0), self._watermarks)

    def _files(self) -> Iterator[Embedded]:
        for key, elements in self._listed("Attachments"):
            for number, location in enumerate(element for element in elements if element.name == "FileLoc"):
                yield from self._file(self._package.resolve(key, location.text), _name_of(elements, number))
        if self._has_text:
            return
        # Nothing but pictures: a scan.
        for name in ("PublicRes", "DocumentRes"):
            for key, elements in self._listed(name, "CommonData"):
                base = next((element.get("BaseLoc") for element in elements if element.name == "Res"), "")
                for media in (element for element in elements if element.name == "MediaFile"):
                    inside = f"{base.strip('/')}/{media.text}" if base else media.text
                    yield from self._file(self._package.resolve(key, inside), "")

    def _file(self, key: str, name: str) -> Iterator[Embedded]:
        members = self._package.archive.members(key) if key else []
        if members:
            member = self._package.chosen(members)
            yield Embedded(name or member.name, partial(self._package.archive.content, member))

    # --- pages

    def _texts(self) -> Iterator[tuple[PageText, list[Fragment]]]:
        for number, (_, key) in enumerate(self.pages[: self._limits.members_max], start=1):
            sheet = self._sheet(key, frozenset(self._tags))
            pieces = list(sheet.pieces)
            for template in sheet.templates[:_TEMPLATES_MAX]:
                pieces += self._template(template)
            _, height = _extent(sheet.box) or self._extent
            self._has_text = self._has_text or bool(pieces)
            page = pdf_lines.arrange(number, height * POINTS_A_MM, pieces)
            yield page, self._tagged(sheet.texts, number)

    def _tagged(self, texts: dict[str, str], number: int) -> list[Fragment]:
        """What the objects of a label's tag say together, in their order."""
        found: dict[str, str] = {}
        for identifier, tag in self._tags.items():
            if identifier in texts:
                found[tag] = found.get(tag, "") + texts[identifier]
        return [Fragment(text, where.PROPERTY, number, key=tag) for tag, text in found.items()]

    def _template(self, identifier: str) -> list[Piece]:
        key = self._templates.get(identifier, "")
        if key and key not in self._sheets and len(self._sheets) < _TEMPLATES_MAX:
            self._sheets[key] = self._sheet(key, frozenset())
        return self._sheets[key].pieces if key in self._sheets else []

    def _sheet(self, key: str, wanted: frozenset[str]) -> _Sheet:
        objects = PageObjects(wanted)
        for _ in self._package.parse(key, objects):
            pass
        if len(objects.pieces) >= PIECES_MAX:
            self._report("too_many")
        sheet = _Sheet(objects.pieces, box=objects.box, texts=objects.texts)
        for placed in objects.placed[:_PLACED_MAX]:
            if placed.kind == "Template":
                sheet.templates.append(placed.resource)
            elif placed.kind == "CompositeObject":
                sheet.pieces += moved(self._unit(placed.resource), placed.left, placed.top)
        return sheet

    def _unit(self, identifier: str) -> list[Piece]:
        """A composite unit of the resources, its pieces as if it stood at the corner."""
        if self._units is None:
            self._units = {}
            for name in ("PublicRes", "DocumentRes"):
                for element in self._named(name, "CommonData"):
                    objects = PageObjects()
                    for _ in self._package.parse(self._resolve(element.text), objects):
                        pass
                    self._units.update(objects.units)
        return self._units.get(identifier, [])


def _annotation(annot: Annot, page: int, seen: set[str]) -> Iterator[Fragment]:
    """An annotation's words; a watermark's each wording once."""
    single = all(len(piece.text) <= 1 for piece in annot.pieces)
    texts = ["".join(piece.text for piece in annot.pieces)] if single else [piece.text for piece in annot.pieces]
    if annot.kind == _WATERMARK:
        for text in dict.fromkeys(texts):
            if text and text not in seen:
                seen.add(text)
                yield Fragment(text, where.WATERMARK, page)
    elif any(texts):
        yield Fragment("\n".join(texts), where.ANNOTATION, page)
    if annot.remark.strip():
        yield Fragment(annot.remark, where.NOTE, page)


def _page_files(elements: list[Element]) -> Iterator[tuple[str, str]]:
    """(page, file) of a list of annotations: the file ends before the page that holds it."""
    locations: list[str] = []
    for element in elements:
        if element.name == "FileLoc":
            locations.append(element.text)
        elif element.name == "Page":
            yield from ((element.get("PageID"), location) for location in locations)
            locations.clear()
    yield from (("", location) for location in locations)


def _name_of(elements: list[Element], number: int) -> str:
    attachments = [element for element in elements if element.name == "Attachment"]
    return attachments[number].get("Name") if number < len(attachments) else ""


def _extent(box: str) -> tuple[float, float] | None:
    """Width and height of a box ``x y width height``; None when that is no page."""
    try:
        _, _, width, height = (float(value[:20]) for value in box.split(None, 4)[:4])
    except ValueError:
        return None
    return (width, height) if 0 < width < _EXTENT_MM_MAX and 0 < height < _EXTENT_MM_MAX else None
