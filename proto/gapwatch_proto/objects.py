"""The objects an event speaks of: who did it, with what device, medium or file, and which mark was found.

Names follow OCSF where it has them and udev for device properties. Text holds what the kernel or the device said,
control characters and all: whoever prints it escapes it. Empty text and 0 mean "not known". Contract C5: nothing here
can carry a document's body.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# --- who -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """An account: numeric id and the name it had on the host when captured."""

    uid: int = -1
    name: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it was at the moment of the event.

    ``start_ticks`` is field 22 of /proc/PID/stat (clock ticks since boot): with boot id and pid it names one process
    for ever. ``captured`` says how it was known: ``held`` (read while a permission event held it), ``event`` (read
    after the event, the process may have changed), ``gone`` (it had ended, only the pid is known), ``none``.
    """

    pid: int = 0
    start_ticks: int = 0
    name: str = ""
    path: str = ""
    cmd_line: str = ""
    parent_pid: int = 0
    parent_name: str = ""
    captured: str = "none"


@dataclass(frozen=True, slots=True)
class Session:
    """The login session the process belongs to (logind id, audit session), with the seat it sits at."""

    uid: str = ""
    seat: str = ""
    terminal: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. ``user`` is the person who logged in (audit login uid), ``effective_user`` the rights used."""

    process: Process = field(default_factory=Process)
    user: User = field(default_factory=User)
    effective_user: User = field(default_factory=User)
    session: Session = field(default_factory=Session)


# --- what with -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Device:
    """A device as udev and sysfs describe it. ``interfaces`` are USB class triples such as ``08/06/50``."""

    syspath: str = ""
    bus: str = ""
    vendor_id: str = ""
    product_id: str = ""
    vendor_name: str = ""
    product_name: str = ""
    serial_number: str = ""
    driver: str = ""
    interfaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Medium:
    """A removable medium: the device that carries it and one filesystem on it.

    ``tag`` is the zone's enrolment tag, empty until media are tagged. ``serial_number`` is the device's USB serial and
    may be missing or cloned; ``filesystem_id`` is the filesystem's UUID or FAT volume serial.
    """

    tag: str = ""
    vendor_id: str = ""
    product_id: str = ""
    vendor_name: str = ""
    product_name: str = ""
    serial_number: str = ""
    filesystem_id: str = ""
    filesystem_type: str = ""
    label: str = ""
    size_bytes: int = 0
    bus: str = ""
    device_node: str = ""
    syspath: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file by name, size and content hash (hex, empty when it was not read)."""

    path: str = ""
    name: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class MarkEvidence:
    """Where a mark stood: part (``document``, ``header``), page (0 unknown), zone, the mark's own text, the grammar."""

    part: str = ""
    page: int = 0
    zone: str = ""
    text: str = ""
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest classification mark found (C16: axis and level; a level compares only within its axis).

    ``axis`` is one of state enterprise commercial work exam foreign, empty when nothing is marked; ``level`` one of
    top_secret secret confidential restricted internal unclassified; ``level_text`` the words that stood there;
    ``period`` an ISO 8601 duration or date, ``long_term`` or the event's words; ``confidence`` 0..1.
    """

    axis: str = ""
    level: str = ""
    level_text: str = ""
    period: str = ""
    period_text: str = ""
    confidence: float = 0.0
    evidence: tuple[MarkEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """A machine-readable label (domain §3.5) as it stood; ``carrier`` is its system, like ``purview``."""

    carrier: str = ""
    key: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that raises nothing by itself (domain §3.6). ``text`` is the hint's own words, never what is around."""

    kind: str = ""
    part: str = ""
    page: int = 0
    zone: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the inspector could say. ``inspected``: full, partial, none. ``reason`` (when not full) is one of encrypted
    damaged too_large too_deep too_many timed_out crashed absent unsupported unreadable vanished.

    ``hints`` counts them all, ``hint_list`` names the first of each kind. ``fingerprint`` is keyed per zone (C5): empty
    for a text too short to be safe from guessing.
    """

    inspected: str = "none"
    reason: str = ""
    type: str = ""
    mark: Mark = field(default_factory=Mark)
    hints: int = 0
    labels: tuple[Label, ...] = ()
    hint_list: tuple[Hint, ...] = ()
    fingerprint: bytes = b""
