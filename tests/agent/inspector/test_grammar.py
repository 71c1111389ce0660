"""Forms apart from position."""

import pytest

from gapwatch_agent.inspector import grammar
from gapwatch_agent.inspector.grammar import Strength
from gapwatch_agent.inspector.normalise import join_cjk, normalise


def _match(text):
    return grammar.match(join_cjk(normalise(text)))


@pytest.mark.parametrize(
    ("text", "form", "strength"),
    [
        ("机密★5年", "level_star_period", Strength.STRONG),
        ("机密★", "level_star", Strength.STRONG),
        ("机密·5年", "level_separator_period", Strength.STRONG),
        ("机密5年", "level_period", Strength.PLAIN),
        ("机密", "level", Strength.PLAIN),
    ],
)
def test_forms_and_their_strength(text, form, strength):
    found = _match(text)
    assert (found.form, found.strength) == (form, strength)


@pytest.mark.parametrize("text", ["", "机密性", "机密★★", "★机密★", "加强核心商密", "机密" * 60])
def test_no_form(text):
    assert _match(text) is None


def test_words_are_given_as_they_stood():
    found = _match("機　密 ★ １０ 年")
    assert (found.level_text, found.period_text, found.text) == ("機密", "１０年", "機 密 ★ １０ 年")


def test_examination_events():
    assert grammar.is_exam_event("启用前")
    assert not grammar.is_exam_event("会议开始前")
