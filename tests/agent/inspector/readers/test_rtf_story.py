"""Paragraphs, rows and pages of an RTF's stories."""

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.rtf_story import Story


def _said(story, *steps):
    for step in steps:
        if step.startswith("\\"):
            story.control(step[1:])
        else:
            story.write(step)
    story.end()
    return story.take()


def test_paragraphs_and_what_is_left_open():
    assert _said(Story("document", page=1), "a", "b", "\\par", " ", "\\par", "c") == [
        Fragment("ab", page=1),
        Fragment("c", page=1),
    ]


def test_a_row_left_open_is_a_row():
    assert _said(Story("document", page=1), "\\intbl", "a", "\\cell", "b", "\\cell") == [
        Fragment("a\tb", part="table", page=1)
    ]


def test_a_row_s_lines_stay_in_their_cells():
    assert _said(Story("header"), "\\intbl", "a\nb", "\\cell", "c", "\\cell", "\\row") == [
        Fragment("a\x0bb\tc", part="header")
    ]


def test_an_endless_paragraph_is_cut():
    story = Story("document", page=1)
    for _ in range(100):
        story.write("x" * 1000)
    assert len(story.take()) == 1
