"""Hints by kind."""

import pytest

from gapwatch_agent.inspector import hints
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("绝秘★5年", "malformed", "绝秘★5年"),
        ("★5年机密", "malformed", "★5年机密"),
        ("密级：机秘", "malformed", "机秘"),
        ("划分为机密、秘级和公开", "bare_word", "机密"),
        ("机密、秘密档的分发", "bare_word", "机密"),
        ("密级：□绝密 □机密", "unfilled_form", "密级：□"),
        ("密级（绝密/机密）", "unfilled_form", "绝密/机密"),
        ("（机密）本项目进展顺利", "portion", "（机密）"),
        ("(S//NF) the text", "foreign_portion", "(S//NF)"),
        ("本件为机密，阅后退回", "statement", "本件为机密"),
        ("份号：", "copy_number", "份号"),
        ("不得外传", "distribution", "不得外传"),
        ("Company Confidential", "boilerplate", "Company Confidential"),
        ("机密文件管理办法", "bare_word", "机密"),
        ("与密有关", None, None),
    ],
)
def test_kinds_and_words(text, kind, words):
    assert (hints.of_text(text) or (None, None)) == (kind, words)


def test_the_first_of_each_kind_and_place_is_kept():
    found = hints.HintList()
    for page in range(3):
        found.add("bare_word", "document", page, "body", "机密")
    found.add("bare_word", "header", 0, "header", "x" * 100)
    assert [(hint.page, len(hint.text)) for hint in found.found()] == [(0, 2), (0, 32)]
    for number in range(100):
        found.add("bare_word", str(number), 0, "", "机密")
    assert len(found.found()) == hints.HINT_LIST_MAX


def test_no_hint_holds_what_stands_around_it():
    text = "第三季度销售收入为四千二百万元，本件为机密，阅后退回，违者追究责任。"
    found = find_marks([Fragment("某单位材料"), Fragment(text)])
    assert [(hint.kind, hint.text) for hint in found.hint_list] == [("statement", "本件为机密")]
    assert {hint.kind for hint in found.hint_list} <= hints.HINT_KINDS


@pytest.mark.parametrize(
    ("lines", "is_marked", "words"),
    [
        (["机密★5年"], True, []),
        (["机密★三年"], True, ["机密★三年"]),
        (["机密★30年"], True, ["机密★30年"]),
        (["机密☆5年"], True, ["机密☆5年"]),
        (["机密·5年"], True, ["机密·5年"]),
        (["核心商密★5年"], True, ["核心商密★5年"]),
        (["核心商密▲5年"], True, []),
        (["000001", "机密", "特急"], True, ["机密"]),
        (["★5年机密"], False, ["★5年机密"]),
        (["5年★机密"], False, ["5年★机密"]),
        (["机秘★5年"], False, ["机秘★5年"]),
        (["机密"], True, []),
    ],
)
def test_malformed_marks(lines, is_marked, words):
    found = find_marks([Fragment(text) for text in [*lines, "某局文件", "关于某事的通知"]])
    assert bool(found.mark.axis) is is_marked
    assert [hint.text for hint in found.hint_list if hint.kind == "malformed"] == words


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("份号：000001", "copy_number"),
        ("抄送：某某部，某某局。", "distribution"),
        ("某某办公厅　　2026年3月1日印发", "distribution"),
        ("本资料不得外传", "distribution"),
        ("阅后退回", "distribution"),
    ],
)
def test_what_adds_weight_without_a_mark(text, kind):
    found = find_marks([Fragment("某某局文件"), Fragment("关于某事的通知"), Fragment(text), Fragment("完")])
    assert found.mark.axis == ""
    assert [hint.kind for hint in found.hint_list] == [kind]
