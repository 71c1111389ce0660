"""PDF's dictionaries and strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import pdf_strings


def test_a_dictionary():
    data = rb"""  % remark
    <</Title(a\(b\)(c)\n\101\
d)/Sub#6aect <FEFF 673A5BC6>/Ref 12 0 R/Num 5/Name /Other/List[(x)<41>/y]
    /Inner<</Deep(z)>>/#E5#AF#86 (s)/Odd<4>>> rest(q)"""
    assert pdf_strings.dictionary(data) == {
        b"Title": b"a(b)(c)\nAd",
        b"Subject": b"\xfe\xff\x67\x3a\x5b\xc6",
        b"Ref": b"",
        b"Num": b"",
        b"Name": b"",
        b"List": b"",
        b"Inner": b"",
        "密".encode(): b"s",
        b"Odd": b"@",
    }


_BROKEN = (b"", b"5", b"<<", b"<</A", b"<</A(", b"<</A(x", b"<</A(x\\", b"<</A<4", b"<</A[" + b"[" * 99)


@pytest.mark.parametrize("data", _BROKEN)
def test_what_is_no_dictionary_or_breaks_off(data):
    assert set(pdf_strings.dictionary(data)) <= {b"A"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\xfe\xff\x67\x3a", "机"),
        (b"\xff\xfe\x3a\x67", "机"),
        (b"\xef\xbb\xbf" + "机".encode(), "机"),
        (b"plain", "plain"),
        ("机密".encode("gbk"), "机密"),
        (b"\xff\xff", "ÿÿ"),
    ],
)
def test_text_strings(value, expected):
    assert pdf_strings.text(value) == expected


_TOKENS = (b"<", b">", b"<<", b">>", b"(", b")", b"[", b"]", b"/", b"/A", b"\\", b"1", b" ", b"R", b"%", b"41")


@given(st.lists(st.sampled_from(_TOKENS)).map(b"".join))
def test_any_bytes_end(data):
    assert isinstance(pdf_strings.dictionary(b"<<" + data), dict)
