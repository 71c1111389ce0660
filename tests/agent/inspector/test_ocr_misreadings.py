"""A star that was read as something else is put back; everything else stays as it was read."""

import pytest

from gapwatch_agent.inspector.ocr_misreadings import corrected


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("机密大5年", "机密★5年"),
        ("秘密女6个月", "秘密★6个月"),
        ("绝密 木 长期", "绝密★长期"),
        ("機密+10年", "機密★10年"),
    ],
)
def test_a_star_taken_for_something_else(read, meant):
    assert corrected(read) == meant


@pytest.mark.parametrize(
    "text",
    ["机密★5年", "机密5年", "机密文件", "秘密大事记", "大机密5年", "秘密大约5年", "秘密大长期存在", "神秘大5年", ""],
)
def test_anything_else(text):
    assert corrected(text) == text
