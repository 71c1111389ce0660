"""Transfer encodings of mail: base64, quoted-printable, uuencode, undone piece by piece with bounded memory."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers.source import StopReading

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64: Final = bytes(byte for byte in range(256) if byte not in _BASE64)
_PADDING: Final = re.compile(b"=+")
_LINE_BYTES_MAX: Final = 1 << 16
_UU_NAMES: Final = frozenset({"uuencode", "x-uuencode", "x-uue", "uue"})
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END: Final = b"\nend"
_UU_BLOCKS_MAX: Final = 1000


def decode(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The content behind a transfer encoding; anything unknown is the content itself."""
    if encoding == "base64":
        return _base64(pieces)
    if encoding == "quoted-printable":
        return _quoted(pieces)
    if encoding in _UU_NAMES:
        return _uu(pieces)
    return pieces


def uu_blocks(text: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A text without the files written into it between ``begin`` and ``end``, and those: (name, lines)."""
    kept: list[bytes] = []
    found: list[tuple[bytes, bytes]] = []
    position = 0
    while len(found) < _UU_BLOCKS_MAX and (begin := _UU_BEGIN.search(text, position)):
        end = text.find(_UU_END, begin.end() - 1)
        if end < 0:
            break
        kept.append(text[position : begin.start()])
        found.append((begin[1], text[begin.end() : end]))
        position = end + len(_UU_END)
    return b"".join((*kept, text[position:])), found


def uu_content(lines: bytes) -> Iterator[bytes]:
    """What the lines of a block hold."""
    for line in lines.splitlines():
        try:
            yield binascii.a2b_uu(line)
        except binascii.Error as error:
            raise StopReading("damaged") from error


def _base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whatever is no letter of the alphabet is passed over; padding in the middle begins anew."""
    rest = b""
    for piece in pieces:
        rest += piece.translate(None, _NOT_BASE64)
        if b"=" in rest:
            *ended, rest = _PADDING.split(rest)
            for run in ended:
                yield _quads(run)
            continue
        whole = len(rest) - len(rest) % 4
        yield binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    if rest:
        yield _quads(rest)
        if len(rest) % 4 == 1:
            raise StopReading("damaged")


def _quads(run: bytes) -> bytes:
    """A run of letters whose padding is missing; one letter alone means nothing."""
    run = run[: len(run) - (len(run) % 4 == 1)]
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _quoted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines at a time, so that no code and no soft line end is cut in two."""
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"\n") + 1
        if not cut and len(rest) > _LINE_BYTES_MAX:
            cut = len(rest) - 3
            cut += max(rest[cut:].find(b"="), 0) if b"=" in rest[cut:] else 3
        if cut:
            yield binascii.a2b_qp(rest[:cut])
            rest = rest[cut:]
    if rest:
        yield binascii.a2b_qp(rest)


def _uu(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    begun = False
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LINE_BYTES_MAX:
            raise StopReading("damaged")
        for line in lines:
            bare = line.rstrip(b"\r")
            if not begun:
                begun = bare.startswith(b"begin ")
            elif bare == b"end":
                return
            else:
                try:
                    yield binascii.a2b_uu(bare)
                except binascii.Error as error:
                    raise StopReading("damaged") from error
    if begun and rest.rstrip() != b"end":
        raise StopReading("damaged")
