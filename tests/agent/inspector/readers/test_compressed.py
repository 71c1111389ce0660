"""Compressed streams: whole, several, cut, wrong, hungry."""

import bz2
import gzip
import lzma
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import compressed, libarchive
from gapwatch_agent.inspector.readers.source import StopReading
from support.archives import lzip

CONTENT = bytes(range(256)) * 300
PACKERS = {
    "gunzip": gzip.compress,
    "bunzip2": bz2.compress,
    "unxz": lzma.compress,
    "unlzip": lzip,
    "inflate": lambda content: zlib.compress(content, wbits=-15),
}


def _pieces(content, size=1000):
    return iter([content[at : at + size] for at in range(0, len(content), size)])


def _unpack(name, content, size=1000):
    found = []
    try:
        for piece in getattr(compressed, name)(_pieces(content, size)):
            assert len(piece) <= compressed.PIECE_BYTES
            found.append(piece)
    except StopReading as stop:
        return b"".join(found), stop.reason
    return b"".join(found), ""


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_what_was_packed_comes_back(name, size):
    packed = PACKERS[name](CONTENT)
    assert _unpack(name, packed, size) == (CONTENT, "")


@pytest.mark.parametrize("name", ["gunzip", "bunzip2", "unxz", "unlzip"])
def test_streams_one_behind_another_are_one(name):
    packed = PACKERS[name](b"one") + PACKERS[name](b"two")
    assert _unpack(name, packed, 5) == (b"onetwo", "")


@pytest.mark.parametrize("name", ["gunzip", "bunzip2", "unxz", "unlzip"])
def test_what_follows_the_last_stream_is_no_content(name):
    assert _unpack(name, PACKERS[name](b"one") + bytes(100) + b"signature") == (b"one", "")


@pytest.mark.parametrize("name", PACKERS)
def test_a_cut_stream_is_damaged(name):
    packed = PACKERS[name](CONTENT)
    found, reason = _unpack(name, packed[: len(packed) - 30])
    assert reason == "damaged"
    assert CONTENT.startswith(found)


def test_a_dictionary_beyond_the_memory_is_too_large():
    packed = bytearray(lzip(b"one"))
    packed[5] = 29
    assert _unpack("unlzip", bytes(packed)) == (b"", "too_large")


def test_lzma_as_zip_writes_it():
    described = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}
    alone = lzma.compress(CONTENT, lzma.FORMAT_ALONE, filters=[described])
    packed = b"\x09\x14\x05\x00" + alone[:5] + alone[13:]
    assert _unpack("unlzma_zip", packed) == (CONTENT, "")
    assert _unpack("unlzma_zip", b"\x09\x14\x05\x00\xff" + packed[5:])[1] == "damaged"


@pytest.mark.skipif(not libarchive.AVAILABLE, reason="libarchive13 is not installed")
def test_zstd_frames():
    # Written by zstd 1.5: a frame of eleven raw bytes.
    frame = b"\x28\xb5\x2f\xfd\x20\x0b" + (11 << 3 | 1).to_bytes(3, "little") + b"hello world"
    assert _unpack("unzstd", frame * 2) == (b"hello world" * 2, "")
    assert _unpack("unzstd", frame[:-4])[1] == "damaged"


@given(st.sampled_from(sorted(PACKERS)), st.integers(0, 1 << 16), st.binary(min_size=1, max_size=5))
def test_any_damage_ends(name, at, patch):
    packed = bytearray(PACKERS[name](CONTENT))
    at %= len(packed)
    packed[at : at + len(patch)] = patch
    found, reason = _unpack(name, bytes(packed))
    assert reason in {"", "damaged", "too_large"}
    assert len(found) <= 10 * len(CONTENT)
