"""One step of evaluation, pure: a log entry and the memory so far in, alerts and changes of memory out.

The running evaluator, replay and the tests drive this same class; nothing here reads a clock, so the same log gives the
same alerts under the same names.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gapwatch_collector.evaluate import identity
from gapwatch_collector.evaluate.lasting import LastingFacts
from gapwatch_collector.evaluate.register_rows import keep_row, load_registers
from gapwatch_collector.evaluate.silence import Silences, SilentHost
from gapwatch_collector.evaluate.state import INSERTIONS_MAX, STANDING_MAX, Memory, Remembered
from gapwatch_collector.facts.compute import EventFacts, FactSource, host_facts
from gapwatch_collector.facts.taxonomy import CATEGORIES, SILENCE
from gapwatch_collector.model import Alert, AlertState, Host, HostState, LogEntry, Origin, RegisteredMedium
from gapwatch_collector.rules import Rule, RuleSet
from gapwatch_collector.store.entries import read_register_change
from gapwatch_collector.store.ports import Sighting
from gapwatch_proto import codec
from gapwatch_proto.events import AgentStarted, AgentStopped, Heartbeat
from gapwatch_proto.kinds import Kind

_log = logging.getLogger(__name__)

_SECOND_NS: Final = 1_000_000_000
_KINDS: Final = frozenset(int(kind) for kind in Kind)
_STREAM: Final = frozenset({Kind.HEARTBEAT, Kind.AGENT_STOPPED, Kind.AGENT_STARTED})
_WITH_MEDIA: Final = frozenset({"medium", "file"})
_SKIPPED: Final = "skipped"
_SKIPPED_KEPT: Final = 20
_TEXT_CHARS_MAX: Final = 4096
_LIST_MAX: Final = 64

ALIVE_OFFLINE: Final = (
    "失联期间终端一直在运行，仅与采集端断开：补传的记录按时间连续，间隔均小于失联阈值。 / "
    "The host ran on and was only cut off: the records it sent later leave no gap as long as the threshold."
)


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """``silence_after_s``: shortest silence that is reported. ``late_after_s``: from here on a record is late.

    ``tick_interval_s`` is how often the log has a tick: a hole of several in the log means the collector was away.
    """

    silence_after_s: int = 180
    late_after_s: int = 300
    tick_interval_s: int = 60
    batch_entries_max: int = 2_000

    @property
    def away_after_s(self) -> int:
        return max(120, 3 * self.tick_interval_s)


@dataclass(slots=True)
class Outcome:
    """What some entries led to."""

    alerts: list[Alert] = field(default_factory=list)
    resolutions: list[tuple[bytes, AlertState, str]] = field(default_factory=list)
    sightings: dict[tuple[str, bytes], Sighting] = field(default_factory=dict)
    state: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Act:
    """What an alert is about, beside its facts. ``raised_ns`` is set when another entry than its own raises it."""

    entry: LogEntry
    seen: EventFacts
    host_id: bytes
    member: bytes
    indexes: tuple[int, ...]
    case_id: bytes | None = None
    raised_ns: int = 0


class Core:
    """Takes entries in the order of the log. ``saved`` is the memory as it was after the last of them."""

    def __init__(
        self, ruleset: RuleSet, settings: EvaluationSettings | None = None, saved: Mapping[str, object] | None = None
    ) -> None:
        self._ruleset, self._settings = ruleset, settings or EvaluationSettings()
        self._memory = Memory(saved or {})
        self._registers = load_registers(self._memory)
        self._facts = FactSource(self._registers)
        self._silences = Silences(
            self._memory,
            self._registers,
            silence_after_s=self._settings.silence_after_s,
            away_after_s=self._settings.away_after_s,
        )
        self._standing = Remembered(self._memory, "standing/", STANDING_MAX)
        self._insertions = Remembered(self._memory, "insertion/", INSERTIONS_MAX)
        self._lasting = LastingFacts(self._memory)
        self._outcome = Outcome()

    def step(self, entry: LogEntry) -> None:
        """Take in one entry. Never raises: what cannot be understood is skipped, counted and kept in the memory."""
        try:
            self._silences.passed(entry)
            self._take(entry)
        except Exception as error:  # noqa: BLE001  one poisoned record must not stop the evaluation of all others
            self._skip(entry, error)

    def take_outcome(self) -> Outcome:
        """Everything since the last call."""
        self._silences.write()
        outcome, self._outcome = self._outcome, Outcome()
        outcome.state = self._memory.take_changes()
        return outcome

    @property
    def skipped(self) -> int:
        """How many entries could not be understood since the log began."""
        count: int = (self._memory.get(_SKIPPED) or {}).get("count", 0)
        return count

    # --- entries by origin --------------------------------------------------------------------------------------------

    def _take(self, entry: LogEntry) -> None:
        origin = entry.entry.origin
        if origin is Origin.RECORD:
            self._record(entry)
        elif origin is Origin.SPAN:
            self._heard(entry)
        elif origin is Origin.FORK:
            self._forked(entry)
        elif origin is Origin.TICK:
            for silent in list(self._silences.tick(entry)):
                self._silent(entry, silent)
        elif origin is Origin.REGISTER_CHANGE:
            self._register(entry)

    def _register(self, entry: LogEntry) -> None:
        row = read_register_change(entry.entry).after
        keep_row(self._memory, row)
        concerned = self._host_changed(row, entry) if isinstance(row, Host) else self._medium_changed(row)
        for lasting in concerned:
            self._judge_again(lasting, entry)

    def _host_changed(self, host: Host, entry: LogEntry) -> list[LogEntry]:
        """Take in a host's row; returns the records that must be judged again under it."""
        before = self._registers.host(host.host_id)
        self._registers.put_host(host)
        self._silences.enrolled(host, entry)
        # A renewed certificate is a change of the row and of nothing that rules can see.
        same = host_facts(host.host_id, before) == host_facts(host.host_id, host)
        return [] if same or host.state is not HostState.ENROLLED else self._lasting.of_host(host.host_id)

    def _medium_changed(self, medium: RegisteredMedium) -> list[LogEntry]:
        before = self._registers.media.get(medium.medium_id)
        self._registers.put_medium(medium)
        return self._lasting.of_media([medium] if before is None else [before, medium])

    def _heard(self, entry: LogEntry) -> None:
        explained = self._silences.heard(entry, identity.member(entry.entry))
        self._outcome.resolutions += [(alert_id, AlertState.EXPLAINED, ALIVE_OFFLINE) for alert_id in explained]

    def _record(self, entry: LogEntry) -> None:
        self._heard(entry)
        new = entry.entry
        if new.payload_evicted:
            return
        kind = Kind(new.kind) if new.kind in _KINDS else None
        if kind is None:
            raise ValueError(f"record kind {new.kind} is not known here")
        category = CATEGORIES.get(kind, "")
        watched = bool(category) and (category in _WITH_MEDIA or self._ruleset.watches(category))
        if not watched and kind not in _STREAM:
            return
        payload = codec.decode(kind, new.payload)
        if isinstance(payload, Heartbeat):
            self._silences.beat(new.host_id, payload.interval_s)
        elif isinstance(payload, AgentStopped):
            self._silences.stopped(new.host_id, payload.reason or "unknown")
        elif isinstance(payload, AgentStarted):
            self._silences.stopped(new.host_id, "")
            self._lasting.forget(new.host_id)
        if watched:
            seen = self._facts.of_record(entry, payload)
            self._lasting.saw(entry, seen.category, seen.facts)
            self._evaluate(entry, seen)

    # --- alerts -------------------------------------------------------------------------------------------------------

    def _evaluate(self, entry: LogEntry, seen: EventFacts) -> None:
        matched = self._ruleset.matching(seen.category, seen.facts)
        with_medium = seen.category == "medium" or (bool(matched) and seen.category == "file")
        insertion = self._insertion(entry, seen) if with_medium else None
        for rule in self._ruleset.ended(seen.category, seen.facts):
            key = identity.correlation_key(rule.correlation_key, seen.facts)
            self._standing.drop(identity.standing_name(rule.rule_id, key))
        if matched:
            new = entry.entry
            named = seen.facts.get("act", "") if seen.category == "file" else ""
            case_id = identity.act_case(new, named) if named else insertion
            act = _Act(entry, seen, new.host_id, identity.member(new), (entry.log_index,), case_id)
            for rule in matched:
                self._raise(rule, act)
        if seen.medium_key:
            self._saw(entry, seen)

    def _judge_again(self, lasting: LogEntry, change: LogEntry) -> None:
        """A record that still stands, under the register as this change left it: what it ended before stays ended."""
        new = lasting.entry
        seen = self._facts.of_record(lasting, codec.decode(new.kind, new.payload))
        matched = self._ruleset.matching(seen.category, seen.facts)
        if not matched:
            return
        known = self._insertions.get(_insertion_name(seen.facts)) if seen.category == "medium" else None
        case_id = bytes.fromhex(known["case"]) if known else None
        indexes = (lasting.log_index, change.log_index)
        act = _Act(lasting, seen, new.host_id, identity.member(new), indexes, case_id, change.recorded_ns)
        for rule in matched:
            self._raise(rule, act)

    def _forked(self, entry: LogEntry) -> None:
        seen, member = self._facts.of_fork(entry), b"fork" + identity.member(entry.entry)
        act = _Act(entry, seen, entry.entry.host_id, member, (entry.log_index,))
        for rule in self._ruleset.matching(seen.category, seen.facts):
            self._raise(rule, act)

    def _silent(self, entry: LogEntry, silent: SilentHost) -> None:
        seen = self._facts.of_silence(entry, silent.silence)
        indexes = (silent.log_index, entry.log_index)
        act = _Act(entry, seen, silent.silence.host_id, silent.member, indexes)
        raised = [self._raise(rule, act) for rule in self._ruleset.matching(SILENCE, seen.facts)]
        if raised:
            self._silences.reported(silent, raised)

    def _raise(self, rule: Rule, act: _Act) -> bytes:
        key = identity.correlation_key(rule.correlation_key, act.seen.facts)
        alert_id = identity.alert_id(rule.rule_id, key, [act.member])
        if rule.standing is not None:
            name = identity.standing_name(rule.rule_id, key)
            if self._standing.get(name) is not None:
                return alert_id
            self._standing.put(name, {}, act.indexes[-1])
        new, facts = act.entry.entry, act.seen.facts
        late = act.entry.recorded_ns - new.event_ns > self._settings.late_after_s * _SECOND_NS
        self._outcome.alerts.append(
            Alert(
                alert_id=alert_id,
                case_id=act.case_id or alert_id,
                rule_id=rule.rule_id,
                catalogue_id=rule.catalogue_id,
                severity=rule.severities.on(classified=facts["host.classified"]),
                event_ns=new.event_ns,
                uncertainty_ns=new.uncertainty_ns,
                raised_ns=act.raised_ns or act.entry.recorded_ns,
                host_id=act.host_id,
                facts={name: _bounded(value) for name, value in facts.items()},
                members=act.indexes,
                late=late,
            )
        )
        return alert_id

    # --- media --------------------------------------------------------------------------------------------------------

    def _insertion(self, entry: LogEntry, seen: EventFacts) -> bytes:
        """The case of the insertion this event belongs to: from plugging in to removal, at most one boot."""
        facts = seen.facts
        name = _insertion_name(facts)
        activity = facts.get("medium.activity", "file")
        plugged_in = activity == "attached" and not facts["present_at_start"]
        known = None if plugged_in else self._insertions.get(name)
        case_id = bytes.fromhex(known["case"]) if known else identity.insertion_case(entry.entry)
        if activity == "removed":
            self._insertions.drop(name)
        elif known is None and activity != "unmounted":
            self._insertions.put(name, {"case": case_id.hex()}, entry.log_index)
        return case_id

    def _saw(self, entry: LogEntry, seen: EventFacts) -> None:
        at, host_id = entry.entry.event_ns, entry.entry.host_id
        person = seen.facts.get("actor.user.name", "")
        known = self._outcome.sightings.get((seen.medium_key, host_id))
        if known is None:
            sighting = Sighting(seen.medium_key, host_id, at, at, person)
        else:
            latest = person if person and at >= known.last_ns else known.person or person
            first, last = min(known.first_ns, at), max(known.last_ns, at)
            sighting = Sighting(seen.medium_key, host_id, first, last, latest)
        self._outcome.sightings[seen.medium_key, host_id] = sighting

    # --- poison -------------------------------------------------------------------------------------------------------

    def _skip(self, entry: LogEntry, error: Exception) -> None:
        _log.warning("log entry %d is skipped: %s", entry.log_index, error, exc_info=not isinstance(error, ValueError))
        skipped: dict[str, Any] = self._memory.get(_SKIPPED) or {"count": 0, "recent": []}
        record = {
            "log_index": entry.log_index,
            "host_id": entry.entry.host_id.hex(),
            "kind": entry.entry.kind,
            "reason": f"{type(error).__name__}: {error}"[:500],
        }
        recent = [*skipped["recent"], record][-_SKIPPED_KEPT:]
        self._memory.put(_SKIPPED, {"count": skipped["count"] + 1, "recent": recent})


def _insertion_name(facts: Mapping[str, Any]) -> str:
    return f"{facts['host.id']}/{facts.get('event.boot_id', '')}/{facts['medium.device_key']}"


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _TEXT_CHARS_MAX:
        return f"{value[:_TEXT_CHARS_MAX]}… (+{len(value) - _TEXT_CHARS_MAX})"
    if isinstance(value, list):
        return [_bounded(entry) for entry in value[:_LIST_MAX]]
    return value
