"""What watch may say, and what becomes of the rest."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.errors import PeerError
from gapwatch_agent.link.intake import event_body, read_event, read_instance, read_sensors
from gapwatch_agent.spool.port import NewRecord
from gapwatch_proto import codec
from gapwatch_proto.events import Gap, SensorHealth
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import PAYLOAD_BYTES_MAX
from support.spools import BOOT


def record(kind: int = Kind.DEVICE_ATTACHED, severity: int | None = None, payload: bytes = b"x") -> NewRecord:
    return NewRecord(kind, SEVERITY[Kind.DEVICE_ATTACHED] if severity is None else severity, 5, -6, BOOT, payload)


def test_an_event_comes_through_as_it_was() -> None:
    assert read_event(event_body(7, record())) == (7, record())


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (record(kind=9999), "kind 9999 is not known"),
        (record(severity=1), "has severity 3, not 1"),
        (record(payload=bytes(PAYLOAD_BYTES_MAX + 1)), "at most"),
    ],
)
def test_an_event_that_cannot_be_kept_leaves_a_gap_in_its_place(bad: NewRecord, complaint: str) -> None:
    number, kept = read_event(event_body(7, bad))
    assert (number, kept.kind, kept.severity, kept.boot_id) == (7, Kind.GAP, SEVERITY[Kind.GAP], BOOT)
    gap = codec.decode(Kind.GAP, kept.payload)
    assert isinstance(gap, Gap)
    assert (gap.source, gap.count) == ("link.intake", 1)
    assert complaint in gap.detail
    assert "event 7" in gap.detail


@pytest.mark.parametrize("body", [b"", bytes(40), event_body(0, record()), event_body(2**63, record())])
def test_what_is_no_event_ends_the_connection(body: bytes) -> None:
    with pytest.raises(PeerError):
        read_event(body)


def test_an_instance_has_sixteen_bytes() -> None:
    assert read_instance(b"i" * 16) == b"i" * 16
    with pytest.raises(PeerError):
        read_instance(b"i" * 15)


def test_sensors_come_with_what_is_known_of_them() -> None:
    body = json.dumps([{"name": "files", "mechanism": "fanotify", "state": "running", "events": 4, "new": 1}]).encode()
    assert read_sensors(body) == (SensorHealth("files", "fanotify", "running", "", 4, 0),)
    assert read_sensors(b"[]") == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"name": 3}]',
        b'[{"events": -1}]',
        b'[{"events": true}]',
        b'[{"events": 99999999999999999999999}]',
        b"[" + b"[" * 50_000,
        json.dumps([{}] * 65).encode(),
        b"\xff",
    ],
)
def test_what_is_no_sensors_list_ends_the_connection(body: bytes) -> None:
    with pytest.raises(PeerError):
        read_sensors(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(body: bytes) -> None:
    try:
        number, kept = read_event(body)
    except PeerError:
        return
    assert number > 0
    assert SEVERITY[Kind(kept.kind)] == kept.severity


@given(st.binary(max_size=200))
def test_any_bytes_are_sensors_or_refused(body: bytes) -> None:
    with contextlib.suppress(PeerError):
        assert isinstance(read_sensors(body), tuple)
