"""OpenDocument packages (text, spreadsheet, presentation, templates): properties, master pages, content, objects.

An object that is a document of its own stands in a folder of the package; it is handed on as the package it would be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import odf_rows, xml_stream
from gapwatch_agent.inspector.readers.odf_xml import Content
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.stored_zip import StoredZip
from gapwatch_agent.inspector.readers.xml_stream import attribute
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive

_META: Final = "meta.xml"
_STYLES: Final = "styles.xml"
_CONTENT: Final = "content.xml"
_MANIFEST: Final = "meta-inf/manifest.xml"
_WHOLE: Final = "encrypted-package"
"""ODF 1.4 may encrypt a whole package as this one member."""
_COPIES_MAX: Final = 4
_ENTRIES_MAX: Final = 10_000
_FOLDERS_MAX: Final = 256
_OBJECT_BYTES_MAX: Final = 32 * MIB
_OURS: Final = frozenset(
    {"mimetype", _META, _STYLES, _CONTENT, "settings.xml", "manifest.rdf", "layout-cache", "versionlist.xml", _WHOLE}
)
_FURNITURE: Final = (
    "meta-inf/", "configurations2/", "thumbnails/", "pictures/", "objectreplacements/", "basic/", "dialogs/", "fonts/",
    "media/", "accelerator/", "scripts/",
)  # fmt: skip
"""Folders that hold nothing a person reads as text of this document."""


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading; one more for each further member of the same name, since programs differ in which they take.

    Reports ``damaged`` when the content is missing or a part breaks off. Raises StopReading ``encrypted`` after what is
    still readable.
    """
    package = _Package(source, limits, report)
    copies = max((len(package.archive.members(name)) for name in (_META, _STYLES, _CONTENT)), default=1)
    for copy in range(min(max(copies, 1), _COPIES_MAX)):
        yield package.reading(copy)
    if copies > _COPIES_MAX:
        report("too_many")


class _Package:
    def __init__(self, source: Source, limits: Limits, report: Report) -> None:
        self.archive = ZipArchive(source, limits, report)
        self._limits = limits
        self._report = report
        self._manifest = _Manifest()
        for member in self.archive.members(_MANIFEST)[:_COPIES_MAX]:
            for _ in self._xml(self.archive.content(member), self._manifest):
                pass

    def reading(self, copy: int) -> Iterator[Fragment | Embedded]:
        if self.archive.members(_WHOLE):
            raise StopReading("encrypted")
        yield from self._part(_META, copy, Content())
        margins = Content()
        yield from self._part(_STYLES, copy, margins)
        yield from self._part(_CONTENT, copy, Content(margins.styles.child()))
        if not self.archive.members(_CONTENT):
            self._report("damaged")
        if copy == 0:
            yield from self._objects()
        if self._manifest.encrypted & {_META, _STYLES, _CONTENT}:
            raise StopReading("encrypted")

    def _part(self, name: str, copy: int, handler: Content) -> Iterator[Fragment]:
        members = self.archive.members(name)
        if members and name not in self._manifest.encrypted:
            member = members[min(copy, len(members) - 1)]
            yield from self._xml(odf_rows.through(self.archive.content(member), handler), handler)

    def _xml(self, chunks: Iterable[bytes], handler: xml_stream.Handler) -> Iterator[Fragment]:
        try:
            yield from xml_stream.fragments(chunks, handler, self._limits.depth_max, self._report)
        except StopReading as stop:
            if stop.reason == "too_large":
                raise
            # One part that cannot be read does not hide the others.
            self._report(stop.reason)

    def _objects(self) -> Iterator[Embedded]:
        folders = tuple(name for name in self._manifest.documents if name.endswith("/"))
        charts = tuple(name for name in self._manifest.folders if name not in self._manifest.documents)
        for folder in folders:
            yield Embedded(self._manifest.documents[folder][0], partial(self._document, folder))
        for name in self.archive.names():
            if name in _OURS or name.endswith("/") or name.startswith((*_FURNITURE, *folders, *charts)):
                continue
            reason = "encrypted" if name in self._manifest.encrypted else ""
            for member in self.archive.members(name):
                yield Embedded(member.name, partial(self.archive.content, member), reason)

    def _document(self, folder: str) -> Iterator[bytes]:
        """The package that a folder of this one would be, unpacked."""
        package = StoredZip()
        package.add("mimetype", self._manifest.documents[folder][1].encode())
        length = 0
        for name in self.archive.names():
            inner = name.removeprefix(folder)
            if inner == name or inner.startswith(_FURNITURE) or inner in {"", "mimetype"}:
                continue
            content = bytearray()
            for piece in self.archive.content(self.archive.members(name)[0]):
                content += piece
                length += len(piece)
                if length > _OBJECT_BYTES_MAX:
                    raise StopReading("too_large")
            package.add(inner, bytes(content))
        yield from package.finish()


class _Manifest:
    """META-INF/manifest.xml; paths in lower case. ``documents``: folders that are ODF documents, (path, media type)."""

    def __init__(self) -> None:
        self.encrypted: set[str] = set()
        self.folders: set[str] = set()
        self.documents: dict[str, tuple[str, str]] = {}
        self._entry = ""
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "file-entry" and self._count < _ENTRIES_MAX:
            self._count += 1
            path = (attribute(attributes, "full-path") or "").lstrip("/")
            media = attribute(attributes, "media-type") or ""
            self._entry = path.lower()
            if path.endswith("/") and media and len(self.folders) < _FOLDERS_MAX:
                self.folders.add(self._entry)
                if any(kind in media for kind in ("opendocument.text", "opendocument.spread", "opendocument.pres")):
                    self.documents[self._entry] = (path.rstrip("/"), media)
        elif name == "encryption-data":
            self.encrypted.add(self._entry)

    def end(self, name: str) -> None:
        """Nothing is kept open."""

    def characters(self, text: str) -> None:
        """The list holds no text."""

    def take(self) -> list[Fragment]:
        return []
