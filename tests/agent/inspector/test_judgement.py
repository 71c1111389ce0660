"""Acceptance of candidates, seen through the decision."""

from gapwatch_agent.inspector import judgement
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.judgement import Surroundings
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.names import matches
from gapwatch_agent.inspector.zones import ZoneTracker


def test_surroundings_remember_neighbours_and_periods():
    around, tracker = Surroundings(), ZoneTracker()
    texts = ["000001", "机密", "保密期限：5年", "作词：某某", "本文件属国家秘密", "考生须知"]
    placed = [tracker.place(Fragment(text), text, starts_fragment=True) for text in texts]
    for line in placed:
        around.note(line)
    assert around.near(around.official, placed[1])
    assert around.near(around.state, placed[1])
    assert around.near(around.culture, placed[1])
    assert around.period_near(placed[1]) == ("P5Y", "5年")
    assert around.exam


def test_names_are_less_sure_than_text():
    accepted = judgement.accept_name(matches("[机密]a.docx"), Surroundings(), "[机密]a.docx")
    assert accepted[0].confidence < find_marks([Fragment("机密")]).mark.confidence


def test_more_places_make_it_surer():
    once = find_marks([Fragment("机密", part="header")]).mark.confidence
    twice = find_marks([Fragment("机密", part="header"), Fragment("机密", part="footer")]).mark.confidence
    assert twice > once


def test_a_foot_that_was_measured_is_a_footer_and_the_last_line_of_a_text_is_not():
    measured = [Fragment("标题", page=1), Fragment("机密★10年", page=1, zone="page_bottom")]
    assert find_marks(measured).mark.axis == "state"
    body = [Fragment(f"第{number}项工作已经完成，详见附件中的说明和统计表。") for number in range(60)]
    assert find_marks([Fragment("标题"), *body, Fragment("机密★10年")]).mark.axis == ""


def test_choices_under_their_label_are_no_value():
    choices = [Fragment(text, page=2) for text in ("密级", "绝密", "机密", "秘密")]
    assert find_marks([Fragment("数据", page=1), *choices]).mark.axis == ""
    value = [Fragment(text, page=1) for text in ("项目", "密级", "绝密", "单位", "某厂")]
    assert find_marks(value).mark.level == "top_secret"


def test_a_bare_word_at_a_measured_foot_is_a_footer():
    page = [Fragment("标题", page=1), Fragment("某项工作已经按计划展开，详见附件。", page=1)]
    assert find_marks([*page, Fragment("秘密", page=1, zone="page_bottom")]).mark.level == "confidential"
    assert find_marks([*page, Fragment("秘密", page=0, zone="page_bottom")]).mark.axis == ""
