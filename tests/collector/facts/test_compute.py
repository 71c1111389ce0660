"""Facts that join an event with the registers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.facts.compute import FactSource, Silence, boot_id, host_facts
from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.model import Host, HostState, LogEntry, NewEntry, Origin, RegisteredMedium
from gapwatch_proto.codec import decode, encode
from gapwatch_proto.events import (
    DefaultRouteState,
    File,
    FileActivity,
    Inspection,
    Mark,
    Medium,
    MediumActivity,
    Payload,
    RadioState,
)
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import GENESIS_HASH, RecordHeader, payload_hash

HOST_ID = b"h" * 16
HOST = Host(HOST_ID, "涉机-017", HostState.ENROLLED, "涉密网", ceilings={"state": "confidential", "bogus": "secret"})
RED = RegisteredMedium(
    b"m" * 16, "红-1", "AA11BB22CC33", zone="涉密网", ceilings={"state": "secret"}, holder="持有人甲"
)
STICK = Medium(serial_number="AA11BB22CC33", filesystem_id="0000-0001")


def entry(kind: Kind, payload: Payload, header: bytes = b"") -> LogEntry:
    new = NewEntry(Origin.RECORD, kind, SEVERITY[kind], 5, 7, encode(payload), HOST_ID, b"s" * 16, 1, header)
    return LogEntry(3, 9, new)


def facts_of(kind: Kind, payload: Payload, *media: RegisteredMedium) -> dict:
    return FactSource(RegisterView([HOST], media)).of_record(entry(kind, payload), payload).facts


def test_event_and_host() -> None:
    facts = facts_of(Kind.RADIO_STATE, RadioState("wifi", "phy0", "up"))
    assert facts["event.kind"] == "radio_state"
    assert (facts["event.time_ns"], facts["event.uncertainty_ns"], facts["event.recorded_ns"]) == (5, 7, 9)
    assert facts["host.id"] == HOST_ID.hex()
    assert facts["host.classified"] is True
    assert facts["host.level.state"] == "confidential"
    assert "host.level.bogus" not in facts
    assert "host.unit" not in facts


def test_a_host_that_is_not_registered_is_not_classified() -> None:
    assert host_facts(HOST_ID, None) == {
        "host.id": HOST_ID.hex(),
        "host.registered": False,
        "host.classified": False,
    }


def test_the_boot_comes_from_the_header() -> None:
    header = RecordHeader(b"s" * 16, 1, 400, b"B" * 16, 1, 2, 4, GENESIS_HASH, payload_hash(b"")).pack()
    assert boot_id(header) == b"B" * 16
    assert boot_id(b"") == b""
    payload = RadioState()
    source = FactSource(RegisterView([HOST]))
    assert source.of_record(entry(Kind.RADIO_STATE, payload, header), payload).facts["event.boot_id"] == "42" * 16


def test_a_registered_medium_above_the_host() -> None:
    facts = facts_of(Kind.MEDIUM_ATTACHED, MediumActivity(STICK), RED)
    assert facts["medium.activity"] == "attached"
    assert facts["medium.registered"] is True
    assert facts["medium.exceeds_host"] is True
    assert facts["medium.foreign_zone"] is False
    assert facts["medium.level.state"] == "secret"
    assert (facts["medium.register_label"], facts["medium.holder"], facts["medium.status"]) == (
        "红-1",
        "持有人甲",
        "in_use",
    )


def test_an_unregistered_medium_has_no_level_and_exceeds_nobody() -> None:
    facts = facts_of(Kind.MEDIUM_ATTACHED, MediumActivity(STICK))
    assert facts["medium.registered"] is False
    assert facts["medium.exceeds_host"] is False
    assert "medium.level.state" not in facts


@pytest.mark.parametrize("status", ["retired", "destroyed"])
def test_a_medium_out_of_use_counts_as_unregistered(status: str) -> None:
    row = RegisteredMedium(b"m" * 16, "废-1", "AA11BB22CC33", ceilings={"state": "top_secret"}, status=status)
    marked = FileActivity(medium=STICK, inspection=Inspection(mark=Mark("state", "confidential")))
    facts = facts_of(Kind.MARKED_FILE_WRITTEN, marked, row)
    assert facts["medium.registered"] is False
    assert facts["medium.status"] == status
    assert facts["file.exceeds_medium"] is True


def test_a_medium_of_another_zone() -> None:
    row = RegisteredMedium(b"m" * 16, "黑-1", "AA11BB22CC33", zone="内网")
    assert facts_of(Kind.MEDIUM_MOUNTED, MediumActivity(STICK), row)["medium.foreign_zone"] is True
    zoneless = RegisteredMedium(b"m" * 16, "黑-1", "AA11BB22CC33")
    assert facts_of(Kind.MEDIUM_MOUNTED, MediumActivity(STICK), zoneless)["medium.foreign_zone"] is False


@pytest.mark.parametrize(
    ("axis", "level", "above_medium", "above_host", "ceiling"),
    [
        ("state", "top_secret", True, True, "secret"),
        ("state", "secret", False, True, "secret"),
        ("state", "confidential", False, False, "secret"),
        ("enterprise", "internal", True, True, None),
        ("", "", False, False, None),
    ],
)
def test_a_file_against_medium_and_host(
    axis: str, level: str, above_medium: bool, above_host: bool, ceiling: str | None
) -> None:
    payload = FileActivity(file=File("/m/a"), medium=STICK, inspection=Inspection(mark=Mark(axis, level)))
    facts = facts_of(Kind.MARKED_FILE_WRITTEN, payload, RED)
    assert facts["file.exceeds_medium"] is above_medium
    assert facts["file.exceeds_host"] is above_host
    assert facts.get("file.medium_ceiling") == ceiling
    assert facts["ticket.matched"] is False


def test_a_route_is_never_approved_yet() -> None:
    assert facts_of(Kind.DEFAULT_ROUTE_STATE, DefaultRouteState(state="present"))["route.approved"] is False


def test_register_changes_show_at_once() -> None:
    view = RegisterView([HOST])
    source = FactSource(view)
    payload = MediumActivity(STICK)
    seen = entry(Kind.MEDIUM_ATTACHED, payload)
    assert source.of_record(seen, payload).facts["medium.registered"] is False
    view.put_medium(RED)
    assert source.of_record(seen, payload).facts["medium.registered"] is True
    view.put_host(Host(HOST_ID, "涉机-018"))
    assert source.of_record(seen, payload).facts["host.name"] == "涉机-018"


def test_silence() -> None:
    tick = LogEntry(9, 700_000_000_000, NewEntry(Origin.TICK, 0, 1, 700_000_000_000, 0, b"{}"))
    silence = Silence(HOST_ID, 100_000_000_000, 700_000_000_000, 180, "shutdown")
    seen = FactSource(RegisterView([HOST])).of_silence(tick, silence)
    assert seen.category == "host_silence"
    assert seen.facts["silence.duration_s"] == 600
    assert seen.facts["silence.threshold_s"] == 180
    assert seen.facts["silence.stopped_cleanly"] is True
    assert seen.facts["host.name"] == "涉机-017"


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_host_says_the_facts_are_json(path: str, serial: str, mark: str) -> None:
    payload = FileActivity(
        file=File(path, path, 1, serial), medium=Medium(serial_number=serial), inspection=Inspection(mark=Mark(mark))
    )
    received = decode(Kind.MARKED_FILE_WRITTEN, encode(payload))
    facts = facts_of(Kind.MARKED_FILE_WRITTEN, received, RED)
    assert json.loads(json.dumps(facts)) == facts
