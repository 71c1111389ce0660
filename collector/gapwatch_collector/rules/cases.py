"""A rule's proof: ``<id>.cases.yml`` beside ``<id>.yml``, events that must fire it and events that must not.

A case is an event in the words of the event vocabulary, the host it came from and the media that are registered; it
runs through the same facts and the same index as the log does. Every rule needs a case of either sort.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from gapwatch_collector.facts.compute import EventFacts, FactSource, Silence
from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.model import Host, HostState, LogEntry, NewEntry, Origin, RegisteredMedium
from gapwatch_collector.rules.load import CASES_SUFFIX, RuleSet, load
from gapwatch_collector.rules.model import CaseResult, Rule
from gapwatch_collector.rules.sentence import render_sentence
from gapwatch_collector.rules.yaml_lines import Document, YamlFaultError, read_bounded, read_documents
from gapwatch_proto import codec
from gapwatch_proto.events import PAYLOADS
from gapwatch_proto.kinds import SEVERITY, Kind

HOST_ID: Final = bytes(range(16))
EVENT_NS: Final = 1_790_000_000_000_000_000
_CASE_KEYS: Final = {
    "name",
    "host",
    "media",
    "event",
    "silence",
    "fork",
    "fires",
    "severity",
    "sentence_zh",
    "sentence_en",
}
_R = TypeVar("_R", Host, RegisteredMedium)
_SECOND_NS: Final = 1_000_000_000


class _CaseFaultError(ValueError):
    """A case that cannot be understood: where inside it, and why."""

    def __init__(self, path: tuple[Hashable, ...], complaint: str) -> None:
        self.path = path
        super().__init__(complaint)


@dataclass(frozen=True, slots=True)
class _Proof:
    """One cases file and the rules it is about."""

    file: str
    document: Document
    rules: tuple[Rule, ...]
    ruleset: RuleSet

    @property
    def hosts(self) -> Mapping[str, Any]:
        return self.document.value.get("hosts") or {}

    @property
    def media(self) -> Mapping[str, Any]:
        return self.document.value.get("media") or {}

    def result(self, line: int, name: str, difference: str) -> CaseResult:
        return CaseResult(self.file, line, self.rules[0].catalogue_id, name, not difference, difference)


def run_cases(folder: Path) -> list[CaseResult]:
    """Every case of the folder, and a failed result for each rule that lacks its proof."""
    return list(_run(folder, load(folder)))


def _run(folder: Path, ruleset: RuleSet) -> Iterator[CaseResult]:
    by_file: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        by_file.setdefault(rule.place.file, []).append(rule)
    for file, rules in by_file.items():
        cases = Path(file).with_name(Path(file).stem + CASES_SUFFIX)
        if cases.is_file():
            yield from _run_file(cases, tuple(rules), ruleset)
        else:
            yield CaseResult(file, rules[0].place.line, rules[0].catalogue_id, "", False, f"no {cases.name} beside it")
    for cases in sorted(folder.rglob(f"*{CASES_SUFFIX}")):
        rule_file = cases.with_name(cases.name.removesuffix(CASES_SUFFIX) + ".yml")
        if str(rule_file) not in by_file:
            yield CaseResult(str(cases), 0, "", "", False, f"no rule of {rule_file.name} could be loaded")


def _run_file(path: Path, rules: tuple[Rule, ...], ruleset: RuleSet) -> Iterator[CaseResult]:
    try:
        documents = read_documents(read_bounded(path))
    except YamlFaultError as error:
        yield CaseResult(str(path), error.line, rules[0].catalogue_id, "", False, error.complaint)
        return
    written = documents[0].value if documents else None
    if not isinstance(written, dict) or not isinstance(written.get("cases"), list):
        yield CaseResult(str(path), 1, rules[0].catalogue_id, "", False, "a cases file has a list named cases")
        return
    proof = _Proof(str(path), documents[0], rules, ruleset)
    fired: dict[str, set[bool]] = {rule.rule_id: set() for rule in rules}
    for position, case in enumerate(written["cases"]):
        yield _run_case(proof, position, case, fired)
    for rule in rules:
        missing = {True, False} - fired[rule.rule_id]
        if missing:
            which = " or ".join("one that must fire" if want else "one that must not" for want in sorted(missing))
            yield proof.result(0, rule.name or rule.title.en, f"the rule has no case of this sort: {which}")


def _run_case(proof: _Proof, position: int, case: Any, fired: dict[str, set[bool]]) -> CaseResult:
    name = str(case.get("name", position)) if isinstance(case, dict) else str(position)
    line = proof.document.line("cases", position)
    try:
        _require_case(case)
        seen = _facts(proof, case)
        expected = _expected(proof, case)
    except _CaseFaultError as error:
        return proof.result(proof.document.line("cases", position, *error.path), name, str(error))
    matched = [rule for rule in proof.ruleset.matching(seen.category, seen.facts) if rule in proof.rules]
    for rule in proof.rules:
        fired[rule.rule_id].add(rule in matched)
    return proof.result(line, name, _difference(case, seen, matched, expected))


def _require_case(case: Any) -> None:
    if not isinstance(case, dict):
        raise _CaseFaultError((), "a case is a mapping")
    for key in case:
        if key not in _CASE_KEYS:
            raise _CaseFaultError((key,), f"no key {key!r}; there are {', '.join(sorted(_CASE_KEYS))}")


def _difference(case: dict[str, Any], seen: EventFacts, matched: list[Rule], expected: set[str]) -> str:
    got = {rule.rule_id for rule in matched}
    if got != expected:
        fired = ", ".join(rule.name or rule.title.en for rule in matched) or "nothing"
        return f"{fired} fired"
    classified = seen.facts["host.classified"]
    severity = max((rule.severities.on(classified=classified) for rule in matched), default=0)
    if "severity" in case and case["severity"] != severity:
        return f"severity {severity}, not {case['severity']}"
    for lang in ("zh", "en"):
        wanted = case.get(f"sentence_{lang}", "")
        said = " / ".join(render_sentence(rule, seen.facts, lang) for rule in matched)
        if wanted not in said:
            return f"the sentence reads: {said}"
    return ""


def _expected(proof: _Proof, case: dict[str, Any]) -> set[str]:
    wanted = case.get("fires")
    if wanted is False:
        return set()
    if wanted is True and len(proof.rules) == 1:
        return {proof.rules[0].rule_id}
    names = [wanted] if isinstance(wanted, str) else wanted
    by_name = {rule.name: rule.rule_id for rule in proof.rules}
    if not isinstance(names, list) or not all(name in by_name for name in names):
        raise _CaseFaultError(("fires",), f"fires must be true, false or names of rules: {', '.join(by_name)}")
    return {by_name[name] for name in names}


# --- building ---------------------------------------------------------------------------------------------------------


def _facts(proof: _Proof, case: dict[str, Any]) -> EventFacts:
    hosts = [_host(proof, case["host"])] if case.get("host") else []
    media = [_medium(proof, name, number) for number, name in enumerate(case.get("media") or [])]
    source = FactSource(RegisterView(hosts, media))
    if "silence" in case:
        return source.of_silence(_entry(0, 1, b"", Origin.TICK), _silence(case["silence"]))
    if "fork" in case:
        return source.of_fork(_fork(case["fork"]))
    event = case.get("event")
    if not isinstance(event, dict) or event.get("kind") not in Kind.__members__:
        raise _CaseFaultError(("event",), "event needs a kind: one of the names in gapwatch_proto.kinds")
    kind = Kind[event["kind"]]
    body = {key: value for key, value in event.items() if key != "kind"}
    data = codec.encode(_value(PAYLOADS[kind], body, ("event",)))
    return source.of_record(_entry(kind, SEVERITY[kind], data, Origin.RECORD), codec.decode(kind, data))


def _entry(kind: int, severity: int, payload: bytes, origin: Origin) -> LogEntry:
    return LogEntry(0, EVENT_NS, NewEntry(origin, kind, severity, EVENT_NS, 0, payload, HOST_ID))


def _host(proof: _Proof, name: str) -> Host:
    row = proof.hosts.get(name)
    if not isinstance(row, dict):
        raise _CaseFaultError(("host",), f"no host {name!r} is written under hosts")
    given = {"host_id": HOST_ID, "state": HostState.ENROLLED, "name": name, **row}
    return _row(Host, given, ("host",)) if isinstance(given["state"], HostState) else _host_state(given)


def _host_state(given: dict[str, Any]) -> Host:
    try:
        return _row(Host, given | {"state": HostState(given["state"])}, ("host",))
    except ValueError as error:
        raise _CaseFaultError(("host",), str(error)) from error


def _medium(proof: _Proof, name: str, number: int) -> RegisteredMedium:
    row = proof.media.get(name)
    if not isinstance(row, dict):
        raise _CaseFaultError(("media",), f"no medium {name!r} is written under media")
    given = {"medium_id": number.to_bytes(16, "big"), "label": name, "serial_number": "", **row}
    return _row(RegisteredMedium, given, ("media",))


def _silence(written: Any) -> Silence:
    if not isinstance(written, dict) or not isinstance(written.get("duration_s"), int):
        raise _CaseFaultError(("silence",), "silence needs duration_s and threshold_s in seconds")
    since = EVENT_NS - written["duration_s"] * _SECOND_NS
    threshold, reason = written.get("threshold_s", 0), written.get("stop_reason", "")
    return Silence(HOST_ID, since, EVENT_NS, threshold, reason)


def _fork(written: Any) -> LogEntry:
    if not isinstance(written, dict) or not all(isinstance(written.get(key), int) for key in ("seq", "next_seq")):
        raise _CaseFaultError(("fork",), "fork needs seq and next_seq, and may say records")
    payload = {"branch": [], "branch_left_out": written.get("records", 1), "next_seq": written["next_seq"]}
    new = NewEntry(
        Origin.FORK, Kind.GAP, 5, EVENT_NS, 0, json.dumps(payload).encode(), HOST_ID, b"s" * 16, written["seq"]
    )
    return LogEntry(0, EVENT_NS, new)


def _row(row_class: type[_R], given: dict[str, Any], path: tuple[Hashable, ...]) -> _R:
    try:
        return row_class(**given)
    except TypeError as error:
        raise _CaseFaultError(path, str(error)) from error


def _value(value_class: type, written: Any, path: tuple[Hashable, ...]) -> Any:
    """A value of the event vocabulary from plain YAML; whatever is not written has its default."""
    if not isinstance(written, dict):
        raise _CaseFaultError(path, f"{value_class.__name__} is a mapping")
    hints = get_type_hints(value_class)
    known = {field.name for field in fields(value_class)}
    for key in written:
        if key not in known:
            raise _CaseFaultError((*path, key), f"{value_class.__name__} has no field {key!r}")
    return value_class(**{key: _part(hints[key], value, (*path, key)) for key, value in written.items()})


def _part(annotation: Any, value: Any, path: tuple[Hashable, ...]) -> Any:
    if get_origin(annotation) is tuple:
        entry = get_args(annotation)[0]
        if not isinstance(value, list):
            raise _CaseFaultError(path, "must be a list")
        return tuple(_part(entry, each, (*path, number)) for number, each in enumerate(value))
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _value(annotation, value, path)
    if annotation is float and isinstance(value, int):
        return float(value)
    if type(value) is not annotation:
        raise _CaseFaultError(path, f"must be {annotation.__name__}, not {value!r}")
    return value
