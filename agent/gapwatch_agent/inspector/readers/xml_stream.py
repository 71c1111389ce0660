"""Expat with the dangers shut off: no document types, no entities, bounded depth; names without their prefix."""

from __future__ import annotations

import pyexpat
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.source import Report, StopReading

_FEED_BYTES: Final = 1 << 16
_NAMES_MAX: Final = 1000


class Handler(Protocol):
    """What a format does with elements. Names are local (``w:p`` and ``ns0:p`` are both ``p``).

    A handler with an attribute ``wanted`` (a frozenset of local names) hears of the beginning and end of those only.
    """

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins. Attribute names still carry their prefix."""
        ...

    def end(self, name: str) -> None:
        """An element ends."""
        ...

    def characters(self, text: str) -> None:
        """Text inside the current element."""
        ...

    def take(self) -> list[Fragment]:
        """The fragments complete so far; each is handed out once."""
        ...


def local(name: str) -> str:
    """The name without its prefix."""
    return name.rpartition(":")[2]


def attribute(attributes: dict[str, str], name: str) -> str | None:
    """An attribute by its local name, whatever its prefix."""
    for key, value in attributes.items():
        if key == name or key.endswith(":" + name):
            return value
    return None


class _Names(dict[str, str]):
    """Names without their prefix, empty for those that nobody wants. Nearly every one was met before."""

    def __init__(self, wanted: frozenset[str] | None) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, name: str) -> str:
        short = local(name)
        if self._wanted is not None and short not in self._wanted:
            short = ""
        # A hostile file's names must not pile up.
        if len(self) < _NAMES_MAX:
            self[name] = short
        return short


def fragments(chunks: Iterable[bytes], handler: Handler, depth_max: int, report: Report) -> Iterator[Fragment]:
    """The fragments of one XML part as they complete.

    A part that breaks off gives what stood before the break and reports ``damaged``. Raises StopReading ``too_deep``
    for nesting past ``depth_max`` and ``damaged`` for a document type (no office format has one; bombs do).
    """
    parser = pyexpat.ParserCreate()
    parser.buffer_text = True
    depth = 0
    names = _Names(getattr(handler, "wanted", None))

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > depth_max:
            raise StopReading("too_deep")
        short = names[name]
        if short:
            handler_start(short, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        short = names[name]
        if short:
            handler_end(short)

    def doctype(*_declaration: object) -> None:
        raise StopReading("damaged")

    handler_start, handler_end = handler.start, handler.end
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.characters
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    try:
        for chunk in chunks:
            for at in range(0, len(chunk), _FEED_BYTES):
                parser.Parse(chunk[at : at + _FEED_BYTES], False)
                yield from handler.take()
        parser.Parse(b"", True)
    except StopReading:
        yield from handler.take()
        raise
    except (pyexpat.ExpatError, ValueError, LookupError):
        report("damaged")
    yield from handler.take()
