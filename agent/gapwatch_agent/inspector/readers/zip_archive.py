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
from gapwatch_agent.inspector.readers.source import Report, Source, StopReading

_END: Final = struct.Struct("<4s4H2LH")
_END_64_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED_BIT: Final = 0x1
_CHUNK: Final = 1 << 16
_DIRECTORY_BYTES_MAX: Final = 32 * MIB
_RECOVERY_BYTES_MAX: Final = 64 * MIB
_NAME_BYTES_MAX: Final = 1024
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
        self._budget = limits.expansion_bytes(source.size)
        self._by_name: dict[str, list[Member]] = {}
        members = self._from_directory()
        if members is None:
            report("damaged")
            members = self._from_local_headers()
        for member in members:
            self._by_name.setdefault(_key(member.name), []).append(member)

    def names(self) -> list[str]:
        """Every member's name, lower case, forward slashes, in the order of the directory."""
        return list(self._by_name)

    def members(self, name: str) -> list[Member]:
        """All members of that (lower-case) name: a second one of the same name is read too, not hidden."""
        return self._by_name.get(name, [])

    def content(self, member: Member) -> Iterator[bytes]:
        """The member's bytes in pieces. Raises StopReading: encrypted, too_large (the file's budget is spent)."""
        if member.encrypted:
            raise StopReading("encrypted")
        start = self._data_offset(member)
        if member.method == _STORED:
            pieces = self._packed(member, start)
        elif member.method == _DEFLATED:
            pieces = self._inflated(member, start)
        else:
            self._report("unsupported")
            return
        crc = 0
        for piece in pieces:
            self._budget -= len(piece)
            if self._budget < 0:
                raise StopReading("too_large")
            crc = zlib.crc32(piece, crc)
            yield piece
        if member.packed_bytes >= 0 and crc != member.crc:
            self._report("damaged")

    def _packed(self, member: Member, start: int) -> Iterator[bytes]:
        remaining = member.packed_bytes if member.packed_bytes >= 0 else self._source.size - start
        while remaining > 0:
            piece = self._source.read(start, min(_CHUNK, remaining))
            if not piece:
                self._report("damaged")
                return
            yield piece
            start += len(piece)
            remaining -= len(piece)

    def _inflated(self, member: Member, start: int) -> Iterator[bytes]:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in self._packed(member, start):
                waiting = packed
                while waiting and not engine.eof:
                    piece = engine.decompress(waiting, _CHUNK)
                    waiting = engine.unconsumed_tail
                    if piece:
                        yield piece
                if engine.eof:
                    return
            rest = engine.flush()
        except zlib.error:
            self._report("damaged")
            return
        if rest:
            yield rest
        if not engine.eof:
            self._report("damaged")

    def _data_offset(self, member: Member) -> int:
        head = self._source.read(member.header_offset, _LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
            raise StopReading("damaged")
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
            encrypted = bool(flags & _ENCRYPTED_BIT)
            members.append(Member(_name(name, flags), offset + shift, method, packed, crc, encrypted))
            position = start + name_bytes + extra_bytes + comment_bytes
        return members

    def _from_local_headers(self) -> list[Member]:
        """Recovery: walk the file looking for local headers; sizes may be unknown."""
        members: list[Member] = []
        position, limit = 0, min(self._source.size, _RECOVERY_BYTES_MAX)
        while position < limit and len(members) < self._limits.members_max:
            window = self._source.read(position, 1 << 20)
            at = window.find(b"PK\x03\x04")
            if at < 0:
                position += max(len(window) - 3, 1)
                continue
            head_at = position + at
            head = self._source.read(head_at, _LOCAL.size + _NAME_BYTES_MAX)
            position = head_at + 4
            if len(head) < _LOCAL.size:
                break
            _, _, flags, method, _, _, crc, packed, _, name_bytes, extra_bytes = _LOCAL.unpack_from(head)
            name = head[_LOCAL.size : _LOCAL.size + name_bytes]
            known = packed not in {0, _UNKNOWN} and not flags & 0x8
            members.append(
                Member(_name(name, flags), head_at, method, packed if known else -1, crc, bool(flags & _ENCRYPTED_BIT))
            )
            if known:
                position = head_at + _LOCAL.size + name_bytes + extra_bytes + packed
        return members


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & 0x800 else "cp437", errors="replace")


def _wide_sizes(extra: bytes, unpacked: int, packed: int, offset: int) -> tuple[int, int]:
    """(packed size, header offset) with zip64's extra field applied, which lists only the fields that did not fit."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            values = [
                int.from_bytes(extra[at : at + 8], "little") for at in range(position + 4, position + 4 + size, 8)
            ]
            if unpacked == _UNKNOWN and values:
                values.pop(0)
            if packed == _UNKNOWN and values:
                packed = values.pop(0)
            if offset == _UNKNOWN and values:
                offset = values.pop(0)
            break
        position += 4 + size
    return packed, offset
