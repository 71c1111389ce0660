"""Compiled conditions against a slow reading of Sigma, over random rules and random facts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_collector.rules.index import RuleIndex
from gapwatch_collector.rules.model import LogSource, Rule
from gapwatch_collector.rules.parse import parse_rule
from gapwatch_collector.rules.yaml_lines import Document
from support import sigma_reference as reference

FIELDS = ("a", "b", "c", "list")
WORDS = ("", "x", "X", "xy", "Yx", "机密", "10", "3", "true", "x*y", "10.0.0.7", "fe80::1")
words = st.sampled_from(WORDS)
patterns = st.text(alphabet="xXyY*?1机", min_size=1, max_size=5)
numbers = st.integers(-3, 12)
scalars = st.one_of(words, numbers, st.booleans(), st.sampled_from([1.5, 10.0]))
facts_of_an_event = st.fixed_dictionaries(
    {},
    optional={
        **{field: st.one_of(scalars, st.text(alphabet="xXyY1机", max_size=6)) for field in ("a", "b", "c")},
        "list": st.lists(scalars, max_size=3),
    },
)

some_patterns = st.one_of(patterns, st.lists(patterns, min_size=1, max_size=3))
SORTS = ("text", "text", "text", "all", "number", "compare", "exists", "null", "re", "cidr", "ref")
TEXT_MODIFIERS = ("", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq")


@st.composite
def items(draw: st.DrawFn) -> tuple[str, Any]:
    field = draw(st.sampled_from(FIELDS))
    sort = draw(
        st.sampled_from(["text", "text", "text", "all", "number", "compare", "exists", "null", "re", "cidr", "ref"])
    )
    if sort == "text":
        return field + draw(st.sampled_from(TEXT_MODIFIERS)), draw(some_patterns)
    if sort == "all":
        return f"{field}|contains|all", draw(st.lists(patterns, min_size=1, max_size=3))
    if sort == "number":
        return field, draw(st.one_of(numbers, st.booleans()))
    if sort == "compare":
        return f"{field}|{draw(st.sampled_from(['gt', 'gte', 'lt', 'lte']))}", draw(numbers)
    if sort == "exists":
        return f"{field}|exists", draw(st.booleans())
    if sort == "null":
        return field, None
    if sort == "re":
        return f"{field}|re", draw(st.sampled_from(["^x", "x.?y", "[0-9]+", "机", "^$", "(x|1)$"]))
    if sort == "cidr":
        return f"{field}|cidr", draw(st.sampled_from(["10.0.0.0/8", "10.0.0.7/32", "fe80::/10", "192.168.0.0/16"]))
    return f"{field}|fieldref", draw(st.sampled_from(FIELDS))


maps = st.lists(items(), min_size=1, max_size=3).map(dict)
detections_of_a_rule = st.dictionaries(
    st.sampled_from(["sel_1", "sel_2", "other"]),
    st.one_of(maps, maps, st.lists(maps, min_size=1, max_size=2), st.lists(patterns, min_size=1, max_size=2)),
    min_size=1,
)


@st.composite
def rules(draw: st.DrawFn) -> tuple[dict[str, Any], tuple[Any, ...]]:
    detections = draw(detections_of_a_rule)
    leaf = st.one_of(
        st.sampled_from(sorted(detections)).map(lambda name: ("name", name)),
        st.sampled_from([(quantifier, "them") for quantifier in ("1 of", "all of")]),
    )
    condition = draw(
        st.recursive(
            leaf,
            lambda inner: st.one_of(
                inner.map(lambda part: ("not", part)),
                st.tuples(st.sampled_from(["and", "or"]), inner, inner),
            ),
            max_leaves=4,
        )
    )
    return detections, condition


def load(detections: dict[str, Any], condition: str, number: int = 1) -> Rule:
    value = {
        "title": "generated",
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "logsource": {"category": "anything"},
        "detection": {**detections, "condition": condition},
    }
    rule, problems = parse_rule(Document(value, {}), "generated.yml", ())
    assert problems == []
    assert rule is not None
    return rule


@settings(max_examples=250, deadline=None)
@given(rules(), st.lists(facts_of_an_event, min_size=1, max_size=6))
def test_compiled_rules_agree_with_the_slow_reading(
    rule: tuple[dict[str, Any], tuple[Any, ...]], events: list[dict[str, Any]]
) -> None:
    detections, condition = rule
    compiled = load(detections, reference.written(condition))
    index = RuleIndex([compiled])
    for facts in events:
        expected = reference.condition_holds(condition, detections, facts)
        assert compiled.matches(facts) is expected
        assert bool(index.matching("anything", facts)) is expected


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), min_size=2, max_size=8), st.lists(facts_of_an_event, min_size=1, max_size=4))
def test_the_index_finds_exactly_the_rules_that_match(
    written: list[tuple[dict[str, Any], tuple[Any, ...]]], events: list[dict[str, Any]]
) -> None:
    compiled = [
        load(detections, reference.written(condition), number) for number, (detections, condition) in enumerate(written)
    ]
    index = RuleIndex(compiled)
    for facts in events:
        assert index.matching("anything", facts) == [rule for rule in compiled if rule.matches(facts)]


@pytest.mark.parametrize(
    ("detections", "condition", "anchors"),
    [
        ({"s": {"a": "X", "b": ["1", "2"]}}, "s", {("a", "x")}),
        ({"s": {"a": True, "b": ["1", "2"]}}, "s", {("b", "1"), ("b", "2")}),
        ({"s": {"a|contains": "x"}}, "s", None),
        ({"s": {"a|contains": "x", "b": 4}}, "s", {("b", "4")}),
        ({"s": {"a": "x"}, "t": {"b": "y"}}, "s or t", {("a", "x"), ("b", "y")}),
        ({"s": {"a": "x"}, "t": {"b|re": "y"}}, "s or t", None),
        ({"s": {"a": "x"}, "t": {"b": "y"}}, "s and not t", {("a", "x")}),
        ({"s": {"a": "x"}}, "not s", None),
        ({"s": ["word"]}, "s", None),
    ],
)
def test_anchors_are_what_a_rule_cannot_match_without(
    detections: dict[str, Any], condition: str, anchors: set[tuple[str, str]] | None
) -> None:
    assert load(detections, condition).anchors == anchors


def test_a_list_of_conditions_is_an_or() -> None:
    value = {"s": {"a": "x"}, "t": {"b": "y"}}
    document = Document(
        {"title": "t", "logsource": {"category": "c"}, "detection": {**value, "condition": ["s", "t"]}}, {}
    )
    rule, problems = parse_rule(document, "f", ())
    assert problems == []
    assert rule is not None
    assert rule.logsource == LogSource("c")
    assert rule.matches({"b": "Y"})
    assert not rule.matches({"a": "y"})
