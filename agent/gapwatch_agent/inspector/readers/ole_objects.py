"""Objects that compound documents carry: packaged files, Office packages, whole documents in a storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers import codepages, compound_copy
from gapwatch_agent.inspector.readers.compound import CHUNK_BYTES, MAGIC, CompoundFile, Entry, Stream
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Embedded

_NATIVE: Final = "\x01ole10native"
_WHOLE_FILES: Final = ("package", "package_stream", "embeddedodf", "contents")
_DOCUMENTS: Final = frozenset(
    {"worddocument", "workbook", "book", "powerpoint document", "__properties_version1.0", "visiodocument"}
    | {"encryptedpackage"}
)
_MAGICS: Final = (b"%PDF", b"PK", MAGIC[:4])
"""Streams of these names hold files, or data of whatever program made the object."""
_FORMULA: Final = "equation native"
_MACROS: Final = frozenset({"vba", "project"})
_NAMES_BYTES: Final = 4096
_PATH_BYTES_MAX: Final = 1024


def embedded(compound: CompoundFile, storage: Entry, outer: str = "") -> Iterator[Embedded]:
    """The file that a storage holds, if it holds one; pictures of formulas and charts are none."""
    name = _printable(f"{outer}/{storage.name}".strip("/")) or "object"
    native = storage.children.get(_NATIVE)
    if native is not None:
        yield _packaged(compound.open(native), name)
        return
    for whole in _WHOLE_FILES:
        entry = storage.children.get(whole)
        if entry is not None and compound.open(entry).read(0, 4).startswith(_MAGICS):
            yield Embedded(name, compound.open(entry).chunks)
            return
    if _DOCUMENTS & storage.children.keys():
        yield Embedded(name, lambda: compound_copy.standalone(compound, storage))


def is_wordless(storage: Entry) -> bool:
    """A formula or the macros of a presentation: nothing that a page shows as words."""
    return _FORMULA in storage.children or storage.children.keys() >= _MACROS


def _packaged(stream: Stream, name: str) -> Embedded:
    """A file that was put in as it was: its label, its path, its bytes. Other native data are given whole."""
    head = stream.read(0, _NAMES_BYTES)
    at = 6
    label, at = _string(head, at)
    _, at = _string(head, at)
    is_path = u16(head, at + 2) in {1, 3}
    path_bytes = u32(head, at + 4)
    at += 8 + path_bytes
    if u16(head, 4) != 2 or not is_path or path_bytes > _PATH_BYTES_MAX or at + 4 > len(head):
        return Embedded(name, lambda: _part(stream, 4, stream.size - 4))
    size = u32(head, at)
    label = _wide_label(stream, at + 4 + size) or label
    return Embedded(_printable(label.replace("\\", "/")) or name, lambda: _part(stream, at + 4, size))


def _wide_label(stream: Stream, at: int) -> str:
    """Behind the bytes newer programs say the names again, in UTF-16: a path, the label, another path."""
    names = stream.read(at, _NAMES_BYTES)
    at = 4 + 2 * u32(names, 0)
    raw = names[at + 4 : at + 4 + 2 * min(u32(names, at), _PATH_BYTES_MAX)]
    return raw[: len(raw) // 2 * 2].decode("utf-16-le", errors="replace").split("\0")[0]


def _string(head: bytes, at: int) -> tuple[str, int]:
    end = head.find(b"\0", at)
    end = len(head) if end < 0 else end
    # Nothing says which code page; Chinese names are the ones that matter here.
    return codepages.decode(head[at:end], 936), end + 1


def _part(stream: Stream, offset: int, count: int) -> Iterator[bytes]:
    end = min(offset + count, stream.size)
    while offset < end:
        piece = stream.read(offset, min(CHUNK_BYTES, end - offset))
        if not piece:
            return
        yield piece
        offset += len(piece)


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())
