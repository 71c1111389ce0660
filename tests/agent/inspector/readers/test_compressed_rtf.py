"""Packed RTF, with the examples of its specification."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import compressed_rtf

_HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
_CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_the_examples():
    assert compressed_rtf.unpacked(_HELLO, 1000) == (b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", True)
    assert compressed_rtf.unpacked(_CROSSING, 1000) == (b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}", True)


def test_text_that_was_not_packed():
    data = struct.pack("<II4sI", 17, 5, b"MELA", 0) + b"{\\rt}"
    assert compressed_rtf.unpacked(data, 100) == (b"{\\rt}", True)
    assert compressed_rtf.unpacked(data[:-2], 100) == (b"{\\r", False)


@pytest.mark.parametrize("data", [b"", b"x" * 40, _HELLO[:20], _HELLO[:-5]])
def test_what_is_not_whole(data):
    assert not compressed_rtf.unpacked(data, 1000)[1]


def test_never_more_than_allowed():
    bomb = struct.pack("<II4sI", 0, 1 << 31, b"LZFu", 0) + b"\x00" + b"x" * 8 + b"\xff\x00\xff" * 40_000
    text, whole = compressed_rtf.unpacked(bomb, 50_000)
    assert (len(text) <= 50_000, whole) == (True, False)
    assert compressed_rtf.unpacked(_HELLO, 7) == (b"{\\rtf1\\", False)


@given(st.binary(max_size=200))
def test_any_bytes_end(data):
    assert len(compressed_rtf.unpacked(struct.pack("<II4sI", 0, 500, b"LZFu", 0) + data, 400)[0]) <= 400
