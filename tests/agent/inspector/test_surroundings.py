"""What stands around marks."""

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.surroundings import Surroundings
from gapwatch_agent.inspector.zones import ZoneTracker

BODY = ["关于某项工作的情况", "各单位：", "现将有关事项通知如下，请认真贯彻执行，不得有误。"]


def _noted(*texts, part="document"):
    around, tracker = Surroundings(), ZoneTracker()
    placed = [tracker.place(Fragment(text, part=part), text, starts_fragment=True) for text in texts]
    for line in placed:
        around.note(line)
    return around, placed


def test_neighbours_and_periods():
    around, placed = _noted("000001", "机密", "保密期限：5年", "作词：某某", "本文件属国家秘密", "考生须知")
    assert around.near(around.official, placed[1])
    assert around.near(around.state, placed[1])
    assert around.near(around.culture, placed[1])
    assert around.period_near(placed[1]) == ("P5Y", "5年")
    assert around.exam


def test_lists_of_levels():
    around, placed = _noted("公开", "机密", "x", "y")
    assert around.among_choices(placed[1])
    around, placed = _noted("机密", "机密", "x", "y")
    assert not around.among_choices(placed[0])
    around, placed = _noted("绝密", "x", "内部", "公开")
    assert around.among_choices(placed[0])


def test_a_head_whose_cells_became_lines():
    around, placed = _noted("密级", "份数", "机密", "3")
    assert around.under_a_heading(placed[2])
    around, placed = _noted("密级", "机密", "份数", "3")
    assert not around.under_a_heading(placed[1])


def test_the_name_says_what_the_text_is():
    around = Surroundings()
    around.note_name("2026/期末试卷.docx")
    assert around.exam


def test_a_mark_that_was_taken_back():
    for lines in (["机密★5年　已解密"], ["机密★5年", "解密"], ["机密★5年", "（已于2025年3月经批准解密）"]):
        found = find_marks([Fragment(text, page=1) for text in [*lines, *BODY]])
        assert found.mark.axis == ""
        assert "declassified" in {hint.kind for hint in found.hint_list}
    stamped = find_marks([Fragment("解密", part="annotation"), *(Fragment(text) for text in ["机密★5年", *BODY])])
    assert stamped.mark.axis == ""


def test_when_it_will_be_declassified_takes_nothing_back():
    for line in ("解密条件：项目完成后解密", "解密时间：2030年5月1日"):
        assert find_marks([Fragment(text, page=1) for text in ["机密★5年", line, *BODY]]).mark.level == "secret"


def test_an_old_and_a_new_mark_side_by_side():
    assert find_marks([Fragment("机密★10年    秘密★5年"), *map(Fragment, BODY)]).mark.level == "secret"


def test_the_longest_period_of_the_highest_level():
    fragments = [Fragment("机密★5年", part="header"), Fragment("机密★20年"), Fragment("秘密★长期", page=2)]
    mark = find_marks(fragments).mark
    assert (mark.level, mark.period) == ("secret", "P20Y")
