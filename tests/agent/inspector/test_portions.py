"""Marks that are no line of their own: before paragraphs, after titles, in a register's remarks."""

import pytest

from gapwatch_agent.inspector import portions
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.normalise import join_cjk, normalise

PROSE = "本项目的进展情况如下，各单位应按时报送有关材料。"
BODY = ["关于某项工作的情况", "各单位：", "现将有关事项通知如下，请认真贯彻执行，不得有误。", "第二段没有分段标志。"]


def _normal(text):
    return join_cjk(normalise(text))


def _find(*texts, name=""):
    return find_marks([Fragment(text, page=1) for text in texts], name)


@pytest.mark.parametrize(
    ("text", "level", "form", "period"),
    [
        (f"（机密）{PROSE}", "secret", "portion", ""),
        (f"[秘密]{PROSE}", "confidential", "portion", ""),
        (f"【绝密级】 {PROSE}", "top_secret", "portion", ""),
        (f"（机密★5年）{PROSE}", "secret", "portion_star", "P5Y"),
        (f"（機密★）{PROSE}", "secret", "portion_star", "P20Y"),
    ],
)
def test_before_a_paragraph(text, level, form, period):
    found = portions.before(_normal(text))
    assert (found.level, found.form, found.period) == (level, form, period)


@pytest.mark.parametrize(
    "text",
    [
        "（机密）短",
        "（机密）是指泄露会使公司利益遭受损害的事项",
        "机密：" + PROSE,
        "【绝密】最重要的国家秘密，泄露会使国家受损",
    ],
)
def test_not_before_a_paragraph(text):
    assert portions.before(_normal(text)) is None


@pytest.mark.parametrize(
    ("text", "level", "form"),
    [
        ("某某地区地形图（机密）", "secret", "after_title"),
        ("某某工程总体布置图【秘密】", "confidential", "after_title"),
        ("某某地区地形图（机密★10年）", "secret", "after_title_star"),
    ],
)
def test_after_a_title(text, level, form):
    found = portions.after_title(_normal(text))
    assert (found.level, found.form) == (level, form)


@pytest.mark.parametrize(
    "text",
    [
        "密级分类（机密）",
        "附件：方案（秘密）",
        "1. 方案（机密）",
        "第二章 等级（秘密）",
        "例如（机密）",
        "（一）事项（秘密）",
    ],
)
def test_not_after_a_title(text):
    assert portions.after_title(_normal(text)) is None


def test_one_portion_alone_is_a_hint():
    found = _find("某单位情况", f"（机密）{PROSE}", *BODY)
    assert found.mark.axis == ""
    assert [(hint.kind, hint.text) for hint in found.hint_list] == [("portion", "机密")]


@pytest.mark.parametrize(
    ("texts", "axis", "level"),
    [
        ([f"（机密★5年）{PROSE}"], "state", "secret"),
        (["000001", "特急", "某局文件", f"（机密）{PROSE}"], "state", "secret"),
        (["秘密★3年", "某局文件", f"（机密）{PROSE}"], "state", "secret"),
        ([f"（机密）{PROSE}", "普通的一段文字。", f"（机密）{PROSE}"], "enterprise", "secret"),
    ],
)
def test_portions_that_something_confirms(texts, axis, level):
    mark = (
        _find("某单位情况", *BODY[:2], *texts, *BODY[2:]).mark
        if "000001" not in texts[0]
        else _find(*texts, *BODY).mark
    )
    assert (mark.axis, mark.level) == (axis, level)


def test_a_portion_far_down_the_text_counts():
    body = [f"第{number}段，说明有关情况，没有标志。" for number in range(80)]
    mark = _find("秘密★3年", "某局文件", *body, f"（机密★5年）{PROSE}", *body).mark
    assert (mark.level, mark.evidence[0].zone, mark.evidence[0].grammar) == ("secret", "body", "portion_star")


def test_foreign_portions_need_a_banner_or_a_block_or_each_other():
    assert _find("Report", "(S//NF) The text of it goes on.").mark.axis == ""
    assert _find("Report", "(S//NF) The text.", "(TS//SI//NF) More.").mark.level == "top_secret"
    assert _find("Report", "(S) The text.", "Derived From: guide 7").mark.level == "secret"
    assert _find("NATO SECRET", "(NS) The text of it goes on.").mark.level == "secret"
    training = _find("Report", "(S//NF) The text.", "(S//NF) More.", "All markings are for training use only")
    assert training.mark.axis == ""


def test_after_a_title_only_at_the_top():
    assert _find("某某地区地形图（机密）", "比例尺 1:50000").mark.level == "secret"
    assert _find(*BODY, "某某地区地形图（机密）", *BODY).mark.axis == ""


def test_a_register_s_remarks_mark_it():
    rows = ["序号\t客户\t日期\t备 注", "1\t甲\t三月\t", "2\t乙\t四月\t机密", "3\t丙\t五月\t绝密"]
    mark = find_marks([Fragment(row, part="table", page=1) for row in rows]).mark
    assert (mark.axis, mark.level, mark.evidence[0].grammar) == ("enterprise", "top_secret", "register_remark")
    others = [row.replace("备 注", "类型") for row in rows]
    assert find_marks([Fragment(row, part="table", page=1) for row in others]).mark.axis == ""


def test_a_register_ends_with_its_table():
    fragments = [Fragment("序号\t名称\t备注", part="table"), Fragment("正文"), Fragment("1\t甲\t机密", part="table")]
    assert find_marks(fragments).mark.axis == ""
