"""Portions of a stream: what was there before a break is given first, and the break stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers.byte_stream import PieceStream, SourceStream, of_source
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading


def _breaking():
    yield b"abc"
    raise StopReading("too_large")


@given(st.lists(st.binary(max_size=9), max_size=9), st.lists(st.integers(0, 12), max_size=9))
def test_both_streams_give_the_same(pieces, counts):
    content = b"".join(pieces)
    one, other = PieceStream(iter(pieces)), SourceStream(BytesSource(content))
    for number, count in enumerate(counts):
        if number % 2:
            assert one.skip(count) == other.skip(count)
        else:
            assert one.peek(count) == one.read(count) == other.read(count)
    assert b"".join(one.everything()) == b"".join(other.pieces(1000))


def test_a_break_is_told_after_what_came_before_it_and_every_time():
    stream = PieceStream(_breaking())
    assert stream.peek(10) == b"abc"
    assert stream.read(2) == b"ab"
    for _ in range(2):
        with pytest.raises(StopReading, match="too_large"):
            stream.read(5)


def test_everything_ends_with_the_break():
    stream = PieceStream(_breaking())
    found = []
    with pytest.raises(StopReading, match="too_large"):
        found.extend(stream.everything())
    assert found == [b"abc"]


def test_a_part_of_a_source():
    assert b"".join(of_source(BytesSource(b"0123456789"), 2, 5)) == b"234"
    assert b"".join(of_source(BytesSource(b"0123456789"), 8)) == b"89"
