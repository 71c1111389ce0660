"""What describes a picture inside it: TIFF tags (EXIF is a TIFF without a picture), IPTC datasets, Photoshop resources.

Pure and bounded: directories, entries and bytes are counted, no length is believed before it was compared with the
file, and all values together stay within one budget, however often they are pointed to.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.source import BytesSource, Report, Source

VALUE_BYTES_MAX: Final = 1 << 18
"""A description is a line or a page; what is longer is cut off and said to be."""
TOTAL_BYTES_MAX: Final = 1 << 23
"""What all values of a picture may take together."""
DIRECTORIES_MAX: Final = 256
ENTRIES_MAX: Final = 1024
_DATASETS_MAX: Final = 4096
_VALUE_CHARACTERS_MAX: Final = 4096

_TEXTS: Final = {
    269: "DocumentName",
    270: "ImageDescription",
    271: "Make",
    272: "Model",
    285: "PageName",
    305: "Software",
    315: "Artist",
    316: "HostComputer",
    33432: "Copyright",
    40092: "Comment",
    42032: "CameraOwnerName",
    # Windows writes these five in UTF-16, whatever the rest is in.
    40091: "Title",
    40093: "Author",
    40094: "Keywords",
    40095: "Subject",
}
_UTF16: Final = frozenset({40091, 40092, 40093, 40094, 40095})
_USER_COMMENT: Final = 37510
_XMP: Final = 700
_IPTC: Final = 33723
_PHOTOSHOP: Final = 34377
_EXIF: Final = 34665
_INNER: Final = frozenset({_EXIF, 330})
"""Tags that point to further directories: EXIF's own, and pictures inside the picture."""
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}

_IPTC_NAMES: Final = {
    5: "Title",
    7: "EditStatus",
    15: "Category",
    20: "SupplementalCategory",
    25: "Keywords",
    40: "SpecialInstructions",
    80: "Author",
    103: "OriginalTransmissionReference",
    105: "Headline",
    116: "Copyright",
    120: "Caption",
}
_IPTC_RESOURCE: Final = 0x0404
_EIGHT_BIT: Final = ("utf-8", "gb18030", "cp950")
for _name in (*_EIGHT_BIT, "utf-16-le", "utf-16-be", "latin-1"):
    codecs.lookup(_name)

Packet = Callable[[bytes], Iterator[Fragment]]
"""What to do with an XMP packet found inside."""


@dataclass(slots=True)
class Walk:
    """One walk over a picture's descriptions: what it reports to and what it met."""

    report: Report
    packet: Packet
    bytes_left: int = TOTAL_BYTES_MAX
    directories: int = 0
    seen: set[int] = field(default_factory=set)

    def allow(self, length: int) -> int:
        """How many of a value's bytes may be read; ``too_large`` is reported when that is not all of them."""
        allowed = min(length, VALUE_BYTES_MAX, self.bytes_left)
        self.bytes_left -= allowed
        if allowed < length:
            self.report("too_large")
        return allowed


def texts(key: str, value: bytes) -> Iterator[Fragment]:
    """A value in eight-bit characters of an encoding nobody names: as it reads in each that it may be.

    UTF-8 that is well-formed is nothing else.
    """
    raw = value.split(b"\x00\x00", 1)[0].replace(b"\x00", b" ").strip()[:VALUE_BYTES_MAX]
    if not raw:
        return
    seen: set[str] = set()
    for encoding in ("ascii", *_EIGHT_BIT):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text not in seen:
            seen.add(text)
            yield named(key, text)
        if encoding in {"ascii", "utf-8"}:
            return
    yield named(key, raw.decode("latin-1"))


def named(key: str, text: str) -> Fragment:
    """A property."""
    return Fragment(text.strip("\x00 \r\n\t")[:_VALUE_CHARACTERS_MAX], where.PROPERTY, key=key)


def tiff(source: Source, walk: Walk, start: int = 0) -> Iterator[Fragment]:
    """The texts of every directory of a TIFF (or of an EXIF block, which is one) that begins at ``start``."""
    head = source.read(start, 8)
    if head[:4] == b"II*\x00":
        order = "<"
    elif head[:4] == b"MM\x00*":
        order = ">"
    else:
        walk.report("damaged")
        return
    if len(head) < 8:
        walk.report("damaged")
        return
    waiting = [struct.unpack_from(order + "I", head, 4)[0]]
    while waiting:
        offset = waiting.pop(0)
        if offset == 0 or offset in walk.seen:
            continue
        walk.seen.add(offset)
        walk.directories += 1
        if walk.directories > DIRECTORIES_MAX:
            walk.report("too_many")
            return
        yield from _directory(source, walk, order, (start, offset), waiting)


def _directory(
    source: Source, walk: Walk, order: str, place: tuple[int, int], waiting: list[int]
) -> Iterator[Fragment]:
    """One directory's texts; the offsets of further ones go to ``waiting``."""
    start, offset = place
    counted = source.read(start + offset, 2)
    if len(counted) < 2:
        walk.report("damaged")
        return
    count = struct.unpack(order + "H", counted)[0]
    if count > ENTRIES_MAX:
        walk.report("too_many")
        count = ENTRIES_MAX
    table = source.read(start + offset + 2, count * 12 + 4)
    if len(table) < count * 12:
        walk.report("damaged")
    for at in range(0, min(count, len(table) // 12) * 12, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", table, at)
        value = table[at + 8 : at + 12]
        if tag in _INNER:
            waiting.extend(_pointers(source, order, start, number, value))
        elif tag in _TEXTS or tag in {_USER_COMMENT, _XMP, _IPTC, _PHOTOSHOP}:
            raw = _value(source, walk, order, start, _SIZES.get(kind, 1) * number, value)
            yield from _text_tag(tag, kind, raw, order, walk)
    if len(table) >= count * 12 + 4:
        waiting.append(struct.unpack_from(order + "I", table, count * 12)[0])


def _pointers(source: Source, order: str, start: int, number: int, value: bytes) -> list[int]:
    if number == 1:
        return [struct.unpack(order + "I", value)[0]]
    raw = source.read(start + struct.unpack(order + "I", value)[0], 4 * min(number, DIRECTORIES_MAX))
    return [struct.unpack_from(order + "I", raw, at)[0] for at in range(0, len(raw) // 4 * 4, 4)]


def _value(source: Source, walk: Walk, order: str, start: int, length: int, inline: bytes) -> bytes:
    if length <= 4:
        return inline[:length]
    allowed = walk.allow(length)
    raw = source.read(start + struct.unpack(order + "I", inline)[0], allowed)
    if len(raw) < allowed:
        walk.report("damaged")
    return raw


def _text_tag(tag: int, kind: int, raw: bytes, order: str, walk: Walk) -> Iterator[Fragment]:
    if tag == _XMP:
        yield from walk.packet(raw)
    elif tag == _IPTC:
        # Adobe wrote it as longs and so swapped it in files of the other byte order.
        swapped = kind == 4 and order == "<" and raw[:1] != b"\x1c"
        yield from iptc(_swap(raw) if swapped else raw)
    elif tag == _PHOTOSHOP:
        yield from photoshop(raw)
    elif tag == _USER_COMMENT:
        yield from _user_comment(raw)
    elif tag in _UTF16:
        yield named(_TEXTS[tag], raw.decode("utf-16-le", errors="replace"))
    else:
        yield from texts(_TEXTS[tag], raw)


def _swap(raw: bytes) -> bytes:
    whole = len(raw) // 4
    return struct.pack(f">{whole}I", *struct.unpack(f"<{whole}I", raw[: whole * 4]))


def _user_comment(raw: bytes) -> Iterator[Fragment]:
    """Eight characters say how the rest is written; ``UNICODE`` means UTF-16 in an order programs do not agree on."""
    code, rest = raw[:8], raw[8:]
    if code.startswith(b"UNICODE"):
        even = rest[: len(rest) // 2 * 2]
        for encoding in ("utf-16-le", "utf-16-be"):
            yield named("UserComment", even.decode(encoding, errors="replace"))
    elif code.startswith((b"ASCII", b"JIS", b"\x00")):
        yield from texts("UserComment", rest)
    else:
        yield from texts("UserComment", raw)


def exif(raw: bytes, walk: Walk) -> Iterator[Fragment]:
    """An EXIF block that lies in another file: a TIFF of its own, offsets counted from its start."""
    block = raw[6:] if raw.startswith(b"Exif\x00") else raw
    inner = Walk(walk.report, walk.packet, walk.bytes_left, walk.directories)
    yield from tiff(BytesSource(block), inner)
    walk.bytes_left, walk.directories = inner.bytes_left, inner.directories


def photoshop(raw: bytes) -> Iterator[Fragment]:
    """Photoshop's image resources: IPTC is one of them."""
    at = raw.find(b"8BIM")
    for _ in range(_DATASETS_MAX):
        if at < 0 or at + 12 > len(raw) or raw[at : at + 4] != b"8BIM":
            return
        kind = int.from_bytes(raw[at + 4 : at + 6], "big")
        name_length = raw[at + 6] + 1
        at += 6 + name_length + name_length % 2
        size = int.from_bytes(raw[at : at + 4], "big")
        if kind == _IPTC_RESOURCE:
            yield from iptc(raw[at + 4 : at + 4 + size])
        at += 4 + size + size % 2


def iptc(raw: bytes) -> Iterator[Fragment]:
    """IPTC datasets: title, keywords, caption, instructions and the like."""
    at = 0
    for _ in range(_DATASETS_MAX):
        if raw[at : at + 1] != b"\x1c" or at + 5 > len(raw):
            return
        record, dataset, size = raw[at + 1], raw[at + 2], int.from_bytes(raw[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:
            digits = min(size & 0x7FFF, 4)
            size = int.from_bytes(raw[at : at + digits], "big")
            at += digits
        if record == 2 and dataset in _IPTC_NAMES:
            yield from texts(_IPTC_NAMES[dataset], raw[at : at + size])
        at += size
