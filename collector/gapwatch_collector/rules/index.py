"""From facts to the rules that match: by category first, then by the value of an anchoring field, then by predicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gapwatch_collector.facts.taxonomy import PRODUCT
from gapwatch_collector.rules.model import Rule
from gapwatch_collector.rules.values import normal


class RuleIndex:
    """Answers which of many rules match; the cost goes with the rules that could, not with all."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._everywhere = _Bucket()
        self._categories: dict[str, _Bucket] = {}
        self._standing: dict[str, list[Rule]] = {}
        for position, rule in enumerate(rules):
            if rule.logsource.product not in {"", PRODUCT} or rule.logsource.service:
                continue
            category = rule.logsource.category
            bucket = self._categories.setdefault(category, _Bucket()) if category else self._everywhere
            bucket.add(position, rule)
            if rule.standing is not None and rule.standing.until is not None:
                self._standing.setdefault(category, []).append(rule)

    def watches(self, category: str) -> bool:
        """Whether any rule could match an event of this category."""
        return category in self._categories or not self._everywhere.empty

    def matching(self, category: str, facts: Mapping[str, Any]) -> list[Rule]:
        """The rules that match, in the order they were loaded."""
        found = self._everywhere.candidates(facts)
        bucket = self._categories.get(category)
        if bucket is not None:
            found |= bucket.candidates(facts)
        return [found[position] for position in sorted(found) if found[position].matches(facts)] if found else []

    def ended(self, category: str, facts: Mapping[str, Any]) -> list[Rule]:
        """The rules whose standing condition ends with these facts."""
        rules = (*self._standing.get(category, ()), *self._standing.get("", ()))
        return [rule for rule in rules if rule.standing and rule.standing.until and rule.standing.until(facts)]


class _Bucket:
    def __init__(self) -> None:
        self._always: dict[int, Rule] = {}
        self._by_field: dict[str, dict[str, dict[int, Rule]]] = {}

    @property
    def empty(self) -> bool:
        return not self._always and not self._by_field

    def add(self, position: int, rule: Rule) -> None:
        if rule.anchors is None:
            self._always[position] = rule
            return
        for field, value in rule.anchors:
            self._by_field.setdefault(field, {}).setdefault(value, {})[position] = rule

    def candidates(self, facts: Mapping[str, Any]) -> dict[int, Rule]:
        found = dict(self._always)
        for field, values in self._by_field.items():
            held = facts.get(field)
            if held is None:
                continue
            for entry in held if isinstance(held, list) else (held,):
                rules = values.get(normal(entry))
                if rules:
                    found.update(rules)
        return found
