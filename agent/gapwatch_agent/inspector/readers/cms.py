"""Cryptographic messages (RFC 5652) in mails: the content of one that is only signed, and that another is not. Pure."""

from __future__ import annotations

from typing import Final

SIGNED: Final = "signed"
OTHER: Final = "other"
BROKEN: Final = "broken"
_SIGNED_DATA: Final = bytes.fromhex("2A864886F70D010702")
_DATA: Final = bytes.fromhex("2A864886F70D010701")
_SEQUENCE, _SET, _OID, _OCTETS, _OCTETS_IN_PARTS, _CONTEXT_0, _INTEGER = 0x30, 0x31, 0x06, 0x04, 0x24, 0xA0, 0x02
_PARTS_MAX: Final = 100_000


def signed_content(raw: bytes) -> tuple[str, bytes]:
    """(SIGNED, content), or OTHER for a message of another kind, BROKEN for what is none."""
    at = _enter(raw, 0, _SEQUENCE)
    kind, at = _value(raw, at, _OID)
    if not kind:
        return BROKEN, b""
    if kind != _SIGNED_DATA:
        return OTHER, b""
    at = _enter(raw, _enter(raw, at, _CONTEXT_0), _SEQUENCE)
    _, at = _value(raw, at, _INTEGER)
    at = _after(raw, at, _SET)
    at = _enter(raw, at, _SEQUENCE)
    kind, at = _value(raw, at, _OID)
    if kind != _DATA:
        return BROKEN, b""
    return SIGNED, _octets(raw, _enter(raw, at, _CONTEXT_0))


def _head(raw: bytes, at: int) -> tuple[int, int, int]:
    """(tag, where the value begins, its length: -1 when only an end mark says so)."""
    if at < 0 or at + 2 > len(raw):
        return 0, len(raw), 0
    tag, size, start = raw[at], raw[at + 1], at + 2
    if size == 0x80:
        return tag, start, -1
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(raw[start : start + count], "big") if count <= 8 else 0
        start += count
    return tag, start, size


def _enter(raw: bytes, at: int, wanted: int) -> int:
    """Where the first thing inside begins; -1 where something else stands."""
    tag, start, _ = _head(raw, at)
    return start if tag == wanted else -1


def _value(raw: bytes, at: int, wanted: int) -> tuple[bytes, int]:
    tag, start, size = _head(raw, at)
    return (raw[start : start + size], start + size) if tag == wanted and size >= 0 else (b"", -1)


def _after(raw: bytes, at: int, wanted: int) -> int:
    """Behind a value. Only the list of algorithms is passed over so; one without a length holds lengths inside."""
    tag, start, size = _head(raw, at)
    if tag != wanted:
        return -1
    if size >= 0:
        return start + size
    for _ in range(_PARTS_MAX):
        tag, inner, inner_size = _head(raw, start)
        if not tag or inner_size < 0:
            return inner if not tag and inner_size == 0 else -1
        start = inner + inner_size
    return -1


def _octets(raw: bytes, at: int) -> bytes:
    """An octet string, in one piece or in several."""
    tag, start, size = _head(raw, at)
    if tag == _OCTETS and size >= 0:
        return raw[start : start + size]
    if tag != _OCTETS_IN_PARTS:
        return b""
    end = len(raw) if size < 0 else start + size
    found: list[bytes] = []
    while start < end and len(found) < _PARTS_MAX:
        piece, after = _value(raw, start, _OCTETS)
        if after < 0:
            break
        found.append(piece)
        start = after
    return b"".join(found)
