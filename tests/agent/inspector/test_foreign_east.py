"""Taiwan, Hong Kong, Japan, Korea, Russia."""

import pytest

from gapwatch_agent.inspector import foreign_east
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.grammar import Strength
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.normalise import join_cjk, normalise


@pytest.mark.parametrize(
    ("text", "level", "strength"),
    [
        ("絕對機密", "top_secret", Strength.PLAIN),
        ("【社外秘】", "restricted", Strength.PLAIN),
        ("極 秘", "top_secret", Strength.PLAIN),
        ("限閱 RESTRICTED", "restricted", Strength.PLAIN),
        ("㊙", "secret", Strength.PLAIN),
        ("密", "restricted", Strength.PLAIN),
        ("密等及解密條件或保密期限：密(附件抽存後解密)", "restricted", Strength.LABELLED),
        ("СЕКРЕТНО", "confidential", Strength.PLAIN),
    ],
)
def test_words(text, level, strength):
    found = foreign_east.match(join_cjk(normalise(text)))
    assert (found.axis, found.level, found.strength) == ("foreign", level, strength)


@pytest.mark.parametrize("text", ["", "机密", "秘书", "限阅时间", "密等及解密條件或保密期限：普通", "密" * 80])
def test_others(text):
    assert foreign_east.match(join_cjk(normalise(text))) is None


def test_a_single_character_stands_only_in_a_margin_or_first_on_a_page_of_its_script():
    assert find_marks([Fragment("秘", part="header")]).mark.level == "secret"
    assert find_marks([Fragment("密"), Fragment("某某部函稿")]).mark.level == "restricted"
    assert find_marks([Fragment("密"), Fragment("x = 1")]).mark.axis == ""
    assert find_marks([Fragment(character) for character in "保密协议"]).mark.axis == ""
    assert find_marks([Fragment("x"), Fragment("秘", page=2), Fragment("第二页内容", page=2)]).mark.axis == ""
