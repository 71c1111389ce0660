"""PDF's dictionaries and strings as bytes, for the few that are read without pdfium. Pure, bounded, forgiving."""

from __future__ import annotations

import re
from typing import Final

_ENTRIES_MAX: Final = 1000
_STRING_BYTES_MAX: Final = 1 << 16
_DEPTH_MAX: Final = 64
_NAME: Final = re.compile(rb"/([^\x00\t\n\f\r ()<>\[\]{}/%]{1,200})")
_BLANK: Final = re.compile(rb"(?:[\x00\t\n\f\r ]|%[^\r\n]{0,1000})*")
_HEX: Final = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_SPECIAL: Final = re.compile(rb"[()\\]")
_OTHER: Final = re.compile(rb"[^\x00\t\n\f\r ()<>\[\]{}/%]+")
_REST_OF_REFERENCE: Final = re.compile(rb"\s+(?:\d{1,5}\s+)?R\b")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OCTAL: Final = re.compile(rb"[0-7]{1,3}")


def dictionary(data: bytes) -> dict[bytes, bytes]:
    """The entries of the dictionary at the start: names unescaped, strings decoded to bytes, other values empty."""
    at = _past_blanks(data, 0)
    found: dict[bytes, bytes] = {}
    if data[at : at + 2] != b"<<":
        return found
    at += 2
    key, depth = b"", 0
    while at < len(data) and len(found) < _ENTRIES_MAX and 0 <= depth <= _DEPTH_MAX:
        at = _past_blanks(data, at)
        entry = _NAME.match(data, at)
        if entry and not depth and not key:
            key = _NAME_ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), entry[1])
            found.setdefault(key, b"")
            at = entry.end()
            continue
        start, (value, step, at) = at, _value(data, at)
        depth += step
        if value is not None and key and not depth:
            found[key] = value
        if not depth and not (data[start : start + 1].isdigit() and _REST_OF_REFERENCE.match(data, at)):
            key = b""
    return found


def _value(data: bytes, at: int) -> tuple[bytes | None, int, int]:
    """One token: a string's bytes, how much deeper it leads, where it ends."""
    first = data[at : at + 1]
    if first == b"(":
        value, at = _literal(data, at + 1)
        return value, 0, at
    if digits := _HEX.match(data, at):
        return _unhexed(digits[1]), 0, digits.end()
    if first in {b"[", b"]"}:
        return None, 1 if first == b"[" else -1, at + 1
    if first in {b"<", b">"}:
        return None, 1 if first == b"<" else -1, at + (2 if data[at + 1 : at + 2] == first else 1)
    token = _NAME.match(data, at) or _OTHER.match(data, at)
    return None, 0, token.end() if token else at + 1


def _past_blanks(data: bytes, at: int) -> int:
    blanks = _BLANK.match(data, at)
    return blanks.end() if blanks else at


def _unhexed(digits: bytes) -> bytes:
    digits = b"".join(digits.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def text(value: bytes) -> str:
    """A text string: UTF-16 or UTF-8 by its mark, else bytes that are mostly Latin - or, in practice, GBK."""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", errors="replace")
    if value.startswith(b"\xff\xfe"):
        return value[2:].decode("utf-16-le", errors="replace")
    return name(value.removeprefix(b"\xef\xbb\xbf"))


def name(value: bytes) -> str:
    """A name, which has no encoding of its own."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def _literal(data: bytes, at: int) -> tuple[bytes, int]:
    """A string in parentheses from behind the first: its bytes and where it ends."""
    pieces: list[bytes] = []
    depth, size = 1, 0
    while special := _SPECIAL.search(data, at):
        pieces.append(data[at : special.start()])
        size += len(pieces[-1])
        at = special.end()
        if special[0] == b"\\":
            octal = _OCTAL.match(data, at)
            following = data[at : at + 1]
            if octal:
                pieces.append(bytes([int(octal[0], 8) & 0xFF]))
                at = octal.end()
            else:
                pieces.append(b"" if following in {b"\r", b"\n"} else _ESCAPES.get(following, following))
                at += 2 if data[at : at + 2] == b"\r\n" else 1
            continue
        depth += 1 if special[0] == b"(" else -1
        if depth == 0 or size > _STRING_BYTES_MAX:
            return b"".join(pieces), at
        pieces.append(special[0])
    return b"".join(pieces), len(data)
