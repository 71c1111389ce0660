"""A payload as a flat dictionary of facts. What is not known (empty text, id -1 or 0) is left out.

One compiled getter a payload class: the evaluator calls this for every event.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from gapwatch_collector.facts.taxonomy import TEXTS, WHOLE, payload_facts
from gapwatch_proto.events import Mark, Payload

# Numbers whose "not known" is a value: everywhere else a number is what it says.
_UNKNOWN_NUMBERS: Final = {
    "uid": -1,
    "pid": 0,
    "parent_pid": 0,
    "start_ticks": 0,
    "count": -1,
    "closed_boottime_ns": 0,
    "first_seq": 0,
    "last_seq": 0,
}
_FLATTENERS: Final[dict[type, Callable[[Payload], dict[str, Any]]]] = {}


def flatten(payload: Payload) -> dict[str, Any]:
    """The payload's own facts, by name."""
    flattener = _FLATTENERS.get(type(payload))
    if flattener is None:
        flattener = _FLATTENERS[type(payload)] = _make_flattener(type(payload))
    return flattener(payload)


def mark_facts(mark: Mark) -> dict[str, Any]:
    """``mark.*``: the highest mark found and the place that proves it (the first piece of evidence)."""
    if not mark.axis:
        return {}
    facts: dict[str, Any] = {"mark.axis": mark.axis, "mark.confidence": mark.confidence}
    texts = {"mark.level": mark.level, "mark.level_text": mark.level_text, "mark.period": mark.period}
    texts["mark.period_text"] = mark.period_text
    if mark.evidence:
        first = mark.evidence[0]
        facts["mark.evidence_count"] = len(mark.evidence)
        texts |= {"mark.part": first.part, "mark.zone": first.zone, "mark.text": first.text}
        texts["mark.grammar"] = first.grammar
        if first.page:
            facts["mark.page"] = first.page
    facts.update({name: text for name, text in texts.items() if text})
    return facts


def _make_flattener(payload_class: type) -> Callable[[Payload], dict[str, Any]]:
    wanted = payload_facts(payload_class)
    names = tuple(fact.name for fact in wanted)
    read = attrgetter(*(fact.name for fact in wanted))
    lists = tuple(fact.name for fact in wanted if fact.type == TEXTS)
    unknown = tuple(
        (fact.name, _UNKNOWN_NUMBERS[field])
        for fact in wanted
        if fact.type == WHOLE and (field := fact.name.rpartition(".")[2]) in _UNKNOWN_NUMBERS
    )

    def flattened(payload: Payload) -> dict[str, Any]:
        facts = {name: value for name, value in zip(names, read(payload), strict=True) if value != ""}
        for name in lists:
            values = facts.pop(name)
            if values:
                facts[name] = list(values)
        for name, missing in unknown:
            if facts[name] == missing:
                del facts[name]
        return facts

    return flattened
