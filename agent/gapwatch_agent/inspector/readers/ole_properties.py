"""Property sets of compound files (MS-OLEPS): summary, document summary and the user's own properties, as fragments.

Also the XML items that Office keeps in a storage of their own (MsoDataStore), where labels may lie (domain §3.5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import codepages, label_xml
from gapwatch_agent.inspector.readers.compound import CompoundFile, Entry
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Report, StopReading

_STREAMS: Final = ("\x05DocumentSummaryInformation", "\x05SummaryInformation")
_STREAM_BYTES_MAX: Final = MIB
_USUAL_BYTES: Final = 1 << 14
"""Long streams are so by a picture of the first page behind everything else, which need not be read."""
_VALUE_BYTES_MAX: Final = 1 << 16
_PROPERTIES_MAX: Final = 2000
_SETS_MAX: Final = 4
_TEXT_CHARACTERS_MAX: Final = 1 << 20
_NAME_BYTES_MAX: Final = 1024
_VECTOR_MAX: Final = 100
_SUMMARY: Final = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT_SUMMARY: Final = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_KEYS: Final = {
    _SUMMARY: {2: "title", 3: "subject", 4: "creator", 5: "keywords", 6: "description", 7: "template",
               8: "lastModifiedBy", 18: "application"},
    _DOCUMENT_SUMMARY: {2: "category", 14: "manager", 15: "company", 26: "contentType", 27: "contentStatus"},
}  # fmt: skip
_CORE_PREFIX: Final = "OOXMLCoreProperty"
_DICTIONARY, _CODEPAGE = 0, 1
_VT_I2, _VT_I4, _VT_BSTR, _VT_BOOL, _VT_VARIANT = 2, 3, 8, 11, 12
_VT_STRING, _VT_WIDE_STRING, _VT_VECTOR = 30, 31, 0x1000
_TEXT_ITEM: Final = "item"


def fragments(compound: CompoundFile, limits: Limits, report: Report) -> Iterator[Fragment]:
    """Every textual property, the user's own with their original names, then the labels kept as XML."""
    for name in _STREAMS:
        entry = compound.find(name)
        if entry is not None:
            stream = compound.open(entry)
            data = stream.read(0, _USUAL_BYTES)
            if len(data) < stream.size and _reach(data) > len(data):
                data = stream.read(0, _STREAM_BYTES_MAX)
            yield from of_stream(data)
    store = compound.find("MsoDataStore")
    for folder in list(store.children.values())[:_PROPERTIES_MAX] if store is not None else ():
        item = folder.children.get(_TEXT_ITEM)
        if item is not None:
            yield from _labels(compound, item, limits, report)


def of_stream(data: bytes) -> Iterator[Fragment]:
    """The properties of one property set stream, up to a sum that no honest one comes near."""
    left = _TEXT_CHARACTERS_MAX
    for number in range(min(u32(data, 24), _SETS_MAX)):
        at = 28 + 20 * number
        offset = u32(data, at + 16)
        if 48 <= offset < len(data):
            for fragment in _property_set(data[at : at + 16], data[offset:]):
                yield fragment
                left -= len(fragment.text)
                if left < 0:
                    return


def _reach(data: bytes) -> int:
    """Where the last property with a name ends."""
    furthest = 0
    for number in range(min(u32(data, 24), _SETS_MAX)):
        at = 28 + 20 * number
        offset = u32(data, at + 16)
        known = _KEYS.get(data[at : at + 16])
        for identity, place in _places(data[offset:]).items():
            if known is None or identity in known:
                size = min(2 * u32(data, offset + place + 4), _VALUE_BYTES_MAX)
                furthest = max(furthest, offset + place + 8 + size)
    return furthest


def _property_set(kind: bytes, data: bytes) -> Iterator[Fragment]:
    places = _places(data)
    codepage = u16(data, places[_CODEPAGE] + 4) if _CODEPAGE in places else 1252
    names = dict(_KEYS.get(kind, {}))
    if _DICTIONARY in places:
        own = _dictionary(data, places.pop(_DICTIONARY), codepage)
        names.update({number: _unprefixed(name) for number, name in own.items()})
    for number, offset in places.items():
        if number == _CODEPAGE or number not in names:
            continue
        for text in _texts(data, offset, codepage):
            if text.strip():
                yield Fragment(text, part=where.PROPERTY, key=names[number])


def _unprefixed(name: str) -> str:
    """LibreOffice keeps what this format has no room for under a name made of today's."""
    core = name.removeprefix(_CORE_PREFIX)
    return name if core == name else core[:1].lower() + core[1:]


def _places(data: bytes) -> dict[int, int]:
    """Property number to the offset of its value."""
    places: dict[int, int] = {}
    for number in range(min(u32(data, 4), _PROPERTIES_MAX, max(len(data) - 8, 0) // 8)):
        places.setdefault(u32(data, 8 + 8 * number), u32(data, 12 + 8 * number))
    return places


def _dictionary(data: bytes, at: int, codepage: int) -> dict[int, str]:
    """The names of the user's own properties."""
    names: dict[int, str] = {}
    count = min(u32(data, at), _PROPERTIES_MAX)
    at += 4
    for _ in range(count):
        if at + 8 > len(data):
            break
        number, length = u32(data, at), u32(data, at + 4)
        size = length * 2 if codepage == codepages.UTF_16 else length
        names[number] = codepages.decode(data[at + 8 : at + 8 + min(size, _NAME_BYTES_MAX)], codepage).split("\0")[0]
        # Wide names are padded to four bytes, narrow ones are not.
        at += 8 + (-(-size // 4) * 4 if codepage == codepages.UTF_16 else size)
    return names


def _texts(data: bytes, at: int, codepage: int) -> Iterator[str]:
    """The value as text; of a vector each element."""
    kind = u16(data, at)
    if not kind & _VT_VECTOR:
        text, _ = _value(data, at + 4, kind, codepage)
        yield text
        return
    count, at, kind = min(u32(data, at + 4), _VECTOR_MAX), at + 8, kind & ~_VT_VECTOR
    for _ in range(count):
        if at >= len(data):
            return
        inner = kind
        if kind == _VT_VARIANT:
            inner, at = u16(data, at), at + 4
        text, size = _value(data, at, inner, codepage)
        yield text
        if not size:
            return
        at += size


def _value(data: bytes, at: int, kind: int, codepage: int) -> tuple[str, int]:
    """A scalar and the bytes it takes; no text for kinds that hold none, no size where the next cannot be found."""
    if kind in {_VT_STRING, _VT_BSTR}:
        size = u32(data, at)
        raw = data[at + 4 : at + 4 + min(size, _VALUE_BYTES_MAX)]
        return _string(raw, codepage), 4 + -(-size // 4) * 4
    if kind == _VT_WIDE_STRING:
        size = u32(data, at) * 2
        raw = data[at + 4 : at + 4 + min(size, _VALUE_BYTES_MAX)]
        return raw.decode("utf-16-le", errors="replace").split("\0")[0], 4 + -(-size // 4) * 4
    if kind == _VT_BOOL:
        return ("true" if u16(data, at) else "false"), 4
    if kind == _VT_I2:
        return str(struct.unpack("<h", data[at : at + 2].ljust(2, b"\0"))[0]), 4
    if kind == _VT_I4:
        return str(struct.unpack("<i", data[at : at + 4].ljust(4, b"\0"))[0]), 4
    return "", 0


def _string(raw: bytes, codepage: int) -> str:
    if codepage != codepages.UTF_16:
        return codepages.decode(raw.split(b"\0")[0], codepage)
    return raw.decode("utf-16-le", errors="replace").split("\0")[0]


def _labels(compound: CompoundFile, item: Entry, limits: Limits, report: Report) -> Iterator[Fragment]:
    """One customXml item; one that cannot be read does not hide the rest."""
    try:
        yield from label_xml.fragments(compound.open(item).chunks(), limits, report)
    except StopReading as stop:
        report(stop.reason)
