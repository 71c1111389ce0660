"""What a picture says in words beside its pixels: PNG texts, JPEG segments, TIFF tags, GIF comments, WebP chunks.

Own parsers, without a library: a few hundred bytes are read of a file of any size. Every walk ends: segments are
counted, lengths are compared with the file, what is packed is unpacked within one budget for the whole picture.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import image_tags, label_xml
from gapwatch_agent.inspector.readers.image_tags import VALUE_BYTES_MAX, Walk, texts
from gapwatch_agent.inspector.readers.source import Report, Source, StopReading

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8"
_SEGMENTS_MAX: Final = 20_000
_XMP_HEAD: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_MORE: Final = b"http://ns.adobe.com/xmp/extension/\x00"
_XMP_MORE_HEAD_BYTES: Final = len(_XMP_MORE) + 32 + 8
_RAW_PROFILE: Final = re.compile(rb"^\s*([A-Za-z0-9]+)\s+(\d+)\s")
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""JPEG markers without a length."""
_SCAN: Final = 0xDA
_END: Final = 0xD9


def fragments(source: Source, limits: Limits, report: Report) -> Iterator[Fragment]:
    """Every text the file holds beside its pixels, as properties; ``damaged`` is where the structure breaks off."""
    walk = Walk(report, lambda raw: _packet(raw, limits, report))
    head = source.read(0, 16)
    parser = _parser(head)
    if parser is not None:
        yield from parser(source, walk)


def is_webp(head: bytes) -> bool:
    """Whether a RIFF file is a picture."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _parser(head: bytes) -> Callable[[Source, Walk], Iterator[Fragment]] | None:
    if head.startswith(PNG):
        return _png
    if head.startswith(JPEG):
        return _jpeg
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return image_tags.tiff
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _gif
    return _webp if is_webp(head) else None


def _packet(raw: bytes, limits: Limits, report: Report) -> Iterator[Fragment]:
    """An XMP packet. One that is broken costs its labels, not the rest of the picture's texts."""
    # Programs pad packets with blanks and zeros so that they can be edited in place.
    trimmed = raw.strip(b"\x00 \r\n\t")
    try:
        yield from label_xml.fragments((trimmed,), limits, report)
    except StopReading as stop:
        report(stop.reason)


# --- PNG


def _png(source: Source, walk: Walk) -> Iterator[Fragment]:
    at = len(PNG)
    for _ in range(_SEGMENTS_MAX):
        head = source.read(at, 8)
        if len(head) < 8:
            walk.report("damaged")
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind in {b"tEXt", b"zTXt", b"iTXt", b"eXIf"}:
            yield from _png_text(kind, _bounded(source, at + 8, length, walk), walk)
        if kind == b"IEND":
            return
        at += 12 + length
        if at > source.size:
            walk.report("damaged")
            return
    walk.report("too_many")


def _png_text(kind: bytes, data: bytes, walk: Walk) -> Iterator[Fragment]:
    if kind == b"eXIf":
        yield from image_tags.exif(data, walk)
        return
    raw_key, _, rest = data.partition(b"\x00")
    key = raw_key[:80].decode("latin-1")
    if kind == b"tEXt":
        yield from _png_value(key, rest, walk)
    elif kind == b"zTXt":
        yield from _png_value(key, _inflated(rest[1:], walk), walk)
    else:
        packed = rest[:1] == b"\x01"
        _language, _, translated = rest[2:].partition(b"\x00")
        raw_other, _, value = translated.partition(b"\x00")
        other = raw_other[:80].decode("utf-8", errors="replace")
        text = _inflated(value, walk) if packed else value
        yield from _png_value(key, text, walk)
        if other and other != key:
            yield from _png_value(other, text, walk)


def _png_value(key: str, value: bytes, walk: Walk) -> Iterator[Fragment]:
    if key == "XML:com.adobe.xmp":
        yield from walk.packet(value)
    elif key.startswith("Raw profile type "):
        yield from _raw_profile(key.removeprefix("Raw profile type "), value, walk)
    else:
        yield from texts(key, value)


def _raw_profile(name: str, value: bytes, walk: Walk) -> Iterator[Fragment]:
    """ImageMagick keeps what PNG has no chunk for as hexadecimal text: a name, a length, the bytes."""
    head = _RAW_PROFILE.match(value[:200])
    if head is None:
        return
    digits = b"".join(value[head.end() :].split())
    try:
        raw = binascii.unhexlify(digits[: len(digits) // 2 * 2])
    except binascii.Error:
        walk.report("damaged")
        return
    if name == "xmp" or raw.startswith(_XMP_HEAD):
        yield from walk.packet(raw.removeprefix(_XMP_HEAD))
    elif name == "iptc":
        yield from image_tags.photoshop(raw) if b"8BIM" in raw[:64] else image_tags.iptc(raw)
    elif name in {"exif", "APP1"}:
        yield from image_tags.exif(raw, walk)


def _inflated(data: bytes, walk: Walk) -> bytes:
    unpacker = zlib.decompressobj()
    allowed = min(VALUE_BYTES_MAX, walk.bytes_left)
    try:
        # One more than is wanted tells whether there is more; none at all would mean without a bound.
        text = unpacker.decompress(data, allowed + 1)
    except zlib.error:
        walk.report("damaged")
        return b""
    return text[: walk.allow(len(text))]


# --- JPEG


def _jpeg(source: Source, walk: Walk) -> Iterator[Fragment]:
    at = len(JPEG)
    more: list[tuple[int, bytes]] = []
    for _ in range(_SEGMENTS_MAX):
        head = source.read(at, 4)
        if len(head) < 2 or head[0] != 0xFF:
            walk.report("damaged")
            break
        marker = head[1]
        if marker == 0xFF or marker in _BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in {_SCAN, _END} or len(head) < 4:
            break
        length = int.from_bytes(head[2:4], "big")
        if length < 2:
            walk.report("damaged")
            break
        if marker in {0xE1, 0xED, 0xFE}:
            yield from _jpeg_segment(marker, _bounded(source, at + 4, length - 2, walk), walk, more)
        at += 2 + length
    else:
        walk.report("too_many")
    if more:
        yield from walk.packet(b"".join(piece for _, piece in sorted(more)))


def _jpeg_segment(marker: int, data: bytes, walk: Walk, more: list[tuple[int, bytes]]) -> Iterator[Fragment]:
    if marker == 0xFE:
        yield from texts("Comment", data)
    elif marker == 0xED:
        yield from image_tags.photoshop(data)
    elif data.startswith(b"Exif\x00"):
        yield from image_tags.exif(data, walk)
    elif data.startswith(_XMP_HEAD):
        yield from walk.packet(data[len(_XMP_HEAD) :])
    elif data.startswith(_XMP_MORE):
        # A packet too long for one segment goes on in others, which may come in any order.
        offset = int.from_bytes(data[len(_XMP_MORE) + 36 : _XMP_MORE_HEAD_BYTES], "big")
        more.append((offset, data[_XMP_MORE_HEAD_BYTES:]))


# --- GIF


def _gif(source: Source, walk: Walk) -> Iterator[Fragment]:
    head = source.read(0, 13)
    if len(head) < 13:
        walk.report("damaged")
        return
    at = 13 + _palette_bytes(head[10])
    for _ in range(_SEGMENTS_MAX):
        block = source.read(at, 16)
        if block[:1] == b"\x3b":
            return
        if block[:1] == b"\x21" and len(block) > 2:
            yield from _gif_extension(source, at, block, walk)
            at = _after_blocks(source, at + 2)
        elif block[:1] == b"\x2c" and len(block) > 10:
            at = _after_blocks(source, at + 11 + _palette_bytes(block[9]))
        else:
            walk.report("damaged")
            return
    walk.report("too_many")


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_extension(source: Source, at: int, block: bytes, walk: Walk) -> Iterator[Fragment]:
    label = block[1]
    if label == 0xFE:
        yield from texts("Comment", b"".join(_blocks(source, at + 2, walk)))
    elif label == 0x01:
        yield from texts("PlainText", b"".join(list(_blocks(source, at + 2, walk))[1:]))
    elif label == 0xFF and block[3:11] == b"XMP Data":
        # The packet lies there as it is, not in blocks; the bytes that end it only look like some.
        raw = source.read(at + 14, min(VALUE_BYTES_MAX, walk.bytes_left))
        end = raw.find(b"<?xpacket end")
        packet = raw[:end] if end >= 0 else raw.split(b"\x01\xff\xfe", 1)[0]
        yield from walk.packet(packet[: walk.allow(max(len(packet), 1))])


def _blocks(source: Source, at: int, walk: Walk) -> Iterator[bytes]:
    while (size := source.read(at, 1)) not in {b"", b"\x00"}:
        allowed = walk.allow(size[0])
        yield source.read(at + 1, allowed)
        if allowed < size[0]:
            return
        at += 1 + size[0]


def _after_blocks(source: Source, at: int) -> int:
    """Where a chain of blocks of up to 255 bytes ends; they are walked through a window, not one read a block."""
    window, start = b"", at
    while True:
        if at - start >= len(window):
            start, window = at, source.read(at, 1 << 16)
            if not window:
                return at
        size = window[at - start]
        at += 1 + size
        if size == 0:
            return at


# --- WebP


def _webp(source: Source, walk: Walk) -> Iterator[Fragment]:
    at = 12
    for _ in range(_SEGMENTS_MAX):
        head = source.read(at, 8)
        if len(head) < 8:
            if head:
                walk.report("damaged")
            return
        size = int.from_bytes(head[4:8], "little")
        if at + 8 + size > source.size:
            walk.report("damaged")
        if head[:4] == b"EXIF":
            yield from image_tags.exif(_bounded(source, at + 8, size, walk), walk)
        elif head[:4] == b"XMP ":
            yield from walk.packet(_bounded(source, at + 8, size, walk))
        at += 8 + size + size % 2
    walk.report("too_many")


def _bounded(source: Source, at: int, length: int, walk: Walk) -> bytes:
    return source.read(at, walk.allow(length))
