"""Header fields of mails and MIME parts (RFC 5322, 2045, 2047, 2231), as they are written in practice. Pure.

Values are kept as bytes: senders put raw GBK into subjects and label them wrongly. Everything is bounded.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.readers import encodings

HEADER_BYTES_MAX: Final = 256 * 1024
_FIELDS_MAX: Final = 1000
_VALUE_BYTES_MAX: Final = 64 * 1024
_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*(.*)", re.DOTALL)
_WORD: Final = re.compile(rb"=\?([!-><-~]{1,60}?)(?:\*[A-Za-z\-]{1,20})?\?([BbQq])\?([^?\s]*)\?=")
_PARAMETER: Final = re.compile(rb';\s*([A-Za-z0-9_\-!#$&+.^`|~]{1,60})(\*\d{1,3})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)  # fmt: skip # noqa: E501
_ESCAPE: Final = re.compile(rb"\\(.)", re.DOTALL)
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Header:
    """The fields in order, names as written, values unfolded."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def raw(self, name: str) -> bytes:
        """The first field of that (lower-case) name, empty when there is none."""
        return next((value for key, value in self.fields if key.lower() == name), b"")

    def text(self, name: str) -> str:
        return decoded(self.raw(name))

    def content_type(self, default: str = "text/plain") -> tuple[str, dict[str, str]]:
        """(type/subtype in lower case, parameters)."""
        raw = self.raw("content-type")
        kind = raw.partition(b";")[0].strip().lower().decode("ascii", errors="replace")
        return (kind if "/" in kind else default), parameters(raw)

    def filename(self) -> str:
        """What the part is to be saved as; empty when nobody said."""
        disposition = parameters(self.raw("content-disposition"))
        found = disposition.get("filename") or self.content_type()[1].get("name") or ""
        return found.replace("\\", "/")

    def encoding(self) -> str:
        """The transfer encoding in lower case."""
        return self.raw("content-transfer-encoding").strip().lower().decode("ascii", errors="replace")

    def is_attachment(self) -> bool:
        return self.raw("content-disposition").strip().lower().startswith(b"attachment")


def parse(block: bytes) -> Header:
    """The fields of a header block, without the blank line."""
    fields: list[tuple[str, bytes]] = []
    for line in block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if line[:1] in {b" ", b"\t"}:
            if fields and len(fields[-1][1]) < _VALUE_BYTES_MAX:
                name, value = fields[-1]
                fields[-1] = (name, value + b" " + line.strip())
            continue
        field = _FIELD.match(line[:_VALUE_BYTES_MAX])
        if field is not None and len(fields) < _FIELDS_MAX:
            fields.append((field[1].decode("ascii"), field[2].strip()))
    return Header(tuple(fields))


def decoded(value: bytes) -> str:
    """A field's text: encoded words, or raw bytes in the likeliest encoding.

    Words of one charset that follow one another are joined before they are decoded: senders cut characters in two.
    """
    found: list[str] = []
    position = 0
    waiting, waiting_charset = b"", ""
    for word in _WORD.finditer(value):
        between = value[position : word.start()]
        charset = word[1].decode("ascii").lower()
        if waiting and (between.strip() or charset != waiting_charset):
            found.append(_decode(waiting, waiting_charset))
            waiting = b""
        if between.strip() or (between and not position):
            found.append(_decode(between, ""))
        waiting += _word_bytes(word[2], word[3])
        waiting_charset = charset
        position = word.end()
    if waiting:
        found.append(_decode(waiting, waiting_charset))
    if value[position:]:
        found.append(_decode(value[position:], ""))
    return "".join(found)


def parameters(raw: bytes) -> dict[str, str]:
    """The parameters after the value, names in lower case; continued and percent-encoded ones put together."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for found in _PARAMETER.finditer(raw[:_VALUE_BYTES_MAX]):
        name = found[1].decode("ascii").lower()
        value = _ESCAPE.sub(rb"\1", found[4]) if found[4] is not None else found[5].strip()
        if found[2] or found[3]:
            pieces.setdefault(name, []).append((int((found[2] or b"*0")[1:]), bool(found[3]), value))
        else:
            plain.setdefault(name, decoded(value))
    for name, parts in pieces.items():
        plain[name] = _continued(sorted(parts, key=lambda part: part[0]))
    return plain


def _continued(parts: list[tuple[int, bool, bytes]]) -> str:
    charset = ""
    joined = b""
    for number, is_encoded, piece in parts:
        value = piece
        if is_encoded:
            if number == 0 and value.count(b"'") >= 2:
                label, _, value = value.split(b"'", 2)
                charset = label.decode("ascii", errors="replace")
            value = _PERCENT.sub(lambda hit: bytes([int(hit[1], 16)]), value)
        joined += value
    return _decode(joined, charset) if charset else decoded(joined)


def _word_bytes(kind: bytes, body: bytes) -> bytes:
    if kind in b"Qq":
        return binascii.a2b_qp(body, header=True)
    try:
        return binascii.a2b_base64(body + b"=" * (-len(body) % 4))
    except binascii.Error:
        return b""


def _decode(raw: bytes, declared: str) -> str:
    if raw.isascii() and not declared.startswith(("iso-2022", "hz", "utf-16", "utf-7")):
        return raw.decode("ascii")
    encoding = encodings.best(raw, declared=declared)
    return raw.decode(encoding, errors="replace")
