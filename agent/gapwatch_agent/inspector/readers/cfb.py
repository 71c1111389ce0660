"""Compound files that detection knows no kind for: those with a document's stream all the same, and all others.

Of the others the properties and labels are read, with the word that the rest was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import doc, ole_properties, ppt, xls
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import Reader, Reading, Report, Source

_READERS: Final[tuple[tuple[str, Reader], ...]] = (
    ("worddocument", doc.read),
    ("workbook", xls.read),
    ("powerpoint document", ppt.read),
)


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """The readings of every document inside; one of properties and ``unsupported`` where there is none."""
    compound = CompoundFile(source, limits, report)
    readers = [reader for name, reader in _READERS if name in compound.root.children]
    for reader in readers:
        yield from reader(source, limits, report)
    if not readers:
        yield _fragments(compound, limits, report)


def _fragments(compound: CompoundFile, limits: Limits, report: Report) -> Iterator[Fragment]:
    yield from ole_properties.fragments(compound, limits, report)
    report("unsupported")
