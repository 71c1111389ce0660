"""The container: bounds, recovery, encryption, shifted and wide directories."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive
from support.documents import zipped

CONTENT = {"a.txt": "first", "folder/B.txt": "second" * 1000}


def _open(content, limits=None):
    problems = []
    return ZipArchive(BytesSource(content), limits or Limits(), problems.append), problems


def _read(archive, name):
    return b"".join(archive.content(archive.members(name)[0]))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_found_without_regard_to_case(compression):
    archive, problems = _open(zipped(CONTENT, compression))
    assert archive.names() == ["a.txt", "folder/b.txt"]
    assert _read(archive, "folder/b.txt") == b"second" * 1000
    assert problems == []


def test_bytes_before_the_archive_shift_it():
    archive, problems = _open(b"#!/bin/sh\n" * 50 + zipped(CONTENT))
    assert _read(archive, "a.txt") == b"first"
    assert problems == []


def test_without_a_directory_the_members_are_recovered():
    whole = zipped(CONTENT)
    archive, problems = _open(whole[: whole.rfind(b"PK\x01\x02") - 60])
    assert _read(archive, "a.txt") == b"first"
    assert problems == ["damaged"]


def test_streamed_members_of_unknown_size_are_recovered():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, piece):
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("a.txt", "first")
    archive, _ = _open(pipe.data[: pipe.data.find(b"PK\x01\x02")])
    assert _read(archive, "a.txt") == b"first"


def test_an_encrypted_member_is_a_reason():
    content = bytearray(zipped(CONTENT))
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    archive, _ = _open(bytes(content))
    with pytest.raises(StopReading, match="encrypted"):
        _read(archive, "a.txt")


def test_all_members_share_one_budget():
    limits = Limits(expansion_floor_bytes=MIB)
    archive, _ = _open(zipped({f"{n}": "x" * 400_000 for n in range(3)}), limits)
    assert len(_read(archive, "0")) + len(_read(archive, "1")) == 800_000
    with pytest.raises(StopReading, match="too_large"):
        _read(archive, "2")


def test_more_members_than_allowed_are_reported():
    archive, problems = _open(zipped({f"{n}": "" for n in range(30)}), Limits(members_max=10))
    assert len(archive.names()) == 10
    assert problems == ["too_many"]


def test_a_wrong_checksum_is_reported():
    content = bytearray(zipped(CONTENT, zipfile.ZIP_STORED))
    content[content.find(b"first")] ^= 1
    archive, problems = _open(bytes(content))
    _read(archive, "a.txt")
    assert problems == ["damaged"]


def test_wide_sizes_and_offsets_are_understood():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written, written.open("a.txt", "w", force_zip64=True) as member:
        member.write(b"first")
    content = buffer.getvalue()
    at = content.find(b"PK\x01\x02")
    name_bytes, extra_bytes = struct.unpack_from("<2H", content, at + 28)
    packed, unpacked, offset = (
        *struct.unpack_from("<2L", content, at + 20),
        struct.unpack_from("<L", content, at + 42)[0],
    )
    extra = struct.pack("<2H3Q", 1, 24, unpacked, packed, offset)
    wide = bytearray(content[at : at + 46 + name_bytes])
    struct.pack_into("<2L", wide, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", wide, 30, len(extra))
    struct.pack_into("<L", wide, 42, 0xFFFFFFFF)
    directory = bytes(wide) + extra
    end_64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(directory), at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    archive, problems = _open(content[:at] + directory + end_64 + locator + end)
    assert _read(archive, "a.txt") == b"first"
    assert problems == []
    assert extra_bytes >= 0


def _drain(archive, member):
    try:
        return sum(map(len, archive.content(member))), ""
    except StopReading as stop:
        return 0, stop.reason


@given(st.binary(max_size=400), st.integers(0, 300), st.binary(max_size=30))
def test_any_damage_ends_in_bytes_or_a_reason(noise, at, patch):
    for content in (noise, zipped(CONTENT)[:at] + patch + zipped(CONTENT)[at + len(patch) :]):
        archive, _ = _open(content)
        for name in archive.names():
            for member in archive.members(name):
                count, reason = _drain(archive, member)
                assert count <= 16 * MIB
                assert reason in {"", "encrypted", "damaged", "too_large"}


def test_a_name_in_utf_8_beside_the_old_one():
    raw = b"old.txt\x80"
    extra_name = "机密.txt".encode()
    extra = struct.pack("<2HBL", 0x7075, 5 + len(extra_name), 1, zlib.crc32(raw)) + extra_name
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, len(raw), len(extra), 0, 0, 0, 0, 0)
    directory = entry + raw + extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0)
    archive, _ = _open(directory + end)
    assert [member.name for member in archive.all_members()] == ["机密.txt"]


def test_recovery_finds_headers_in_every_window():
    whole = zipped({f"{number}": bytes([number]) * 100_000 for number in range(40)}, zipfile.ZIP_STORED)
    archive, problems = _open(whole[: whole.find(b"PK\x01\x02")])
    assert len(archive.all_members()) == 40
    assert _read(archive, "39") == bytes([39]) * 100_000
    assert problems == ["damaged"]


def test_a_field_of_nothing_but_headers_is_bounded():
    archive, problems = _open(b"PK\x03\x04" * 500_000, Limits(members_max=1000))
    assert len(archive.all_members()) <= 1000
    assert problems == ["damaged"]


def test_a_stored_archive_may_be_read_once_through():
    limits = Limits(expansion_floor_bytes=1, expansion_bytes_max=1)
    archive, _ = _open(zipped(CONTENT, zipfile.ZIP_STORED), limits)
    assert _read(archive, "a.txt") == b"first"
    assert not archive.spent


def test_a_member_that_only_its_own_header_calls_encrypted():
    content = bytearray(zipped(CONTENT))
    content[6] |= 1
    archive, _ = _open(bytes(content))
    with pytest.raises(StopReading, match="encrypted"):
        _read(archive, "a.txt")
