"""Mails (RFC 5322, MIME) and web archives (MHTML): label headers and subject, then the bodies, then what is attached.

Alternatives of a body are alternative readings of the mail: each is looked at. Attachments are given as files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import byte_stream, cms, html, mail_parts, member_names, text, tnef, transfer
from gapwatch_agent.inspector.readers.mail_header import Header, decoded
from gapwatch_agent.inspector.readers.mail_parts import Message, Part
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, Reading, Report, Source, StopReading

_SUBJECTS: Final = {"subject": "subject", "keywords": "keywords", "thread-topic": "title", "importance": ""}
_LABELS: Final = re.compile(
    r"msip_labels|x-.*(?:class|label|marking|titus|secur|密).*|(?:security-)?classification|protective-marking|sio-label.*"
    r"|密级|密級|保密期限",
    re.IGNORECASE,
)
_NO_LABELS: Final = re.compile(
    r"x-(?:ms-exchange-.*(?:antispam|crosstenant|transport|publictraffic)|spam|google|gmail-labels|ms-.*scl|forefront)"
    r".*|x-.*(?:spam|virus|dkim|authentication).*",
    re.IGNORECASE,
)
_NOTES: Final = frozenset({"sensitivity", "comments", "x-priority-note"})
_VALUE_CHARACTERS_MAX: Final = 8192
_PAIRS_MAX: Final = 200
_ENCRYPTED_KINDS: Final = frozenset({"application/x-microsoft-rpmsg-message", "application/pgp-encrypted"})
_SMIME_KINDS: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURES: Final = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_MAIL_KINDS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_PGP: Final = b"-----BEGIN PGP MESSAGE-----"
_CMS_BYTES_MAX: Final = 64 << 20
_TNEF_KINDS: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_TNEF_BYTES_MAX: Final = 48 << 20


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """The mail with the first of its alternatives; with the others; and what is attached."""
    mail = Mail(source, mail_parts.split(source, 0, source.size, limits, report), limits, report)
    yield _first(mail)
    if mail.others:
        yield mail.bodies(mail.others)
    yield mail.attached()


def _first(mail: Mail) -> Iterator[Fragment]:
    yield from properties(mail.message.header)
    yield from mail.bodies(mail.primary)


class Mail:
    """One message and its parts, sorted by what becomes of them."""

    def __init__(self, source: Source, message: Message, limits: Limits, report: Report) -> None:
        self.message = message
        self._source = source
        self._limits = limits
        self._report = report
        self._inline: list[Embedded] = []
        self.primary: list[Part] = []
        self.others: list[Part] = []
        self._files: list[Part] = []
        chosen: set[int] = set()
        for part in message.parts:
            if not _is_body(part):
                if part.header.content_type()[0] not in _SIGNATURES:
                    self._files.append(part)
                continue
            alternative = next((number for kind, number in part.around if kind == "alternative"), -1)
            first = alternative < 0 or alternative not in chosen
            (self.primary if first else self.others).append(part)
            chosen.add(alternative)

    def bodies(self, parts: list[Part], *, bytes_max: int = 0) -> Iterator[Fragment]:
        """The text of these parts."""
        for part in parts:
            content = self._content(part, bytes_max or self._limits.text_head_bytes)
            kind, parameters = part.header.content_type()
            if kind in {"text/html", "text/x-amp-html", "application/xhtml+xml"}:
                yield from self._html(content, parameters.get("charset", ""))
                continue
            if _PGP in content:
                self._inline.append(Embedded("message.pgp", _nothing, "encrypted"))
            if b"\nbegin " in content or content.startswith(b"begin "):
                content, blocks = transfer.uu_blocks(content)
                for name, lines in blocks:
                    self._inline.append(Embedded(decoded(name), partial(transfer.uu_content, lines)))
            yield from text.lines_of(content, declared=parameters.get("charset", ""))

    def attached(self, prefix: str = "") -> Iterator[Embedded]:
        """Everything that is no body, in order; ``bodies`` must have been read."""
        for embedded in self._inline:
            yield replace(embedded, name=prefix + embedded.name)
        for number, part in enumerate(self._files, start=1):
            kind, parameters = part.header.content_type()
            name = prefix + (part.header.filename() or _invented(kind, number))
            if _is_encrypted(kind, parameters, part):
                yield Embedded(name, _nothing, "encrypted")
            elif kind in _SMIME_KINDS:
                yield from self._signed(part, name)
            elif kind in _TNEF_KINDS and part.end - part.start <= _TNEF_BYTES_MAX:
                yield from self._outlook(part, name)
            else:
                yield Embedded(name, partial(self._pieces, part))

    def _pieces(self, part: Part) -> Iterator[bytes]:
        raw = byte_stream.of_source(self._source, part.start, part.end)
        return transfer.decode(raw, part.header.encoding())

    def _content(self, part: Part, bytes_max: int) -> bytes:
        """A text part, up to a limit; what could be had of it where it breaks off."""
        found = bytearray()
        try:
            for piece in self._pieces(part):
                found += piece
                if len(found) >= bytes_max:
                    break
        except StopReading as stop:
            self._report(stop.reason)
        return bytes(found[:bytes_max])

    def _html(self, content: bytes, charset: str) -> Iterator[Fragment]:
        if charset and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            # The mail's word on the encoding comes before the page's own.
            content = b"\xef\xbb\xbf" + text.decoded(content, declared=charset).encode(errors="replace")
        for reading in html.read(BytesSource(content), self._limits, self._report):
            for item in reading:
                if isinstance(item, Fragment):
                    yield item
                else:
                    self._inline.append(item)

    def _signed(self, part: Part, name: str) -> Iterator[Embedded]:
        """S/MIME with the content inside the signature; anything else in that wrapping is encrypted."""
        if part.end - part.start > _CMS_BYTES_MAX:
            yield Embedded(name, _nothing, "too_large")
            return
        content = self._content(part, _CMS_BYTES_MAX)
        kind, inner = cms.signed_content(content)
        if kind == cms.SIGNED:
            yield Embedded(name + ".eml", partial(_once, inner))
        else:
            yield Embedded(name, _nothing, "encrypted" if kind == cms.OTHER else "damaged")

    def _outlook(self, part: Part, name: str) -> Iterator[Embedded]:
        """The files inside a winmail.dat; itself where it is none."""
        raw = self._content(part, _TNEF_BYTES_MAX)
        inside, complete = tnef.files(raw)
        if not inside and not complete:
            yield Embedded(name, partial(_once, raw))
            return
        for one in inside:
            inner = member_names.decode(one.name) or "text"
            yield Embedded(f"{name}/{inner}", partial(_slice, raw, one.start, one.end))
        if not complete:
            self._report("damaged")


def properties(header: Header) -> Iterator[Fragment]:
    """Subject and labels (domain §3.5). Purview's one header holds many pairs, each a property of its own."""
    for name, raw in header.fields:
        key = name.lower()
        if key == "msip_labels":
            yield from _pairs(decoded(raw))
        elif _SUBJECTS.get(key):
            yield Fragment(_short(raw), part=where.PROPERTY, key=_SUBJECTS[key])
        elif key in _NOTES:
            yield Fragment(f"{name}: {_short(raw)}", part=where.NOTE)
        elif _LABELS.fullmatch(key) and not _NO_LABELS.fullmatch(key):
            yield Fragment(_short(raw), part=where.PROPERTY, key=name)


def _pairs(value: str) -> Iterator[Fragment]:
    for pair in value.split(";", _PAIRS_MAX)[:_PAIRS_MAX]:
        key, equals, text_value = pair.strip().partition("=")
        if equals and key:
            yield Fragment(text_value.strip()[:_VALUE_CHARACTERS_MAX], part=where.PROPERTY, key=key.strip())


def _short(raw: bytes) -> str:
    return decoded(raw)[:_VALUE_CHARACTERS_MAX]


def _is_body(part: Part) -> bool:
    """Text that is shown, not a file that happens to be text."""
    kind, _ = part.header.content_type()
    if part.header.is_attachment() or part.header.filename():
        return False
    if not kind.startswith("text/"):
        return kind == "application/xhtml+xml"
    return kind != "text/rtf"


def _is_encrypted(kind: str, parameters: dict[str, str], part: Part) -> bool:
    if kind in _ENCRYPTED_KINDS or any(around == "encrypted" for around, _ in part.around):
        return True
    return kind in _SMIME_KINDS and parameters.get("smime-type", "").lower() in {
        "enveloped-data",
        "authenveloped-data",
        "encrypted-data",
    }


def _invented(kind: str, number: int) -> str:
    """A name for a part that has none."""
    if kind in _MAIL_KINDS:
        return f"message-{number}.eml"
    subtype = re.sub(r"[^a-z0-9]", "", kind.partition("/")[2].rpartition("-")[2].rpartition("+")[2])
    return f"part-{number}.{subtype[:8] or 'bin'}"


def _nothing() -> Iterator[bytes]:
    return iter(())


def _once(content: bytes) -> Iterator[bytes]:
    yield content


def _slice(content: bytes, start: int, end: int) -> Iterator[bytes]:
    yield content[start:end]
