"""A zip container, read with random access and hard bounds: members, encryption bit, bounded inflation, recovery.

Stdlib's zipfile loads a directory of any size and gives up without one; a truncated document must still be looked at,
so members are then found by their local headers. Every member unpacked counts against one budget for the whole file.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import compressed, libarchive, member_names
from gapwatch_agent.inspector.readers.source import Report, Source, StopReading

_END: Final = struct.Struct("<4s4H2LH")
_END_64_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_STORED: Final = 0
_METHODS: Final[dict[int, compressed.Decoder]] = {
    8: compressed.inflate,
    12: compressed.bunzip2,
    14: compressed.unlzma_zip,
    20: compressed.unzstd,
    93: compressed.unzstd,
    95: compressed.unxz,
}
"""Not Deflate64 and PPMd: no free decoder of either can be given a member alone."""
_ENCRYPTED_BITS: Final = 0x1 | 0x2000
_UTF8_BIT: Final = 0x800
_UNICODE_PATH: Final = 0x7075
_CHUNK: Final = 1 << 16
_DIRECTORY_BYTES_MAX: Final = 32 * MIB
_RECOVERY_BYTES_MAX: Final = 64 * MIB
_NAME_BYTES_MAX: Final = 4096
_WINDOW_BYTES: Final = 1 << 20
_UNKNOWN: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """An entry. ``name`` as written; ``packed_bytes`` -1 when only the stream itself knows."""

    name: str
    header_offset: int
    method: int
    packed_bytes: int
    crc: int
    encrypted: bool


class ZipArchive:
    """The members of a zip. Raises StopReading only from ``content`` and when nothing at all can be read."""

    def __init__(self, source: Source, limits: Limits, report: Report) -> None:
        self._source = source
        self._limits = limits
        self._report = report
        # An archive may always unpack to its own size.
        self._budget = max(limits.expansion_bytes(source.size), source.size)
        self._by_name: dict[str, list[Member]] = {}
        self.comment = b""
        members = self._from_directory()
        if members is None:
            report("damaged")
            members = self._from_local_headers()
        self._members = members
        for member in members:
            self._by_name.setdefault(_key(member.name), []).append(member)

    def names(self) -> list[str]:
        """Every member's name, lower case, forward slashes, in the order of the directory."""
        return list(self._by_name)

    def members(self, name: str) -> list[Member]:
        """All members of that (lower-case) name: a second one of the same name is read too, not hidden."""
        return self._by_name.get(name, [])

    def all_members(self) -> list[Member]:
        """Every member in the order of the directory, folders too."""
        return self._members

    @property
    def spent(self) -> bool:
        """Whether the budget for the whole file is used up."""
        return self._budget < 0

    def can_unpack(self, member: Member) -> bool:
        """Whether its method is one of ours."""
        return member.method == _STORED or (
            member.method in _METHODS and (_METHODS[member.method] is not compressed.unzstd or libarchive.AVAILABLE)
        )

    def content(self, member: Member) -> Iterator[bytes]:
        """The member's bytes in pieces; damage is reported and ends them. Raises StopReading: encrypted, too_large (the
        file's budget is spent).
        """
        try:
            yield from self.unpacked(member)
        except StopReading as stop:
            if stop.reason not in {"damaged", "unsupported"} or not self._has_header(member):
                raise
            self._report(stop.reason)

    def unpacked(self, member: Member) -> Iterator[bytes]:
        """The member's bytes in pieces. Raises StopReading for everything that is wrong with it."""
        if member.encrypted:
            raise StopReading("encrypted")
        start = self._data_offset(member)
        packed = self._packed(member, start)
        if member.method == _STORED:
            pieces = packed
        elif self.can_unpack(member):
            pieces = _METHODS[member.method](packed)
        else:
            raise StopReading("unsupported")
        crc = 0
        for piece in pieces:
            self._budget -= len(piece)
            if self._budget < 0:
                raise StopReading("too_large")
            crc = zlib.crc32(piece, crc)
            yield piece
        if member.packed_bytes >= 0 and crc != member.crc:
            raise StopReading("damaged")

    def _packed(self, member: Member, start: int) -> Iterator[bytes]:
        remaining = member.packed_bytes if member.packed_bytes >= 0 else self._source.size - start
        while remaining > 0:
            piece = self._source.read(start, min(_CHUNK, remaining))
            if not piece:
                raise StopReading("damaged")
            yield piece
            start += len(piece)
            remaining -= len(piece)

    def _has_header(self, member: Member) -> bool:
        return self._source.read(member.header_offset, 4) == b"PK\x03\x04"

    def _data_offset(self, member: Member) -> int:
        head = self._source.read(member.header_offset, _LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise StopReading("damaged")
        if head[6] & 0x1:
            # The directory says otherwise; the bytes are what they are.
            raise StopReading("encrypted")
        *_, name_bytes, extra_bytes = _LOCAL.unpack(head)
        return member.header_offset + _LOCAL.size + int(name_bytes) + int(extra_bytes)

    def _from_directory(self) -> list[Member] | None:
        """The members of the central directory; None when there is none to be found."""
        tail_start = max(self._source.size - 0xFFFF - _END.size, 0)
        tail = self._source.read(tail_start, 0xFFFF + _END.size)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) - at < _END.size:
            return None
        fields = _END.unpack_from(tail, at)
        count, size, offset = fields[4], fields[5], fields[6]
        self.comment = tail[at + _END.size : at + _END.size + fields[7]]
        end_at = tail_start + at
        if _UNKNOWN in {size, offset} or count == 0xFFFF:
            wide = self._wide_end(end_at)
            if wide is not None:
                count, size, offset, end_at = wide
        if size > _DIRECTORY_BYTES_MAX or count > self._limits.members_max:
            self._report("too_many")
            size = min(size, _DIRECTORY_BYTES_MAX)
        # Bytes put before an archive shift everything by the same amount.
        shift = max(end_at - size - offset, 0)
        directory = self._source.read(offset + shift, size)
        members = self._parse_directory(directory, shift)
        return members or (None if count or self._source.size > _END.size else [])

    def _wide_end(self, end_at: int) -> tuple[int, int, int, int] | None:
        locator = self._source.read(max(end_at - _END_64_LOCATOR.size, 0), _END_64_LOCATOR.size)
        if len(locator) < _END_64_LOCATOR.size or not locator.startswith(b"PK\x06\x07"):
            return None
        offset = int(_END_64_LOCATOR.unpack(locator)[2])
        record = self._source.read(offset, _END_64.size)
        if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06"):
            return None
        fields = _END_64.unpack(record)
        return int(fields[7]), int(fields[8]), int(fields[9]), offset

    def _parse_directory(self, directory: bytes, shift: int) -> list[Member]:
        members: list[Member] = []
        position = 0
        while position + _CENTRAL.size <= len(directory) and len(members) < self._limits.members_max:
            fields = _CENTRAL.unpack_from(directory, position)
            if fields[0] != b"PK\x01\x02":
                self._report("damaged")
                break
            flags, method, crc, packed = fields[3], fields[4], fields[7], fields[8]
            name_bytes, extra_bytes, comment_bytes, offset = fields[10], fields[11], fields[12], fields[16]
            start = position + _CENTRAL.size
            name = directory[start : start + min(name_bytes, _NAME_BYTES_MAX)]
            extra = directory[start + name_bytes : start + name_bytes + extra_bytes]
            packed, offset = _wide_sizes(extra, fields[9], packed, offset)
            encrypted = bool(flags & _ENCRYPTED_BITS)
            members.append(Member(_name(name, flags, extra), offset + shift, method, packed, crc, encrypted))
            position = start + name_bytes + extra_bytes + comment_bytes
        return members

    def _from_local_headers(self) -> list[Member]:
        """Recovery: walk the file looking for local headers; sizes may be unknown."""
        members: list[Member] = []
        position, limit = 0, min(self._source.size, _RECOVERY_BYTES_MAX)
        while position < limit and len(members) < self._limits.members_max:
            window = self._source.read(position, _WINDOW_BYTES + _LOCAL.size + _NAME_BYTES_MAX)
            start = 0
            while 0 <= start < _WINDOW_BYTES and len(members) < self._limits.members_max:
                at = window.find(b"PK\x03\x04", start, _WINDOW_BYTES + 3)
                if at < 0 or len(window) - at < _LOCAL.size:
                    start = _WINDOW_BYTES
                    break
                member, after = _local(window, at, position)
                members.append(member)
                start = after
            # A member known to be longer than the window is jumped over.
            position += max(start, 1)
        return members


def _local(window: bytes, at: int, position: int) -> tuple[Member, int]:
    """The member whose header stands at ``at`` of the window that begins at ``position``, and where to look on."""
    _, _, flags, method, _, _, crc, packed, _, name_bytes, extra_bytes = _LOCAL.unpack_from(window, at)
    name_at = at + _LOCAL.size
    name = window[name_at : name_at + min(name_bytes, _NAME_BYTES_MAX)]
    known = packed not in {0, _UNKNOWN} and not flags & 0x8
    encrypted = bool(flags & _ENCRYPTED_BITS)
    member = Member(_name(name, flags), position + at, method, packed if known else -1, crc, encrypted)
    return member, name_at + name_bytes + extra_bytes + packed if known else at + 4


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _name(raw: bytes, flags: int, extra: bytes = b"") -> str:
    """The name by the member's flag, by the field that gives it in UTF-8 besides, or by what it looks like."""
    unicode_path = _extra_field(extra, _UNICODE_PATH) if not raw.isascii() and not flags & _UTF8_BIT else b""
    if len(unicode_path) > 5 and int.from_bytes(unicode_path[1:5], "little") == zlib.crc32(raw):
        return member_names.decode(unicode_path[5:], is_utf8=True)
    return member_names.decode(raw, is_utf8=bool(flags & _UTF8_BIT))


def _extra_field(extra: bytes, wanted: int) -> bytes:
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == wanted:
            return extra[position + 4 : position + 4 + size]
        position += 4 + size
    return b""


def _wide_sizes(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int]:
    """(packed size, header offset) with zip64's extra field applied, which lists only the fields that did not fit."""
    field = _extra_field(extra, 1)
    values = [int.from_bytes(field[at : at + 8], "little") for at in range(0, len(field), 8)]
    if unpacked == _UNKNOWN and values:
        values.pop(0)
    if packed == _UNKNOWN and values:
        packed = values.pop(0)
    if offset == _UNKNOWN and values:
        offset = values.pop(0)
    return packed, offset
