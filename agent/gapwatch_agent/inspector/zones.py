"""Where a line stands (domain §3.3): counts lines and pages as fragments pass and names the zone of each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import context
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment

TOP_LINES: Final = 6
"""Lines of a page that count as its top: GB/T 9704 needs three, covers with a letterhead a few more."""
LATER_TOP_LINES: Final = 3
FIRST_PAGE_LINES: Final = 45
"""A text without page breaks has a first page of about this many lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line and where it stands. ``order`` counts the lines of its part; ``text`` is as the reader gave it."""

    text: str
    part: str
    page: int
    zone: str
    order: int
    key: str = ""


class ZoneTracker:
    """Gives each line its zone. A page's top ends at the first sentence of prose."""

    def __init__(self) -> None:
        self._orders: dict[str, int] = {}
        self._page = 1
        self._page_line = 0
        self._prose_seen = False
        self._box_line = 0
        self._last_part = ""

    def place(self, fragment: Fragment, text: str, *, starts_fragment: bool) -> Line:
        """The line's place; call once for each line that is not blank, in reading order."""
        flow = where.DOCUMENT if fragment.part == where.TABLE else fragment.part
        order = self._orders.get(flow, 0) + 1
        self._orders[flow] = order
        zone = fragment.zone or self._zone(fragment, text, starts_fragment=starts_fragment)
        return Line(text, fragment.part, fragment.page, zone, order, fragment.key)

    def _zone(self, fragment: Fragment, text: str, *, starts_fragment: bool) -> str:
        if fragment.part in {where.DOCUMENT, where.TABLE}:
            return self._flow_zone(fragment, text)
        if fragment.part == where.TEXT_BOX:
            return self._box_zone(text, starts_fragment=starts_fragment)
        return fragment.part

    def _flow_zone(self, fragment: Fragment, text: str) -> str:
        page = max(fragment.page, 1)
        if page != self._page:
            self._page, self._page_line, self._prose_seen = page, 0, False
        self._page_line += 1
        if self._prose_seen:
            return where.BODY
        if fragment.part == where.DOCUMENT and context.is_prose(text):
            self._prose_seen = True
            return where.BODY
        if page > 1:
            return where.PAGE_TOP if self._page_line <= LATER_TOP_LINES else where.BODY
        if fragment.part == where.TABLE:
            return where.COVER_TABLE if self._page_line <= FIRST_PAGE_LINES else where.BODY
        if self._page_line <= TOP_LINES:
            return where.FIRST_PAGE_TOP
        return where.FIRST_PAGE if self._page_line <= FIRST_PAGE_LINES else where.BODY

    def _box_zone(self, text: str, *, starts_fragment: bool) -> str:
        if starts_fragment and self._last_part != where.TEXT_BOX:
            self._box_line = 0
        self._box_line += 1
        return where.BODY if context.is_prose(text) else where.TEXT_BOX
