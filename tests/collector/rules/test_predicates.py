"""Single values of rules: what each kind means, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sigma.rule import SigmaDetectionItem

from gapwatch_collector.rules.predicates import UnsupportedError, field_anchors, field_predicate, keyword_predicate


def holds(key: str, value: Any, facts: dict[str, Any]) -> bool:
    item = SigmaDetectionItem.from_mapping(key, value)
    assert item.field is not None
    return all(field_predicate(item.field, one)(facts) for one in item.value)


@pytest.mark.parametrize(
    ("key", "value", "facts", "expected"),
    [
        ("a", "机密", {"a": "机密"}, True),
        ("a", "Secret", {"a": "sECRET"}, True),
        ("a|cased", "Secret", {"a": "secret"}, False),
        ("a", r"C:\\*", {"a": "C:\\temp"}, True),
        ("a", r"100\*", {"a": "100*"}, True),
        ("a", r"100\*", {"a": "1000"}, False),
        ("a", "", {"a": ""}, True),
        ("a", "", {}, False),
        ("a", None, {}, True),
        ("a", None, {"a": None}, True),
        ("a", None, {"a": ""}, False),
        ("a", 4688, {"a": "4688"}, True),
        ("a", "4688", {"a": 4688}, True),
        ("a", 1, {"a": True}, False),
        ("a", True, {"a": 1}, False),
        ("a", True, {"a": "True"}, True),
        ("a", "x", {"a": ["y", "X"]}, True),
        ("a", "x", {"a": []}, False),
        ("a", "x", {"a": [None, "x"]}, True),
        ("a|gt", 5, {"a": 6}, True),
        ("a|gt", 5, {"a": "6"}, True),
        ("a|gte", 5, {"a": 5}, True),
        ("a|lt", 5, {"a": "many"}, False),
        ("a|lte", 5, {"a": True}, False),
        ("a|re", "b+c", {"a": "xbbcx"}, True),
        ("a|re|i", "^B", {"a": "bcd"}, True),
        ("a|re", "^B", {"a": "bcd"}, False),
        ("a|re|s", "a.b", {"a": "a\nb"}, True),
        ("a|re", "x", {"a": "\udcff x"}, True),
        ("a|cidr", "10.0.0.0/8", {"a": "10.200.1.1"}, True),
        ("a|cidr", "10.0.0.0/8", {"a": "::1"}, False),
        ("a|cidr", "fe80::/10", {"a": "fe80::1%usb0"}, True),
        ("a|cidr", "10.0.0.0/8", {"a": "router"}, False),
        ("a|exists", True, {"a": None}, True),
        ("a|exists", False, {"a": "x"}, False),
        ("a|exists", False, {}, True),
        ("a|fieldref", "b", {"a": "X", "b": "x"}, True),
        ("a|fieldref", "b", {"a": "x"}, False),
        ("a|fieldref|startswith", "b", {"a": "/home/u/x", "b": "/home/u"}, True),
        ("a|fieldref|endswith", "b", {"a": "/home/u/x", "b": "/x"}, True),
        ("a|fieldref|contains", "b", {"a": "/home/u/x", "b": "/u/"}, True),
        ("a|windash|contains", "-rf", {"a": "rm /rf"}, True),
        ("a|base64offset|contains", "secret", {"a": "AAAc2VjcmV0AAA"}, True),
        ("a|wide|base64", "ab", {"a": "YQBiAA=="}, True),
    ],
)
def test_a_value_against_a_fact(key: str, value: Any, facts: dict[str, Any], expected: bool) -> None:
    assert holds(key, value, facts) is expected


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("a|hour", 3, "time modifiers"),
        ("a|expand", "%users%", "placeholders"),
        ("a|re|expand", "%users%", "placeholders"),
    ],
)
def test_what_the_engine_cannot_run_is_refused(key: str, value: Any, why: str) -> None:
    item = SigmaDetectionItem.from_mapping(key, value)
    with pytest.raises(UnsupportedError, match=why):
        field_predicate("a", item.value[0])


@pytest.mark.parametrize(
    ("value", "facts", "expected"),
    [
        ("CRUZER", {"x": "SanDisk Cruzer Blade"}, True),
        ("san*blade", {"x": "SanDisk Cruzer Blade"}, True),
        ("blade", {"x": ["-", "Blade"]}, True),
        (107, {"x": "unit 1071"}, True),
        ("nothing", {"x": "SanDisk", "y": None}, False),
    ],
)
def test_keywords_are_looked_for_everywhere(value: Any, facts: dict[str, Any], expected: bool) -> None:
    item = SigmaDetectionItem.from_mapping(None, value)
    assert keyword_predicate(item.value[0])(facts) is expected


def test_anchors_of_expansions_need_every_part() -> None:
    dashes = SigmaDetectionItem.from_mapping("a|windash", "-x").value[0]
    assert field_anchors("a", dashes) is not None
    assert ("a", "/x") in field_anchors("a", dashes)
    offsets = SigmaDetectionItem.from_mapping("a|base64offset|contains", "secret").value[0]
    assert field_anchors("a", offsets) is None
