"""XML as it comes from anywhere: in any encoding, with a document type, with entities nobody declared, or torn.

Expat does the reading; entities are never expanded by it in text. What it refuses is kept for whoever reads on.
"""

from __future__ import annotations

import codecs
import contextlib
import html.entities
import pyexpat
import re
import time
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import encodings
from gapwatch_agent.inspector.readers.source import Report, Source, StopReading
from gapwatch_agent.inspector.readers.xml_stream import Handler, local

_CHUNK: Final = 1 << 16
_SNIFFED_BYTES: Final = 1 << 16
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}encoding\s*=\s*["']([\w.:-]{2,40})["']""")
_CONTROLS: Final = bytes.maketrans(bytes((*range(9), 11, 12, *range(14, 32))), b" " * 29)
"""No XML may hold these, some does."""
_TIME_SHARE: Final = 0.6
_ENTITIES_MAX: Final = 1000
_ENTITY_CHARACTERS_MAX: Final = 1000
_EXPANDED_CHARACTERS_MAX: Final = 1 << 20
_TAG: Final = re.compile(r"<[^>]*>|&#?\w+;")
_NAMESPACE_SEPARATOR: Final = "}"


class LenientXml:
    """One XML file, to be read once. Its text is UTF-8 from here on, whatever it was."""

    def __init__(self, source: Source, limits: Limits, report: Report) -> None:
        self._source = source
        self._limits = limits
        self._report = report
        self.head = source.read(0, _SNIFFED_BYTES)
        declared = _DECLARED.match(self.head.removeprefix(codecs.BOM_UTF8).lstrip())
        self.encoding = encodings.best(self.head, declared=declared[1].decode("ascii", "replace") if declared else "")
        self._entities: dict[str, str] = {}
        self._expanded = 0
        self.rest: Iterator[bytes] = iter(())
        """After ``fragments``: what expat refused to read, from where it stopped."""

    def root(self) -> tuple[str, str]:
        """(namespace, name) of the document's element; both empty when there is none near the start."""
        found: list[str] = []
        parser = pyexpat.ParserCreate("utf-8", _NAMESPACE_SEPARATOR)
        parser.UseForeignDTD(True)

        def start(name: str, _attributes: dict[str, str]) -> None:
            found.append(name)
            raise StopReading("")

        parser.StartElementHandler = start
        with contextlib.suppress(StopReading, pyexpat.ExpatError, ValueError):
            parser.Parse(next(self.chunks(), b""), True)
        namespace, _, name = found[0].rpartition(_NAMESPACE_SEPARATOR) if found else ("", "", "")
        return namespace, name

    def chunks(self) -> Iterator[bytes]:
        """The file as UTF-8, without what no XML may hold. Begins anew with each call."""
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        offset = 0
        while piece := self._source.read(offset, _CHUNK):
            text = decoder.decode(piece)
            if offset == 0:
                text = text.removeprefix("\ufeff").lstrip()
            offset += len(piece)
            yield text.encode("utf-8", errors="replace").translate(_CONTROLS)
        yield decoder.decode(b"", final=True).encode("utf-8", errors="replace")

    def fragments(self, handler: Handler) -> Iterator[Fragment]:
        """The fragments of the file as they complete.

        One that breaks off gives what stood before the break, reports ``damaged`` and leaves ``rest``; one that takes
        too long is left at that (``timed_out``). Raises StopReading ``too_deep``.
        """
        parser = self._parser(handler)
        chunks = self.chunks()
        deadline_s = time.process_time() + self._limits.cpu_s * _TIME_SHARE
        fed = 0
        chunk = b""
        try:
            for chunk in chunks:
                parser.Parse(chunk, False)
                fed += len(chunk)
                yield from handler.take()
                if time.process_time() > deadline_s:
                    self._report("timed_out")
                    return
            chunk = b""
            parser.Parse(b"", True)
        except StopReading:
            yield from handler.take()
            raise
        except (pyexpat.ExpatError, ValueError, LookupError):
            self._report("damaged")
            # Hands over the text that stood right before the break.
            parser.buffer_text = False
            self.rest = self._remainder(chunk[max(parser.ErrorByteIndex - fed, 0) :], chunks)
        yield from handler.take()

    def _remainder(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield first
        yield from chunks

    def _parser(self, handler: Handler) -> pyexpat.XMLParserType:
        parser = pyexpat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.UseForeignDTD(True)
        depth = 0
        depth_max = self._limits.depth_max

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > depth_max:
                raise StopReading("too_deep")
            handler.start(local(name), attributes)

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            handler.end(local(name))

        def skipped(name: str, is_parameter: int) -> None:
            if not is_parameter:
                handler.characters(self._entity(name))

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = handler.characters
        # With a default handler expat leaves entities alone and names them instead.
        parser.DefaultHandler = _ignore
        parser.SkippedEntityHandler = skipped
        parser.EntityDeclHandler = self._declare
        return parser

    def _declare(self, name: str, is_parameter: int, value: str | None, *_elsewhere: str | None) -> None:
        if not is_parameter and value is not None and len(self._entities) < _ENTITIES_MAX:
            # Text only: what it holds of tags and of other entities is left out.
            self._entities.setdefault(name, _TAG.sub("", value[:_ENTITY_CHARACTERS_MAX]))

    def _entity(self, name: str) -> str:
        text = self._entities.get(name) or html.entities.html5.get(name + ";", "")
        self._expanded += len(text)
        if self._expanded > _EXPANDED_CHARACTERS_MAX:
            raise StopReading("too_large")
        return text


def _ignore(_markup: str) -> None:
    """Comments, instructions, the document type."""
