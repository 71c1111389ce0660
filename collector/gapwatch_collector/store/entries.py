"""What stands in the payload of log entries that are no host's record: JSON forms, written and read. Pure.

Everything is UTF-8 JSON with sorted keys; bytes are hexadecimal. Records themselves carry protobuf
(``gapwatch_proto.codec``).

    REGISTER_CHANGE  kind RegisterKind; {"by", "before": object or null, "after": object}; ``host_id`` set for hosts
    ACT              kind ActKind; {"by", "detail": object}
    SPAN             kind Kind.GAP; {"first_seq", "last_seq", "first_prev_hash", "last_hash", "worst_severity",
                     "signature"}; ``seq`` is the first number of it that was not committed before
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final

from gapwatch_collector.model import ActKind, Host, HostState, NewEntry, Origin, RegisteredMedium
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import CollapsedSpan

REGISTER_SEVERITY: Final = 1
ACT_SEVERITY: Final = 1


class RegisterKind(IntEnum):
    """Kinds of REGISTER_CHANGE entries; a number is never reused."""

    HOST = 1
    MEDIUM = 2


def canonical_json(value: object) -> bytes:
    """The same value always gives the same bytes; lone surrogates and control characters stand escaped."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


# --- registers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """A change of a register: who made it, the row before (None when it is new) and after."""

    by: str
    before: Host | RegisteredMedium | None
    after: Host | RegisteredMedium


def register_change_entry(change: RegisterChange, *, now_ns: int) -> NewEntry:
    """The entry that stands in the log for a change."""
    after = change.after
    kind = RegisterKind.HOST if isinstance(after, Host) else RegisterKind.MEDIUM
    body = {"by": change.by, "before": _row(change.before), "after": _row(after)}
    return NewEntry(
        origin=Origin.REGISTER_CHANGE,
        kind=kind,
        severity=REGISTER_SEVERITY,
        event_ns=now_ns,
        uncertainty_ns=0,
        payload=canonical_json(body),
        host_id=after.host_id if isinstance(after, Host) else b"",
    )


def read_register_change(entry: NewEntry) -> RegisterChange:
    """Read a REGISTER_CHANGE entry, for rules that replay history. Raises ValueError when it is none."""
    if entry.origin is not Origin.REGISTER_CHANGE:
        raise ValueError(f"an entry of origin {entry.origin!r} is no register change")
    read = _read_host if RegisterKind(entry.kind) is RegisterKind.HOST else _read_medium
    try:
        body = json.loads(entry.payload)
        before = body["before"]
        return RegisterChange(body["by"], None if before is None else read(before), read(body["after"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the entry does not describe a register change: {error!r}") from error


def _row(value: Host | RegisteredMedium | None) -> dict[str, object] | None:
    return None if value is None else {field.name: getattr(value, field.name) for field in fields(value)}


def _read_host(row: Mapping[str, Any]) -> Host:
    known = _known_fields(Host, row)
    for name in ("host_id", "chain_key"):
        known[name] = bytes.fromhex(known[name])
    known["state"] = HostState(known["state"])
    return Host(**known)


def _read_medium(row: Mapping[str, Any]) -> RegisteredMedium:
    known = _known_fields(RegisteredMedium, row)
    known["medium_id"] = bytes.fromhex(known["medium_id"])
    return RegisteredMedium(**known)


def _known_fields(value_class: type[Host | RegisteredMedium], row: Mapping[str, Any]) -> dict[str, Any]:
    """What a later version added and took away again must not stop a replay."""
    names = {field.name for field in fields(value_class)}
    return {name: value for name, value in row.items() if name in names}


# --- acts ------------------------------------------------------------------------------------------------------------


def act_entry(kind: ActKind, *, by: str, detail: Mapping[str, object], now_ns: int, host_id: bytes = b"") -> NewEntry:
    """The entry that stands in the log for an act of a user or administrator."""
    return NewEntry(
        origin=Origin.ACT,
        kind=kind,
        severity=ACT_SEVERITY,
        event_ns=now_ns,
        uncertainty_ns=0,
        payload=canonical_json({"by": by, "detail": dict(detail)}),
        host_id=host_id,
    )


def read_act(entry: NewEntry) -> tuple[str, dict[str, Any]]:
    """Who acted and the details. Raises ValueError when the entry is no act."""
    if entry.origin is not Origin.ACT:
        raise ValueError(f"an entry of origin {entry.origin!r} is no act")
    try:
        body = json.loads(entry.payload)
        return body["by"], dict(body["detail"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the entry does not describe an act: {error!r}") from error


# --- spans -----------------------------------------------------------------------------------------------------------


def span_entry(
    host_id: bytes, spool_id: bytes, span: CollapsedSpan, signature: bytes, *, event_ns: int, next_seq: int = 0
) -> NewEntry:
    """The entry for a run of records that eviction reduced to its ends; its kind is that of a gap.

    The run may begin with records that were committed before they were given up (their ack was lost): they stand under
    their own numbers, and the entry takes the one that was due, ``next_seq``.
    """
    body = {
        "first_seq": span.first_seq,
        "last_seq": span.last_seq,
        "first_prev_hash": span.first_prev_hash,
        "last_hash": span.last_hash,
        "worst_severity": span.worst_severity,
        "signature": signature,
    }
    return NewEntry(
        origin=Origin.SPAN,
        kind=Kind.GAP,
        severity=span.worst_severity,
        event_ns=event_ns,
        uncertainty_ns=0,
        payload=canonical_json(body),
        host_id=host_id,
        spool_id=spool_id,
        seq=max(span.first_seq, next_seq),
    )


def read_span(entry: NewEntry) -> tuple[CollapsedSpan, bytes]:
    """The span and the host's signature over it. Raises ValueError when the entry holds none."""
    return read_span_payload(entry.payload)


def read_span_payload(payload: bytes) -> tuple[CollapsedSpan, bytes]:
    """The same from the payload alone."""
    try:
        body = json.loads(payload)
        span = CollapsedSpan(
            first_seq=int(body["first_seq"]),
            last_seq=int(body["last_seq"]),
            first_prev_hash=bytes.fromhex(body["first_prev_hash"]),
            last_hash=bytes.fromhex(body["last_hash"]),
            worst_severity=int(body["worst_severity"]),
        )
        return span, bytes.fromhex(body["signature"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the entry does not describe a collapsed run: {error!r}") from error
