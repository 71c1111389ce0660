"""An Office package (OPC zip): parts by relationship and content type, its properties, labels and the files inside.

Which part plays which role is read from the relationships, transitional or strict; where they are missing or broken,
the usual names stand in. A part that cannot be read is reported and does not hide the others.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import label_xml, office_properties, xml_stream
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive

_COPIES_MAX: Final = 4
_RELATIONS_MAX: Final = 50_000
_PROPERTIES: Final = (
    ("docprops/custom.xml", "customproperties", office_properties.Custom),
    ("docprops/core.xml", "coreproperties", office_properties.Core),
    ("docprops/app.xml", "extendedproperties", office_properties.Extended),
)
_LABEL_PARTS: Final = re.compile(r"customxml/(?!itemprops)[^/]*\.xml|docmetadata/[^/]*\.xml")
_EMBEDDING: Final = re.compile(r"(?:^|/)embeddings/[^/]+$")
_EMBEDDED_KINDS: Final = frozenset({"package", "oleObject", "aFChunk"})

Through = Callable[[Iterator[bytes]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship of one part. ``kind`` is the last word of its type; ``target`` a member's name, lower case."""

    id: str
    kind: str
    target: str


class Package:
    """The parts of one file. ``copy`` chooses among members of the same name: programs differ in which they take."""

    def __init__(self, archive: ZipArchive, limits: Limits, report: Report, copy: int = 0) -> None:
        self._archive = archive
        self._limits = limits
        self._copy = copy
        self.report = report
        types = office_properties.ContentTypes()
        for _ in self._read("[content_types].xml", types, _ignore):
            pass
        self._types = types
        self._relations: dict[str, list[Relation]] = {}
        self._relations_kept = 0

    @property
    def limits(self) -> Limits:
        """The bounds of this inspection."""
        return self._limits

    def names(self) -> list[str]:
        """Every member, lower case, in the order of the directory."""
        return self._archive.names()

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return bool(self._archive.members(name))

    def content_type(self, name: str) -> str:
        """The declared type of a part, empty when nothing declares it."""
        return self._types.of(name)

    def content(self, name: str) -> Iterator[bytes]:
        """A member's bytes, nothing when there is no such member. Raises StopReading as the archive does."""
        members = self._archive.members(name)
        return self._archive.content(members[min(self._copy, len(members) - 1)]) if members else iter(())

    def part(self, name: str, handler: xml_stream.Handler, through: Through | None = None) -> Iterator[Fragment]:
        """The fragments a handler makes of a part; ``through`` touches the bytes on their way to it."""
        return self._read(name, handler, self.report, through)

    def relations(self, part: str) -> list[Relation]:
        """The relationships of a part, of the package for an empty name. Targets outside the file are left out."""
        known = self._relations.get(part)
        if known is not None:
            return known
        folder, _, base = part.rpartition("/")
        relations = _Relations(folder)
        for _ in self._read(posixpath.join(folder, "_rels", base + ".rels"), relations, self.report):
            pass
        if self._relations_kept < _RELATIONS_MAX:
            self._relations_kept += len(relations.found)
            self._relations[part] = relations.found
        return relations.found

    def related(self, part: str, *kinds: str) -> list[str]:
        """The targets of a part's relationships of these kinds, in their order, each once."""
        return list(dict.fromkeys(relation.target for relation in self.relations(part) if relation.kind in kinds))

    def in_order(self, ids: Iterable[str], relations: Iterable[Relation], names: re.Pattern[str]) -> list[str]:
        """Sheets or slides as the main part lists them by their relationships' ids, then those it does not list.

        Reports ``damaged`` for one that is listed and not there.
        """
        by_id = {relation.id: relation.target for relation in relations}
        listed = [by_id[identity] for identity in ids if identity in by_id]
        if any(not self.has(name) for name in (*listed, *by_id.values())):
            self.report("damaged")
        found = (*listed, *by_id.values(), *(name for name in self.names() if names.fullmatch(name)))
        return [name for name in dict.fromkeys(found) if self.has(name)]

    def main(self, usual: str) -> str:
        """The name of the main part, empty when the package has none. ``usual`` is where it usually lies."""
        for relation in self.relations(""):
            if relation.kind == "officeDocument" and self.has(relation.target):
                return relation.target
        return usual if self.has(usual) else ""

    def properties(self) -> Iterator[Fragment]:
        """Custom, core and extended properties and the labels kept as XML (domain §3.5)."""
        # ``custom-properties`` in the transitional kind is ``customProperties`` in the strict one.
        by_kind = {
            item.kind.replace("-", "").lower(): item.target for item in self.relations("") if self.has(item.target)
        }
        for usual, kind, handler in _PROPERTIES:
            yield from self.part(by_kind.get(kind, usual), handler())
        for name in self.names():
            if _LABEL_PARTS.fullmatch(name):
                found = label_xml.fragments(self.content(name), self._limits, self.report)
                yield from self._contained(found, self.report)

    def embedded(self, parts: Iterable[str]) -> Iterator[Embedded]:
        """The files inside: what the given parts embed and whatever lies in an embeddings folder."""
        names = [name for name in self.names() if _EMBEDDING.search(name)]
        for part in parts:
            names += [relation.target for relation in self.relations(part) if relation.kind in _EMBEDDED_KINDS]
        for name in dict.fromkeys(names):
            if self.has(name):
                written = self._archive.members(name)[0].name.replace("\\", "/")
                yield Embedded(written, functools.partial(self.content, name))

    def _read(
        self, name: str, handler: xml_stream.Handler, report: Report, through: Through | None = None
    ) -> Iterator[Fragment]:
        if not self.has(name):
            return iter(())
        chunks = through(self.content(name)) if through else self.content(name)
        return self._contained(xml_stream.fragments(chunks, handler, self._limits.depth_max, report), report)

    @staticmethod
    def _contained(found: Iterable[Fragment], report: Report) -> Iterator[Fragment]:
        """One part that cannot be read does not hide the others; a spent budget ends everything."""
        try:
            yield from found
        except StopReading as stop:
            if stop.reason == "too_large":
                raise
            report(stop.reason)


def readings(source: Source, limits: Limits, report: Report, read: Callable[[Package], Reading]) -> Iterator[Reading]:
    """Usually one reading; one more for each further member of the same name."""
    archive = ZipArchive(source, limits, report)
    copies = max((len(archive.members(name)) for name in archive.names() if name.endswith((".xml", ".bin"))), default=1)
    for copy in range(min(copies, _COPIES_MAX)):
        yield read(Package(archive, limits, report, copy))
    if copies > _COPIES_MAX:
        report("too_many")


class _Relations:
    """A ``.rels`` part."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.found: list[Relation] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External" or len(self.found) >= _RELATIONS_MAX:
            return
        target = unquote(attributes.get("Target", "").partition("#")[0]).replace("\\", "/")
        path = posixpath.normpath(posixpath.join("/", self._folder, target)).lstrip("/").lower()
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.found.append(Relation(attributes.get("Id", ""), kind, path))

    def end(self, name: str) -> None:
        """Relationships hold nothing."""

    def characters(self, text: str) -> None:
        """No text either."""

    def take(self) -> list[Fragment]:
        return []


def _ignore(_reason: str) -> None:
    """A broken list of content types leaves relationships and names to go by."""
