"""Compound files of no kind that has a reader: their properties and labels, and the word that the rest was not read."""

from __future__ import annotations

from collections.abc import Iterator

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ole_properties
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import Reading, Report, Source


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading of properties. Always reports ``unsupported``."""
    yield _fragments(source, limits, report)


def _fragments(source: Source, limits: Limits, report: Report) -> Iterator[Fragment]:
    yield from ole_properties.fragments(CompoundFile(source, limits, report), limits, report)
    report("unsupported")
