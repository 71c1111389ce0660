"""What a file is, by its content, never by its name. Closed list ``TYPES``."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import compound_names, detect_text, zip_archive
from gapwatch_agent.inspector.readers.source import Source, StopReading

HEAD_BYTES: Final = detect_text.HEAD_BYTES
_CFB: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_ISO_AT: Final = 32_769
_TAR_BLOCK: Final = 512
_DIRECTORY_BYTES: Final = 1 << 20

_BITMAP: Final = b"BM"
_BITMAP_HEADER_BYTES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_MAGICS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (_BITMAP, "image"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"LZIP", "lzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"SQLite format 3\x00", "database"),
    (b"OggS", "media"),
    (b"ID3", "media"),
    (b"RIFF", "media"),
    (b"\x1aE\xdf\xa3", "media"),
)
_BOXED_IMAGES: Final = frozenset({b"heic", b"heix", b"avif", b"mif1", b"msf1"})
_OOXML_MAINS: Final = (
    (re.compile(rb"wordprocessingml\.\w+\.main|ms-word\.\w+\.\w+\.main", re.IGNORECASE), "docx"),
    (re.compile(rb"ms-excel\.sheet\.binary\.\w+\.main", re.IGNORECASE), "xlsb"),
    (re.compile(rb"spreadsheetml\.\w+\.main|ms-excel\.\w+\.\w+\.main", re.IGNORECASE), "xlsx"),
    (re.compile(rb"presentationml\.\w+\.main|ms-powerpoint\.\w+\.\w+\.main", re.IGNORECASE), "pptx"),
)
"""Types of main parts. A package lists the types of the files inside it too: a slide's chart brings a workbook."""
_OOXML_KINDS: Final = (
    (b"wordprocessingml.", "docx"),
    (b"ms-word.document.macroEnabled.main", "docx"),
    (b"ms-word.template.macroEnabledTemplate.main", "docx"),
    (b"ms-excel.sheet.binary.", "xlsb"),
    (b"spreadsheetml.", "xlsx"),
    (b"ms-excel.", "xlsx"),
    (b"presentationml.", "pptx"),
    (b"ms-powerpoint.", "pptx"),
)
_ODF_TYPES: Final = (
    (b"opendocument.text", "odt"),
    (b"opendocument.spreadsheet", "ods"),
    (b"opendocument.presentation", "odp"),
    (b"opendocument.graphics", "odp"),
)
_TELLING_MEMBERS: Final = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("ppt/presentation.xml", "pptx"),
    ("ofd.xml", "ofd"),
)
_COMPOUND: Final = (
    (frozenset({"EncryptedPackage"}), "encrypted_office"),
    (frozenset({"WordDocument"}), "doc"),
    (frozenset({"PowerPoint Document"}), "ppt"),
    (frozenset({"Workbook", "Book"}), "xls"),
    (frozenset({"__properties_version1.0"}), "msg"),
)

TYPES: Final = frozenset(
    {name for _, name in _MAGICS}
    | {name for _, name in _OOXML_MAINS}
    | {name for _, name in _ODF_TYPES}
    | {name for _, name in _COMPOUND}
    | detect_text.TYPES
    | {"empty", "zip", "ofd", "cfb", "tar", "iso", "binary"}
)
"""Every answer ``detect`` can give. ``binary`` is anything it does not know."""


def detect(source: Source, limits: Limits) -> str:
    """One of ``TYPES``. Never raises: what cannot be told is ``binary``."""
    if source.size == 0:
        return "empty"
    try:
        head = source.read(0, HEAD_BYTES)
        if head.startswith(_CFB):
            return _compound(source)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04", b"PK\x07\x08PK")):
            return _zipped(source, limits)
        return _flat(source, head)
    except StopReading:
        return "binary"


def _flat(source: Source, head: bytes) -> str:
    for magic, name in _MAGICS:
        if _begins(head, magic):
            return "image" if magic == b"RIFF" and head[8:12] == b"WEBP" else name
    if head[4:8] == b"ftyp":
        return "image" if head[8:12] in _BOXED_IMAGES else "media"
    if _is_tar(head):
        return "tar"
    # Readers of PDF accept anything before the head, so senders put things there.
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if detect_text.is_text(head):
        return detect_text.kind(head)
    return "iso" if source.read(_ISO_AT, 5) == b"CD001" else "binary"


def _begins(head: bytes, magic: bytes) -> bool:
    if not head.startswith(magic):
        return False
    if magic == _BITMAP:
        # White pixels pass for UTF-16: the size of its second header is asked, not the rest.
        return int.from_bytes(head[14:18], "little") in _BITMAP_HEADER_BYTES
    return len(magic) >= 4 or not magic.isalnum() or not detect_text.is_text(head)


def _is_tar(head: bytes) -> bool:
    """The magic of today's tar, or the checksum that even the oldest has."""
    if head[257:262] == b"ustar":
        return True
    if len(head) < _TAR_BLOCK or not head[0]:
        return False
    block = head[:_TAR_BLOCK]
    try:
        said = int(block[148:156].strip(b" \x00") or b"x", 8)
    except ValueError:
        return False
    return said == sum(block) - sum(block[148:156]) + 8 * 32


def _compound(source: Source) -> str:
    names = set(compound_names.root_names(source))
    for telling, name in _COMPOUND:
        if telling & names:
            return name
    if names:
        return "cfb"
    # A directory that cannot be followed: its names are looked for wherever a sector puts them.
    ends = source.read(0, _DIRECTORY_BYTES) + source.read(max(source.size - _DIRECTORY_BYTES, 0), _DIRECTORY_BYTES)
    for telling, name in _COMPOUND:
        if any(word.encode("utf-16-le") in ends for word in telling):
            return name
    return "cfb"


def _zipped(source: Source, limits: Limits) -> str:
    """What the container says it is: content types, a mimetype member, or the members it holds."""
    archive = zip_archive.ZipArchive(source, limits, report=_ignore)
    names = archive.names()
    declared = _small(archive, "[content_types].xml")
    for main, name in _OOXML_MAINS:
        if main.search(declared):
            return name
    mime = _small(archive, "mimetype")
    for needle, name in _ODF_TYPES:
        if needle in mime:
            return name
    for member, name in _TELLING_MEMBERS:
        if member in names:
            return name
    return next((name for needle, name in _OOXML_KINDS if needle in declared), "zip")


def _small(archive: zip_archive.ZipArchive, name: str) -> bytes:
    """The start of a small member; nothing when it cannot be had."""
    found = b""
    try:
        for member in archive.members(name):
            for chunk in archive.content(member):
                found += chunk
                if len(found) > 1 << 18:
                    return found
    except StopReading:
        return found
    return found


def _ignore(_reason: str) -> None:
    """Detection reports nothing: the reader meets the same damage again and reports it."""
