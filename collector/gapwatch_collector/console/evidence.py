"""An alert's facts as people read them: grouped evidence, and every fact with where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.console.rows import fact
from gapwatch_collector.console.times import machine_readable
from gapwatch_collector.console.words import Language, catalogue, word


@dataclass(frozen=True, slots=True)
class Line:
    """A label and its value; ``exact`` values (paths, hashes, command lines) are set in a fixed width."""

    label: str
    value: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together. ``key`` names the heading."""

    key: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as the rule saw it. ``origin`` is a key: who says so."""

    name: str
    label: str
    value: str
    origin: str


# Heading -> (label key, facts of which the first that says something is printed, set in a fixed width).
_Wanted = tuple[str, tuple[str, ...], bool]
_GROUPS: Final[Mapping[str, tuple[_Wanted, ...]]] = {
    "mark": (
        ("mark_text", ("mark.text", "inspection.mark.level_text"), False),
        ("mark_level", ("mark.level", "inspection.mark.level"), False),
        ("mark_axis", ("mark.axis", "inspection.mark.axis"), False),
        ("mark_period", ("mark.period_text", "mark.period"), False),
        ("mark_part", ("mark.part",), False),
        ("mark_zone", ("mark.zone",), False),
        ("mark_page", ("mark.page",), False),
        ("inspected", ("inspection.inspected",), False),
        ("inspection_reason", ("inspection.reason",), False),
    ),
    "medium": (
        ("vendor", ("medium.vendor_name", "medium.vendor_id"), False),
        ("model", ("medium.product_name", "medium.product_id"), False),
        ("serial", ("medium.serial_number",), True),
        ("filesystem", ("medium.filesystem_type",), False),
        ("filesystem_id", ("medium.filesystem_id",), True),
        ("medium_label", ("medium.label",), False),
        ("size", ("medium.size_bytes",), False),
        ("mount_point", ("mount_point",), True),
        ("registered", ("medium.registered",), False),
        ("register_label", ("medium.register_label",), False),
        ("medium_level", ("medium.level.state",), False),
        ("holder", ("medium.holder",), False),
        ("medium_status", ("medium.status",), False),
        ("node", ("medium.device_node",), True),
    ),
    "file": (
        ("source", ("source.path", "source.name"), True),
        ("destination", ("file.path", "file.name"), True),
        ("size", ("file.size",), False),
        ("sha256", ("file.sha256",), True),
        ("file_type", ("inspection.type",), False),
        ("action", ("action",), False),
    ),
    "actor": (
        ("person", ("actor.user.name",), False),
        ("person_inferred", ("actor_inferred",), False),
        ("effective_user", ("actor.effective_user.name",), False),
        ("process", ("actor.process.path", "actor.process.name"), True),
        ("cmd_line", ("actor.process.cmd_line",), True),
        ("pid", ("actor.process.pid",), False),
        ("parent", ("actor.process.parent_name",), True),
        ("captured", ("actor.process.captured",), False),
        ("session", ("actor.session.uid",), False),
        ("terminal", ("actor.session.seat", "actor.session.terminal"), False),
    ),
    "device": (
        ("technology", ("technology",), False),
        ("interface", ("interface.name", "name"), True),
        ("interface_kind", ("interface.kind",), False),
        ("state", ("state", "device.activity"), False),
        ("previous_state", ("previous_state",), False),
        ("gateway", ("gateway",), True),
        ("family", ("family",), False),
        ("address", ("address", "interface.mac"), True),
        ("tethered", ("interface.tethered",), False),
        ("driver", ("interface.driver", "device.driver", "interface.device.driver"), True),
        ("vendor", ("interface.device.vendor_name", "device.vendor_name"), False),
        ("model", ("interface.device.product_name", "device.product_name"), False),
        ("serial", ("interface.device.serial_number", "device.serial_number"), True),
    ),
    "silence": (
        ("silence_duration", ("silence.duration_s",), False),
        ("silence_threshold", ("silence.threshold_s",), False),
        ("stopped_cleanly", ("silence.stopped_cleanly",), False),
        ("stop_reason", ("silence.stop_reason",), False),
    ),
    "fork": (
        ("fork_seq", ("fork.seq",), False),
        ("fork_due", ("fork.next_seq",), False),
        ("fork_records", ("fork.records",), False),
    ),
    "host": (
        ("host", ("host.name",), False),
        ("zone", ("host.zone",), False),
        ("host_level", ("host.level.state",), False),
        ("profile", ("host.profile",), False),
        ("secrecy_number", ("host.secrecy_number",), False),
        ("unit", ("host.unit",), False),
        ("responsible", ("host.responsible_person",), False),
    ),
}
# A fact whose value is a word of a closed vocabulary -> the catalogue's table of those words.
_VOCABULARIES: Final[Mapping[str, str]] = {
    "mark.level": "level",
    "inspection.mark.level": "level",
    "mark.axis": "axis",
    "inspection.mark.axis": "axis",
    "mark.zone": "mark_zone",
    "mark.part": "mark_part",
    "inspection.inspected": "inspected",
    "inspection.reason": "inspection_reason",
    "actor.process.captured": "captured",
    "technology": "technology",
    "state": "state_of",
    "previous_state": "state_of",
    "device.activity": "activity",
    "medium.activity": "activity",
    "action": "activity",
    "host.profile": "profile",
    "host.state": "host_state",
    "medium.status": "medium_status",
    "silence.stop_reason": "stop_reason",
    "file.medium_ceiling": "level",
    "family": "family",
}
# A fact the collector worked out -> the facts it rests on, which an officer wants to see beside it.
_GROUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "file.exceeds_medium": ("mark.axis", "mark.level", "medium.registered", "file.medium_ceiling"),
    "file.exceeds_host": ("mark.axis", "mark.level", "host.level.state"),
    "medium.exceeds_host": ("medium.level.state", "host.level.state"),
    "medium.foreign_zone": ("medium.zone", "host.zone"),
    "medium.registered": ("medium.serial_registered",),
    "host.classified": ("host.level.state",),
}
_ALWAYS_TESTED: Final = ("host.classified",)
"""The severity goes by it, whatever the condition says."""
_LEVEL_PREFIXES: Final = ("host.level.", "medium.level.")
_MOMENTS: Final = frozenset({"event.time_ns", "event.recorded_ns", "silence.since_ns"})
_BYTES: Final = frozenset({"file.size", "medium.size_bytes", "source.size"})
_COMPUTED: Final = frozenset(
    {
        "medium.key",
        "medium.device_key",
        "medium.serial_missing",
        "medium.foreign_zone",
        "medium.exceeds_host",
        "file.exceeds_medium",
        "file.exceeds_host",
    }
)
_REGISTER: Final = frozenset(
    {
        "medium.registered",
        "medium.serial_registered",
        "medium.register_label",
        "medium.zone",
        "medium.holder",
        "medium.status",
    }
)
_ORIGINS: Final = (
    ("host.", "register"),
    ("medium.level.", "register"),
    ("ticket.", "register"),
    ("route.approved", "register"),
    ("silence.", "computed"),
    ("fork.", "computed"),
    ("event.", "computed"),
    ("mark.", "inspector"),
    ("inspection.", "inspector"),
    ("actor.", "process"),
    ("medium.", "medium"),
    ("file.", "file"),
    ("source.", "file"),
    ("mount_", "medium"),
    ("actor_inferred", "medium"),
    ("closed_boottime_ns", "file"),
)
_OF_FILE_SENSOR: Final = frozenset({"act", "action"})
_MOMENT_MAX_NS: Final = 2**62
_EMPTY: Final[tuple[object, ...]] = ("", None, (), [], {})


def evidence(facts: Mapping[str, object], language: Language) -> list[Group]:
    """The groups that have something to say, in the order people read them."""
    groups = []
    for key, wanted in _GROUPS.items():
        lines = tuple(line for item in wanted if (line := _line(item, facts, language)) is not None)
        if lines:
            groups.append(Group(key, lines))
    return groups


def _line(item: _Wanted, facts: Mapping[str, object], language: Language) -> Line | None:
    label, names, exact = item
    for name in names:
        if _says_something(name, facts):
            return Line(catalogue(language)[f"evidence.{label}"], value_text(name, facts[name], language), exact)
    return None


def _says_something(name: str, facts: Mapping[str, object]) -> bool:
    value = facts.get(name)
    if isinstance(value, bool):
        return True
    if value in _EMPTY or (name.endswith((".page", ".pid", ".size", "size_bytes")) and value == 0):
        return False
    return not (name == "inspection.inspected" and value == "none" and not fact(facts, "inspection.reason"))


def all_facts(facts: Mapping[str, object], first: Sequence[str], language: Language) -> tuple[list[Fact], list[Fact]]:
    """The facts the rule tested, in its order, each followed by those it rests on; and the rest by name.

    What was tested is listed also when it was false or not known: both are reasons.
    """
    asked = [*first, *(name for name in _ALWAYS_TESTED if name in facts)]
    tested = list(dict.fromkeys(part for name in asked for part in (name, *_GROUNDS.get(name, ())))) if first else []
    rest = sorted(name for name, value in facts.items() if name not in tested and value not in _EMPTY)
    return [_fact(n, facts, language) for n in tested], [_fact(n, facts, language) for n in rest]


def _fact(name: str, facts: Mapping[str, object], language: Language) -> Fact:
    label = catalogue(language).get(f"fact.{name}", "")
    known = name in facts and facts[name] is not None
    text = value_text(name, facts[name], language) if known else word(language, "truth", "unknown")
    return Fact(name, label, text, origin(name))


def origin(name: str) -> str:
    """Who says so: the register, the collector's own reckoning, or which sensor of the host."""
    if name in _COMPUTED:
        return "computed"
    if name in _REGISTER or name == "file.medium_ceiling":
        return "register"
    if name in _OF_FILE_SENSOR:
        return "file"
    return next((key for prefix, key in _ORIGINS if name.startswith(prefix)), "kernel")


def value_text(name: str, value: object, language: Language) -> str:
    """A fact's value as text: words of closed vocabularies in the reader's language, sizes with their unit."""
    if isinstance(value, bool):
        return word(language, "truth", "yes" if value else "no")
    if isinstance(value, int) and name in _BYTES:
        return size_text(value)
    if isinstance(value, int) and name in _MOMENTS and 0 <= value < _MOMENT_MAX_NS:
        return machine_readable(value)
    if isinstance(value, list | tuple):
        return "; ".join(value_text(name, entry, language) for entry in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {value_text(name, entry, language)}" for key, entry in value.items())
    table = "level" if name.startswith(_LEVEL_PREFIXES) else _VOCABULARIES.get(name)
    return word(language, table, str(value)) if table else str(value)


def size_text(size: int) -> str:
    """``15.4 MB (15,376,000 B)``: decimal units as on a medium's label, and the exact number."""
    if size < 1000:
        return f"{size} B"
    units = ("kB", "MB", "GB", "TB")
    power = min(len(units), (len(str(size)) - 1) // 3)
    return f"{size / 1000**power:.1f} {units[power - 1]} ({size:,} B)"
