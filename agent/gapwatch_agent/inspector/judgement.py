"""Which candidates are marks: position, neighbours, and the false positives of domain §3.6. Pure."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import context, grammar, hints
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.surroundings import NEAR, Surroundings
from gapwatch_agent.inspector.zones import TOP_LINES, Line

_MARGINS: Final = frozenset({where.HEADER, where.FOOTER})
_STAMPED: Final = frozenset({where.TEXT_BOX, where.ANNOTATION})
_TOPS: Final = frozenset({where.FIRST_PAGE_TOP, where.PAGE_TOP}) | _STAMPED | _MARGINS
_STRONG_ZONES: Final = _TOPS | {where.FIRST_PAGE, where.COVER_TABLE, where.WATERMARK, where.PROPERTY}
_AT_THE_FOOT: Final = frozenset({"foreign", "commercial"})
_STATE_LEVELS: Final = frozenset({"top_secret", "secret", "confidential"})
_WATERMARKS: Final = frozenset(
    {"level", "level_period", "level_stamp", "level_notice", "unit_level", "work_secret", "trade_secret"}
)
_BARE_IN_MARGIN: Final = frozenset({"SECRET", "TOP SECRET", "CUI", "OFFICIAL", "GEHEIM", "UNCLASSIFIED", "PROTECTED"})
_STAMPS: Final = frozenset({"stamp", "work_notice", "level_notice", "level_stamp"})
_LISTS: Final = frozenset({where.DOCUMENT, where.TEXT_BOX})
_STARRED_PARTS: Final = frozenset({"portion_star", "after_title_star"})
_PORTIONS_MIN: Final = 2
_LABELLED_LINES: Final = 45

_CONFIDENCE: Final = {
    where.HEADER: 0.95,
    where.FOOTER: 0.9,
    where.FIRST_PAGE_TOP: 0.95,
    where.PAGE_TOP: 0.85,
    where.TEXT_BOX: 0.85,
    where.ANNOTATION: 0.85,
    where.WATERMARK: 0.8,
    where.COVER_TABLE: 0.9,
    where.PROPERTY: 0.9,
    where.FIRST_PAGE: 0.8,
    where.PAGE_BOTTOM: 0.75,
    where.BODY: 0.65,
}
_FORM_WEIGHT: Final = {
    Strength.STRONG: 1.04,
    Strength.LABELLED: 0.98,
    Strength.PLAIN: 0.9,
    Strength.BANNER: 0.75,
    Strength.PORTION: 0.8,
}


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
    malformed: bool = False
    """It is a mark, but not written as the rules ask (FIL-06)."""


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


def accept(candidates: list[Candidate], around: Surroundings) -> list[Accepted]:
    """The candidates that are marks; ``accepted`` is set on each of them."""
    listed = _listed(candidates)
    found = []
    for index, candidate in enumerate(candidates):
        if candidate.match.strength is Strength.PORTION:
            continue
        zone = _zone(candidate, around)
        if not _stands(candidate, zone, candidates, around):
            candidate.refused = _kind_of_hint(candidate, zone)
        elif index in listed or _explained_away(candidate, zone, around):
            struck = context.is_declassified(candidate.line.text) or around.near(around.declassified, candidate.line)
            candidate.refused = hints.DECLASSIFIED if struck else hints.EXAMPLE
        else:
            candidate.accepted = True
            found.append(_accepted(candidate, zone, around))
    found.extend(_accept_portions(candidates, found, around))
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
    """The line's zone, the last lines of the text being a bottom where nothing better is known.

    The first lines of a later page or an annex are a top for what is hardly anything but a mark, even where their
    height says otherwise: GB/T 9704 leaves an eighth of a page above them.
    """
    line, strength = candidate.line, candidate.match.strength
    if candidate.flow != where.DOCUMENT or line.zone not in {where.BODY, where.FIRST_PAGE}:
        return line.zone
    begins = line.order in around.page_starts or context.is_annex(candidate.previous_text)
    if strength is Strength.STRONG and line.zone == where.BODY and begins:
        return where.PAGE_TOP
    ends_page = line.order > NEAR and line.order in around.page_ends
    if line.zone == where.FIRST_PAGE and (strength is Strength.STRONG or (strength is Strength.LABELLED and ends_page)):
        return line.zone  # A cover may be short, and its mark the last of it.
    is_last = line.order > max(around.last_order - 2, 2)
    return where.PAGE_BOTTOM if is_last or ends_page else line.zone


def _stands(candidate: Candidate, zone: str, candidates: list[Candidate], around: Surroundings) -> bool:
    """Whether this form may stand here."""
    match = candidate.match
    if match.strength is Strength.BANNER:
        return _banner_stands(candidate, zone, candidates, around)
    if match.strength is Strength.STRONG:
        at_the_foot = match.axis in _AT_THE_FOOT or _is_measured_foot(candidate.line)
        return zone in _STRONG_ZONES or (zone == where.PAGE_BOTTOM and at_the_foot)
    if match.strength is Strength.LABELLED:
        return _label_stands(candidate, zone, around)
    return _word_stands(candidate, zone)


def _word_stands(candidate: Candidate, zone: str) -> bool:
    """Bare words: margins, tops, boxes; single characters and stamps' wordings only at the very top."""
    match, line = candidate.match, candidate.line
    if match.form == "character_abroad":
        return _character_stands(candidate, zone)
    if zone == where.WATERMARK:
        return match.form in _WATERMARKS or match.level_text == "受控文件"
    if line.part == where.TABLE:
        return _in_a_table(line, zone)
    if match.form == "level_stamp":
        return _at_the_very_top(line, zone)
    return zone in _TOPS or (zone == where.PAGE_BOTTOM and (match.axis == "work" or _is_measured_foot(line)))


def _is_measured_foot(line: Line) -> bool:
    """A foot that the reader measured is a footer; the last line of a text may as well be an example."""
    return line.zone == where.PAGE_BOTTOM and line.page > 0


def _character_stands(candidate: Candidate, zone: str) -> bool:
    """密 or 秘: in a margin or a stamp, or first on the first page of a text that is Chinese or Japanese."""
    neighbours = (candidate.previous_text.strip(), candidate.next_text.strip())
    if any(len(text) == 1 for text in neighbours):
        return False
    if zone in _MARGINS | _STAMPED:
        return True
    wide = sum(1 for character in neighbours[1] if "\u3040" <= character <= "\u9fff")
    return zone == where.FIRST_PAGE_TOP and candidate.line.order <= NEAR and wide >= NEAR


def _at_the_very_top(line: Line, zone: str) -> bool:
    return zone in _MARGINS | _STAMPED | {where.PAGE_TOP} or (zone == where.FIRST_PAGE_TOP and line.order <= NEAR)


def _label_stands(candidate: Candidate, zone: str, around: Surroundings) -> bool:
    """A field that names itself: in the usual places, among other fields, in a drawing's title block."""
    line = candidate.line
    if zone in _STRONG_ZONES or candidate.match.form in {"register_remark", "label_column"}:
        return True
    if line.zone == where.PAGE_BOTTOM and line.page == 1:
        return True  # The reader measured it: the foot of a cover, not the last line of a text.
    beside_fields = context.is_field_like(candidate.previous_text) or context.is_field_like(candidate.next_text)
    near_the_start = line.page <= 1 and line.order <= _LABELLED_LINES
    in_title_block = line.part == where.TABLE and (
        around.near(around.title_block, line) or context.is_title_block(line.text)
    )
    return in_title_block or (zone in {where.BODY, where.PAGE_BOTTOM} and near_the_start and beside_fields)


def _in_a_table(line: Line, zone: str) -> bool:
    """A bare word in a table: alone in its row, or beside a title in the very first."""
    if zone not in _TOPS | {where.COVER_TABLE} or (line.order > TOP_LINES and zone != where.PAGE_TOP):
        return False
    cells = [cell.strip() for cell in line.text.split(where.CELL_SEPARATOR) if cell.strip()]
    titled = line.order == 1 and len(cells) <= NEAR and all(any(map(str.isalpha, cell)) for cell in cells)
    return len(cells) == 1 or titled or any(map(context.is_official_neighbour, cells))


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
        if parts == {where.DOCUMENT} and orders[0] <= NEAR and orders[1] > max(around.last_order - 2, orders[0] + 1):
            return True
    is_phrase = candidate.match.form == "banner_national" and here not in {"GEHEIM", "PROTECTED"}
    return zone in _MARGINS and (is_phrase or here in _BARE_IN_MARGIN)


def _kind_of_hint(candidate: Candidate, zone: str) -> str:
    """What a match in the wrong place is worth knowing as."""
    if zone == where.WATERMARK or (candidate.match.axis == "foreign" and candidate.match.strength is Strength.BANNER):
        return hints.BOILERPLATE
    return hints.BARE_WORD if candidate.match.strength is Strength.PLAIN else hints.EXAMPLE


def _explained_away(candidate: Candidate, zone: str, around: Surroundings) -> bool:
    """The false positives of §3.6 that wear a mark's form in a mark's place."""
    match, line = candidate.match, candidate.line
    if match.axis == "foreign" and around.training:
        return True
    if zone == where.PROPERTY:
        return False
    if around.declassified_stamp or around.near(around.declassified, line):
        return True
    if zone == where.WATERMARK:
        return False
    if around.template or context.is_declassified(line.text.replace(match.text, "")):
        return True
    return _quoted(candidate, zone, around)


def _quoted(candidate: Candidate, zone: str, around: Surroundings) -> bool:
    """Whether what stands around it makes the words an example, a title or a headword."""
    is_plain = candidate.match.strength is Strength.PLAIN
    if candidate.match.form == "label_column" and zone not in _MARGINS and not _table_ends(candidate):
        return True
    if zone in _MARGINS or candidate.match.form in {"label_below", "label_column"}:
        return False
    return context.introduces_example(candidate.previous_text) or (is_plain and _is_a_word(candidate, around))


def _table_ends(candidate: Candidate) -> bool:
    """Whether text follows the row: a document's own head. A row that follows, or nothing, is a register's."""
    return bool(candidate.next_text.strip()) and where.CELL_SEPARATOR not in candidate.next_text


def _is_a_word(candidate: Candidate, around: Surroundings) -> bool:
    """A bare level that is a title, a headword, an entry of a list: something else explains why it stands alone."""
    line, before, after = candidate.line, candidate.previous_text, candidate.next_text
    level = candidate.match.level_text
    return (
        context.is_definition(after)
        or (bool(level) and after.strip().startswith(level) and after.strip() != level)
        or (line.page <= 1 and line.zone == where.FIRST_PAGE_TOP and context.is_chapter(after))
        or context.is_rating(after)
        or context.is_rating(before)
        or context.is_about_levels(before)
        or around.near(around.culture, line, 4)
        or around.among_choices(line)
        or around.under_a_heading(line)
        or around.in_a_menu(line)
        or context.is_story_of(level, after)
    )


def _accept_portions(candidates: list[Candidate], marks: list[Accepted], around: Surroundings) -> list[Accepted]:
    """Levels before paragraphs and after titles (MARK90§3, §5): marks where something else says so too."""
    portions = [candidate for candidate in candidates if candidate.match.strength is Strength.PORTION]
    if not portions:
        return []
    official = any(order <= TOP_LINES for _, order in around.official | around.state)
    abroad = [candidate for candidate in portions if candidate.match.axis == "foreign"]
    caveats = sum(1 for candidate in abroad if candidate.match.form == "portion_abroad_caveat")
    foreign_mark = around.corroborated or caveats >= _PORTIONS_MIN or any(mark.axis == "foreign" for mark in marks)
    chinese_mark = official or any(mark.axis in {"state", "enterprise"} for mark in marks)
    levels = [candidate.match.level for candidate in portions if candidate.match.form == "portion"]
    found = []
    for candidate in portions:
        match, line = candidate.match, candidate.line
        if match.axis == "foreign":
            stands = foreign_mark and not around.training
        elif match.form.startswith("after_title"):
            stands = line.zone in {where.FIRST_PAGE_TOP} | _STAMPED and not around.template
        else:
            repeated = levels.count(match.level) >= _PORTIONS_MIN and context.is_prose(line.text)
            stands = match.form in _STARRED_PARTS or chinese_mark or repeated
            stands = stands and not around.template and not context.introduces_example(candidate.previous_text)
        if not stands or around.declassified_stamp:
            candidate.refused = hints.FOREIGN_PORTION if match.axis == "foreign" else hints.PORTION
            continue
        candidate.accepted = True
        found.append(_accepted(candidate, line.zone, around, is_state=_says_state(marks)))
    return found


def _says_state(marks: list[Accepted]) -> bool:
    return any(mark.axis == "state" for mark in marks)


def _listed(candidates: list[Candidate]) -> set[int]:
    """Levels one under another (a dictionary, a form's choices, a catalogue of files) mark nothing."""
    listed: set[int] = set()
    for index, (one, other) in enumerate(itertools.pairwise(candidates)):
        same_page = one.flow == other.flow and one.line.page == other.line.page
        adjacent = same_page and abs(other.line.order - one.line.order) <= 1
        differ = (one.match.axis, one.match.level) != (other.match.axis, other.match.level)
        stacked = one.match.form == "label_below" and other.match.strength is Strength.PLAIN
        same_kind = one.match.strength is other.match.strength or stacked
        exempt = one.match.form == "register_remark" or any(
            pair.match.axis == "foreign" or (same_kind and pair.match.form in _STAMPS) for pair in (one, other)
        )
        catalogue = _is_entry(one) and _is_entry(other)
        if adjacent and (differ or catalogue) and same_kind and not exempt and one.flow != where.PROPERTY:
            listed.update((index, index + 1))
    for (strength, _, _), group in _on_one_page(candidates).items():
        said = [(candidates[index].match.level, candidates[index].match.period) for index in group]
        different = len(set(said)) if strength is Strength.STRONG else len({level for level, _ in said})
        if different > 1 or (strength is Strength.LABELLED and len(group) > 2):
            listed.update(group)
    return listed


def _is_entry(candidate: Candidate) -> bool:
    """A starred mark that is the smaller part of its line: 某方案  机密★5年  3页."""
    text, line = candidate.match.text, candidate.line
    return (
        candidate.match.form.startswith("level_star") and line.part == where.DOCUMENT and 2 * len(text) < len(line.text)
    )


def _on_one_page(candidates: list[Candidate]) -> dict[tuple[Strength, str, int], list[int]]:
    """Candidates that would be a list if they differed, by strength, flow and page: not those at the very top."""
    groups: dict[tuple[Strength, str, int], list[int]] = {}
    for index, candidate in enumerate(candidates):
        match, line = candidate.match, candidate.line
        starred_below = match.strength is Strength.STRONG and line.zone == where.FIRST_PAGE
        plain = match.strength is Strength.PLAIN and match.level in _STATE_LEVELS
        named = plain or (match.strength is Strength.LABELLED and match.form != "register_remark")
        if candidate.flow in _LISTS and (named or starred_below) and match.axis != "foreign":
            groups.setdefault((match.strength, candidate.flow, max(line.page, 1)), []).append(index)
    return groups


def _accepted(candidate: Candidate, zone: str, around: Surroundings, *, is_state: bool = False) -> Accepted:
    match, line = candidate.match, candidate.line
    axis, form, period, period_text = match.axis, match.form, match.period, match.period_text
    if axis == "enterprise" and match.level in _STATE_LEVELS and line.zone != where.PROPERTY:
        official = around.near(around.official, line) or context.is_official_neighbour(line.text)
        if is_state or official or around.near(around.state, line):
            axis = "state"
    if not period_text and axis in {"state", "enterprise", "commercial", "work"} and match.strength != Strength.PORTION:
        found = around.period_near(line)
        period, period_text = found if found[0] else (period, period_text)
    if (
        axis == "state"
        and period_text
        and grammar.is_exam_event(period_text)
        and (grammar.names_exam(period_text) or around.exam)
    ):
        axis, form = "exam", "exam"
    starless = axis == "state" and match.axis == "enterprise"
    candidate.malformed = match.malformed or starless or (axis == "state" and grammar.is_too_long(match.level, period))
    confidence = min(_CONFIDENCE.get(zone, 0.6) * _FORM_WEIGHT[match.strength], 0.99)
    return Accepted(
        axis, match.level, match.level_text, period, period_text,
        form, match.text, line.part, line.page, zone, confidence,
    )  # fmt: skip
