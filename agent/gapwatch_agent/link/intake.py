"""What ``watch`` says over the local socket: bytes in, values out.

A message that is not of the protocol ends the connection. An event that cannot be kept as it is (a kind this program
does not know, a severity that is not its kind's, too large) becomes a Gap in its place: dropped silently it would be
lost (C3), and refused it would be sent again for ever.
"""

from __future__ import annotations

import json
import struct
from dataclasses import fields
from enum import IntEnum
from typing import Any, Final

from gapwatch_agent.errors import PeerError
from gapwatch_agent.spool.port import NewRecord
from gapwatch_proto import codec
from gapwatch_proto.events import Gap, SensorHealth
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import ID_BYTES, PAYLOAD_BYTES_MAX

INSTANCE_BYTES: Final = 16
_EVENT: Final = struct.Struct(">QHBQq16s")
_NUMBER: Final = struct.Struct(">Q")
_SENSORS_MAX: Final = 64
_NUMBER_MAX: Final = 2**62


class Word(IntEnum):
    """Message types on link.sock."""

    EVENT = 20
    KEPT = 21
    HELLO = 22
    HELLO_REPLY = 23
    SENSORS = 25


def number_body(number: int) -> bytes:
    """Body of HELLO_REPLY and KEPT."""
    return _NUMBER.pack(number)


def read_instance(body: bytes) -> bytes:
    """Body of HELLO. Raises PeerError."""
    if len(body) != INSTANCE_BYTES:
        raise PeerError(f"an instance id has {INSTANCE_BYTES} bytes, this one {len(body)}")
    return body


def read_event(body: bytes) -> tuple[int, NewRecord]:
    """Body of EVENT: its source's number, and what to keep. Raises PeerError for a body that is none."""
    if len(body) < _EVENT.size:
        raise PeerError(f"an event has at least {_EVENT.size} bytes, this one {len(body)}")
    number, kind, severity, boottime_ns, wall_ns, boot_id = _EVENT.unpack_from(body)
    if not 0 < number <= _NUMBER_MAX or boottime_ns > _NUMBER_MAX or len(boot_id) != ID_BYTES:
        raise PeerError(f"event number {number} or its boot time is impossible")
    payload = body[_EVENT.size :]
    fault = _fault(kind, severity, len(payload))
    if fault:
        gap = Gap("link.intake", "damaged", 1, boottime_ns, boottime_ns, detail=f"event {number}: {fault}")
        kind, severity, payload = Kind.GAP, SEVERITY[Kind.GAP], codec.encode(gap)
    return number, NewRecord(kind, severity, boottime_ns, wall_ns, boot_id, payload)


def _fault(kind: int, severity: int, size: int) -> str:
    try:
        wanted = SEVERITY[Kind(kind)]
    except (ValueError, KeyError):
        return f"kind {kind} is not known to this link process"
    if severity != wanted:
        return f"kind {kind} has severity {wanted}, not {severity}"
    if size > PAYLOAD_BYTES_MAX:
        return f"its payload has {size} bytes; {PAYLOAD_BYTES_MAX} at most"
    return ""


def event_body(number: int, record: NewRecord) -> bytes:
    """The other direction, for ``watch`` and tests."""
    head = _EVENT.pack(number, record.kind, record.severity, record.boottime_ns, record.wall_ns, record.boot_id)
    return head + record.payload


def read_sensors(body: bytes) -> tuple[SensorHealth, ...]:
    """Body of SENSORS: a JSON list of SensorHealth fields. Raises PeerError."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PeerError(f"the sensors' state is not JSON: {error}") from error
    if not isinstance(entries, list) or len(entries) > _SENSORS_MAX:
        raise PeerError(f"the sensors' state is not a list of at most {_SENSORS_MAX}")
    return tuple(_sensor(entry) for entry in entries)


def _sensor(entry: Any) -> SensorHealth:
    if not isinstance(entry, dict):
        raise PeerError("a sensor's state is not an object")
    values: dict[str, Any] = {}
    for one in fields(SensorHealth):
        blank: Any = one.default
        value = entry.get(one.name, blank)
        counted = isinstance(blank, int)
        if type(value) is not type(blank) or (counted and not 0 <= value <= _NUMBER_MAX):
            raise PeerError(f"a sensor's {one.name} is {value!r}")
        values[one.name] = value
    return SensorHealth(**values)
