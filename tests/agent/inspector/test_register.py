"""The column of remarks."""

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.register import Register
from gapwatch_agent.inspector.zones import Line


def _line(text, part="table"):
    return Line(text, part, 1, "cover_table", 1)


@pytest.mark.parametrize(
    ("head", "row", "level"),
    [
        ("序号\t名称\t备注", "1\t甲\t机密", "secret"),
        ("序号\t备註\t名称", "1\t絕密級\t甲", "top_secret"),
        ("序号\t名称\t日期\t备注", "1\t甲\t机密", "secret"),
        ("序号\t名称\t备注", "1\t机密\t甲", None),
        ("序号\t备注\t名称", "1", None),
        ("名称\t备注", "甲\t机密", None),
        ("序号\t名称\t密级", "1\t甲\t机密", None),
    ],
)
def test_the_cell_under_the_head(head, row, level):
    register = Register()
    register.note(_line(head))
    found = register.remark(_line(row))
    assert (found.level if found else None) == level


def test_anything_but_a_row_closes_it():
    register = Register()
    register.note(_line("序号\t名称\t备注"))
    assert register.is_open
    register.note(_line("正文", part="document"))
    assert not register.is_open


@pytest.mark.parametrize("level", ["机密★5年", "机密"])
@pytest.mark.parametrize("head", ["序号\t题名\t密级\t页码", "日期\t文号\t密级\t份数\t签收"])
def test_the_levels_a_register_lists_are_other_documents(head, level):
    cells = len(head.split("\t"))
    rows = [head, *("\t".join(["甲", "乙", level, *["3"] * (cells - 3)]) for _ in range(2))]
    assert find_marks([Fragment(row, part="table", page=1) for row in rows]).mark.axis == ""
    assert find_marks([Fragment(row, part="table", page=1) for row in rows[:2]]).mark.axis == ""


def test_a_catalogue_in_lines_is_no_mark_either():
    lines = ["档案目录", "某某方案的说明  机密★5年  3页", "某某计划的说明  机密★5年  8页"]
    assert find_marks([Fragment(line, page=1) for line in lines]).mark.axis == ""


def test_a_form_s_own_level_is_its_mark():
    rows = ["文件名称\t某方案\t密级\t机密★5年", "编制\t甲\t日期\t三月", "版本\tA\t备注\t无"]
    assert find_marks([Fragment(row, part="table", page=1) for row in rows]).mark.level == "secret"
