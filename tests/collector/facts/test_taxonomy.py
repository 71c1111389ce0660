"""Kinds and categories."""

from __future__ import annotations

from gapwatch_collector.facts.taxonomy import ACTIVITY, CATEGORIES, PAYLOAD_OF, payload_facts
from gapwatch_proto.events import PAYLOADS, FileActivity, Gap
from gapwatch_proto.kinds import Kind

OF_THE_STREAM = {Kind.ANCHOR, Kind.WITNESS, Kind.HEARTBEAT, Kind.AGENT_STOPPED}


def test_every_kind_is_seen_by_rules_or_belongs_to_the_stream() -> None:
    assert set(Kind) == set(CATEGORIES) | OF_THE_STREAM
    assert not set(CATEGORIES) & OF_THE_STREAM


def test_a_category_has_one_payload() -> None:
    for kind, category in CATEGORIES.items():
        assert PAYLOADS[kind] is PAYLOAD_OF[category]
    assert set(ACTIVITY) <= set(CATEGORIES)


def test_facts_are_named_by_the_path_of_their_field() -> None:
    names = {fact.name: fact.type for fact in payload_facts(FileActivity)}
    assert names["actor.process.cmd_line"] == "text"
    assert names["file.size"] == "whole number"
    assert names["inspection.mark.confidence"] == "number"
    assert "inspection.mark.evidence" not in names
    assert {fact.name for fact in payload_facts(Gap)} >= {"source", "reason", "count"}
