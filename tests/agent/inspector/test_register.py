"""The column of remarks."""

import pytest

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
