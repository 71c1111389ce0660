"""Code page numbers to text."""

import pytest

from gapwatch_agent.inspector.readers import codepages


@pytest.mark.parametrize(
    ("number", "raw", "text"),
    [
        (936, "机密".encode("gbk"), "机密"),
        (936, "㐀".encode("gb18030"), "㐀"),
        (950, "機密".encode("cp950"), "機密"),
        (65001, "机密".encode(), "机密"),
        (1200, "机密".encode("utf-16-le"), "机密"),
        (1252, b"\x93x\x94", "“x”"),
    ],
)
def test_known_pages(number, raw, text):
    assert codepages.is_known(number)
    assert codepages.decode(raw, number) == text


def test_an_unknown_page_is_western_and_nothing_raises():
    assert not codepages.is_known(12345)
    assert codepages.decode(b"caf\xe9", 12345) == "café"
    assert codepages.decode(b"\xff\x81", 936)


def test_languages():
    assert codepages.of_language(0x0804) == 936
    assert codepages.of_language(0x0404) == 950
    assert codepages.of_language(0x0409) == codepages.WESTERN
