"""Lines and their fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector import hints, lines, names
from gapwatch_agent.inspector.normalise import join_cjk, normalise


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("机密★5年", 1),
        ("编号：1  机密★5年", 1),
        ("绝密  机密", 0),
        ("例如  机密★5年", 0),
        ("x" * 3000 + "机密", 0),
        ("// 机密★5年", 1),
        ('"""机密★5年', 1),
        ("'''密级：机密'''", 1),
        ('"""机密"""', 0),
    ],
)
def test_what_a_line_says(text, count):
    assert len(lines.matches(text)) == count


def test_single_spaces_divide_margins_only():
    assert len(lines.matches("某某报告 机密", in_margin=True)) == 1
    assert lines.matches("某某报告 机密") == []


@pytest.mark.parametrize("text", ["机密", "內部資料", "核心商密", "TOP SECRET", "CUI", "限閱"])
def test_whatever_can_be_a_mark_triggers(text):
    assert lines.TRIGGER.search(text)


def test_a_change_gives_the_new_mark():
    found = lines.matches("由机密★10年变更为秘密★5年")
    assert [(match.level, match.period) for match in found] == [("confidential", "P5Y")]
    assert [match.level for match in lines.matches("机密★10年 → 秘密★5年")] == ["confidential"]


def test_a_watermark_that_covers_the_page_says_it_once():
    assert lines.without_repetition("机密 机密\n机密") == "机密"
    assert lines.without_repetition("机 密") == "机 密"
    assert lines.without_repetition("机密 草稿") == "机密 草稿"


_ALPHABET = (
    "绝机秘密级★·- 0123456789年月个长期前核心普通商内部资料注意保工作号份特急：:（）()[]【】□☑/SECRTOPFDNUAL,第\t\u3000"
)


@given(st.text(_ALPHABET, max_size=300))
def test_whatever_is_made_of_marks_characters_is_answered(text):
    for in_margin in (False, True):
        assert all(match.level for match in lines.matches(text, in_margin=in_margin))
    assert all(match.level for match in names.matches(text))
    told = hints.of_text(text)
    assert told is None or told[0] in hints.HINT_KINDS


@given(st.text(_ALPHABET, max_size=120))
def test_normalising_twice_changes_nothing(text):
    once = join_cjk(normalise(text)).text
    assert join_cjk(normalise(once)).text == once


@pytest.mark.parametrize(
    "unit", ["密级：", " ", "\t", "★", "机密★", "0", "（", "-", "SECRET//", "A ", "内部资料", "，不得外传"]
)
def test_long_repetitions_are_answered(unit):
    for text in (unit * 90, "机密★" + unit * 90, "密级：" + unit * 90, unit * 90 + "密"):
        lines.matches(text[:2000], in_margin=True)
        names.matches(text[:500])
        hints.of_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "机密★5年 第 1 页",
        "- 1 - 机密★5年",
        "秘密★10年（第1页）",
        "内部资料 注意保密 第 1 页 共 3 页",
        "SECRET//NOFORN Page 1 of 3",
    ],
)
def test_a_page_number_beside_the_mark(text):
    assert len(lines.matches(text)) == 1


@pytest.mark.parametrize("text", ["— 机密 —", "～机密～", "| 机密 |", "机密★5年1"])
def test_a_margin_s_frame(text):
    assert len(lines.matches(text, in_margin=True)) == 1
    assert lines.matches(text) == []


def test_a_chapter_s_title_is_no_label():
    assert lines.matches("第二章 保密等级（绝密）") == []


def test_the_document_s_date_is_no_period():
    assert [match.period for match in lines.matches("机密  2026-03-01")] == [""]


@pytest.mark.parametrize(
    ("text", "level_text"),
    [
        ("密    级  机密", "机密"),
        ("密 级 机密", "机密"),
        ("密 级 机 密\t编 号 JS-01", "机密"),
        ("密\x0b级\t秘密★3年\t编\x0b号\t0023", "秘密"),
    ],
)
def test_a_spread_label_is_one_word(text, level_text):
    (found,) = lines.matches(text)
    assert (found.form, found.level_text) == ("label", level_text)


@pytest.mark.parametrize(
    "text", ["密  级：请选择", "A. 机密★5年", "(2) 机密★5年", "• 秘密★长期", "➢ 机密★10年", "\uf0d8 机密★10年"]
)
def test_choices_and_items_of_lists_bear_no_mark(text):
    assert lines.matches(text) == []


@pytest.mark.parametrize(
    "text", ["某某 科技公司部 秘密 第 1 页 共 12 页", "某某 公司 内部公开 1", "第1页 机密 技术文件"]
)
def test_a_level_beside_a_margins_page_number(text):
    (found,) = lines.matches(text, in_margin=True)
    assert found.axis == "enterprise"


def test_a_head_and_its_only_row():
    found = lines.below("JX-01\tV1.0\t机密", "文件编号\t版本\t密级")
    assert found is not None
    assert (found.form, found.level) == ("label_column", "secret")


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("1\t某方案\t机密", "序号\t文件名称\t密级"),
        ("JX-01\t机密", "文件编号\t版本\t密级"),
        ("机密\t3", "密级\t份号"),
        ("JX-01\tV1.0\t公开", "文件编号\t版本\t密级"),
        ("JX-01", "密级"),
    ],
)
def test_other_rows_below_heads(text, head):
    assert lines.below(text, head) is None


def test_a_period_that_a_page_description_set_apart():
    (found,) = lines.matches("机密★ 10 年 某某 研究院", in_margin=True)
    assert (found.level_text, found.period) == ("机密", "P10Y")
