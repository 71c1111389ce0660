"""Word documents (OOXML, macro and template kinds): properties, headers and footers of every section, then the body.

A document has no pages in itself: a page ends at an explicit break, at a section that starts a new one, or where Word
last rendered one. Which parts are what is read from the content types, from the parts' names where those are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import office_properties, word_xml, xml_stream
from gapwatch_agent.inspector.readers.source import Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.zip_archive import Member, ZipArchive

_KINDS: Final = (
    (re.compile(r"header\+xml$"), where.HEADER),
    (re.compile(r"footer\+xml$"), where.FOOTER),
    (re.compile(r"(?:footnotes|endnotes|comments)\+xml$"), where.NOTE),
    (re.compile(r"(?:document|template|macroEnabled|macroEnabledTemplate)\.main\+xml$", re.IGNORECASE), where.DOCUMENT),
)
_NAMES: Final = (
    (re.compile(r"word/header\d*\.xml"), where.HEADER),
    (re.compile(r"word/footer\d*\.xml"), where.FOOTER),
    (re.compile(r"word/(?:footnotes|endnotes|comments)\.xml"), where.NOTE),
    (re.compile(r"word/document\d*\.xml"), where.DOCUMENT),
)
_ORDER: Final = (where.PROPERTY, where.HEADER, where.FOOTER, where.DOCUMENT, where.NOTE)
_CORE: Final = "docprops/core.xml"
_CUSTOM: Final = "docprops/custom.xml"
_COPIES_MAX: Final = 4


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading; one more for each further member of the same name, since programs differ in which they take.

    Reports ``damaged`` when the document itself is missing or a part breaks off.
    """
    archive = ZipArchive(source, limits, report)
    parts = _parts(archive, limits)
    if where.DOCUMENT not in parts.values():
        report("damaged")
    copies = max((len(archive.members(name)) for name in parts), default=1)
    for copy in range(min(copies, _COPIES_MAX)):
        yield _fragments(archive, parts, copy, limits, report)
    if copies > _COPIES_MAX:
        report("too_many")


def _fragments(
    archive: ZipArchive, parts: dict[str, str], copy: int, limits: Limits, report: Report
) -> Iterator[Fragment]:
    for wanted in _ORDER:
        for name, part in parts.items():
            if part == wanted:
                members = archive.members(name)
                yield from _part(archive, members[min(copy, len(members) - 1)], part, limits, report)


def _part(archive: ZipArchive, member: Member, part: str, limits: Limits, report: Report) -> Iterator[Fragment]:
    handler: xml_stream.Handler
    if part == where.PROPERTY:
        handler = office_properties.Custom() if "custom" in member.name.lower() else office_properties.Core()
    else:
        handler = word_xml.Body(part)
    try:
        yield from xml_stream.fragments(archive.content(member), handler, limits.depth_max, report)
    except StopReading as stop:
        if stop.reason == "too_large":
            raise
        # One part that cannot be read does not hide the others.
        report(stop.reason)


def _parts(archive: ZipArchive, limits: Limits) -> dict[str, str]:
    """Member name (lower case) to part, by content type first and by the usual names besides."""
    types = office_properties.ContentTypes()
    for member in archive.members("[content_types].xml"):
        try:
            for _ in xml_stream.fragments(archive.content(member), types, limits.depth_max, _ignore):
                pass
        except StopReading:
            break
    parts = {name: where.PROPERTY for name in (_CORE, _CUSTOM) if archive.members(name)}
    for name in archive.names():
        for pattern, part in _KINDS:
            if pattern.search(types.overrides.get(name, "")):
                parts[name] = part
        for pattern, part in _NAMES:
            if name not in parts and pattern.fullmatch(name):
                parts[name] = part
    return parts


def _ignore(_reason: str) -> None:
    """A broken list of content types leaves the names to go by."""
