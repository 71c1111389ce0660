"""Trade secrets, work secrets, stamps and notices apart from position."""

import pytest

from gapwatch_agent.inspector import unit_marks
from gapwatch_agent.inspector.grammar import Strength
from gapwatch_agent.inspector.normalise import join_cjk, normalise


def _match(text):
    return unit_marks.match(join_cjk(normalise(text)))


@pytest.mark.parametrize(
    ("text", "axis", "form", "strength", "malformed"),
    [
        ("核心商密5年", "commercial", "trade_secret", Strength.STRONG, False),
        ("核心商密", "commercial", "trade_secret", Strength.PLAIN, False),
        ("核心商密★5年", "commercial", "trade_secret", Strength.STRONG, True),
        ("商业秘密·3年", "commercial", "trade_secret", Strength.STRONG, False),
        ("工作秘密", "work", "work_secret", Strength.PLAIN, False),
        ("内部资料，请勿外传", "work", "work_notice", Strength.PLAIN, False),
        ("受控文件", "enterprise", "stamp", Strength.PLAIN, False),
        ("受控文件 No.12", "enterprise", "stamp", Strength.PLAIN, False),
        ("機密文件章", "enterprise", "level_stamp", Strength.PLAIN, False),
        ("公司机密，未经许可不得扩散", "enterprise", "level_notice", Strength.PLAIN, False),
        ("某某 公司机密", "enterprise", "unit_level", Strength.PLAIN, False),
        ("【集团秘密】", "enterprise", "unit_level", Strength.PLAIN, False),
        ("某 股份 商业机密 未经许可不得外传", "commercial", "level_notice", Strength.PLAIN, False),
        ("商业秘密 严禁外传", "commercial", "level_notice", Strength.PLAIN, False),
    ],
)
def test_forms(text, axis, form, strength, malformed):
    found = _match(text)
    assert (found.axis, found.form, found.strength, found.malformed) == (axis, form, strength, malformed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "商业秘密",
        "加强核心商密",
        "核心商密管理办法",
        "工作秘密管理",
        "内部资料汇编",
        "机密文件管理",
        "不得外传",
        "机" * 200,
    ],
)
def test_no_form(text):
    assert _match(text) is None
