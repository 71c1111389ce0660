"""Payloads as flat facts."""

from __future__ import annotations

import pytest

from gapwatch_collector.facts.flatten import flatten, mark_facts
from gapwatch_collector.facts.taxonomy import PAYLOAD_OF, payload_facts
from gapwatch_proto.events import (
    Actor,
    Device,
    DeviceActivity,
    File,
    FileActivity,
    Gap,
    Mark,
    MarkEvidence,
    Process,
    User,
)


def test_known_values_stand_under_their_paths() -> None:
    payload = FileActivity(
        action="closed_write",
        file=File("/media/u/方案.docx", "方案.docx", 0, ""),
        actor=Actor(Process(pid=12, name="cp"), User(1000, "zhang"), User(0, "root")),
    )
    facts = flatten(payload)
    assert facts["file.path"] == "/media/u/方案.docx"
    assert facts["file.size"] == 0
    assert facts["actor.process.pid"] == 12
    assert facts["actor.effective_user.uid"] == 0


def test_what_is_not_known_is_absent() -> None:
    facts = flatten(FileActivity())
    unknown = {"file.path", "file.sha256", "actor.user.uid", "actor.user.name", "actor.process.pid", "source.path"}
    assert not unknown & facts.keys()
    assert "count" not in flatten(Gap(source="spool"))
    assert flatten(Gap(count=0))["count"] == 0


def test_lists_stay_lists() -> None:
    facts = flatten(DeviceActivity(device=Device(interfaces=("08/06/50", "ff/42/01"))))
    assert facts["device.interfaces"] == ["08/06/50", "ff/42/01"]
    assert "device.interfaces" not in flatten(DeviceActivity())


@pytest.mark.parametrize("payload_class", PAYLOAD_OF.values(), ids=lambda cls: cls.__name__)
def test_every_payload_flattens_to_its_own_facts(payload_class: type) -> None:
    assert flatten(payload_class()).keys() <= {fact.name for fact in payload_facts(payload_class)}


def test_a_mark_brings_the_place_that_proves_it() -> None:
    evidence = (
        MarkEvidence("document", 1, "top_left", "机密★5年", "state"),
        MarkEvidence("header", 0, "", "机密", "x"),
    )
    facts = mark_facts(Mark("state", "secret", "机密", "P5Y", "5年", 0.98, evidence))
    assert facts == {
        "mark.axis": "state",
        "mark.level": "secret",
        "mark.level_text": "机密",
        "mark.period": "P5Y",
        "mark.period_text": "5年",
        "mark.confidence": 0.98,
        "mark.evidence_count": 2,
        "mark.part": "document",
        "mark.page": 1,
        "mark.zone": "top_left",
        "mark.text": "机密★5年",
        "mark.grammar": "state",
    }


def test_no_mark_no_facts() -> None:
    assert mark_facts(Mark()) == {}
    assert mark_facts(Mark(axis="work", level="internal")).keys() == {"mark.axis", "mark.level", "mark.confidence"}
