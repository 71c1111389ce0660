"""What a file is, by its content, never by its name. Closed list ``TYPES``."""

from __future__ import annotations

from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import zip_archive
from gapwatch_agent.inspector.readers.source import Source, StopReading

HEAD_BYTES: Final = 8192
_CFB: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_CFB_DIRECTORY_BYTES: Final = 1 << 20

_MAGICS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"BM", "image"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x7fELF", "executable"),
    (b"MZ", "executable"),
    (b"SQLite format 3\x00", "database"),
    (b"OggS", "media"),
    (b"ID3", "media"),
    (b"RIFF", "media"),
    (b"\x1aE\xdf\xa3", "media"),
)
_OOXML_MAINS: Final = (
    (b"wordprocessingml.document.main", "docx"),
    (b"wordprocessingml.template.main", "docx"),
    (b"ms-word.document.macroEnabled.main", "docx"),
    (b"ms-word.template.macroEnabledTemplate.main", "docx"),
    (b"spreadsheetml.", "xlsx"),
    (b"ms-excel.", "xlsx"),
    (b"presentationml.", "pptx"),
    (b"ms-powerpoint.", "pptx"),
)
_ODF_TYPES: Final = (
    (b"opendocument.text", "odt"),
    (b"opendocument.spreadsheet", "ods"),
    (b"opendocument.presentation", "odp"),
)

TYPES: Final = frozenset(
    {name for _, name in _MAGICS}
    | {name for _, name in _OOXML_MAINS}
    | {name for _, name in _ODF_TYPES}
    | {"empty", "text", "zip", "ofd", "cfb", "encrypted_office", "tar", "binary"}
)
"""Every answer ``detect`` can give. ``binary`` is anything it does not know."""

_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\f\b\x1b\x1a")


def detect(source: Source, limits: Limits) -> str:
    """One of ``TYPES``. Never raises: what cannot be told is ``binary``."""
    if source.size == 0:
        return "empty"
    try:
        head = source.read(0, HEAD_BYTES)
        if head.startswith(_CFB):
            return _compound(source)
        return _zipped(source, limits) if head.startswith(b"PK") else _flat(head)
    except StopReading:
        return "binary"


def _flat(head: bytes) -> str:
    for magic, name in _MAGICS:
        if head.startswith(magic) and not (len(magic) < 4 and magic.isalnum() and _is_text(head)):
            return name
    if head[257:262] == b"ustar":
        return "tar"
    # Readers of PDF accept anything before the head, so senders put things there.
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return "text" if _is_text(head) else "binary"


def _compound(source: Source) -> str:
    """OLE compound file; the stream name is looked for in the raw directory, wherever a sector puts it."""
    head = source.read(0, _CFB_DIRECTORY_BYTES)
    tail = source.read(max(source.size - _CFB_DIRECTORY_BYTES, 0), _CFB_DIRECTORY_BYTES)
    return "encrypted_office" if _ENCRYPTED_PACKAGE in head or _ENCRYPTED_PACKAGE in tail else "cfb"


def _zipped(source: Source, limits: Limits) -> str:
    """What the container says it is: content types, a mimetype member, or the members it holds."""
    archive = zip_archive.ZipArchive(source, limits, report=_ignore)
    names = archive.names()
    declared = _small(archive, "[content_types].xml")
    for needle, name in _OOXML_MAINS:
        if needle in declared:
            return name
    mime = _small(archive, "mimetype")
    for needle, name in _ODF_TYPES:
        if needle in mime:
            return name
    for member, name in (
        ("word/document.xml", "docx"),
        ("xl/workbook.xml", "xlsx"),
        ("ppt/presentation.xml", "pptx"),
        ("ofd.xml", "ofd"),
    ):
        if member in names:
            return name
    return "zip" if names else "binary"


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


def _is_text(head: bytes) -> bool:
    """No NULs and hardly a control character - or UTF-16, where every other byte of ASCII is NUL."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" not in head:
        controls = sum(1 for byte in head if byte < 32 and byte not in _TEXT_CONTROLS)
        if controls * 50 <= len(head):
            return True
    return _is_utf16(head)


def _is_utf16(head: bytes) -> bool:
    even = head[: len(head) // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = even.decode(encoding, errors="strict")
        except UnicodeDecodeError:
            continue
        plain = sum(
            1 for c in text if c in "\t\r\n\f" or " " <= c < "\x7f" or "\u2000" <= c <= "\u9fff" or c >= "\uff00"
        )
        if text and plain * 10 >= len(text) * 9:
            return True
    return False
