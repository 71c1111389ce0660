"""Names of members in every encoding that packers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import member_names


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("[机密]会议资料.docx", "gb18030"),
        ("学习.txt", "utf-8"),
        ("朱镕基文选.txt", "gb18030"),
        ("【極機密】會議資料.doc", "cp950"),
        ("極秘資料.txt", "cp932"),
        ("Übung für Anfänger.txt", "cp437"),
        ("año.txt", "cp437"),
        ("résumé.pdf", "utf-8"),
        ("plain.txt", "ascii"),
    ],
)
def test_names_in_the_encoding_of_the_packer(name, encoding):
    assert member_names.decode(name.encode(encoding)) == name


def test_a_declared_name_is_utf_8_whatever_it_holds():
    assert member_names.decode(b"\xbb\xfa.txt", is_utf8=True) == "\ufffd\ufffd.txt"


def test_folders_are_divided_by_slashes_and_names_end_somewhere():
    assert member_names.decode(b"a\\b/c") == "a/b/c"
    assert len(member_names.decode(b"x" * 100_000)) == member_names.NAME_CHARACTERS_MAX


@given(st.binary(max_size=60))
def test_any_bytes_are_a_name(raw):
    member_names.decode(raw).encode()
