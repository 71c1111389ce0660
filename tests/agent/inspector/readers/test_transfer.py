"""Transfer encodings in pieces of any size."""

import base64
import binascii
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import transfer
from gapwatch_agent.inspector.readers.source import StopReading


def _decode(content, encoding, size=7):
    return b"".join(transfer.decode((content[at : at + size] for at in range(0, len(content), size)), encoding))


@given(st.binary(max_size=400), st.integers(1, 100))
def test_base64_and_quoted_printable_come_back(content, size):
    assert _decode(base64.encodebytes(content), "base64", size) == content
    assert _decode(base64.b64encode(content).rstrip(b"="), "base64", size) == content
    assert _decode(binascii.b2a_qp(content, istext=False), "quoted-printable", size) == content


@given(st.binary(max_size=45), st.integers(1, 100))
def test_uuencode_comes_back(content, size):
    assert _decode(b"x\nbegin 644 a\n" + binascii.b2a_uu(content) + b"end\n", "x-uuencode", size) == content


def test_padding_in_the_middle_begins_anew():
    assert _decode(base64.b64encode(b"a") + b"\n" + base64.b64encode(b"bc"), "base64") == b"abc"


def test_very_long_lines_are_not_kept():
    content = b"=41" * 100_000
    assert _decode(content, "quoted-printable", 65536) == b"A" * 100_000


def test_unknown_encodings_are_the_content():
    assert _decode(b"a=b", "8bit") == b"a=b"


@pytest.mark.parametrize("content", [b"begin 644 a\n!!!!!!\nend", b"begin 644 a\n", b"begin 644 a\n" + b"x" * 70_000])
def test_broken_uuencode_is_damaged(content):
    with pytest.raises(StopReading, match="damaged"):
        _decode(content, "uuencode", 70_000)


def test_blocks_in_a_text():
    text = b"one\nbegin 644 a b.txt\n" + binascii.b2a_uu(b"hello") + b"`\nend\ntwo\nbegin 644 c\nthree"
    rest, blocks = transfer.uu_blocks(text)
    assert rest.split() == [b"one", b"two", b"begin", b"644", b"c", b"three"]
    assert [(name, b"".join(transfer.uu_content(lines))) for name, lines in blocks] == [(b"a b.txt", b"hello")]


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "uuencode"]), st.integers(1, 50))
def test_any_bytes_end(content, encoding, size):
    with contextlib.suppress(StopReading):
        assert len(_decode(content, encoding, size)) <= len(content)
