"""One spelling, and the way back to what really stood there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.normalise import fields, join_cjk, normalise


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("机　密 ★ 1 年", "机密★1年"),
        ("絕密☆１０年", "绝密★10年"),
        ("机\u200b密\u00ad＊5年", "机密★5年"),
        ("TOP SECRET", "TOP SECRET"),
        ("编号 12 份", "编号 12 份"),
        ("（機密）", "(机密)"),
        ("a b 机 密", "a b 机密"),
        ("机密★1 0 年", "机密★10年"),
        ("机密★至 2027 年 12 月 31日", "机密★至2027年12月31日"),
        ("第1 0 年", "第1 0年"),
    ],
)
def test_variants_become_one(raw, expected):
    assert join_cjk(normalise(raw)).text == expected


def test_the_origin_is_kept():
    normal = join_cjk(normalise("  絕　密★１\u200b０年"))
    assert normal.raw(0, 2) == "絕 密"
    assert normal.raw(3, 6) == "１０年"


def test_fields_are_divided_by_tabs_borders_and_wide_gaps():
    assert [item.text for item in fields(normalise("a\tb  c | d e\x0bf"))] == ["a", "b", "c", "d e", "f"]


@given(st.text(max_size=80))
def test_every_character_has_an_origin(text):
    for normal in (normalise(text), join_cjk(normalise(text)), *fields(normalise(text))):
        assert len(normal.text) == len(normal.origin)
        assert list(normal.origin) == sorted(normal.origin)
        assert isinstance(normal.raw(0, len(normal.text)), str)
