"""Format codes of sheet headers, taken out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import xlsx_header


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("机密★5年", ["机密★5年"]),
        ("&L机密★5年&C标题&R第 &P 页 共 &N 页", ["机密★5年", "标题", "第  页 共  页"]),
        ('&L&"黑体,Bold"&14&KFF0000机密&K01+000★5年', ["机密★5年"]),
        ("&C&B&I&U&E&S&X&Y&O&H秘密", ["秘密"]),
        ("&R甲&&乙", ["甲&乙"]),
        ("&C&F&A&D&T&Z&G", []),
        ("&L&P+1机密", ["机密"]),
        ("&L&12 2026年机密", ["2026年机密"]),
        ('&L&"没有结尾', []),
        ("&", ["&"]),
        ("", []),
    ],
)
def test_sections(text, sections):
    assert xlsx_header.sections(text) == sections


def test_each_section_is_a_fragment():
    found = xlsx_header.fragments("footer", "&L甲&R乙", 3)
    assert [(item.text, item.part, item.page) for item in found] == [("甲", "footer", 3), ("乙", "footer", 3)]


@given(st.text(alphabet='&LCRKPN"机密0123+- ,AB', max_size=200))
def test_any_text_gives_sections_of_its_own_characters(text):
    for section in xlsx_header.sections(text):
        assert section
        assert set(section) <= set(text)
