"""File names apart from content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector import names


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("[机密]a.docx", 1),
        ("a.docx", 0),
        ("a（秘密）b.docx", 0),
        ("机密★3年-a.pdf", 1),
        ("机密a.pdf", 0),
        ("[机密]/[秘密]a.pdf", 0),
        ("〖机密〗a.dwg", 1),
        ("绝密★启用前2026年试卷.docx", 1),
        ("机密·5年 a.docx", 1),
        ("[OFFICIAL-SENSITIVE] a.docx", 1),
        ("[SECRET]a.docx", 0),
        ("方案[机密] - 副本.docx", 1),
    ],
)
def test_brackets_at_an_end_or_a_star(name, count):
    assert len(names.matches(name)) == count


@given(st.text(max_size=700))
def test_any_name_is_answered(name):
    assert isinstance(names.matches(name), list)


def test_a_name_in_another_system_s_bytes():
    name = "（机密★3年）方案.bin".encode("gbk").decode("utf-8", errors="surrogateescape")
    assert [(one.axis, one.level) for one in names.matches(name)] == [("state", "secret")]
    assert names.matches("\udcff\udcfe.bin") == []


@pytest.mark.parametrize(
    ("name", "axis"),
    [
        ("核心商密_投标报价.docx", "commercial"),
        ("工作方案-工作秘密.pdf", "work"),
        ("普通商密-3年_报价.xlsx", "commercial"),
    ],
)
def test_trade_and_work_secrets_set_off(name, axis):
    assert {match.axis for match in names.matches(name)} == {axis}


@pytest.mark.parametrize("name", ["核心商密_管理办法.docx", "核心商密.docx", "某歌手-秘密.mp3", "工作秘密研究.docx"])
def test_names_about_secrets(name):
    assert names.matches(name) == []
