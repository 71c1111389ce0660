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
from gapwatch_agent.inspector.readers import office_drawing, office_package, office_properties, word_xml
from gapwatch_agent.inspector.readers.office_package import Package
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source

_KINDS: Final = (
    (re.compile(r"header\+xml$"), where.HEADER),
    (re.compile(r"footer\+xml$"), where.FOOTER),
    (re.compile(r"(?:footnotes|endnotes|comments)\+xml$"), where.NOTE),
    (re.compile(r"settings\+xml$"), where.PROPERTY),
    (re.compile(r"(?:document|template|macroEnabled|macroEnabledTemplate)\.main\+xml$", re.IGNORECASE), where.DOCUMENT),
)
_NAMES: Final = (
    (re.compile(r"word/header\d*\.xml"), where.HEADER),
    (re.compile(r"word/footer\d*\.xml"), where.FOOTER),
    (re.compile(r"word/(?:footnotes|endnotes|comments)\.xml"), where.NOTE),
    (re.compile(r"word/settings\.xml"), where.PROPERTY),
    (re.compile(r"word/document\d*\.xml"), where.DOCUMENT),
)
_GLOSSARY: Final = re.compile(r"(?:^|/)glossary/[^/]+\.xml$")
_GLOSSARY_TYPE: Final = "document.glossary+xml"
_ORDER: Final = (where.HEADER, where.FOOTER, where.DOCUMENT, where.NOTE)


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Usually one reading; one more for each further member of the same name, since programs differ in which they take.

    Reports ``damaged`` when the document itself is missing or a part breaks off.
    """
    return office_package.readings(source, limits, report, _fragments)


def _fragments(package: Package) -> Iterator[Fragment | Embedded]:
    parts = _parts(package)
    if where.DOCUMENT not in parts.values():
        package.report("damaged")
    yield from package.properties()
    for name, part in parts.items():
        if part == where.PROPERTY:
            yield from package.part(name, office_properties.Variables("docVar"))
    for wanted in _ORDER:
        for name, part in parts.items():
            if part == wanted:
                yield from package.part(name, word_xml.Body(part))
                if part != where.NOTE:
                    yield from office_drawing.shown(package, name, page=0)
    yield from package.embedded(parts)


def _parts(package: Package) -> dict[str, str]:
    """Member name (lower case) to part, by content type first and by the usual names besides."""
    parts: dict[str, str] = {}
    for name in package.names():
        declared = package.content_type(name)
        part = next((part for pattern, part in _KINDS if pattern.search(declared)), "")
        part = part or next((part for pattern, part in _NAMES if pattern.fullmatch(name)), "")
        if _GLOSSARY.search(name) and (part or declared.endswith(_GLOSSARY_TYPE) or name.endswith("/document.xml")):
            # Building blocks wait to be used: no page shows them.
            part = "" if part == where.PROPERTY else where.NOTE
        if part:
            parts[name] = part
    main = package.main("word/document.xml")
    if main:
        parts.setdefault(main, where.DOCUMENT)
        for name, kind in ((relation.target, relation.kind) for relation in package.relations(main)):
            if kind in {where.HEADER, where.FOOTER}:
                if package.has(name):
                    parts.setdefault(name, kind)
                else:
                    package.report("damaged")
    return parts
