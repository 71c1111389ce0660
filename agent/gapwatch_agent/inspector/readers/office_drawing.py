"""The parts that a sheet, a slide or a document shows over its text: drawings, VML, diagrams, charts. As text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import drawing_ml, vml
from gapwatch_agent.inspector.readers.office_package import Package

_TEXT_KINDS: Final = ("chart", "chartEx", "diagramData")
_SHOWN_MAX: Final = 2000
"""Drawings, charts and diagrams of one sheet or slide."""


def over(package: Package, part: str, page: int) -> Iterator[Fragment]:
    """Everything that lies over a part, by its relationships."""
    for name in package.related(part, "drawing")[:_SHOWN_MAX]:
        yield from _shapes(package, name, page)
        yield from shown(package, name, page)
    for name in package.related(part, "vmlDrawing")[:_SHOWN_MAX]:
        drawing = vml.Drawing(page)
        yield from package.part(name, drawing, lambda chunks: (vml.mended(chunks),))
        yield from drawing.rest()
    yield from shown(package, part, page)


def shown(package: Package, part: str, page: int) -> Iterator[Fragment]:
    """The charts and diagrams that a part shows, with the shapes charts have of their own."""
    for name in package.related(part, *_TEXT_KINDS)[:_SHOWN_MAX]:
        yield from package.part(name, drawing_ml.Paragraphs(where.TEXT_BOX, page))
        for own in package.related(name, "chartUserShapes")[:_SHOWN_MAX]:
            yield from _shapes(package, own, page)


def _shapes(package: Package, name: str, page: int) -> Iterator[Fragment]:
    shapes = drawing_ml.Shapes(drawing_ml.boxes(page))
    yield from package.part(name, shapes)
    yield from shapes.rest()
