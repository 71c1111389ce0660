"""HTML and XHTML, pages saved by Office and LibreOffice among them: properties, then the text as it is laid out.

The encoding is the likeliest one; another in which the page may say something else is a second reading.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import encodings, html_text, prologue
from gapwatch_agent.inspector.readers.html_tokens import Tag, tokens
from gapwatch_agent.inspector.readers.source import Reading, Report, Source

_HEAD_BYTES_MAX: Final = 16 * MIB
"""Of a larger page the head and the tail are read."""
_DECLARED_WITHIN: Final = 4096
_DECLARED: Final = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_OTHERS: Final = ("utf-8", "gb18030", "cp950")
_NEEDLES: Final = {encoding: tuple(needle.encode(encoding) for needle in ("密", "部")) for encoding in _OTHERS}
_MEANT: Final = 0.6
_TAIL_LINES: Final = 3
_TIME_SHARE: Final = 0.5
_BATCH: Final = 4096
_XML: Final = re.compile(r"\s*<\?xml\s|<html[^>]{0,500}xmlns", re.IGNORECASE)


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """The likeliest reading, then one for each other encoding that makes as much sense and may hold a mark."""
    head = source.read(0, _HEAD_BYTES_MAX)
    tail = b""
    if source.size > len(head):
        tail_start = max(source.size - limits.text_tail_bytes, len(head))
        tail = source.read(tail_start + tail_start % 2, limits.text_tail_bytes)
        if tail_start > len(head):
            report("too_large")
    deadline_s = time.process_time() + limits.cpu_s * _TIME_SHARE
    first = encodings.best(head, declared=declared(head))
    yield _fragments(_Page(head, tail, first, deadline_s), report)
    if head.isascii():
        return
    sample = head[: encodings.SAMPLE_BYTES * 4]
    least = max(_MEANT, encodings.score(sample, first))
    for encoding in _OTHERS:
        plausible = encoding != first and any(needle in head for needle in _NEEDLES[encoding])
        if plausible and encodings.score(sample, encoding) >= least:
            yield _fragments(_Page(head, b"", encoding, deadline_s), report)


def declared(head: bytes) -> str:
    """The encoding that the page itself names, empty when it names none."""
    found = _DECLARED.search(head, 0, _DECLARED_WITHIN)
    return found[1].decode("ascii", errors="replace") if found else ""


def text_fragments(text: str) -> Iterator[Fragment]:
    """The fragments of a page that is decoded already (a mail's body)."""
    return html_text.fragments(_tokens(text))


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's bytes as far as they are read. ``deadline_s`` in processor time."""

    head: bytes
    tail: bytes
    encoding: str
    deadline_s: float


def _fragments(page: _Page, report: Report) -> Iterator[Fragment]:
    text = page.head.decode(page.encoding, errors="replace").removeprefix("\ufeff")
    yield from prologue.fragments(text)
    yield from html_text.fragments(_in_time(_tokens(text), page.deadline_s, report))
    if page.tail:
        last: list[Fragment] = []
        for fragment in text_fragments(page.tail.decode(page.encoding, errors="replace")):
            last = [*last[1 - _TAIL_LINES :], fragment]
        yield from (Fragment(fragment.text, zone=where.PAGE_BOTTOM) for fragment in last)


def _tokens(text: str) -> Iterator[Tag | str]:
    return tokens(text, is_xml=_XML.match(text[:2000]) is not None)


def _in_time(found: Iterable[Tag | str], deadline_s: float, report: Report) -> Iterator[Tag | str]:
    """Tags without end cost time only up to a share of what the whole inspection has."""
    stream = iter(found)
    while batch := list(itertools.islice(stream, _BATCH)):
        yield from batch
        if time.process_time() > deadline_s:
            report("timed_out")
            return
