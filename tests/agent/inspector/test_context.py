"""What stands around a mark."""

import pytest

from gapwatch_agent.inspector import context


@pytest.mark.parametrize(
    "text", ["000001", "份号：123", "No.000123  x", "特急", "机密★5年 加急", "紧急程度：特急", "密级：机密  份号：3"]
)
def test_official_neighbours(text):
    assert context.is_official_neighbour(text)


@pytest.mark.parametrize("text", ["急件处理办法规定如下所述内容很长" * 4, "12345", "加急处理", "1000001"])
def test_others_are_none(text):
    assert not context.is_official_neighbour(text)


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("关于开展工作的通知", False),
        ("现将有关事项通知如下，请各单位认真贯彻执行，不得有误。", True),
        ("密级\t机密\t编号\t长长长长长长长长长长长长长长长长长长长长", False),
        ("This is a title", False),
        ("This is a sentence that goes on for quite a while, as sentences in reports do.", True),
    ],
)
def test_prose(text, prose):
    assert context.is_prose(text) is prose


def test_state_wording_is_about_this_document():
    assert context.says_state("本文件属国家秘密")
    assert not context.says_state("保守国家秘密法")
    assert not context.says_state("不属于国家秘密")


@pytest.mark.parametrize("text", ["格式如下", "标注格式如下：", "例：", "如图所示"])
def test_examples_are_introduced(text):
    assert context.introduces_example(text)


def test_the_other_questions():
    assert context.is_definition("是指泄露会使")
    assert context.is_culture("作词：某某")
    assert context.is_template("国家秘密标志样式")
    assert context.is_declassified("已解密")
    assert context.is_field_like("编号：2026")
    assert not context.is_field_like("编号")


@pytest.mark.parametrize("text", ["指挥部工作方案", "即墨区规划", "是否同意", "泄露事件调查报告"])
def test_titles_that_begin_like_definitions(text):
    assert not context.is_definition(text)


@pytest.mark.parametrize(
    ("text", "annex"), [("附件1", True), ("附 件：", True), ("附录A", True), ("附件1：清单", False), ("", False)]
)
def test_annexes(text, annex):
    assert context.is_annex(text) is annex


@pytest.mark.parametrize(
    ("text", "own"), [("文件编号", True), ("版 次", True), ("保密期限", True), ("序号", False), ("文件名称", False)]
)
def test_fields_a_document_has_once(text, own):
    assert context.is_own_field(text) is own
