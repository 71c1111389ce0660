"""The event vocabulary: what a sensor can say, as frozen values both sides speak.

The objects they speak of (actor, device, medium, file, mark) stand in ``objects`` and are offered here too. Every class
at the foot of the file (``PAYLOADS``) is the payload of one or more record kinds; ``codec`` maps it field
by field to the protobuf message of the same name in ``v1/events.proto``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gapwatch_proto.kinds import Kind
from gapwatch_proto.objects import (
    Actor,
    Device,
    File,
    Hint,
    Inspection,
    Label,
    Mark,
    MarkEvidence,
    Medium,
    Process,
    Session,
    User,
)

__all__ = [
    "PAYLOADS",
    "Actor",
    "AddressState",
    "AgentStarted",
    "AgentStopped",
    "Anchor",
    "DefaultRouteState",
    "Device",
    "DeviceActivity",
    "Event",
    "File",
    "FileActivity",
    "Gap",
    "Heartbeat",
    "Hint",
    "Inspection",
    "Label",
    "LinkState",
    "Mark",
    "MarkEvidence",
    "Medium",
    "MediumActivity",
    "NetworkInterface",
    "Payload",
    "Process",
    "RadioState",
    "SensorHealth",
    "SensorState",
    "Session",
    "User",
    "Witness",
]

# --- payloads: the stream itself -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anchor:
    """Collector time received over the stream, tied to this boot's clock by the record header (C15).

    ``collector_ns`` is nanoseconds since 1970 UTC; ``round_trip_ns`` bounds the uncertainty of the tie.
    """

    collector_ns: int = 0
    round_trip_ns: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """The last signed tree head this agent saw, so that the collector's history cannot be rewritten behind it (C4)."""

    tree_size: int = 0
    root_hash: bytes = b""
    signed_at_ns: int = 0
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something was not seen or not kept (C3): what, how many, from when to when (boottime), why.

    ``source`` names the queue, sensor or file (``files.fanotify``, ``spool``, ``watch.queue``); ``reason`` one of
    kernel_overflow evicted sensor_restarted queue_full clock_step suspended disk_full damaged. ``count`` is -1 when
    nobody can know. ``first_seq``/``last_seq`` are set where records of this spool were collapsed.
    """

    source: str = ""
    reason: str = ""
    count: int = -1
    from_boottime_ns: int = 0
    to_boottime_ns: int = 0
    first_seq: int = 0
    last_seq: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """A sensor's own account: ``state`` running degraded stopped; ``mechanism`` what it uses (fanotify, watchdog …)."""

    name: str = ""
    mechanism: str = ""
    state: str = ""
    missing: str = ""
    events: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sent at a fixed interval while work moves. ``spool_*`` are counted from storage, not from a counter."""

    agent_version: str = ""
    policy_version: int = 0
    uptime_s: int = 0
    spool_records: int = 0
    spool_bytes: int = 0
    oldest_unacked_s: int = 0
    interval_s: int = 0
    sensors: tuple[SensorHealth, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentStarted:
    """The agent's ``watch`` process came up. ``clean`` tells whether the one before it said goodbye."""

    agent_version: str = ""
    hostname: str = ""
    kernel: str = ""
    os_name: str = ""
    machine_id_hash: str = ""
    clean: bool = False
    user_mode: bool = False


@dataclass(frozen=True, slots=True)
class AgentStopped:
    """An orderly stop and its reason (``signal``, ``shutdown``, ``upgrade``)."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class SensorState:
    """A sensor changed what it can see: came up, fell back, restarted, stopped."""

    sensor: SensorHealth = field(default_factory=SensorHealth)
    reason: str = ""


# --- payloads: devices, media, files ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceActivity:
    """A device was attached or removed. ``present_at_start``: it was there before the sensor was."""

    device: Device = field(default_factory=Device)
    actor: Actor = field(default_factory=Actor)
    present_at_start: bool = False


@dataclass(frozen=True, slots=True)
class MediumActivity:
    """A medium was attached, mounted, unmounted or removed.

    ``actor`` of an attachment is the person at the active seat, and ``actor_inferred`` says that nobody proved it.
    """

    medium: Medium = field(default_factory=Medium)
    mount_point: str = ""
    mount_options: str = ""
    actor: Actor = field(default_factory=Actor)
    actor_inferred: bool = False
    present_at_start: bool = False


@dataclass(frozen=True, slots=True)
class FileActivity:
    """A file on a medium was written (closed after writing, or moved in) or found by listing.

    ``action``: closed_write, moved_in, listed. ``source`` is the file the process read from when it opened the
    destination (empty path when it could not be told). ``act`` names the act it belongs to: every file one process
    wrote in one run has the same act.
    """

    action: str = ""
    file: File = field(default_factory=File)
    source: File = field(default_factory=File)
    medium: Medium = field(default_factory=Medium)
    inspection: Inspection = field(default_factory=Inspection)
    actor: Actor = field(default_factory=Actor)
    act: str = ""
    closed_boottime_ns: int = 0


# --- payloads: radios, network ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RadioState:
    """A radio as the kernel knows it. ``technology``: wifi bluetooth wwan nfc uwb.

    ``state``: absent, present, blocked (soft or hard rfkill), up, associated - the highest that is true.
    """

    technology: str = ""
    name: str = ""
    state: str = ""
    previous_state: str = ""
    address: str = ""
    device: Device = field(default_factory=Device)
    present_at_start: bool = False


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """A network link. ``kind`` is rtnetlink's link kind, or ``ethernet``, ``wlan``, ``wwan``, ``bnep`` by its device.

    ``tethered`` is true when the driver is one that phones use to share their connection (rndis_host, cdc_ether,
    cdc_ncm, ipheth, bnep; domain.md NET-07).
    """

    name: str = ""
    index: int = 0
    mac: str = ""
    kind: str = ""
    driver: str = ""
    bus: str = ""
    tethered: bool = False
    device: Device = field(default_factory=Device)


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link appeared, disappeared or changed. ``state``: absent, present, up (administratively), carrier."""

    interface: NetworkInterface = field(default_factory=NetworkInterface)
    state: str = ""
    previous_state: str = ""
    present_at_start: bool = False


@dataclass(frozen=True, slots=True)
class AddressState:
    """An address was given to or taken from a link. ``state``: present, absent."""

    interface: NetworkInterface = field(default_factory=NetworkInterface)
    address: str = ""
    prefix_length: int = 0
    state: str = ""
    present_at_start: bool = False


@dataclass(frozen=True, slots=True)
class DefaultRouteState:
    """A default route was set or removed. ``state``: present, absent. ``gateway`` is empty for on-link routes."""

    interface: NetworkInterface = field(default_factory=NetworkInterface)
    gateway: str = ""
    family: str = ""
    table: int = 0
    metric: int = 0
    state: str = ""
    present_at_start: bool = False


Payload = (
    Anchor
    | Witness
    | Gap
    | Heartbeat
    | AgentStarted
    | AgentStopped
    | SensorState
    | DeviceActivity
    | MediumActivity
    | FileActivity
    | RadioState
    | LinkState
    | AddressState
    | DefaultRouteState
)
"""Anything a record can carry."""

PAYLOADS: Final[Mapping[Kind, type[Payload]]] = MappingProxyType(
    {
        Kind.ANCHOR: Anchor,
        Kind.WITNESS: Witness,
        Kind.GAP: Gap,
        Kind.HEARTBEAT: Heartbeat,
        Kind.AGENT_STARTED: AgentStarted,
        Kind.AGENT_STOPPED: AgentStopped,
        Kind.SENSOR_STATE: SensorState,
        Kind.DEVICE_ATTACHED: DeviceActivity,
        Kind.DEVICE_REMOVED: DeviceActivity,
        Kind.MEDIUM_ATTACHED: MediumActivity,
        Kind.MEDIUM_MOUNTED: MediumActivity,
        Kind.MEDIUM_UNMOUNTED: MediumActivity,
        Kind.MEDIUM_REMOVED: MediumActivity,
        Kind.FILE_WRITTEN: FileActivity,
        Kind.MARKED_FILE_WRITTEN: FileActivity,
        Kind.UNINSPECTED_FILE_WRITTEN: FileActivity,
        Kind.FILE_FOUND: FileActivity,
        Kind.MARKED_FILE_FOUND: FileActivity,
        Kind.UNINSPECTED_FILE_FOUND: FileActivity,
        Kind.RADIO_STATE: RadioState,
        Kind.LINK_STATE: LinkState,
        Kind.ADDRESS_STATE: AddressState,
        Kind.DEFAULT_ROUTE_STATE: DefaultRouteState,
    }
)
"""Which value each kind carries."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a sensor emits: a kind, its value, and this host's clocks at the moment it happened.

    ``boottime_ns`` is CLOCK_BOOTTIME, ``wall_ns`` nanoseconds since 1970 UTC.
    """

    kind: Kind
    payload: Payload
    boottime_ns: int
    wall_ns: int
