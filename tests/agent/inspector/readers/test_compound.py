"""Compound files: streams of all sizes, and chains that cycle, break off or lie about their length."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, StopReading
from support.compound_documents import compound

_END = 0xFFFFFFFE


class CountingSource:
    """Counts the bytes that were asked for."""

    def __init__(self, content):
        self.content = content
        self.size = len(content)
        self.bytes_read = 0

    def read(self, offset, count):
        self.bytes_read += len(self.content[offset : offset + count])
        return self.content[offset : offset + count]


def _opened(content, limits=None):
    reports = []
    return CompoundFile(BytesSource(content), limits or Limits(), reports.append), reports


@pytest.mark.parametrize("sector_bytes", [512, 4096])
@pytest.mark.parametrize("size", [0, 1, 64, 4095, 4096, 100_000])
def test_streams_of_every_size(size, sector_bytes):
    content = bytes(number % 251 for number in range(size))
    file, reports = _opened(compound({"Other": b"x" * 5000, "Folder/Inner": content, "s": b"small"}, sector_bytes))
    stream = file.open(file.find("folder", "INNER"))
    assert stream.size == size
    assert b"".join(stream.chunks()) == content
    assert stream.read(size // 2, 100) == content[size // 2 : size // 2 + 100]
    assert stream.read(size + 1, 10) == b""
    assert file.content("s", bytes_max=3) == b"sma"
    assert file.content("missing", bytes_max=3) == b""
    assert reports == []


def test_a_file_whose_table_is_longer_than_the_header_lists():
    content = b"0123456789abcdef" * (1 << 19)
    file, reports = _opened(compound({"Large": content}))
    assert file.open(file.find("Large")).read(8_000_000, 16) == content[8_000_000:8_000_016]
    assert reports == []


def test_storages_have_no_content_and_no_children_of_others():
    file, _ = _opened(compound({"a/b/c": b"x", "d": b"y"}))
    assert file.find("a").is_storage
    assert file.open(file.find("a")).read(0, 10) == b""
    assert sorted(file.root.children) == ["a", "d"]
    assert file.find("a", "b", "c").size == 1


@pytest.mark.parametrize("content", [b"", b"no compound file", bytes.fromhex("D0CF11E0A1B11AE1")])
def test_what_is_none_stops(content):
    with pytest.raises(StopReading) as stopped:
        _opened(content)
    assert stopped.value.reason == "damaged"


def test_a_chain_that_points_at_itself_ends():
    content = bytearray(compound({"Stream": bytes(8000)}))
    table = 512 * (1 + struct.unpack_from("<I", content, 76)[0])
    struct.pack_into("<I", content, table, 0)
    file, _ = _opened(bytes(content))
    assert len(file.open(file.find("Stream")).read(0, 1 << 30)) == 8000


def test_a_table_of_tables_that_points_at_itself_costs_no_more_than_the_file():
    header = bytearray(512)
    header[:8] = bytes.fromhex("D0CF11E0A1B11AE1")
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<9I", header, 40, 0, 1 << 30, 1, 0, 4096, _END, 0, 2, 1 << 23)
    struct.pack_into("<109I", header, 76, *([0] * 109))
    root = "Root Entry".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBBIII", 22, 5, 1, *([0xFFFFFFFF] * 3))
    directory = (root + bytes(36) + struct.pack("<IQ", _END, 0)).ljust(512, b"\0")
    source = CountingSource(
        bytes(header) + struct.pack("<128I", *([_END] * 128)) + directory + struct.pack("<128I", *([0] * 127), 2)
    )
    CompoundFile(source, Limits(), lambda _reason: None)
    assert source.bytes_read < 10 * source.size


def test_a_size_beyond_the_file_is_damage_and_not_memory():
    content = bytearray(compound({"Stream": b"x" * 5000}))
    at = content.index("Stream".encode("utf-16-le"))
    struct.pack_into("<Q", content, at + 120, 1 << 34)
    file, reports = _opened(bytes(content))
    assert file.open(file.find("Stream")).read(0, 1 << 34).startswith(b"x" * 5000)
    assert "damaged" in reports


def test_a_directory_that_points_at_itself_is_walked_once():
    content = bytearray(compound({"A": b"1", "B": b"2"}))
    at = content.index("B".encode("utf-16-le") + bytes(62))
    struct.pack_into("<II", content, at + 68, 1, 2)
    file, reports = _opened(bytes(content))
    assert set(file.root.children) == {"a", "b"}
    assert reports == ["damaged"]


def test_storages_deeper_than_any_are_left_out():
    file, reports = _opened(compound({"/".join("abcdefghijklmnop" * 3) + "/x": b"1"}))
    assert "too_deep" in reports
    assert file.root.children


def test_more_entries_than_allowed_are_reported():
    _, reports = _opened(compound({f"s{number}": b"" for number in range(40)}), Limits(members_max=20))
    assert "too_many" in reports


@pytest.mark.parametrize("version", ["C100", "0101"])
def test_a_torn_file_gives_what_is_left_by_its_looks(version):
    head = bytes.fromhex("ECA5" + version)
    whole = compound({"WordDocument": head + b"t" * 9000})
    file, reports = _opened(whole[:6000])
    assert file.open(file.find("WordDocument")).read(0, 1 << 20).startswith(head + b"t" * 5000)
    assert "damaged" in reports


_SAMPLE = compound({"Large": b"L" * 6000, "a/b": b"small", "a/c": b"s" * 300, "Other": b"O" * 4096})


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(_SAMPLE))
)
def test_nothing_but_a_reason_comes_of_damage(changes, kept):
    content = bytearray(_SAMPLE)
    for at, value in changes:
        content[at] = value
    reports = []
    source = CountingSource(bytes(content[:kept]))
    try:
        file = CompoundFile(source, Limits(), reports.append)
        waiting = [file.root]
        while waiting:
            entry = waiting.pop()
            waiting += entry.children.values()
            assert len(file.open(entry).read(0, 1 << 40)) <= source.size
    except StopReading as stop:
        reports.append(stop.reason)
    assert set(reports) <= REASONS
    assert source.bytes_read < 40 * len(_SAMPLE)
