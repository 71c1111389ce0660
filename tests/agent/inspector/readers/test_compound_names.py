"""The root's names of a compound file, whatever its directory looks like."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers.compound_names import root_names
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_files import compounded

FILE = compounded({"WordDocument": b"x", "1Table": b"y", "\x05SummaryInformation": b"z"})


def test_names_at_the_root():
    assert sorted(root_names(BytesSource(FILE))) == ["\x05SummaryInformation", "1Table", "WordDocument"]


def test_a_directory_longer_than_a_sector_is_followed():
    names = {f"stream {number}": b"x" for number in range(40)}
    assert set(root_names(BytesSource(compounded(names)))) == set(names)


def test_a_chain_or_tree_that_bites_its_tail_ends():
    looped = bytearray(FILE)
    first = struct.unpack_from("<I", looped, 48)[0]
    fat = struct.unpack_from("<I", looped, 76)[0]
    struct.pack_into("<I", looped, (fat + 1) * 512 + first * 4, first)
    assert "WordDocument" in root_names(BytesSource(bytes(looped)))
    directory = (first + 1) * 512
    struct.pack_into("<I", looped, directory + 128 + 72, 1)
    assert root_names(BytesSource(bytes(looped))) == ["WordDocument"]


@given(st.integers(0, len(FILE)), st.integers(0, len(FILE) * 8 - 1))
def test_torn_and_flipped(length, bit):
    flipped = bytearray(FILE)
    flipped[bit // 8] ^= 1 << bit % 8
    assert len(root_names(BytesSource(bytes(flipped)[:length]))) <= 4


@given(st.binary(max_size=2048))
def test_anything_else_has_no_names_or_few(content):
    assert len(root_names(BytesSource(FILE[:512] + content))) <= 16
