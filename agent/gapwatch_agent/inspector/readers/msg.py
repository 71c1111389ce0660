"""Outlook messages and templates (MS-OXMSG), Unicode and ANSI: labels and subject, the body, the attachments.

A body is kept in up to three forms that need not say the same: each is a reading of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import (
    cms,
    compound_copy,
    compressed_rtf,
    html,
    mail,
    mail_header,
    msg_properties,
    ole_objects,
    rtf,
    text,
)
from gapwatch_agent.inspector.readers.compound import CompoundFile, Entry
from gapwatch_agent.inspector.readers.msg_properties import Properties
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, Reading, Report, Source

_CLASS, _SUBJECT, _HEADERS, _BODY, _PACKED_RTF, _HTML = 0x001A, 0x0037, 0x007D, 0x1000, 0x1009, 0x1013
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _DATA = 0x3707, 0x3704, 0x3001, 0x3701
_ATTACHMENT: Final = "__attach_version1.0_"
_MESSAGE: Final = "__properties_version1.0"
_BODY_BYTES_MAX: Final = 16 * MIB
_RTF_BYTES_MAX: Final = 4 * MIB
"""Unpacking costs time with every byte."""
_SIGNED_BYTES_MAX: Final = 64 * MIB
_PROPERTY_BYTES_MAX: Final = 1 << 16
_HEADERS_BYTES_MAX: Final = 1 << 18
_LABELS_OF_MAIL: Final = "msip_labels"
_SIGNED_CLASS: Final = "ipm.note.smime"
_RIGHTS_MANAGED: Final = "message.rpmsg"


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Labels with the plain body; the body's other forms; what is attached."""
    compound = CompoundFile(source, limits, report)
    message = Properties(compound, compound.root)
    yield _labels_and_text(compound, message, report)
    page = _html(compound, message, report)
    if page:
        yield from html.read(BytesSource(page), limits, report)
    packed = message.binary(_PACKED_RTF)
    if packed is not None:
        content, is_whole = compressed_rtf.unpacked(compound.open(packed).read(0, _RTF_BYTES_MAX), _RTF_BYTES_MAX)
        if not is_whole:
            report("damaged")
        yield from rtf.read(BytesSource(content), limits, report)
    yield _attachments(compound, message)


def _labels_and_text(compound: CompoundFile, message: Properties, report: Report) -> Iterator[Fragment]:
    subject = message.text(_SUBJECT, _PROPERTY_BYTES_MAX)
    if subject.strip():
        yield Fragment(subject, part=where.PROPERTY, key="subject")
    for key, value in message.named(msg_properties.names(compound), _PROPERTY_BYTES_MAX):
        if key.lower() == _LABELS_OF_MAIL:
            yield from mail.properties(mail_header.Header(((key, value.encode(errors="replace")),)))
        else:
            yield Fragment(value, part=where.PROPERTY, key=key)
    headers = message.text(_HEADERS, _HEADERS_BYTES_MAX)
    yield from mail.properties(mail_header.parse(headers.encode(errors="replace")))
    body = message.text(_BODY, _BODY_BYTES_MAX)
    if len(body) * 2 >= _BODY_BYTES_MAX:
        report("too_large")
    yield from text.lines_of(body.encode(errors="replace"), declared="utf-8")


def _html(compound: CompoundFile, message: Properties, report: Report) -> bytes:
    """The page as bytes; a string becomes UTF-8 that says so."""
    entry = message.binary(_HTML)
    if entry is None:
        page = message.text(_HTML, _BODY_BYTES_MAX)
        return b"\xef\xbb\xbf" + page.encode(errors="replace") if page else b""
    stream = compound.open(entry)
    if stream.size > _BODY_BYTES_MAX:
        report("too_large")
    return stream.read(0, _BODY_BYTES_MAX)


def _attachments(compound: CompoundFile, message: Properties) -> Iterator[Embedded]:
    is_signed = message.text(_CLASS, _PROPERTY_BYTES_MAX).lower().startswith(_SIGNED_CLASS)
    for name, storage in list(compound.root.children.items()):
        if name.startswith(_ATTACHMENT) and storage.is_storage:
            yield from _attachment(compound, storage, message.codepage, is_signed=is_signed)


def _attachment(compound: CompoundFile, storage: Entry, codepage: int, *, is_signed: bool) -> Iterator[Embedded]:
    """An attached file, message or object, under the name it was attached with."""
    properties = Properties(compound, storage, codepage)
    names = (properties.text(tag, 4096).strip() for tag in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME))
    name = next(filter(None, names), storage.name).replace("\\", "/")
    data, inner = properties.binary(_DATA), properties.storage(_DATA)
    if name.lower() == _RIGHTS_MANAGED:
        yield Embedded(name, _nothing, "encrypted")
    elif data is not None and is_signed:
        yield _unwrapped(compound.open(data).read(0, _SIGNED_BYTES_MAX), name)
    elif data is not None:
        yield Embedded(name, compound.open(data).chunks)
    elif inner is not None and _MESSAGE in inner.children:
        yield Embedded(f"{name}.msg", partial(compound_copy.standalone, compound, inner))
    elif inner is not None:
        yield from ole_objects.embedded(compound, inner, name)


def _unwrapped(content: bytes, name: str) -> Embedded:
    """S/MIME: the mail inside the signature; anything else in that wrapping is encrypted."""
    kind, inner = cms.signed_content(content)
    if kind == cms.SIGNED:
        return Embedded(f"{name}.eml", partial(_once, inner))
    if kind == cms.OTHER:
        return Embedded(name, _nothing, "encrypted")
    return Embedded(name, partial(_once, content))


def _nothing() -> Iterator[bytes]:
    return iter(())


def _once(content: bytes) -> Iterator[bytes]:
    yield content
