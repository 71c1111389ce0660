"""Plain text and source code. No charset is trusted: the likeliest is read first, then any other that may hold a mark.

Marks stand where pages begin and end, so the head (``text_head_bytes``) and the tail are read; a larger file's middle
holds no place for one. A second encoding is decoded only if a mark's characters occur in it as bytes, and then only
lines that are text in it, and no better text in the first, are given: chance must not write a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import encodings, text_forms
from gapwatch_agent.inspector.readers.source import Reading, Report, Source

ENCODINGS: Final = encodings.ENCODINGS
_OTHERS: Final = ("utf-8", "gb18030", "cp950", "utf-16-le", "utf-16-be", "euc_jp", "cp932")
"""Tried beside the likeliest one."""
_NEEDLES: Final = {
    encoding: tuple(
        needle.encode(encoding, errors="ignore")
        # Where ASCII is ASCII the likeliest reading has the Latin words already.
        for needle in (
            *text_forms.CJK_NEEDLES[:-1],
            *(text_forms.LATIN_NEEDLES if encoding.startswith("utf-16") else ()),
        )
        if needle.encode(encoding, errors="ignore")
    )
    for encoding in _OTHERS
}
_LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TAIL_LINES: Final = 3
_WIDEST: Final = 4
_ALTERNATIVE_BYTES_MAX: Final = 256 * 1024
"""Of the head, read in a second encoding: where the first page is."""
_LEAST_SHARE: Final = 0.5
_SMALL_BYTES: Final = 64
_LINE_BYTES_MAX: Final = 400


def read(source: Source, limits: Limits, _report: Report) -> Iterator[Reading]:
    """The likeliest reading, always; then one for each other encoding in which the file could hold a mark."""
    head = source.read(0, limits.text_head_bytes)
    tail = b""
    if source.size > len(head):
        tail_start = max(source.size - limits.text_tail_bytes, len(head))
        # Two- and four-byte encodings are only right from where a character begins.
        tail = source.read(tail_start + -tail_start % _WIDEST, limits.text_tail_bytes)
    first = encodings.best(head)
    yield _fragments(head, tail, first)
    if head.isascii() and tail.isascii() and b"\0" not in head[: encodings.SAMPLE_BYTES]:
        return
    for encoding in _OTHERS:
        if encoding != first and any(needle in head or needle in tail for needle in _NEEDLES[encoding]):
            lines = _alternative(head[:_ALTERNATIVE_BYTES_MAX], first, encoding)
            if lines:
                yield [Fragment("\n".join(lines), page=1)]


def lines_of(content: bytes, *, declared: str = "") -> Iterator[Fragment]:
    """The likeliest reading of a text inside something else (a mail's body)."""
    return _fragments(content, b"", encodings.best(content, declared=declared))


def decoded(content: bytes, *, declared: str = "") -> str:
    """A text in its likeliest encoding."""
    return content.decode(encodings.best(content, declared=declared), errors="replace").removeprefix("\ufeff")


def _fragments(head: bytes, tail: bytes, encoding: str) -> Iterator[Fragment]:
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff").replace("\0", "")
    for number, page in enumerate(text.split("\f"), start=1):
        lines = _LINE_END.sub("\n", page)
        yield from text_forms.fragments(lines, number) if number == 1 else (text_forms.plain(lines, number),)
    if tail:
        last = [line for line in _LINE_END.split(tail.decode(encoding, errors="replace")) if line.strip()]
        yield Fragment("\n".join(last[-_TAIL_LINES:]), zone=where.PAGE_BOTTOM)


def _alternative(head: bytes, first: str, encoding: str) -> list[str]:
    """The text's lines in another encoding, those that cannot be meant in it left empty; nothing where none can."""
    overall = encodings.score(head[: encodings.SAMPLE_BYTES], encoding)
    likeliest = encodings.score(head[: encodings.SAMPLE_BYTES], first)
    if len(head) > _SMALL_BYTES and overall < _LEAST_SHARE * likeliest and not _bilingual(head, first):
        return []
    needles = _NEEDLES[encoding]
    found = False
    lines: list[str] = []
    for line in _split(head, encoding):
        if len(line) > _LINE_BYTES_MAX or not any(needle in line for needle in needles):
            lines.append("" if not line.strip() else "\ufffd")
            continue
        text = line.decode(encoding, errors="replace").removeprefix("\ufeff").strip("\r")
        here = encodings.score(line, encoding)
        # One character alone is some mark's in some encoding or other.
        enough = sum(not character.isascii() for character in text) > 1 or encoding.startswith("utf")
        meant = enough and "\ufffd" not in text and here > encodings.score(line, first)
        lines.append(text if meant else "\ufffd")
        found = found or meant
    return lines if found else []


def _bilingual(head: bytes, first: str) -> bool:
    """The first reading does not hold for all of the text: some of it is in something else."""
    return "\ufffd" in head[: encodings.SAMPLE_BYTES].decode(first, errors="replace")[:-1]


def _split(head: bytes, encoding: str) -> list[bytes]:
    """Lines as bytes. The line feed of two-byte encodings counts only where a character begins."""
    if not encoding.startswith("utf-16"):
        return head.split(b"\n")
    text = head.decode(encoding, errors="replace")
    return [line.encode(encoding, errors="replace") for line in _LINE_END.split(text)]
