"""The table of facts is true: what is computed is listed, with the type it has, in the category it has it in."""

from __future__ import annotations

import pytest

from gapwatch_collector.facts.catalogue import catalogue, categories, known_facts, markdown_table
from gapwatch_collector.facts.compute import EventFacts, FactSource, Silence
from gapwatch_collector.facts.levels import AXES
from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.facts.taxonomy import CATEGORIES
from gapwatch_collector.model import Host, LogEntry, NewEntry, Origin, RegisteredMedium
from gapwatch_proto import events
from gapwatch_proto.codec import encode
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import HEADER_BYTES

TYPES = {"text": str, "whole number": int, "number": (int, float), "true or false": bool, "list of texts": list}
LEVELS = dict.fromkeys(AXES, "secret")
HOST = Host(
    b"h" * 16,
    "a",
    zone="z",
    secrecy_number="n",
    unit="u",
    responsible_person="p",
    profile="standalone",
    ceilings=LEVELS,
)
RED = RegisteredMedium(b"m" * 16, "红", "AA11BB22CC33", zone="y", holder="持", ceilings=LEVELS)
MEDIUM = events.Medium(serial_number="AA11BB22CC33", filesystem_id="1")
EVIDENCE = (events.MarkEvidence("document", 1, "top", "机密", "g"),)
MARK = events.Mark("state", "secret", "机密", "P1Y", "1年", 0.5, EVIDENCE)
PAYLOADS = {
    "medium": events.MediumActivity(medium=MEDIUM),
    "file": events.FileActivity(medium=MEDIUM, inspection=events.Inspection(mark=MARK)),
}


def seen_of(category: str) -> list[EventFacts]:
    source = FactSource(RegisterView([HOST], [RED]))
    if category == "host_silence":
        tick = LogEntry(0, 1, NewEntry(Origin.TICK, 0, 1, 1, 0, b"{}"))
        return [source.of_silence(tick, Silence(b"h" * 16, 0, 1, 1, "shutdown"))]
    if category == "fork":
        payload = b'{"branch":[],"branch_left_out":1,"next_seq":3}'
        return [source.of_fork(LogEntry(0, 1, NewEntry(Origin.FORK, 3, 5, 1, 0, payload, b"h" * 16, b"s" * 16, 2)))]
    seen = []
    for kind, name in CATEGORIES.items():
        if name == category:
            payload = PAYLOADS.get(category) or events.PAYLOADS[Kind(kind)]()
            header = b"\x01" * HEADER_BYTES
            new = NewEntry(Origin.RECORD, kind, 1, 1, 0, encode(payload), b"h" * 16, b"s" * 16, 1, header)
            seen.append(source.of_record(LogEntry(0, 1, new), payload))
    return seen


@pytest.mark.parametrize("category", categories())
def test_what_is_computed_is_listed_with_its_type(category: str) -> None:
    for seen in seen_of(category):
        assert seen.category == category
        assert seen.facts.keys() <= known_facts(category)
        for name, value in seen.facts.items():
            kind = TYPES[catalogue()[name].type]
            assert isinstance(value, kind), name
            assert kind is bool or not isinstance(value, bool), name


@pytest.mark.parametrize("category", categories())
def test_what_is_listed_as_computed_is_computed(category: str) -> None:
    computed = {name for seen in seen_of(category) for name in seen.facts}
    listed = {name for name in known_facts(category) if not catalogue()[name].origin.startswith("agent: ")}
    assert listed <= computed


def test_every_fact_says_where_it_comes_from() -> None:
    for fact in catalogue().values():
        assert fact.origin
        assert fact.type in TYPES
        assert "|" not in fact.unit + fact.origin
    assert markdown_table().count("\n") == len(catalogue()) + 1
