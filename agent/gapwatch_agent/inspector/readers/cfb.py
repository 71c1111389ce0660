"""Compound files of any kind: what is read goes by the streams inside, not by what detection took the file for.

A torn file may look like another kind, and a forged one may hold two documents side by side; every one is read. Of a
file without any the properties and labels are read and the file that it wraps, or the word that nothing more was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import doc, msg, ole_objects, ole_properties, ppt, xls
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import Embedded, Reader, Reading, Report, Source

_READERS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (frozenset({"worddocument"}), doc.read),
    (frozenset({"workbook", "book"}), xls.read),
    (frozenset({"powerpoint document"}), ppt.read),
    (frozenset({"__properties_version1.0"}), msg.read),
)


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """The readings of every document inside; one of properties and ``unsupported`` where there is none."""
    compound = CompoundFile(source, limits, report)
    readers = [reader for names, reader in _READERS if names & compound.root.children.keys()]
    for reader in readers:
        yield from reader(source, limits, report)
    if not readers:
        yield _fragments(compound, limits, report)


def _fragments(compound: CompoundFile, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    """An object taken out of a document may hold a file of another format, a formula or macros."""
    yield from ole_properties.fragments(compound, limits, report)
    compound.root.name = ""
    files = list(ole_objects.embedded(compound, compound.root))
    if not files and not ole_objects.is_wordless(compound.root):
        report("unsupported")
    yield from files
