"""The likeliest encoding: marks, long and short texts, declarations, wide characters without a mark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import encodings

SIMPLIFIED = "机密★5年\n关于开展保密检查工作的通知\n现将有关事项通知如下，请遵照执行。\n"
TRADITIONAL = "機密★5年\n關於開展保密檢查工作的通知\n現將有關事項通知如下，請遵照執行。\n"
JAPANESE = "極秘\n会議の資料について\n次のとおり資料を配布します。関係者以外の閲覧を禁止する。\n"
KOREAN = "회의 자료에 대하여\n다음과 같이 자료를 배포합니다. 관계자 이외의 열람을 금지한다.\n"
FRENCH = "TRÈS SECRET\nLe présent document a été établi à la demande du ministère de la défense.\n"
RUSSIAN_IN_UTF8 = "Совершенно секретно"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(
            (SIMPLIFIED, name)
            for name in ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "hz")
        ),
        *((TRADITIONAL, name) for name in ("utf-8", "cp950", "utf-16-le", "utf-16-be")),
        *((JAPANESE, name) for name in ("utf-8", "euc_jp", "cp932", "iso2022_jp_2", "utf-16-be")),
        *((KOREAN, name) for name in ("cp949", "iso2022_kr", "utf-16-le")),
        *((FRENCH, name) for name in ("utf-8", "cp1252", "utf-16-le", "utf-32-be")),
    ],
)
def test_a_text_is_recognised(text, encoding):
    assert encodings.best(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("机密★5年", "gb18030"), ("機密", "cp950"), ("秘密", "gb18030"), ("社外秘", "cp932"), ("極秘", "euc_jp")],
)
def test_a_mark_alone_is_enough(text, encoding):
    assert text.encode(encoding).decode(encodings.best(text.encode(encoding))) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(encoding):
    found = encodings.best("ab".encode(encoding))
    assert "ab".encode(encoding).decode(found).removeprefix("\ufeff") == "ab"


def test_a_character_cut_off_at_the_end_is_still_utf_8():
    assert encodings.best(SIMPLIFIED.encode()[:-2]) == "utf-8"


def test_some_broken_bytes_do_not_make_utf_8_something_else():
    assert encodings.best(SIMPLIFIED.encode() + b"\xff\xfe" + SIMPLIFIED.encode()) == "utf-8"


def test_a_long_head_of_ascii_does_not_hide_what_follows():
    assert encodings.best(b"plain words\n" * 1000 + SIMPLIFIED.encode("gb18030")) == "gb18030"


@pytest.mark.parametrize(("declared", "wanted"), [("GB2312", "gb18030"), ("x-unknown", ""), ("UTF8", "utf-8")])
def test_what_a_header_calls_an_encoding(declared, wanted):
    assert encodings.known_encoding(declared) == wanted


def test_a_declaration_decides_between_likely_ones_and_loses_against_the_bytes():
    short = "ティ".encode("cp932")
    assert encodings.best(short, declared="shift_jis") == "cp932"
    assert encodings.best(SIMPLIFIED.encode(), declared="gb2312") == "utf-8"
    assert encodings.best(SIMPLIFIED.encode("gb18030"), declared="iso-8859-1") == "gb18030"


@given(st.binary(max_size=200), st.text(max_size=12))
def test_any_bytes_have_a_likeliest_encoding(content, declared):
    content.decode(encodings.best(content, declared=declared), errors="replace")


@given(st.text(alphabet=sorted(set(SIMPLIFIED)), min_size=1, max_size=40))
def test_utf_8_is_never_taken_for_anything_else(text):
    assert encodings.best(text.encode()) == "utf-8"
