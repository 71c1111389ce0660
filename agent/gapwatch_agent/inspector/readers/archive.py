"""Archives and compressed files: what is in them, one member after another. Nothing is unpacked to anywhere.

A compressed file that holds a tar is that tar; otherwise it is one member. Everything unpacked counts against one
budget; an archive may always be read once through as it is, however large.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import (
    byte_stream,
    compressed,
    libarchive,
    member_names,
    rar_headers,
    tar_archive,
    zip_archive,
)
from gapwatch_agent.inspector.readers.source import Embedded, Reader, Reading, Report, Source, StopReading

_GZIP_HEAD_BYTES: Final = 1 << 16
_GZIP_EXTRA, _GZIP_NAME, _GZIP_COMMENT = 0x04, 0x08, 0x10
_COMMENT_CHARACTERS_MAX: Final = 8192


def read_zip(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """A zip's members by its directory, or by their own headers where that is missing."""
    yield _zip_members(source, limits, report)


def read_tar(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """A tar's regular files."""
    yield tar_archive.members(byte_stream.SourceStream(source), limits, report)


def _zip_members(source: Source, limits: Limits, report: Report) -> Iterator[Fragment | Embedded]:
    archive = zip_archive.ZipArchive(source, limits, report)
    if archive.comment:
        yield Fragment(member_names.decode(archive.comment)[:_COMMENT_CHARACTERS_MAX], part=where.NOTE)
    for member in archive.all_members():
        if member.name.endswith("/"):
            continue
        reason = "encrypted" if member.encrypted else "" if archive.can_unpack(member) else "unsupported"
        yield Embedded(member.name, partial(archive.unpacked, member), reason)
        if archive.spent:
            raise StopReading("too_large")


def _compressed(unpack: compressed.Decoder) -> Reader:
    def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
        yield _unpacked(source, unpack, limits, report)

    return read


def _unpacked(
    source: Source, unpack: compressed.Decoder, limits: Limits, report: Report
) -> Iterator[Fragment | Embedded]:
    name, comment = _gzip_header(source) if unpack is compressed.gunzip else (b"", b"")
    if comment:
        yield Fragment(member_names.decode(comment)[:_COMMENT_CHARACTERS_MAX], part=where.NOTE)
    packed = byte_stream.of_source(source)
    stream = byte_stream.PieceStream(_bounded(unpack(packed), limits.expansion_bytes(source.size)))
    if tar_archive.is_tar(stream.peek(tar_archive.BLOCK)):
        yield from tar_archive.members(stream, limits, report)
    else:
        yield Embedded(member_names.decode(name), stream.everything)
        if stream.stopped is not None:
            raise StopReading(stream.stopped.reason)


def _gzip_header(source: Source) -> tuple[bytes, bytes]:
    """(name, comment) of the first member's header (RFC 1952)."""
    head = source.read(0, _GZIP_HEAD_BYTES)
    if len(head) < 12:
        return b"", b""
    flags, position = head[3], 10
    if flags & _GZIP_EXTRA:
        position += 2 + int.from_bytes(head[10:12], "little")
    found = []
    for bit in (_GZIP_NAME, _GZIP_COMMENT):
        end = head.find(b"\0", position) if flags & bit else -1
        found.append(head[position:end] if end >= 0 else b"")
        position = max(end + 1, position)
    return found[0], found[1]


def _bounded(pieces: Iterator[bytes], budget: int) -> Iterator[bytes]:
    for piece in pieces:
        budget -= len(piece)
        if budget < 0:
            raise StopReading("too_large")
        yield piece


def _by_library(*formats: str) -> Reader:
    def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
        yield _library_members(source, formats, limits, report)

    return read


def _library_members(source: Source, formats: tuple[str, ...], limits: Limits, report: Report) -> Iterator[Embedded]:
    archive = libarchive.Archive(libarchive.SourceInput(source), formats)
    budget = _Budget(max(limits.expansion_bytes(source.size), source.size))
    headers = rar_headers.walk(source) if "rar5" in formats else rar_headers.Headers()
    given = 0
    try:
        for entry in archive.entries():
            if not entry.regular:
                continue
            given += 1
            if given > limits.members_max:
                report("too_many")
                return
            name = member_names.decode(entry.name)
            if entry.encrypted or entry.name in headers.encrypted:
                yield Embedded(name, _nothing, "encrypted")
                continue
            before = budget.left
            yield Embedded(name, partial(budget.counted, archive.data()))
            # What nobody took is unpacked all the same on the way to the next entry.
            budget.charge(max(entry.size - (before - budget.left), 0))
        if not headers.whole:
            report("damaged")
    finally:
        archive.close()


class _Budget:
    """What may still be unpacked."""

    def __init__(self, size: int) -> None:
        self.left = size

    def counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.charge(len(piece))
            yield piece

    def charge(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise StopReading("too_large")


def _nothing() -> Iterator[bytes]:
    return iter(())


READERS: Final[dict[str, Reader]] = {
    "zip": read_zip,
    "tar": read_tar,
    "gzip": _compressed(compressed.gunzip),
    "bzip2": _compressed(compressed.bunzip2),
    "xz": _compressed(compressed.unxz),
    "lzip": _compressed(compressed.unlzip),
    "zstd": _compressed(compressed.unzstd),
    "7z": _by_library("7zip"),
    "rar": _by_library("rar", "rar5"),
    "iso": _by_library("iso9660"),
    "cab": _by_library("cab"),
}
"""Type to reader."""
