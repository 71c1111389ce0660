"""Facts of one log entry: the payload's own, the host's, and what the registers say about the two together (C7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gapwatch_collector.facts.flatten import flatten, mark_facts
from gapwatch_collector.facts.fork import read_fork
from gapwatch_collector.facts.levels import AXES, any_exceeds, exceeds, is_classified
from gapwatch_collector.facts.medium_key import device_key, medium_key, serial_missing
from gapwatch_collector.facts.registers import OUT_OF_USE, RegisterView
from gapwatch_collector.facts.taxonomy import ACTIVITY, CATEGORIES, FORK, SILENCE
from gapwatch_collector.model import Host, LogEntry, RegisteredMedium
from gapwatch_proto.events import FileActivity, Mark, Medium, MediumActivity, Payload
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import HEADER_BYTES, ID_BYTES

Facts = dict[str, Any]
"""Flat, JSON-able: text, numbers, truth values, lists of texts."""

_MEDIA_KEPT_MAX: Final = 1024
_UNMARKED: Final[Facts] = {"file.exceeds_medium": False, "file.exceeds_host": False, "ticket.matched": False}
_BOOT_ID_AT: Final = 27  # in a record header: after suite (1), spool id (16), number (8), kind (2)


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What the rules of one category are shown. ``medium_key`` is set where a medium took part."""

    category: str
    facts: Facts
    medium_key: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """A host that has not been heard of. Times are nanoseconds since 1970 UTC by the collector's clock."""

    host_id: bytes
    since_ns: int
    noticed_ns: int
    threshold_s: int
    stop_reason: str = ""


class FactSource:
    """Computes facts against a register view, remembering what repeats from event to event."""

    def __init__(self, registers: RegisterView) -> None:
        self._registers = registers
        self._hosts: dict[bytes, tuple[Host | None, Facts]] = {}
        self._media: dict[tuple[Medium, bytes], tuple[Facts, Mapping[str, str]]] = {}
        self._version = registers.version

    def of_record(self, entry: LogEntry, payload: Payload) -> EventFacts:
        """The facts of a record. Raises KeyError for a kind no rule can see (ask ``CATEGORIES`` first)."""
        kind = Kind(entry.entry.kind)
        facts = self._event(entry, kind.name.lower())
        facts.update(flatten(payload))
        facts.update(self._host(entry.entry.host_id))
        category = CATEGORIES[kind]
        if kind in ACTIVITY:
            facts[f"{category}.activity"] = ACTIVITY[kind]
        if category == "default_route":
            facts["route.approved"] = False
        if not isinstance(payload, (MediumActivity, FileActivity)):
            return EventFacts(category, facts)
        medium, ceilings = self._medium(payload.medium, entry.entry.host_id)
        facts.update(medium)
        if isinstance(payload, FileActivity):
            facts.update(self._file(payload.inspection.mark, ceilings, entry.entry.host_id))
        return EventFacts(category, facts, medium["medium.key"])

    def of_silence(self, entry: LogEntry, silence: Silence) -> EventFacts:
        """The facts of a host's silence, noticed at the tick ``entry``."""
        facts = self._event(entry, SILENCE)
        facts["event.time_ns"] = silence.noticed_ns
        facts["silence.duration_s"] = (silence.noticed_ns - silence.since_ns) // 1_000_000_000
        facts["silence.threshold_s"] = silence.threshold_s
        facts["silence.since_ns"] = silence.since_ns
        facts["silence.stopped_cleanly"] = bool(silence.stop_reason)
        if silence.stop_reason:
            facts["silence.stop_reason"] = silence.stop_reason
        facts.update(self._host(silence.host_id))
        return EventFacts(SILENCE, facts)

    def of_fork(self, entry: LogEntry) -> EventFacts:
        """The facts of a fork (C1): another record stands under a number of the host's. Raises ValueError."""
        new, said = entry.entry, read_fork(entry.entry)
        facts = self._event(entry, FORK)
        facts["fork.spool_id"] = new.spool_id.hex()
        facts |= {"fork.seq": new.seq, "fork.next_seq": said.next_seq, "fork.records": said.records}
        facts.update(self._host(new.host_id))
        return EventFacts(FORK, facts)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _event(self, entry: LogEntry, kind: str) -> Facts:
        facts: Facts = {
            "event.kind": kind,
            "event.severity": entry.entry.severity,
            "event.time_ns": entry.entry.event_ns,
            "event.uncertainty_ns": entry.entry.uncertainty_ns,
            "event.recorded_ns": entry.recorded_ns,
        }
        boot = boot_id(entry.entry.header)
        if boot:
            facts["event.boot_id"] = boot.hex()
        return facts

    def _host(self, host_id: bytes) -> Facts:
        host = self._registers.host(host_id)
        kept = self._hosts.get(host_id)
        if kept is None or kept[0] is not host:
            kept = self._hosts[host_id] = (host, host_facts(host_id, host))
        return kept[1]

    def _medium(self, medium: Medium, host_id: bytes) -> tuple[Facts, Mapping[str, str]]:
        """The facts of a medium seen on a host, and its ceilings (none when it is not registered or out of use)."""
        if self._version != self._registers.version or len(self._media) >= _MEDIA_KEPT_MAX:
            self._media.clear()
            self._version = self._registers.version
        kept = self._media.get((medium, host_id))
        if kept is None:
            facts = medium_facts(medium, self._registers, host_id)
            entry = self._registers.medium(medium) if facts["medium.registered"] else None
            kept = self._media[medium, host_id] = (facts, {} if entry is None else entry.ceilings)
        return kept

    def _file(self, mark: Mark, ceilings: Mapping[str, str], host_id: bytes) -> Facts:
        if not mark.axis:
            return _UNMARKED
        facts, host = mark_facts(mark), self._registers.host(host_id)
        facts["file.exceeds_medium"] = exceeds(mark.axis, mark.level, ceilings)
        facts["file.exceeds_host"] = exceeds(mark.axis, mark.level, host.ceilings if host is not None else {})
        if mark.axis in ceilings:
            facts["file.medium_ceiling"] = ceilings[mark.axis]
        facts["ticket.matched"] = False
        return facts


def boot_id(header: bytes) -> bytes:
    """The boot a record's packed header names; empty when there is no header."""
    return header[_BOOT_ID_AT : _BOOT_ID_AT + ID_BYTES] if len(header) == HEADER_BYTES else b""


def host_facts(host_id: bytes, host: Host | None) -> Facts:
    """``host.*``: who the host is by the register, as far as it stands there."""
    facts: Facts = {"host.id": host_id.hex(), "host.registered": host is not None}
    if host is None:
        return facts | {"host.classified": False}
    facts |= {"host.classified": is_classified(host.ceilings), "host.state": str(host.state)}
    texts: Mapping[str, str] = {
        "host.name": host.name,
        "host.zone": host.zone,
        "host.profile": host.profile,
        "host.unit": host.unit,
        "host.responsible_person": host.responsible_person,
        "host.secrecy_number": host.secrecy_number,
        **_levels("host", host.ceilings),
    }
    return facts | {name: text for name, text in texts.items() if text}


def medium_facts(medium: Medium, registers: RegisterView, host_id: bytes) -> Facts:
    """What the registers say of a medium seen on a host. A medium out of use counts as unregistered."""
    entry, host = registers.medium(medium), registers.host(host_id)
    in_use = entry is not None and entry.status not in OUT_OF_USE
    facts: Facts = {
        "medium.key": medium_key(medium),
        "medium.device_key": device_key(medium),
        "medium.serial_missing": serial_missing(medium.serial_number),
        "medium.registered": in_use,
        "medium.serial_registered": registers.serial_registered(medium),
        "medium.foreign_zone": False,
        "medium.exceeds_host": False,
    }
    if entry is None:
        return facts
    facts |= _register_facts(entry)
    if host is not None:
        facts["medium.foreign_zone"] = bool(entry.zone and host.zone and entry.zone != host.zone)
    if in_use:
        facts["medium.exceeds_host"] = any_exceeds(entry.ceilings, host.ceilings if host is not None else {})
    return facts


def _register_facts(entry: RegisteredMedium) -> Facts:
    texts = {
        "medium.register_label": entry.label,
        "medium.zone": entry.zone,
        "medium.holder": entry.holder,
        "medium.status": entry.status,
        **_levels("medium", entry.ceilings),
    }
    return {name: text for name, text in texts.items() if text}


def _levels(subject: str, ceilings: Mapping[str, str]) -> dict[str, str]:
    return {f"{subject}.level.{axis}": ceilings[axis] for axis in AXES if axis in ceilings}
