"""Words drawn as shapes."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import office_art
from support.word_binaries import art_record, drawings, word_art


def test_words_at_any_depth():
    nested = word_art("机密★1年")
    for _ in range(500):
        nested = art_record(0xF003, nested, version=15)
    assert list(office_art.word_art(nested)) == ["机密★1年"]
    assert list(office_art.word_art(drawings(["甲"])[0:0] + word_art("甲") + word_art("乙"))) == ["甲", "乙"]


def test_other_options_are_passed_over():
    name = "名字".encode("utf-16-le") + b"\0\0"
    words = "水印".encode("utf-16-le") + b"\0\0"
    table = struct.pack("<HIHIHI", 0x8380, len(name), 0x0004, 7, 0x80C0, len(words)) + name + words
    assert list(office_art.words_of_options(table, 3)) == ["水印"]
    assert list(office_art.words_of_options(table, 60_000)) == []


@given(st.binary(max_size=300))
def test_any_bytes_end(data):
    list(office_art.word_art(word_art("x") + data))
