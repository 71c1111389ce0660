"""Fields that name themselves."""

import pytest

from gapwatch_agent.inspector import labels
from gapwatch_agent.inspector.normalise import join_cjk, normalise


def _normal(text):
    return join_cjk(normalise(text))


@pytest.mark.parametrize(
    ("text", "level", "period"),
    [
        ("密级：机密", "secret", ""),
        ("密级=秘密", "confidential", ""),
        ("密级\t绝密★长期", "top_secret", "long_term"),
        ("项目密级：机密（5年）", "secret", "P5Y"),
        ("密级：机密 保密期限：10年", "secret", "P10Y"),
        ("密级：普通商密", "confidential", ""),
        ("密级：内部公开", "internal", ""),
        ("密级：■机密 □秘密", "secret", ""),
        ("密级（机密）", "secret", ""),
        ("【密级】机密★5年", "secret", "P5Y"),
        ("密级及保密期限：秘密★10年", "confidential", "P10Y"),
        ("密级/保密期限：机密/5年", "secret", "P5Y"),
        ("密级：机密。", "secret", ""),
        ("Classification: 机密 / Confidential", "secret", ""),
        ("Security Level：秘密", "confidential", ""),
    ],
)
def test_filled_fields(text, level, period):
    found = labels.match(_normal(text))
    assert (found.level, found.period) == (level, period)


@pytest.mark.parametrize(
    "text",
    [
        "密级：",
        "密级：公开",
        "密级：机密/秘密",
        "机密级：机密",
        "密级：□机密",
        "职级：机密",
        "密级：机密性",
        "密级（机密）的文件",
        "原密级：机密",
        "第二章保密等级（绝密）",
    ],
)
def test_fields_that_say_nothing(text):
    assert labels.match(_normal(text)) is None


def test_choices_and_periods():
    assert labels.is_choice(_normal("密级：□机密"))
    assert not labels.is_choice(_normal("密级：机密"))
    assert labels.period_field(_normal("保密期限：１０年")) == ("P10Y", "１０年")
    assert labels.period_field(_normal("期限：10年")) == ("", "")


def test_a_label_alone_waits_for_its_value():
    assert labels.is_label("密  级：")
    assert labels.is_label("密级")
    assert not labels.is_label("密级：机密")
    assert not labels.is_label("密级" * 40)
