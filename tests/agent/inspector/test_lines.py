"""Lines and their fields."""

import pytest

from gapwatch_agent.inspector import lines


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("机密★5年", 1),
        ("编号：1  机密★5年", 1),
        ("绝密  机密", 0),
        ("例如  机密★5年", 0),
        ("x" * 3000 + "机密", 0),
        ("// 机密★5年", 1),
    ],
)
def test_what_a_line_says(text, count):
    assert len(lines.matches(text)) == count


def test_single_spaces_divide_margins_only():
    assert len(lines.matches("某某公司 机密", in_margin=True)) == 1
    assert lines.matches("某某公司 机密") == []


@pytest.mark.parametrize("text", ["机密", "內部資料", "核心商密", "TOP SECRET", "CUI", "限閱"])
def test_whatever_can_be_a_mark_triggers(text):
    assert lines.TRIGGER.search(text)
