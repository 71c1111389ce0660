"""Outlook messages and templates (MS-OXMSG), Unicode and ANSI: labels and subject, the body, the attachments.

A body is kept in up to three forms that need not say the same: each is a reading of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import compound_copy, msg_properties, ole_objects
from gapwatch_agent.inspector.readers.compound import CompoundFile, Entry
from gapwatch_agent.inspector.readers.msg_properties import Properties
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source

_SUBJECT, _BODY, _PACKED_RTF, _HTML, _HEADERS = 0x0037, 0x1000, 0x1009, 0x1013, 0x007D
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _DATA = 0x3707, 0x3704, 0x3001, 0x3701
_ATTACHMENT: Final = "__attach_version1.0_"
_TEXT_BYTES_MAX: Final = 16 * MIB
_PROPERTY_BYTES_MAX: Final = 1 << 16
_MESSAGE: Final = "__properties_version1.0"


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """A reading for each form of the body; the first has the properties and the attachments too."""
    compound = CompoundFile(source, limits, report)
    message = Properties(compound, compound.root)
    yield _fragments(compound, message, report)


def _fragments(compound: CompoundFile, message: Properties, report: Report) -> Iterator[Fragment | Embedded]:
    yield from _labels(compound, message)
    text = message.text(_BODY, _TEXT_BYTES_MAX)
    if text.strip():
        yield Fragment(text.replace("\r\n", "\n").replace("\r", "\n"), page=1)
    for name, storage in list(compound.root.children.items()):
        if name.startswith(_ATTACHMENT) and storage.is_storage:
            yield from _attachment(compound, storage, message.codepage)


def _labels(compound: CompoundFile, message: Properties) -> Iterator[Fragment]:
    subject = message.text(_SUBJECT, _PROPERTY_BYTES_MAX)
    if subject.strip():
        yield Fragment(subject, part=where.PROPERTY, key="subject")
    for key, text in message.named(msg_properties.names(compound), _PROPERTY_BYTES_MAX):
        yield Fragment(text, part=where.PROPERTY, key=key)


def _attachment(compound: CompoundFile, storage: Entry, codepage: int) -> Iterator[Embedded]:
    """An attached file, message or object, under the name it was attached with."""
    properties = Properties(compound, storage, codepage)
    name = next(
        (text for tag in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME) if (text := properties.text(tag, 4096).strip())),
        storage.name,
    )
    data, inner = properties.binary(_DATA), properties.storage(_DATA)
    if data is not None:
        yield Embedded(name, compound.open(data).chunks)
    elif inner is not None and _MESSAGE in inner.children:
        yield Embedded(f"{name}.msg", lambda: compound_copy.standalone(compound, inner))
    elif inner is not None:
        yield from ole_objects.embedded(compound, inner, name)
