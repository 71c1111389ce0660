"""Whole texts that are full of level words and are marked by none of them (domain §3.6), against every level word."""

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks

WORDS = ["机密", "秘密", "绝密", "SECRET", "TOP SECRET", "CONFIDENTIAL", "OFFICIAL", "PROTECTED", "Secret"]
PROSE = "这是一段很长的叙述文字，讲述了许多事情，只是普通的文章而已。"

TITLES = [
    "{}|第一章 夜色",
    "{}|作者：某某|第一章",
    "{}|目录|第一章 开始",
    "《{}》|作者",
    "{}|某某 著|某某出版社",
    "{}|词：甲|作词：甲",
    "{}|文/某某|从前有一座山",
    "{}|每个人心里都有一个{}，藏在心底最深的地方，从不告诉别人。",
    "「{}」",
    "“{}”",
    "{}！",
    "{}？",
    "{}…",
    "{}花园",
    "{} - 某某",
    "01. {} - 某某",
    "【{}】|★★★★★",
    "{}★★|很好看",
    "★{}★|活动",
    "{}☆☆",
]
LISTS = [
    "公开|内部|{}",
    "{}|公开|无",
    "全部|公开|{}|保存",
    "绝密|{}|内部|公开",
    "level|{}|公开",
    "确定|取消|{}|保存|打开",
    "机宜|机构|{}|机敏|机能|机器",
    "游戏装备|{}级|传说级|史诗级",
    "{} 公开 内部",
    "{}|公开|内部",
    "{}、公开",
    "1. {}|2. 其他",
    "一、{}",
    "（一）{}",
    "- {}|- b",
    "* {}|* b",
    "第一节 {}",
]
EXPLAINED = [
    "{}|是指不能让人知道的事情。",
    "{}|释义：不让人知道",
    "{}|包括以下内容：",
    "三、密级划分|{}|公司重要决策",
    "密级|定义|{}|最重要的",
    "密级标志样式|{}★5年|以上为样式",
    "标志如下：|{}★5年",
    "例：{}★5年",
    "国家秘密标志|{}★5年|格式说明",
    "保密制度|{}|{}包括以下内容",
    "（{}）是指一旦泄露会使公司利益遭受损害的事项。",
    "（{}）这一段只有一个分段标志，没有别的东西可以佐证。",
    "原密级：{}★5年|现密级：公开",
]
FORMS = [
    "密级：□{}",
    "密级：[ ]{} [ ]公开",
    "密级：({}/公开)",
    "密级（请选择）：{}、公开",
    "密级：{}或公开",
    "密级：{} 内部 公开",
    "请选择密级：{} 内部 公开",
    "{}★    年",
    "{}★____年",
    "{}★（  ）年",
    "{}★×年",
    "密级：{}★    年",
    "密级|份数|{}|3",
]
CODE = [
    "# {}||## Usage",
    "{} = 1",
    '"{}",',
    "'{}': 1,",
    "level: {}",
    "kind: {}|metadata:|  name: x",
    "<level>{}</level>",
    "INSERT INTO d VALUES (3,'{}');",
    "enum: [公开, {}]",
    "{}:|  - a|  - b",
]
CONTENTS = ["附件1：方案（{}）........3", "目录|1. 方案（{}） 3|2. 计划 4", "附件：1.方案（{}）", "密级分类（{}）"]
ROWS = [
    "序号\t文件名\t密级|1\t方案\t{}|2\t计划\t公开",
    "密级\t份数|{}\t3",
    "密级\t编号\t版本|{}\tX-1\tV1",
    "1\t{}|2\t其他",
    "{}\t1|其他\t2",
    "id\tlevel|1\t公开|2\t{}",
    "{}\t100\t200|合计\t1\t2",
    "密级\t绝密\t{}\t秘密",
]
VALUES = [
    "",
    "公开",
    "无",
    "非密",
    "一般",
    "不涉密",
    "待定",
    "□",
    "____",
    "（填写）",
    "N/A",
    "详见附件",
    "机密性",
    "机密文件应登记",
]


@pytest.mark.parametrize("word", WORDS)
def test_titles_lists_examples_forms_and_code(word):
    for pattern in [*TITLES, *LISTS, *EXPLAINED, *FORMS, *CODE, *CONTENTS]:
        lines = pattern.replace("{}", word).split("|")
        if pattern == "{}|公开|内部":
            assert find_marks([Fragment("|".join(lines)), Fragment(PROSE)]).mark.axis == ""
        found = find_marks([Fragment(line, page=1) for line in [*lines, PROSE, "第二段。", "完"]])
        assert found.mark.evidence == (), lines


@pytest.mark.parametrize("word", WORDS)
def test_tables(word):
    for pattern in ROWS:
        rows = pattern.replace("{}", word).split("|")
        found = find_marks([Fragment(row, part="table", page=1) for row in rows])
        assert found.mark.evidence == (), rows


@pytest.mark.parametrize("value", VALUES)
def test_labels_that_say_nothing(value):
    assert find_marks([Fragment(f"密级：{value}"), Fragment("编号：1"), Fragment(PROSE)]).mark.evidence == ()


@pytest.mark.parametrize("word", ["机密", "绝密", "秘密"])
@pytest.mark.parametrize("text", ["第三章 {}", "{}花园", "《{}》 某某著", "小说 {} 连载", "{}管理办法"])
def test_running_titles(word, text):
    assert find_marks([Fragment(text.format(word), part="header"), Fragment(PROSE)]).mark.evidence == ()


@pytest.mark.parametrize("word", ["机密", "绝密", "秘密"])
def test_slides_that_teach(word):
    boxes = ["国家秘密的密级", word, "最重要的国家秘密，泄露会使国家安全和利益遭受特别严重的损害"]
    assert find_marks([Fragment(box, part="text_box", page=1) for box in boxes]).mark.evidence == ()
    three = ["绝密", "很重要的一类", "机密", "也重要的一类", "秘密", "一般的一类"]
    assert find_marks([Fragment(box, part="text_box", page=1) for box in three]).mark.evidence == ()


@pytest.mark.parametrize(
    "name",
    [
        "机密性分析.docx",
        "机密.docx",
        "关于机密的报告.docx",
        "秘密花园.epub",
        "[秘密花园].epub",
        "我的秘密[小说].txt",
        "秘密 (2020).mkv",
        "01 秘密.mp3",
        "client_secret.json",
        "TOP SECRET.mp3",
        "0" * 45 + "密级：",
    ],
)
def test_names(name):
    assert find_marks([Fragment("正文")], name).mark.evidence == ()


def test_a_boilerplate_footer_is_none():
    for text in (
        "Confidential",
        "CONFIDENTIAL",
        "Company Confidential",
        "Commercial in confidence",
        "Confidential 2026",
    ):
        for part in ("header", "footer", "text_box", "watermark", "annotation"):
            assert find_marks([Fragment(text, part=part), Fragment(PROSE)]).mark.evidence == (), (text, part)
