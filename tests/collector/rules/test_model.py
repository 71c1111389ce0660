"""The little behaviour that rule values have."""

from __future__ import annotations

from gapwatch_collector.rules.model import Severities, Text


def test_the_other_language_stands_in_for_a_missing_one() -> None:
    assert Text("标题", "title").in_language("zh-CN") == "标题"
    assert Text("标题", "title").in_language("en") == "title"
    assert Text("标题", "").in_language("en") == "标题"
    assert Text("", "title").in_language("zh") == "title"


def test_severity_by_host() -> None:
    assert Severities(5, 4).on(classified=True) == 5
    assert Severities(5, 4).on(classified=False) == 4
