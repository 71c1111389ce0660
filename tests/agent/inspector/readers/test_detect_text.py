"""What is text, and which of the formats written as text; types as a whole: test_detect.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import detect_text


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        (b"plain", True),
        ("全文都是汉字".encode("gb18030"), True),
        ("全文都是汉字".encode("utf-16-le"), True),
        ("mixed 文字 and ASCII".encode("utf-32-be"), True),
        (b"\x00\x01\x00\x02\x7f\xff" * 9, False),
        (bytes(range(32)) * 20, False),
        ("一行文字\n\0又一行文字，足够长的一行文字\n".encode() * 9, True),
        (b"\0\0" + "文字".encode("gb18030") * 30 + b"\0" * 900, True),
        (b"MAGIC" + b"\0" * 8187, False),
        (b"\0" * 8192, False),
        (b"\0\1\2\3abcdefgh\0\0\0\5", False),
        (b"\x1b[1mterminal\x1b[0m\f", True),
    ],
)
def test_is_text(head, is_text):
    assert detect_text.is_text(head) is is_text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Subject: only\nTwo: fields\n\nbody", "text"),
        ("key: value\nother: value\nfrom: somewhere\n", "text"),
        ("From: a@b\nSubject: x\nMIME-Version: 1.0\n\nbody", "eml"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\nX-Generator: x\n\n--b", "eml"),
        ("<p>a fragment of a page</p>", "html"),
        ("<svg xmlns='x'/>", "xml"),
        ("x < y and <b>", "text"),
    ],
)
def test_kind(text, kind):
    assert detect_text.kind(text.encode()) == kind


@given(st.binary(max_size=5000))
def test_any_bytes_have_a_kind(head):
    assert detect_text.kind(head) in detect_text.TYPES
    assert detect_text.is_text(head) in {True, False}
