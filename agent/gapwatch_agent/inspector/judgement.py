"""Which candidates are marks: position, neighbours, and the false positives of domain §3.6. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import context, foreign, grammar, hints, labels
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_agent.inspector.zones import TOP_LINES, Line

_MARGINS: Final = frozenset({where.HEADER, where.FOOTER})
_TOPS: Final = frozenset({where.FIRST_PAGE_TOP, where.PAGE_TOP, where.TEXT_BOX}) | _MARGINS
_STRONG_ZONES: Final = _TOPS | {where.FIRST_PAGE, where.COVER_TABLE, where.WATERMARK, where.PROPERTY}
_STATE_LEVELS: Final = frozenset({"top_secret", "secret", "confidential"})
_NEAR: Final = 3
_NEIGHBOURS_MAX: Final = 400

_CONFIDENCE: Final = {
    where.HEADER: 0.95,
    where.FOOTER: 0.9,
    where.FIRST_PAGE_TOP: 0.95,
    where.PAGE_TOP: 0.85,
    where.TEXT_BOX: 0.85,
    where.WATERMARK: 0.8,
    where.COVER_TABLE: 0.9,
    where.PROPERTY: 0.9,
    where.FIRST_PAGE: 0.8,
    where.PAGE_BOTTOM: 0.75,
    where.BODY: 0.65,
}
_FORM_WEIGHT: Final = {Strength.STRONG: 1.04, Strength.LABELLED: 0.98, Strength.PLAIN: 0.9, Strength.BANNER: 0.75}


@dataclass(slots=True)
class Candidate:
    """A match at its place, waiting to be judged with the whole text known."""

    match: Match
    line: Line
    flow: str
    previous_text: str
    next_text: str = ""
    accepted: bool = False
    refused: str = ""
    """The kind of hint that it is instead."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mark: what it says and where it stands."""

    axis: str
    level: str
    level_text: str
    period: str
    period_text: str
    form: str
    text: str
    part: str
    page: int
    zone: str
    confidence: float


@dataclass(slots=True)
class Surroundings:
    """What the first page and the margins say beside the marks; sets hold (part, order) of lines."""

    official: set[tuple[str, int]] = field(default_factory=set)
    state: set[tuple[str, int]] = field(default_factory=set)
    culture: set[tuple[str, int]] = field(default_factory=set)
    periods: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    exam: bool = False
    template: bool = False
    training: bool = False
    corroborated: bool = False
    last_order: int = 0

    def note_name(self, name: str) -> None:
        self.exam = bool(context.EXAM.search(name))
        self.template = context.is_template(name.rsplit("/", 1)[-1][:60])

    def note(self, line: Line) -> None:
        """Remember what this line says about marks near it."""
        text = line.text[:200]
        flow = where.DOCUMENT if line.part == where.TABLE else line.part
        at = (flow, line.order)
        if len(self.official) + len(self.state) + len(self.culture) + len(self.periods) < _NEIGHBOURS_MAX:
            if context.is_official_neighbour(text):
                self.official.add(at)
            if context.says_state(text):
                self.state.add(at)
            if context.is_culture(text):
                self.culture.add(at)
            if "密" in text:
                self._note_period(at, text)
        self.exam = self.exam or bool(context.EXAM.search(text))
        self.training = self.training or bool(foreign.TRAINING.search(line.text[:1000]))
        self.corroborated = self.corroborated or bool(foreign.CORROBORATION.search(text))
        if line.part == where.DOCUMENT and line.order <= TOP_LINES * 2:
            self.template = self.template or context.is_template(text)

    def note_period(self, line: Line, period: tuple[str, str]) -> None:
        """A property that says for how long (words and ISO 8601)."""
        if period[0] and len(self.periods) < _NEIGHBOURS_MAX:
            self.periods[line.part, line.order] = period

    def _note_period(self, at: tuple[str, int], text: str) -> None:
        normal = normalise(text)
        for label in ("保密期限", "保密年限", "密期"):
            start = normal.text.find(label)
            if start >= 0:
                found = labels.period_field(join_cjk(normal.part(start, len(normal.text))))
                if found[0]:
                    self.periods[at] = found
                return

    def near(self, orders: set[tuple[str, int]], line: Line, distance: int = _NEAR) -> bool:
        flow = where.DOCUMENT if line.part == where.TABLE else line.part
        return any((flow, line.order + step) in orders for step in range(-distance, distance + 1))

    def period_near(self, line: Line) -> tuple[str, str]:
        flow = where.DOCUMENT if line.part == where.TABLE else line.part
        for step in sorted(range(-6, 7), key=abs):
            if (flow, line.order + step) in self.periods:
                return self.periods[flow, line.order + step]
        return "", ""


def accept(candidates: list[Candidate], around: Surroundings) -> list[Accepted]:
    """The candidates that are marks; ``accepted`` is set on each of them."""
    listed = _listed(candidates)
    found = []
    for index, candidate in enumerate(candidates):
        zone = _zone(candidate, around)
        if not _stands(candidate, zone, candidates, around):
            candidate.refused = _kind_of_hint(candidate, zone)
            continue
        if index in listed or _explained_away(candidate, zone, around):
            declassified = context.is_declassified(candidate.line.text)
            candidate.refused = hints.DECLASSIFIED if declassified else hints.EXAMPLE
            continue
        candidate.accepted = True
        found.append(_accepted(candidate, zone, around))
    return found


def accept_name(matches: list[Match], around: Surroundings, name: str) -> list[Accepted]:
    """Marks of the file's name: they stand for content that cannot carry one, so less sure."""
    if around.template and context.is_template(name.rsplit("/", 1)[-1][:60]):
        return []
    found = []
    for match in matches:
        axis, form = match.axis, match.form
        exam = bool(context.EXAM.search(name)) and axis in {"state", "enterprise"} and match.level in _STATE_LEVELS
        if exam or (axis == "state" and grammar.is_exam_event(match.period_text) and around.exam):
            axis, form = "exam", "exam"
        confidence = 0.8 if match.strength is Strength.STRONG else 0.7
        found.append(
            Accepted(
                axis, match.level, match.level_text, match.period, match.period_text,
                form, match.text, where.NAME, 0, where.NAME, confidence,
            )
        )  # fmt: skip
    return found


def _zone(candidate: Candidate, around: Surroundings) -> str:
    """The line's zone, the last lines of the text being a bottom where nothing better is known."""
    line = candidate.line
    at_the_end = candidate.flow == where.DOCUMENT and line.order > max(around.last_order - 2, 2)
    return where.PAGE_BOTTOM if at_the_end and line.zone in {where.BODY, where.FIRST_PAGE} else line.zone


def _stands(candidate: Candidate, zone: str, candidates: list[Candidate], around: Surroundings) -> bool:
    """Whether this form may stand here."""
    match, line = candidate.match, candidate.line
    if match.strength is Strength.BANNER:
        return _banner_stands(candidate, zone, candidates, around)
    if match.strength is Strength.STRONG:
        return zone in _STRONG_ZONES or (zone == where.PAGE_BOTTOM and match.axis in {"foreign", "commercial"})
    if match.strength is Strength.LABELLED:
        beside_fields = context.is_field_like(candidate.previous_text) or context.is_field_like(candidate.next_text)
        near_the_start = line.page <= 1 and line.order <= 45
        return zone in _STRONG_ZONES or (zone in {where.BODY, where.PAGE_BOTTOM} and near_the_start and beside_fields)
    if zone == where.WATERMARK:
        return match.form in {"level", "level_period", "work_secret", "trade_secret"} or match.level_text == "受控文件"
    if zone == where.COVER_TABLE:
        cells = [cell for cell in line.text.split("\t") if cell.strip()]
        return line.order <= TOP_LINES and len(cells) <= 3
    return zone in _TOPS or (zone == where.PAGE_BOTTOM and match.axis == "work")


def _banner_stands(candidate: Candidate, zone: str, candidates: list[Candidate], around: Surroundings) -> bool:
    """A bare foreign word: top and bottom, or a classification block, or a rare word in a margin."""
    if zone == where.PROPERTY or (around.corroborated and zone in _STRONG_ZONES | {where.PAGE_BOTTOM}):
        return True
    here = candidate.match.level_text.upper()
    for other in candidates:
        if other is candidate or other.match.level_text.upper() != here:
            continue
        parts = {candidate.line.part, other.line.part}
        if parts == _MARGINS:
            return True
        orders = sorted((candidate.line.order, other.line.order))
        if parts == {where.DOCUMENT} and orders[0] <= _NEAR and orders[1] > max(around.last_order - 2, orders[0] + 1):
            return True
    return zone in _MARGINS and here in {"SECRET", "TOP SECRET", "CUI", "OFFICIAL", "GEHEIM", "UNCLASSIFIED"}


def _kind_of_hint(candidate: Candidate, zone: str) -> str:
    """What a match in the wrong place is worth knowing as."""
    if zone == where.WATERMARK or (candidate.match.axis == "foreign" and candidate.match.strength is Strength.BANNER):
        return hints.BOILERPLATE
    return hints.BARE_WORD if candidate.match.strength is Strength.PLAIN else hints.EXAMPLE


def _explained_away(candidate: Candidate, zone: str, around: Surroundings) -> bool:
    """The false positives of §3.6 that wear a mark's form in a mark's place."""
    match, line = candidate.match, candidate.line
    if around.training and match.axis == "foreign":
        return True
    if zone in {where.PROPERTY, where.WATERMARK}:
        return False
    if around.template or context.is_declassified(line.text.replace(match.text, "")):
        return True
    if zone in _MARGINS:
        return False
    quoted = context.introduces_example(candidate.previous_text)
    defined = context.is_definition(candidate.next_text) or around.near(around.culture, line, 4)
    return quoted or (match.strength is Strength.PLAIN and defined)


def _listed(candidates: list[Candidate]) -> set[int]:
    """Levels one under another (a dictionary, a form's choices, a catalogue of files) mark nothing."""
    listed: set[int] = set()
    for index, (one, other) in enumerate(itertools.pairwise(candidates)):
        adjacent = one.flow == other.flow and abs(other.line.order - one.line.order) <= 1
        differ = (one.match.axis, one.match.level) != (other.match.axis, other.match.level)
        same_kind = one.match.strength is other.match.strength
        if adjacent and differ and same_kind and one.match.axis != "foreign" and other.match.axis != "foreign":
            listed.update((index, index + 1))
    for strength in (Strength.LABELLED, Strength.PLAIN):
        flow = [
            (index, candidate.match.level)
            for index, candidate in enumerate(candidates)
            if candidate.flow == where.DOCUMENT and candidate.match.strength is strength and candidate.line.page <= 1
        ]
        if len({level for _, level in flow}) > 1 or (strength is Strength.LABELLED and len(flow) > 2):
            listed.update(index for index, _ in flow)
    return listed


def _accepted(candidate: Candidate, zone: str, around: Surroundings) -> Accepted:
    match, line = candidate.match, candidate.line
    axis, form, period, period_text = match.axis, match.form, match.period, match.period_text
    if axis == "enterprise" and match.level in _STATE_LEVELS and line.zone != where.PROPERTY:
        official = around.near(around.official, line) or context.is_official_neighbour(line.text)
        if official or around.near(around.state, line):
            axis = "state"
    if not period_text and axis in {"state", "enterprise", "commercial", "work"}:
        found = around.period_near(line)
        period, period_text = found if found[0] else (period, period_text)
    if axis == "state" and period_text and grammar.is_exam_event(period_text) and ("考" in period_text or around.exam):
        axis, form = "exam", "exam"
    confidence = min(_CONFIDENCE.get(zone, 0.6) * _FORM_WEIGHT[match.strength], 0.99)
    return Accepted(
        axis, match.level, match.level_text, period, period_text,
        form, match.text, line.part, line.page, zone, confidence,
    )  # fmt: skip
