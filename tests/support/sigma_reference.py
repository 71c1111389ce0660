"""A slow, plain reading of Sigma detections for comparison with the compiled one. Knows nothing of pySigma.

Covers what the property tests generate: maps, lists of maps, keyword lists, wildcards, the modifiers below, and
conditions built as nested tuples. Wildcards are matched by trying every split, numbers by their decimal writing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Facts = Mapping[str, Any]


def condition_holds(condition: tuple[Any, ...], detections: Mapping[str, Any], facts: Facts) -> bool:
    """("name", n) | ("not", c) | ("and", c, c) | ("or", c, c) | ("1 of", pattern) | ("all of", pattern)."""
    head, *rest = condition
    if head == "name":
        return detection_holds(detections[rest[0]], facts)
    if head == "not":
        return not condition_holds(rest[0], detections, facts)
    if head == "and":
        return condition_holds(rest[0], detections, facts) and condition_holds(rest[1], detections, facts)
    if head == "or":
        return condition_holds(rest[0], detections, facts) or condition_holds(rest[1], detections, facts)
    wanted = [
        detection_holds(detections[name], facts)
        for name in detections
        if rest[0] == "them" or name.startswith(rest[0].rstrip("*"))
    ]
    return any(wanted) if head == "1 of" else all(wanted)


def written(condition: tuple[Any, ...]) -> str:
    head, *rest = condition
    if head == "name":
        return rest[0]
    if head == "not":
        return f"not ({written(rest[0])})"
    if head in {"and", "or"}:
        return f"({written(rest[0])}) {head} ({written(rest[1])})"
    return f"{head} {rest[0]}"


def detection_holds(detection: Any, facts: Facts) -> bool:
    if isinstance(detection, dict):
        return all(item_holds(key, value, facts) for key, value in detection.items())
    if any(isinstance(entry, dict) for entry in detection):
        return any(detection_holds(entry, facts) for entry in detection)
    return any(keyword_holds(value, facts) for value in detection)


def keyword_holds(value: Any, facts: Facts) -> bool:
    pattern = f"*{value}*"
    return any(like(text(entry).lower(), pattern.lower()) for held in facts.values() for entry in entries(held))


def item_holds(key: str, value: Any, facts: Facts) -> bool:
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    if "neq" in modifiers:
        plain = "|".join([field, *(name for name in modifiers if name != "neq")])
        return not item_holds(plain, value, facts)
    results = [value_holds(field, modifiers, one, facts) for one in values]
    return all(results) if "all" in modifiers else any(results)


def value_holds(field: str, modifiers: list[str], value: Any, facts: Facts) -> bool:
    if "exists" in modifiers:
        return (field in facts) == value
    if value is None:
        return facts.get(field) is None
    if "fieldref" in modifiers:
        return any(
            text(left).lower() == text(right).lower()
            for left in entries(facts.get(field))
            for right in entries(facts.get(value))
        )
    return any(entry_holds(entry, modifiers, value) for entry in entries(facts.get(field)))


def entry_holds(entry: Any, modifiers: list[str], value: Any) -> bool:
    if "re" in modifiers:
        return re.search(value, text(entry)) is not None
    if "cidr" in modifiers:
        try:
            return ipaddress.ip_address(text(entry)) in ipaddress.ip_network(value)
        except ValueError:
            return False
    for name, holds in (
        ("gte", lambda a, b: a >= b),
        ("gt", lambda a, b: a > b),
        ("lte", lambda a, b: a <= b),
        ("lt", lambda a, b: a < b),
    ):
        if name in modifiers:
            number = as_number(entry)
            return number is not None and holds(number, value)
    held, pattern = text(entry), text(value)
    if "cased" not in modifiers:
        held, pattern = held.lower(), pattern.lower()
    if "contains" in modifiers:
        pattern = f"*{pattern}*"
    if "startswith" in modifiers:
        pattern = f"{pattern}*"
    if "endswith" in modifiers:
        pattern = f"*{pattern}"
    return like(held, pattern)


def entries(held: Any) -> list[Any]:
    return [entry for entry in (held if isinstance(held, list) else [held]) if entry is not None]


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def as_number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


@lru_cache(maxsize=100_000)
def like(held: str, pattern: str) -> bool:
    """Whether the text matches the pattern: every way of splitting is tried."""
    if not pattern:
        return not held
    if pattern[0] == "*":
        return any(like(held[at:], pattern[1:]) for at in range(len(held) + 1))
    return bool(held) and pattern[0] in {"?", held[0]} and like(held[1:], pattern[1:])
