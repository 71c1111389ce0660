"""Plain rows of an OpenDocument sheet without the parser: a sheet of a hundred thousand cells is mostly these. Pure.

A block of rows is taken only if it holds nothing but rows, cells and paragraphs under their usual prefixes; anything
else goes through the parser, which knows it all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

from gapwatch_agent.inspector.readers.odf_xml import Content

_ROW_END: Final = b"</table:table-row>"
_OTHER_TAG: Final = re.compile(rb"<(?!/?(?:table:table-row|table:table-cell|table:covered-table-cell|text:p)[\s/>])")
_CELL_END: Final = re.compile(rb"</table:(?:covered-)?table-cell\s*+>")
_PARAGRAPH: Final = re.compile(rb"<text:p(?:\s[^<>]*+)?>([^<]+)")
_LINE_IN_CELL: Final = "\x0b"
_ROW_CHARACTERS_MAX: Final = 1 << 16
_HELD_BYTES_MAX: Final = 1 << 20


def through(chunks: Iterable[bytes], content: Content) -> Iterator[bytes]:
    """What of a part's bytes the parser is to read; ``content``, which it feeds, is given the other rows.

    Relies on each piece being parsed before the next is asked for.
    """
    held = b""
    for chunk in chunks:
        held += chunk
        end = held.rfind(_ROW_END) + len(_ROW_END)
        if end < len(_ROW_END):
            # No row ends here: no sheet, or one that must not be held for ever.
            if not content.wants_rows() or len(held) > _HELD_BYTES_MAX:
                yield held
                held = b""
            continue
        block, held = held[:end], held[end:]
        if content.wants_rows() and _is_plain(block):
            content.rows(_rows(block))
            yield b""
        else:
            yield block
    yield held


def _is_plain(block: bytes) -> bool:
    """Rows and nothing else, all of them whole."""
    starts = block.count(b"<table:table-row")
    return (
        starts == block.count(_ROW_END)
        # A > that ends no tag would be taken for one.
        and block.count(b"<") == block.count(b">")
        and block.lstrip().startswith(b"<table:table-row")
        and b"string-value" not in block
        and _OTHER_TAG.search(block) is None
    )


def _rows(block: bytes) -> Iterator[list[str]]:
    for row in block.split(_ROW_END):
        cells = []
        length = 0
        for cell in _CELL_END.split(row):
            found = _PARAGRAPH.findall(cell)
            if not found:
                continue
            text = _plain(found[0]) if len(found) == 1 else _LINE_IN_CELL.join(filter(None, map(_plain, found)))
            if text:
                cells.append(text)
                length += len(text)
            if length > _ROW_CHARACTERS_MAX:
                yield cells
                cells, length = [], 0
        yield cells


def _plain(raw: bytes) -> str:
    text = raw.decode("utf-8", errors="replace")
    if "&" in text:
        text = html.unescape(text)
    return text if text.strip() else ""
