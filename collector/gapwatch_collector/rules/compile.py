"""A parsed Sigma condition to one predicate, and the anchors by which the index finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
    SigmaCondition,
)

from gapwatch_collector.rules.model import Anchor, Predicate
from gapwatch_collector.rules.predicates import UnsupportedError, field_anchors, field_predicate, keyword_predicate


@dataclass(frozen=True, slots=True)
class Compiled:
    """``anchors``: facts must hold one of them for the predicate to be true; None when nothing is known."""

    matches: Predicate
    anchors: frozenset[Anchor] | None


def compile_conditions(conditions: Sequence[SigmaCondition]) -> Compiled:
    """One of several conditions is enough (Sigma's list of conditions). Raises UnsupportedError, SigmaError."""
    return _either([_compile(condition.parsed) for condition in conditions])


def _compile(node: object) -> Compiled:
    if isinstance(node, ConditionAND):
        return _both([_compile(part) for part in node.args])
    if isinstance(node, ConditionOR):
        return _either([_compile(part) for part in node.args])
    if isinstance(node, ConditionNOT):
        inner = _compile(node.args[0]).matches
        return Compiled(lambda facts: not inner(facts), None)
    if isinstance(node, ConditionFieldEqualsValueExpression):
        return Compiled(field_predicate(node.field, node.value), field_anchors(node.field, node.value))
    if isinstance(node, ConditionValueExpression):
        return Compiled(keyword_predicate(node.value), None)
    raise UnsupportedError(f"a condition of kind {type(node).__name__} is not supported")


def _both(parts: Sequence[Compiled]) -> Compiled:
    if len(parts) == 1:
        return parts[0]
    tests = tuple(part.matches for part in sorted(parts, key=lambda part: part.anchors is None))

    def matches(facts: Mapping[str, Any]) -> bool:
        for test in tests:  # noqa: SIM110  a generator costs twice as much in the hottest loop
            if not test(facts):
                return False
        return True

    named = [part.anchors for part in parts if part.anchors is not None]
    return Compiled(matches, min(named, key=_selectivity) if named else None)


def _either(parts: Sequence[Compiled]) -> Compiled:
    if len(parts) == 1:
        return parts[0]
    tests = tuple(part.matches for part in parts)

    def matches(facts: Mapping[str, Any]) -> bool:
        for test in tests:  # noqa: SIM110  a generator costs twice as much in the hottest loop
            if test(facts):
                return True
        return False

    named = [part.anchors for part in parts if part.anchors is not None]
    return Compiled(matches, frozenset().union(*named) if len(named) == len(parts) else None)


def _selectivity(anchors: frozenset[Anchor]) -> tuple[int, int, list[Anchor]]:
    """Fewest anchors first; a truth value halves the events at best, so any other value is preferred to it."""
    truths = sum(value in {"true", "false"} for _field, value in anchors)
    return truths > 0, len(anchors), sorted(anchors)
