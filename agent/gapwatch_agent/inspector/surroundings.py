"""What the first page and the margins say beside the marks: collected line by line, asked once all is read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import context, foreign, labels
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_agent.inspector.zones import TOP_LINES, Line

NEAR: Final = 3
_NEIGHBOURS_MAX: Final = 400
_MENU_CHARACTERS: Final = 4
_PAGE_ENDS_MAX: Final = 4000
_STAMPED: Final = frozenset({where.HEADER, where.TEXT_BOX, where.ANNOTATION, where.WATERMARK})

At = tuple[str, int]
"""A line: its flow (tables belong to the document's) and its number there."""


def flow_of(part: str) -> str:
    """Tables stand in the flow of the document; every other part is a flow of its own."""
    return where.DOCUMENT if part == where.TABLE else part


@dataclass(slots=True)
class Surroundings:
    """Sets hold the lines that say so. ``last_order`` is the number of the document's last line, once known."""

    official: set[At] = field(default_factory=set)
    state: set[At] = field(default_factory=set)
    culture: set[At] = field(default_factory=set)
    choices: dict[At, str] = field(default_factory=dict)
    label_alone: set[At] = field(default_factory=set)
    short: set[At] = field(default_factory=set)
    declassified: set[At] = field(default_factory=set)
    title_block: set[At] = field(default_factory=set)
    page_ends: set[int] = field(default_factory=set)
    page_starts: set[int] = field(default_factory=set)
    periods: dict[At, tuple[str, str]] = field(default_factory=dict)
    exam: bool = False
    template: bool = False
    training: bool = False
    corroborated: bool = False
    declassified_stamp: bool = False
    last_order: int = 0

    def note_name(self, name: str) -> None:
        """What the file's name says about its text."""
        self.exam = bool(context.EXAM.search(name))
        self.template = context.is_template(name.rsplit("/", 1)[-1][:60])

    def note(self, line: Line) -> None:
        """Remember what this line says about marks near it."""
        text = line.text[:200]
        at = (flow_of(line.part), line.order)
        known = len(self.official) + len(self.state) + len(self.culture) + len(self.periods) + len(self.choices)
        if known + len(self.title_block) < _NEIGHBOURS_MAX:
            self._note_neighbour(at, text)
            if "密" in text:
                self._note_period(at, text)
                if context.is_declassification(text):
                    self.declassified.add(at)
                    stamped = line.part in _STAMPED and context.is_declassification_stamp(text)
                    self.declassified_stamp = self.declassified_stamp or stamped
        self.exam = self.exam or bool(context.EXAM.search(text))
        self.training = self.training or bool(foreign.TRAINING.search(line.text[:1000]))
        self.corroborated = self.corroborated or bool(foreign.CORROBORATION.search(text))
        if line.part == where.DOCUMENT and line.order <= TOP_LINES * 2:
            self.template = self.template or context.is_template(text)

    def note_period(self, line: Line, period: tuple[str, str]) -> None:
        """A property that says for how long (ISO 8601 and words)."""
        if period[0] and len(self.periods) < _NEIGHBOURS_MAX:
            self.periods[line.part, line.order] = period

    def end_page(self, order: int) -> None:
        """The document's line of this number was a page's last; so is the one before it, for our purpose."""
        if len(self.page_ends) < _PAGE_ENDS_MAX:
            self.page_ends.update((order - 1, order))

    def start_page(self, order: int) -> None:
        """A later page begins with the document's line of this number."""
        if len(self.page_starts) < _PAGE_ENDS_MAX:
            self.page_starts.add(order)

    def near(self, orders: set[At], line: Line, distance: int = NEAR) -> bool:
        """Whether one of these lines stands within ``distance`` lines of this one."""
        flow = flow_of(line.part)
        return any((flow, line.order + step) in orders for step in range(-distance, distance + 1))

    def among_choices(self, line: Line) -> bool:
        """Whether other words of a list of levels stand beside this one, or two of them near: a menu, a dictionary."""
        flow = flow_of(line.part)
        own = "".join(line.text.split())
        others = {
            step: word
            for step in range(-NEAR, NEAR + 1)
            if (word := self.choices.get((flow, line.order + step), own)) != own
        }
        return -1 in others or 1 in others or len(set(others.values())) > 1

    def under_a_heading(self, line: Line) -> bool:
        """Whether a lone 密级 stands a few lines above: a table's head whose cells became lines, 密级 份数 机密 3."""
        flow = flow_of(line.part)
        return any((flow, line.order - step) in self.label_alone for step in range(2, 5))

    def in_a_menu(self, line: Line) -> bool:
        """Whether two very short lines stand before and two after: a menu's entries, a list of words."""
        flow = flow_of(line.part)
        return all((flow, line.order + step) in self.short for step in (-2, -1, 1, 2))

    def period_near(self, line: Line) -> tuple[str, str]:
        """The nearest line's period, empty when none stands within six lines."""
        flow = flow_of(line.part)
        for step in sorted(range(-6, 7), key=abs):
            if (flow, line.order + step) in self.periods:
                return self.periods[flow, line.order + step]
        return "", ""

    def _note_neighbour(self, at: At, text: str) -> None:
        if context.is_official_neighbour(text):
            self.official.add(at)
        if context.says_state(text):
            self.state.add(at)
        if context.is_culture(text):
            self.culture.add(at)
        if context.is_choice_word(text):
            self.choices[at] = "".join(text.split())
        if "级" in text and labels.is_label(text):
            self.label_alone.add(at)
        if context.is_title_block(text):
            self.title_block.add(at)
        if len(text.strip()) <= _MENU_CHARACTERS:
            self.short.add(at)

    def _note_period(self, at: At, text: str) -> None:
        normal = normalise(text)
        for label in ("保密期限", "保密年限", "密期"):
            start = normal.text.find(label)
            if start >= 0:
                found = labels.period_field(join_cjk(normal.part(start, len(normal.text))))
                if found[0]:
                    self.periods[at] = found
                return
