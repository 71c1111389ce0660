"""The decision (domain §3.6): a mark is grammar *and* position, or a structured label; a bare word is a hint. Pure.

``find_marks`` takes the fragments a reader yields, in reading order, and the file's name, and gives the highest mark by
contract C16 with every mark found as its evidence, and a count of hints that raise nothing by themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gapwatch_agent.inspector import foreign, grammar, judgement, lines, names
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.judgement import Candidate, Surroundings
from gapwatch_agent.inspector.zones import FIRST_PAGE_LINES, Line, ZoneTracker
from gapwatch_proto.events import Mark, MarkEvidence

CANDIDATES_MAX: Final = 500
EVIDENCE_MAX: Final = 16
EVIDENCE_CHARACTERS_MAX: Final = 64
HINTS_MAX: Final = 1_000_000
_CONTEXT_LINES: Final = 60
_TAIL_LINES: Final = 2

AXIS_ORDER: Final = ("state", "exam", "commercial", "work", "enterprise", "foreign")
"""Ranks compare only within an axis (C16). One record a file needs an order between axes: the weight of the law behind
each; foreign comes last because its words stand beside Chinese marks as translations."""
LEVEL_ORDER: Final = ("top_secret", "secret", "confidential", "restricted", "internal", "unclassified")
LABEL_KEYS: Final = frozenset(
    {"密级", "保密等级", "保密级别", "涉密等级", "定密级别", "密级标识", "secretlevel", "seclevel", "securitylevel"}
    | {"classification", "securityclassification", "documentclassification", "bjdocumentsecuritylabel"}
)
"""Property names that are labels (domain §3.5), lower case, without spaces."""
PERIOD_KEYS: Final = frozenset({"保密期限", "secretperiod", "secperiod"})
_CORE_KEYS: Final = frozenset({"category", "contentstatus", "subject", "keywords", "title"})


@dataclass(frozen=True, slots=True)
class Findings:
    """What the text of a file says. ``mark.axis`` is empty when nothing is marked."""

    mark: Mark
    hints: int = 0


def find_marks(fragments: Iterable[Fragment], name: str = "") -> Findings:
    """Decide. Reads the fragments once; memory does not grow with them."""
    collector = _Collector(name)
    for fragment in fragments:
        collector.take(fragment)
    return collector.decide()


def merge(one: Findings, other: Findings) -> Findings:
    """Of two readings of one file (two encodings), the higher; both evidences."""
    first, second = (one, other) if _rank_of(one.mark) <= _rank_of(other.mark) else (other, one)
    evidence = (*first.mark.evidence, *(e for e in second.mark.evidence if e not in first.mark.evidence))
    mark = replace(first.mark, evidence=evidence[:EVIDENCE_MAX])
    return Findings(mark, min(one.hints + other.hints, HINTS_MAX))


def _rank_of(mark: Mark) -> tuple[int, int]:
    return _rank(mark.axis, mark.level) if mark.axis else (len(AXIS_ORDER), 0)


def _rank(axis: str, level: str) -> tuple[int, int]:
    return AXIS_ORDER.index(axis), LEVEL_ORDER.index(level)


class _Collector:
    def __init__(self, name: str) -> None:
        self._name = name
        self._zones = ZoneTracker()
        self._candidates: list[Candidate] = []
        self._waiting: list[Candidate] = []
        self._surroundings = Surroundings()
        self._surroundings.note_name(name)
        self._previous: dict[str, str] = {}
        self._hints = 0
        self._last_order = 0
        self._tail: deque[tuple[Line, str]] = deque(maxlen=_TAIL_LINES)

    def take(self, fragment: Fragment) -> None:
        for number, raw in enumerate(fragment.text.split("\n")):
            if raw and not raw.isspace():
                self._line(self._zones.place(fragment, raw, starts_fragment=number == 0))

    def _line(self, line: Line) -> None:
        flow = where.DOCUMENT if line.part == where.TABLE else line.part
        for candidate in self._waiting:
            if candidate.flow == flow:
                candidate.next_text = line.text[: lines.LINE_CHARACTERS_MAX]
        if self._waiting:
            self._waiting = [candidate for candidate in self._waiting if candidate.flow != flow]
        previous = self._previous.get(flow, "")
        self._previous[flow] = line.text[-200:] if len(line.text) > 200 else line.text
        if flow == where.DOCUMENT:
            self._last_order = line.order
        if line.order <= _CONTEXT_LINES or flow != where.DOCUMENT:
            self._surroundings.note(line)
        if not lines.TRIGGER.search(line.text):
            return
        if flow == where.DOCUMENT and line.zone == where.BODY and line.order > FIRST_PAGE_LINES:
            # Nothing can stand here but the text's last lines, which nobody knows before the end.
            self._tail.append((line, previous))
            self._hints += bool(lines.HINT.search(line.text))
            return
        self._match(line, flow, previous)

    def _match(self, line: Line, flow: str, previous: str) -> None:
        found = self._matches(line)
        if not found:
            self._hints += bool(lines.HINT.search(line.text) or foreign.PORTION.search(line.text))
        for match in found:
            if len(self._candidates) >= CANDIDATES_MAX:
                self._hints += 1
                continue
            candidate = Candidate(match, line, flow, previous)
            self._candidates.append(candidate)
            self._waiting.append(candidate)

    def _matches(self, line: Line) -> list[grammar.Match]:
        if line.part == where.NOTE:
            return []
        if line.part != where.PROPERTY:
            return lines.matches(line.text, in_margin=line.part in {where.HEADER, where.FOOTER})
        key = "".join(line.key.lower().split())
        found = lines.matches(line.text)
        if key in LABEL_KEYS:
            return [replace(match, form="property", strength=grammar.Strength.LABELLED) for match in found]
        strong = [match for match in found if match.strength <= grammar.Strength.LABELLED]
        if key in _CORE_KEYS and key != "title" and not strong:
            strong = [match for match in found if match.form == "level"]
        return [replace(match, form="property", strength=grammar.Strength.LABELLED) for match in strong]

    def decide(self) -> Findings:
        self._surroundings.last_order = self._last_order
        for line, previous in self._tail:
            if line.order > self._last_order - _TAIL_LINES:
                self._hints -= bool(lines.HINT.search(line.text))
                self._match(line, where.DOCUMENT, previous)
        found = judgement.accept(self._candidates, self._surroundings)
        found.extend(judgement.accept_name(names.matches(self._name), self._surroundings, self._name))
        rejected = sum(1 for candidate in self._candidates if not candidate.accepted)
        hints = min(self._hints + rejected, HINTS_MAX)
        if not found:
            return Findings(Mark(), hints)
        found.sort(key=lambda mark: (_rank(mark.axis, mark.level), not mark.period, -mark.confidence))
        return Findings(_record(found), hints)


def _record(found: list[judgement.Accepted]) -> Mark:
    highest = found[0]
    evidence: list[MarkEvidence] = []
    for mark in found:
        item = MarkEvidence(mark.part, mark.page, mark.zone, mark.text[:EVIDENCE_CHARACTERS_MAX], mark.form)
        if item not in evidence and len(evidence) < EVIDENCE_MAX:
            evidence.append(item)
    return Mark(
        axis=highest.axis,
        level=highest.level,
        level_text=highest.level_text[:EVIDENCE_CHARACTERS_MAX],
        period=highest.period[:EVIDENCE_CHARACTERS_MAX],
        period_text=highest.period_text[:EVIDENCE_CHARACTERS_MAX],
        confidence=round(min(mark_confidence(found), 0.99), 3),
        evidence=tuple(evidence),
    )


def mark_confidence(found: list[judgement.Accepted]) -> float:
    """The surest sighting of the highest mark, a little surer for every other place that says the same."""
    highest = found[0]
    same = [mark for mark in found if (mark.axis, mark.level) == (highest.axis, highest.level)]
    places = {(mark.part, mark.zone) for mark in same}
    return max(mark.confidence for mark in same) + 0.02 * (len(places) - 1)
