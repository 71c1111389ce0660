"""How a fact compares with a value of a rule: one normal form for equality, globs, numbers, addresses.

Sigma's semantics: text compares without regard to case unless ``cased``; a number and its decimal writing are equal; a
list of facts matches when one of its entries does. Case is folded by ``str.lower`` everywhere, so equality, wildcards
and the index agree. Nothing here can be made slow by what an event says.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

WILDCARD_ONE: Final = None
"""Stands for ``?`` inside a glob piece."""

Piece = tuple[str | None, ...]
"""Characters between two ``*``; None is any one character."""

TextTest = Callable[[str], bool]


def normal(value: Any) -> str:
    """The form in which equality is decided: lower case, true/false, numbers without a needless fraction."""
    return plain(value).lower()


def plain(value: Any) -> str:
    """A value as text: what a case-sensitive comparison, a glob or a regular expression sees."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value: Any) -> float | int | None:
    """The value as a finite number, None when it is none. Truth values are not numbers."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    try:
        read = float(value) if len(value) < 64 else math.nan
    except (TypeError, ValueError):
        return None
    return read if math.isfinite(read) else None


@lru_cache(maxsize=4096)
def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address (a zone after ``%`` is dropped), None when the text is none."""
    try:
        return ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None


def glob(pieces: list[Piece]) -> TextTest:
    """A test for text made of pieces with ``*`` between them, in time linear in text times pattern.

    The first piece is anchored at the start, the last at the end (empty pieces anchor nothing).
    """
    if all(WILDCARD_ONE not in piece for piece in pieces):
        return _literal_glob(["".join(char for char in piece if char is not None) for piece in pieces])
    if len(pieces) == 1:
        only = pieces[0]
        return lambda text: len(text) == len(only) and _at(text, 0, only)
    return lambda text: _match_pieces(text, pieces)


def _literal_glob(parts: list[str]) -> TextTest:
    first, last = parts[0], parts[-1]
    middle = [part for part in parts[1:-1] if part]
    if len(parts) == 1:
        return lambda text: text == first
    if not middle and not first and not last:
        return lambda _text: True
    if not middle and not last:
        return lambda text: text.startswith(first)
    if not middle and not first:
        return lambda text: text.endswith(last)
    if len(middle) == 1 and not first and not last:
        needle = middle[0]
        return lambda text: needle in text
    return lambda text: _match_literals(text, first, middle, last)


def _match_literals(text: str, first: str, middle: list[str], last: str) -> bool:
    end = len(text) - len(last)
    if end < len(first) or not text.startswith(first) or not text.endswith(last):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _match_pieces(text: str, pieces: list[Piece]) -> bool:
    first, *middle, last = pieces
    end = len(text) - len(last)
    if end < len(first) or not _at(text, 0, first) or not _at(text, end, last):
        return False
    at = len(first)
    for piece in middle:
        while at + len(piece) <= end and not _at(text, at, piece):
            at += 1
        if at + len(piece) > end:
            return False
        at += len(piece)
    return True


def _at(text: str, start: int, piece: Piece) -> bool:
    return all(char is None or text[start + offset] == char for offset, char in enumerate(piece))
