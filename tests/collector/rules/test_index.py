"""Which rules the index asks at all (whether it finds the right ones is shown in test_compile)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gapwatch_collector.rules import load, shipped_folder
from gapwatch_collector.rules.index import RuleIndex
from gapwatch_collector.rules.model import LogSource, Rule, Standing

MODEL = load(shipped_folder()).rules[0]


class Counting:
    """A predicate that counts how often it is asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, facts: Mapping[str, Any]) -> bool:
        self.asked += 1
        return self.answer


def rule(number: int, predicate: Counting, anchors: set[tuple[str, str]] | None, **changes: Any) -> Rule:
    named = None if anchors is None else frozenset(anchors)
    values = {"logsource": LogSource("radio", "gapwatch"), "standing": None, **changes}
    return replace(MODEL, rule_id=str(number), matches=predicate, anchors=named, **values)


def test_only_rules_whose_anchor_is_there_are_asked() -> None:
    predicates = [Counting() for _ in range(100)]
    index = RuleIndex([rule(n, predicate, {("name", f"v{n}")}) for n, predicate in enumerate(predicates)])
    assert [found.rule_id for found in index.matching("radio", {"name": "V7"})] == ["7"]
    assert [found.rule_id for found in index.matching("radio", {"name": ["v8", "v9", None]})] == ["8", "9"]
    assert sum(predicate.asked for predicate in predicates) == 3


def test_rules_of_other_products_and_services_are_never_asked() -> None:
    foreign = [
        rule(1, Counting(), None, logsource=LogSource("radio", "windows")),
        rule(2, Counting(), None, logsource=LogSource("radio", "gapwatch", "sysmon")),
    ]
    assert RuleIndex(foreign).matching("radio", {}) == []


def test_a_rule_without_category_sees_everything() -> None:
    everywhere = rule(1, Counting(), None, logsource=LogSource("", "gapwatch"))
    index = RuleIndex([everywhere])
    assert index.watches("anything")
    assert index.matching("anything", {}) == [everywhere]


def test_ends_of_standing_rules() -> None:
    ended, other = Counting(), Counting(answer=False)
    standing = [
        rule(1, Counting(), None, standing=Standing(ended)),
        rule(2, Counting(), None, standing=Standing(other)),
    ]
    index = RuleIndex([*standing, rule(3, Counting(), None, standing=Standing())])
    assert index.ended("radio", {}) == standing[:1]
    assert index.ended("link", {}) == []
