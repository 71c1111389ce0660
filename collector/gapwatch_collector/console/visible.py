"""Makes text from outside safe to look at: nothing in it may hide, reorder or overprint what stands around it.

Control characters appear as their abbreviations (``[LF]``), everything else that has no glyph of its own (direction
overrides, zero-width characters, odd spaces, bytes that were no UTF-8) as its code point in brackets. Unicode's control
pictures would be shorter, but the fonts our users have draw them as empty boxes (seen in Noto Sans CJK). HTML escaping
comes on top and is the template engine's; this is about what an honest browser would do with honest text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from markupsafe import Markup, escape

_COMBINING_RUN: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}"
)
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")
_HONEST_SPACES: Final = frozenset(" \u3000")
_CONTROLS: Final = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI"),
    *("DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US"),
)


def visible_text(value: str) -> str:
    """The same text with everything invisible spelt out; plain str, not yet HTML-escaped."""
    if _is_plain(value):
        return value
    return "".join(character if _is_glyph(character) else _picture(character) for character in _unstacked(value))


def visible_markup(value: str) -> Markup:
    """As ``visible_text``, escaped, set apart from the direction of the text around it, with what was replaced marked
    so that a real ``[LF]`` in a name cannot pass for a line feed.
    """
    parts: list[str] = []
    for character in _unstacked(value):
        if _is_glyph(character):
            parts.append(str(escape(character)))
        else:
            parts.append(f'<span class="ctl" title="{_name(character)}">{_picture(character)}</span>')
    return Markup(f"<bdi>{''.join(parts)}</bdi>")  # noqa: S704 - every character above is escaped or a picture of ours


def _is_plain(value: str) -> bool:
    return value.isprintable() and not (_BLANK_LETTERS & set(value)) and not _COMBINING_RUN.search(value)


def _unstacked(value: str) -> str:
    """Towers of combining marks would paint over the rows above: keep three of each run, count the rest."""
    return _COMBINING_RUN.sub(lambda run: f"{run[0][:3]}[+{len(run[0]) - 3}]", value)


def _is_glyph(character: str) -> bool:
    if character in _HONEST_SPACES:
        return True
    return character.isprintable() and character not in _BLANK_LETTERS


def _picture(character: str) -> str:
    point = ord(character)
    if point < 0x20:
        return f"[{_CONTROLS[point]}]"
    if point == 0x7F:
        return "[DEL]"
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, as os.fsdecode carries it
        return f"[\\x{point - 0xDC00:02x}]"
    return f"[U+{point:04X}]"


def _name(character: str) -> str:
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:
        return f"0x{point - 0xDC00:02X}"
    return f"U+{point:04X} {unicodedata.name(character, '')}".strip()
