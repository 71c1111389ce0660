"""The collector's stored values: frozen, free of any database.

All times are nanoseconds since 1970 UTC by the collector's clock unless a name says otherwise. Ids are 16 raw bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Origin(IntEnum):
    """What a log entry is (C1: one log orders everything the collector knows)."""

    RECORD = 0
    REGISTER_CHANGE = 1
    TICK = 2
    ACT = 3
    SPAN = 4
    FORK = 5


class ActKind(IntEnum):
    """Kinds of ACT entries: what users and administrators of the collector did."""

    SIGNED_IN = 1
    SIGN_IN_FAILED = 2
    ACCOUNT_CREATED = 3
    RIGHTS_GRANTED = 4
    TOKEN_CREATED = 5
    HOST_CONFIRMED = 6
    HOST_REVOKED = 7
    POLICY_PUBLISHED = 8
    HOST_ENROLLED = 9
    STREAM_REFUSED = 10
    ALERT_ACKNOWLEDGED = 11
    SIGNED_OUT = 12


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something to be appended to the log.

    ``header`` is the 124 bytes of C4 for records, empty otherwise. ``event_ns`` is when it happened by the collector's
    reckoning (C15), ``uncertainty_ns`` how sure that is. ``payload`` is protobuf for records
    (``gapwatch_proto.codec``), JSON (UTF-8, sorted keys) for everything else.
    """

    origin: Origin
    kind: int
    severity: int
    event_ns: int
    uncertainty_ns: int
    payload: bytes
    host_id: bytes = b""
    spool_id: bytes = b""
    seq: int = 0
    header: bytes = b""
    payload_evicted: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry with the index the commit gave it. ``log_index`` begins at 0 and has no holes."""

    log_index: int
    recorded_ns: int
    entry: NewEntry


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The Merkle tree over the log (RFC 6962 hashing), signed by the log key."""

    tree_size: int
    root_hash: bytes
    signed_at_ns: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SpoolPosition:
    """How far a host's spool is committed. ``next_seq`` is wanted next; ``last_hash`` is what it must name."""

    host_id: bytes
    spool_id: bytes
    next_seq: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class AnchorPoint:
    """A tie between a boot's clock and ours: at ``boottime_ns`` of boot ``boot_id`` it was ``collector_ns``."""

    host_id: bytes
    boot_id: bytes
    boottime_ns: int
    collector_ns: int
    round_trip_ns: int


class HostState(StrEnum):
    """Life of a host in the register."""

    AWAITING = "awaiting"
    ENROLLED = "enrolled"
    REVOKED = "revoked"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Host:
    """A machine in the register. ``ceilings`` maps axis to level (C16); ``classified`` derives from the state axis."""

    host_id: bytes
    name: str
    state: HostState = HostState.AWAITING
    zone: str = ""
    secrecy_number: str = ""
    unit: str = ""
    responsible_person: str = ""
    profile: str = ""
    ceilings: Mapping[str, str] = field(default_factory=dict)
    chain_key: bytes = b""
    machine_id_hash: str = ""
    certificate_serial: str = ""
    enrolled_ns: int = 0
    heartbeat_interval_s: int = 60


@dataclass(frozen=True, slots=True)
class RegisteredMedium:
    """A removable medium in the register, found by serial number and filesystem id (tags come later)."""

    medium_id: bytes
    label: str
    serial_number: str
    filesystem_id: str = ""
    vendor_id: str = ""
    product_id: str = ""
    zone: str = ""
    ceilings: Mapping[str, str] = field(default_factory=dict)
    holder: str = ""
    status: str = "in_use"


class AlertState(StrEnum):
    """First form of an alert's life; the full case workflow extends it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    EXPLAINED = "explained"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fired. ``alert_id`` = hash of rule, correlation key and members (C8), so replay gives the same.

    ``facts`` is everything the rule could see, flat, JSON-able; ``members`` are log indexes. ``severity`` is the rule's
    for this host's level, ``case_id`` groups the alerts of one act. ``late`` marks events that arrived after their
    time. ``number`` counts up as alerts are written; the console pages and streams by it.
    """

    alert_id: bytes
    case_id: bytes
    rule_id: str
    catalogue_id: str
    severity: int
    event_ns: int
    uncertainty_ns: int
    raised_ns: int
    host_id: bytes
    facts: Mapping[str, object]
    members: tuple[int, ...]
    state: AlertState = AlertState.OPEN
    late: bool = False
    number: int = 0
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What the console may ask for; empty fields do not filter. ``before_number`` pages backwards."""

    severities: frozenset[int] = frozenset()
    states: frozenset[AlertState] = frozenset()
    catalogue_id: str = ""
    host_id: bytes = b""
    text: str = ""
    before_number: int = 0
    limit: int = 50


class Role(StrEnum):
    """The three duties (C12); nobody holds two."""

    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECRECY_ADMINISTRATOR = "secrecy_administrator"
    SECURITY_AUDITOR = "security_auditor"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the console. Created by one person, given its role by another (C12)."""

    account_id: bytes
    name: str
    role: Role | None
    created_by: str
    granted_by: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """A one-time token: only its SHA-256 is stored. Bound to a machine when ``machine_id_hash`` is set."""

    token_hash: bytes
    created_ns: int
    expires_ns: int
    created_by: str
    machine_id_hash: str = ""
    host_id: bytes = b""


@dataclass(frozen=True, slots=True)
class PendingEnrolment:
    """A host that spent a token and awaits an officer's confirmation."""

    host_id: bytes
    token_hash: bytes
    csr: bytes
    chain_key: bytes
    hostname: str
    machine_id_hash: str
    asked_ns: int
