"""The decision (domain §3.6): a mark is grammar *and* position, or a structured label; a bare word is a hint. Pure.

``find_marks`` takes the fragments a reader yields, in reading order, and the file's name, and gives the highest mark by
contract C16 with every mark found as its evidence, the machine-readable labels as they stood, and the hints that raise
nothing by themselves.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gapwatch_agent.inspector import (
    context,
    foreign,
    grammar,
    hints,
    judgement,
    labels,
    lines,
    machine_labels,
    names,
    periods,
)
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.judgement import Candidate
from gapwatch_agent.inspector.label_policy import NO_POLICY, LabelPolicy
from gapwatch_agent.inspector.machine_labels import MachineLabels
from gapwatch_agent.inspector.register import Register
from gapwatch_agent.inspector.surroundings import Surroundings, flow_of
from gapwatch_agent.inspector.zones import FIRST_PAGE_LINES, Line, ZoneTracker
from gapwatch_proto.events import Hint, Label, Mark, MarkEvidence

CANDIDATES_MAX: Final = 500
EVIDENCE_MAX: Final = 16
EVIDENCE_CHARACTERS_MAX: Final = 64
HINTS_MAX: Final = 1_000_000
_HINTS_NAMED_MAX: Final = 500
"""After so many hints another is only counted: its kind has been seen in that place, or will not be missed."""
_CONTEXT_LINES: Final = 60
_TAIL_LINES: Final = 2

AXIS_ORDER: Final = ("state", "exam", "commercial", "work", "enterprise", "foreign")
"""Ranks compare only within an axis (C16). One record a file needs an order between axes: the weight of the law behind
each; foreign comes last because its words stand beside Chinese marks as translations."""
LEVEL_ORDER: Final = ("top_secret", "secret", "confidential", "restricted", "internal", "unclassified")
_PORTION: Final = re.compile(r"\s*[\[【(（〔]\s*[绝絕机機秘祕TSCUN]")
_CORE_KEYS: Final = frozenset({"category", "contentstatus", "subject", "keywords", "title"})


@dataclass(frozen=True, slots=True)
class Findings:
    """What the text of a file says. ``mark.axis`` is empty when nothing is marked."""

    mark: Mark
    hints: int = 0
    hint_list: tuple[Hint, ...] = ()
    labels: tuple[Label, ...] = ()


def find_marks(
    fragments: Iterable[Fragment], name: str = "", policy: LabelPolicy = NO_POLICY, kind: str = ""
) -> Findings:
    """Decide. Reads the fragments once; memory does not grow with them. ``kind`` is the file's type, where known."""
    collector = _Collector(name, policy, kind)
    for fragment in fragments:
        collector.take(fragment)
    return collector.decide()


def merge(one: Findings, other: Findings) -> Findings:
    """Of two readings of one file (two encodings), the higher; both evidences."""
    first, second = (one, other) if _rank_of(one.mark) <= _rank_of(other.mark) else (other, one)
    evidence = (*first.mark.evidence, *(e for e in second.mark.evidence if e not in first.mark.evidence))
    mark = replace(first.mark, evidence=evidence[:EVIDENCE_MAX])
    hint_list = (*first.hint_list, *(hint for hint in second.hint_list if hint not in first.hint_list))
    labels = (*first.labels, *(label for label in second.labels if label not in first.labels))
    return Findings(
        mark,
        min(one.hints + other.hints, HINTS_MAX),
        hint_list[: hints.HINT_LIST_MAX],
        labels[: machine_labels.LABELS_MAX],
    )


def _rank_of(mark: Mark) -> tuple[int, int]:
    return _rank(mark.axis, mark.level) if mark.axis else (len(AXIS_ORDER), 0)


def _rank(axis: str, level: str) -> tuple[int, int]:
    return AXIS_ORDER.index(axis), LEVEL_ORDER.index(level)


class _Collector:
    def __init__(self, name: str, policy: LabelPolicy, kind: str) -> None:
        self._name = name
        self._machine = MachineLabels(policy, kind)
        self._hint_list = hints.HintList()
        self._zones = ZoneTracker()
        self._candidates: list[Candidate] = []
        self._waiting: list[Candidate] = []
        self._surroundings = Surroundings()
        self._surroundings.note_name(name)
        self._previous: dict[str, str] = {}
        self._page = 1
        self._register = Register()
        self._hints = 0
        self._last_order = 0
        self._tail: deque[tuple[Line, str]] = deque(maxlen=_TAIL_LINES)

    def take(self, fragment: Fragment) -> None:
        for number, raw in enumerate(fragment.text.split("\n")):
            if raw and not raw.isspace():
                self._line(self._zones.place(fragment, raw, starts_fragment=number == 0))

    def _line(self, line: Line) -> None:
        flow = flow_of(line.part)
        for candidate in self._waiting:
            if candidate.flow == flow:
                candidate.next_text = line.text[: lines.LINE_CHARACTERS_MAX]
        if self._waiting:
            self._waiting = [candidate for candidate in self._waiting if candidate.flow != flow]
        previous = self._previous.get(flow, "")
        self._previous[flow] = line.text[-200:] if len(line.text) > 200 else line.text
        if flow == where.DOCUMENT:
            self._turn_page(line)
            self._register.note(line)
        if line.order <= _CONTEXT_LINES or flow != where.DOCUMENT:
            self._surroundings.note(line)
        if line.part != where.PROPERTY and not lines.TRIGGER.search(line.text):
            return
        is_body = flow == where.DOCUMENT and line.zone == where.BODY and line.order > FIRST_PAGE_LINES
        if is_body and not self._may_stand_in_body(line, previous):
            # Nothing can stand here but a page's last lines, which nobody knows before its end.
            self._tail.append((line, previous))
            self._hint(line)
            return
        self._match(line, flow, previous)

    def _turn_page(self, line: Line) -> None:
        """At a page's end its last lines are known to be its bottom."""
        if line.page > self._page:
            self._page = line.page
            self._surroundings.end_page(self._last_order)
            for last, previous in self._tail:
                if last.order > self._last_order - _TAIL_LINES:
                    self._match(last, where.DOCUMENT, previous)
            self._tail.clear()
            self._surroundings.start_page(line.order)
        self._last_order = line.order

    def _may_stand_in_body(self, line: Line, previous: str) -> bool:
        if _PORTION.match(line.text) or line.order in self._surroundings.page_starts or context.is_annex(previous):
            return True
        if line.part != where.TABLE:
            return False
        if context.is_title_block(line.text[:200]) or context.is_title_block(previous):
            self._surroundings.title_block.add((where.DOCUMENT, line.order))
            return True
        return self._register.is_open

    def _match(self, line: Line, flow: str, previous: str) -> None:
        found = self._matches(line, previous)
        if not found:
            self._hint(line)
        for match in found:
            if len(self._candidates) >= CANDIDATES_MAX:
                self._hints += 1
                continue
            candidate = Candidate(match, line, flow, previous)
            self._candidates.append(candidate)
            self._waiting.append(candidate)

    def _hint(self, line: Line) -> None:
        if not (lines.HINT.search(line.text) or foreign.PORTION.search(line.text)):
            return
        self._hints += 1
        if self._hints > _HINTS_NAMED_MAX or not self._hint_list.wants():
            return
        told = hints.of_text(line.text)
        if told is not None:
            self._hint_list.add(told[0], line.part, line.page, line.zone, told[1])

    def _matches(self, line: Line, previous: str) -> list[grammar.Match]:
        if line.part == where.NOTE:
            return []
        if line.part == where.PROPERTY:
            return self._of_property(line)
        column = self._register.remark(line)
        if column is None and line.order <= FIRST_PAGE_LINES:
            column = lines.below(line.text, previous)
        if column is not None:
            return [column]
        if self._register.lists(line):
            return []
        text = lines.without_repetition(line.text) if line.part == where.WATERMARK else line.text
        found = lines.matches(text, in_margin=line.part in {where.HEADER, where.FOOTER})
        if len(found) == 1 and found[0].form == "level" and labels.is_label(previous):
            return [replace(found[0], form="label_below", strength=grammar.Strength.LABELLED)]
        return found

    def _of_property(self, line: Line) -> list[grammar.Match]:
        key = "".join(line.key.lower().split())
        if key in machine_labels.PERIOD_KEYS:
            self._surroundings.note_period(line, machine_labels.period_of(line.text))
        labelled = self._machine.take(line.key, line.text)
        if labelled is not None:
            return labelled
        found = lines.matches(line.text)
        strong = [match for match in found if match.strength <= grammar.Strength.LABELLED]
        if key in _CORE_KEYS and not strong:
            strong = [match for match in found if match.form == "level"] if key != "title" else []
            # A subject or a title carries a mark as a file's name does: [机密]方案.
            strong = strong or names.matches(line.text.replace("/", " ")) or foreign.in_subject(line.text)
        return [replace(match, form="property", strength=grammar.Strength.LABELLED) for match in strong]

    def decide(self) -> Findings:
        self._surroundings.last_order = self._last_order
        for line, previous in self._tail:
            if line.order > self._last_order - _TAIL_LINES:
                self._match(line, where.DOCUMENT, previous)
        for match, key in self._machine.close():
            line = Line(match.text, where.PROPERTY, 0, where.PROPERTY, 0, key)
            self._candidates.append(Candidate(match, line, where.PROPERTY, ""))
        found = judgement.accept(self._candidates, self._surroundings)
        found.extend(judgement.accept_name(names.matches(self._name), self._surroundings, self._name))
        count = min(self._hints + self._note_rejected(), HINTS_MAX)
        hint_list, labels = self._hint_list.found(), self._machine.labels()
        if not found:
            return Findings(Mark(), count, hint_list, labels)
        found.sort(key=lambda mark: (_rank(mark.axis, mark.level), _shortness(mark.period), -mark.confidence))
        return Findings(_record(found), count, hint_list, labels)

    def _note_rejected(self) -> int:
        """Candidates that are no marks are hints, and so are marks that are badly written; how many there are."""
        counted = 0
        for candidate in self._candidates:
            line, match = candidate.line, candidate.match
            kind = hints.MALFORMED if candidate.accepted else candidate.refused or hints.BARE_WORD
            if candidate.accepted and not candidate.malformed:
                continue
            words = match.text if candidate.accepted else match.level_text or match.text
            self._hint_list.add(kind, line.part, line.page, line.zone, words)
            counted += 1
        return counted


def _shortness(period: str) -> int:
    """Orders marks of one level by their periods, the longest first (MARK90§8), those without one last."""
    if period == periods.LONG_TERM:
        return -periods.LONGEST_DAYS
    return -(periods.days_of(period) or 1) if period else 0


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
