"""Plain text and source code. No charset guessing: the mark is looked for in every candidate encoding.

Marks stand where pages begin and end, so the head (``text_head_bytes``) and the tail are read; a larger file's middle
holds no place for one. An encoding in which none of a mark's characters occur as bytes is not even decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import Reading, Report, Source

ENCODINGS: Final = ("utf-8", "gb18030", "cp950", "utf-16-le", "utf-16-be")
"""``cp950`` is Big5 as it is written in practice."""
_CJK_NEEDLES: Final = ("密", "秘", "祕", "控", "内部", "內部", "阅", "閱")
_LATIN_NEEDLES: Final = (
    "SECRET", "CONFIDENTIAL", "RESTRICT", "RESTREINT", "OFFICIAL", "CLASSIFIED", "CUI", "CONTROLLED", "GEHEIM",
    "VERTRAULICH", "VS-", "PROTECTED", "SEC=",
)  # fmt: skip
_NEEDLES: Final = {
    encoding: tuple(
        needle.encode(encoding, errors="ignore")
        for needle in (*_CJK_NEEDLES, *(_LATIN_NEEDLES if encoding not in {"gb18030", "cp950"} else ()))
        if needle.encode(encoding, errors="ignore")
    )
    for encoding in ENCODINGS
}
_LINE_END: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TAIL_LINES: Final = 3


def read(source: Source, limits: Limits, _report: Report) -> Iterator[Reading]:
    """A reading for each encoding in which the file could hold a mark."""
    head = source.read(0, limits.text_head_bytes)
    tail = b""
    if source.size > len(head):
        tail_start = max(source.size - limits.text_tail_bytes, len(head))
        # Two-byte encodings are only right from an even offset.
        tail = source.read(tail_start + tail_start % 2, limits.text_tail_bytes)
    for encoding in ENCODINGS:
        if any(needle in head or needle in tail for needle in _NEEDLES[encoding]):
            yield _fragments(head, tail, encoding)


def _fragments(head: bytes, tail: bytes, encoding: str) -> Iterator[Fragment]:
    for number, page in enumerate(head.decode(encoding, errors="replace").split("\f"), start=1):
        yield Fragment(_LINE_END.sub("\n", page), page=number)
    if tail:
        lines = [line for line in _LINE_END.split(tail.decode(encoding, errors="replace")) if line.strip()]
        yield Fragment("\n".join(lines[-_TAIL_LINES:]), zone=where.PAGE_BOTTOM)
