"""Every fact a rule may name: type, unit, origin, and in which categories it can appear.

Rules are checked against this table when they load, and ``rules/README.md`` prints it (a test holds the two together
and holds the table to what ``compute`` really yields).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from gapwatch_collector.facts.levels import AXES
from gapwatch_collector.facts.taxonomy import FORK, NUMBER, PAYLOAD_OF, SILENCE, TEXT, TRUTH, WHOLE, payload_facts

ALL: Final = "all"
_LEVELS: Final = "top_secret secret confidential restricted internal unclassified"


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table. ``categories`` is empty when the fact appears in all of them."""

    name: str
    type: str
    unit: str
    origin: str
    categories: frozenset[str] = frozenset()


_Row = tuple[str, str, str, str]

_EVENT: Final[tuple[_Row, ...]] = (
    ("event.kind", TEXT, "", "record kind in lower case, or `host_silence`, `fork`"),
    ("event.severity", WHOLE, "1–5", "severity of the record's kind on the agent"),
    ("event.time_ns", WHOLE, "ns since 1970 UTC", "when it happened by the collector's reckoning"),
    ("event.uncertainty_ns", WHOLE, "ns", "how sure that time is"),
    ("event.recorded_ns", WHOLE, "ns since 1970 UTC", "when the collector committed it"),
)
_HOST: Final[tuple[_Row, ...]] = (
    ("host.id", TEXT, "hex", "certificate of the stream"),
    ("host.registered", TRUTH, "", "host register: there is an entry"),
    ("host.classified", TRUTH, "", "host register: ceiling on the state axis is confidential (秘密) or above"),
    ("host.state", TEXT, "", "host register: awaiting enrolled revoked retired"),
    ("host.name", TEXT, "", "host register"),
    ("host.zone", TEXT, "", "host register"),
    ("host.profile", TEXT, "", "host register: standalone classified_network internal internet transfer portable"),
    ("host.unit", TEXT, "", "host register"),
    ("host.responsible_person", TEXT, "", "host register"),
    ("host.secrecy_number", TEXT, "", "host register (保密编号)"),
    *((f"host.level.{axis}", TEXT, _LEVELS, "host register: ceiling on this axis") for axis in AXES),
)
_MEDIUM: Final[tuple[_Row, ...]] = (
    ("medium.key", TEXT, "", "serial number and filesystem id in normal form"),
    ("medium.device_key", TEXT, "", "serial number in normal form, or ~vendor:product"),
    ("medium.serial_missing", TRUTH, "", "the serial is missing, filler or known to be shared"),
    ("medium.registered", TRUTH, "", "media register: entry for this serial and filesystem, not retired or destroyed"),
    ("medium.serial_registered", TRUTH, "", "media register: entry for this serial, whatever filesystem"),
    ("medium.register_label", TEXT, "", "media register: the label on the medium (保密编号)"),
    ("medium.zone", TEXT, "", "media register"),
    ("medium.holder", TEXT, "", "media register"),
    ("medium.status", TEXT, "", "media register: in_use on_loan carried_out in_repair retired destroyed"),
    ("medium.foreign_zone", TRUTH, "", "media register: its zone is not the host's"),
    ("medium.exceeds_host", TRUTH, "", "registers: a ceiling of the medium is above the host's"),
    *((f"medium.level.{axis}", TEXT, _LEVELS, "media register: ceiling on this axis") for axis in AXES),
)
_FILE: Final[tuple[_Row, ...]] = (
    ("mark.axis", TEXT, " ".join(AXES), "highest mark found by the inspector"),
    ("mark.level", TEXT, _LEVELS, "highest mark"),
    ("mark.level_text", TEXT, "", "the words of the level as they stood"),
    ("mark.period", TEXT, "ISO 8601 duration or date", "highest mark"),
    ("mark.period_text", TEXT, "", "the words of the period as they stood"),
    ("mark.confidence", NUMBER, "0–1", "highest mark"),
    ("mark.evidence_count", WHOLE, "", "places where the mark stood"),
    ("mark.part", TEXT, "", "first evidence: document, header …"),
    ("mark.page", WHOLE, "page number", "first evidence"),
    ("mark.zone", TEXT, "", "first evidence: where on the page"),
    ("mark.text", TEXT, "", "first evidence: the mark's own text"),
    ("mark.grammar", TEXT, "", "first evidence: the grammar that recognised it"),
    ("file.exceeds_medium", TRUTH, "", "mark above the medium's ceiling on its axis; no ceiling means above"),
    ("file.medium_ceiling", TEXT, _LEVELS, "media register: the medium's ceiling on the mark's axis"),
    ("file.exceeds_host", TRUTH, "", "mark above the host's ceiling on its axis; no ceiling means above"),
    ("ticket.matched", TRUTH, "", "ticket register: an approval covers this act (false until tickets exist)"),
)
_ACTIVITY: Final[_Row] = ("device.activity", TEXT, "attached removed", "record kind")
_MEDIUM_ACTIVITY: Final[_Row] = ("medium.activity", TEXT, "attached mounted unmounted removed", "record kind")
_BOOT: Final[_Row] = ("event.boot_id", TEXT, "hex", "record header: the boot of the host it happened in")
_ROUTE: Final[_Row] = ("route.approved", TRUTH, "", "network register: the route is allowed (false until it exists)")
_SILENCE: Final[tuple[_Row, ...]] = (
    ("silence.duration_s", WHOLE, "s", "ticks: from the last record to the tick that noticed"),
    ("silence.threshold_s", WHOLE, "s", "larger of the configured time and 3 × the host's own heartbeat interval"),
    ("silence.since_ns", WHOLE, "ns since 1970 UTC", "when the last record was committed"),
    ("silence.stopped_cleanly", TRUTH, "", "the last record was an orderly stop"),
    ("silence.stop_reason", TEXT, "signal shutdown upgrade", "that record"),
)
_FORK: Final[tuple[_Row, ...]] = (
    ("fork.spool_id", TEXT, "hex", "the spool whose numbers were said twice"),
    ("fork.seq", WHOLE, "", "the first number under which another record stands already"),
    ("fork.next_seq", WHOLE, "", "the number that was due when the branch arrived"),
    ("fork.records", WHOLE, "", "records of the branch in the batch that showed it"),
)
_UNITS: Final = (("boottime_ns", "ns since boot"), ("_ns", "ns"), ("_bytes", "bytes"), ("size", "bytes"))


@cache
def catalogue() -> Mapping[str, Fact]:
    """Every fact by name."""
    facts: dict[str, Fact] = {}
    for fact in _all_rows():
        known = facts.get(fact.name)
        if known is None:
            facts[fact.name] = fact
        else:  # one name in several categories: always the same field of the vocabulary
            both = known.categories | fact.categories
            facts[fact.name] = Fact(fact.name, fact.type, fact.unit, known.origin, both)
    return facts


@cache
def known_facts(category: str) -> frozenset[str]:
    """The names a rule of this category may use."""
    return frozenset(name for name, fact in catalogue().items() if not fact.categories or category in fact.categories)


def categories() -> tuple[str, ...]:
    """Every Sigma category of product gapwatch."""
    return (*PAYLOAD_OF, SILENCE, FORK)


def _all_rows() -> Iterator[Fact]:
    yield from (Fact(*row) for row in _EVENT + _HOST)
    for category, payload_class in PAYLOAD_OF.items():
        for fact in payload_facts(payload_class):
            origin = f"agent: {payload_class.__name__}.{fact.name}"
            yield Fact(fact.name, fact.type, _unit(fact.name), origin, frozenset({category}))
    in_category = (
        ((_BOOT,), tuple(PAYLOAD_OF)),
        (_MEDIUM, ("medium", "file")),
        (_FILE, ("file",)),
        ((_ACTIVITY,), ("device",)),
        ((_MEDIUM_ACTIVITY,), ("medium",)),
        ((_ROUTE,), ("default_route",)),
        (_SILENCE, (SILENCE,)),
        (_FORK, (FORK,)),
    )
    for rows, names in in_category:
        yield from (Fact(*row, frozenset(names)) for row in rows)


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS if name.endswith(ending)), "")


def markdown_table() -> str:
    """The table as ``rules/README.md`` prints it."""
    lines = ["| fact | type | unit or words | origin | categories |", "|---|---|---|---|---|"]
    for name in sorted(catalogue()):
        fact = catalogue()[name]
        where = " ".join(sorted(fact.categories)) or ALL
        lines.append(f"| `{name}` | {fact.type} | {fact.unit} | {fact.origin} | {where} |")
    return "\n".join(lines)
