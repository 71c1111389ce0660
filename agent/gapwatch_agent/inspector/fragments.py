"""What readers hand to the decision: pieces of text, and the closed lists of where a piece can stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DOCUMENT: Final = "document"
HEADER: Final = "header"
FOOTER: Final = "footer"
TEXT_BOX: Final = "text_box"
WATERMARK: Final = "watermark"
TABLE: Final = "table"
PROPERTY: Final = "property"
NAME: Final = "name"
NOTE: Final = "note"
ANNOTATION: Final = "annotation"
ATTACHMENT: Final = "attachment"
PARTS: Final = frozenset(
    {DOCUMENT, HEADER, FOOTER, TEXT_BOX, WATERMARK, TABLE, PROPERTY, NAME, NOTE, ANNOTATION, ATTACHMENT}
)
"""The parts of a file. ``note`` is anything beside the text that carries no mark: comments, footnotes, endnotes.
``annotation`` is what was put on a finished page: stamps, free text. ``attachment`` is a file that a document carries.
"""

FIRST_PAGE_TOP: Final = "first_page_top"
FIRST_PAGE: Final = "first_page"
PAGE_TOP: Final = "page_top"
PAGE_BOTTOM: Final = "page_bottom"
COVER_TABLE: Final = "cover_table"
BODY: Final = "body"
ZONES: Final = frozenset(
    {FIRST_PAGE_TOP, FIRST_PAGE, PAGE_TOP, PAGE_BOTTOM, COVER_TABLE, BODY}
    | {HEADER, FOOTER, TEXT_BOX, WATERMARK, PROPERTY, NAME, NOTE, ANNOTATION, ATTACHMENT}
)
"""Where a piece stands (domain §3.3). Marks are accepted in some of these only, which ones depends on their grammar."""

CELL_SEPARATOR: Final = "\t"
"""Between the cells of a table row; a label may stand in one cell and its value in the next."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of text in reading order: a paragraph, a line, a table row (cells joined by a tab), a property's value.

    ``page`` counts from 1; 0 means every page or unknown. ``zone`` is set only by a reader that knows better than the
    order of lines (a page description with coordinates, the tail of a text). ``key`` is a property's name.
    """

    text: str
    part: str = DOCUMENT
    page: int = 0
    zone: str = ""
    key: str = ""
