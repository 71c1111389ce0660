"""A page of pdfium's to pieces of text with coordinates, asking for as few positions as the lines need.

pdfium gives a page's text as lines in drawing order; each call for one character's place costs more than its text. So a
line's two ends and its gaps are asked for, every character only where a line does not run straight.
"""

from __future__ import annotations

import ctypes
import math
import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector.readers import pdf_lines
from gapwatch_agent.inspector.readers.pdf_library import Handle
from gapwatch_agent.inspector.readers.pdf_lines import PageText, Piece

CHARACTERS_MAX: Final = 200_000
"""Of one page; a page of small print holds ten thousand."""
_PROBED_CHARACTERS_MAX: Final = 20_000
_GAPS_MAX: Final = 60
_STRAIGHT_EMS: Final = 0.3
_FAINT_SIZE_MIN: Final = 28.0
_FAINT_LEVELS: Final = range(150, 246)
"""Lighter than print and not white, which stands on a dark ground."""
_OPAQUE: Final = 255
_ASKEW_RADIANS: Final = 0.08
_LONE: Final = re.compile("[\ud800-\udfff]")
_HYPHEN: Final = "\x02"
_SHUFFLED_CHARACTERS_MAX: Final = 120
_DRAWN_APART: Final = re.compile("[★☆✩＊※▲△●■□☐☑☒✓✔√]")
"""What marks and forms hold beside their words that many fonts lack."""
_BLANKS: Final = " \t\u00a0\u3000\r\n"


@dataclass(frozen=True, slots=True)
class _Frame:
    """The shown box in page space and how often the page is turned clockwise by a quarter."""

    left: float
    bottom: float
    right: float
    top: float
    quarters: int

    @property
    def height(self) -> float:
        return self.right - self.left if self.quarters % 2 else self.top - self.bottom

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """From page space to points from the shown page's upper left corner."""
        if self.quarters == 0:
            return x - self.left, self.top - y
        if self.quarters == 1:
            return y - self.bottom, x - self.left
        if self.quarters == 2:
            return self.right - x, y - self.bottom
        return self.top - y, self.right - x


class TextPage:
    """The text of one loaded page. Use with ``opened``."""

    def __init__(self, page: Handle, text_page: Handle, number: int) -> None:
        self._page = page
        self._text_page = text_page
        self._number = number
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = pdfium.FS_RECTF()
        self._probes = 0
        self._turned = [0, 0, 0, 0]
        self._has_pairs = False
        count = min(pdfium.FPDFText_CountChars(text_page), CHARACTERS_MAX)
        self.text = self._read(count) if count > 0 else ""
        self._index_differs = len(self.text) != count
        self._frame = _frame_of(page)

    def _read(self, count: int) -> str:
        buffer = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(self._text_page, 0, count, buffer)
        units = bytes(buffer)[: max(written - 1, 0) * 2]
        text = units.decode("utf-16-le", errors="surrogatepass")
        # Positions are counted in units: a character beyond the first plane takes two.
        self._has_pairs = len(text) * 2 != len(units) or _LONE.search(text) is not None
        return "".join(map(chr, array("H", units))) if self._has_pairs else text

    def is_unreadable(self) -> bool:
        """Whether most characters have no known meaning: a font without a map to Unicode."""
        sample = range(0, len(self.text), max(len(self.text) // 64, 1))
        wrong = sum(
            pdfium.FPDFText_HasUnicodeMapError(self._text_page, self._index(position)) == 1 for position in sample
        )
        return bool(wrong * 2 > len(sample))

    def plain(self) -> str:
        """The text in drawing order without asking where it stands."""
        return self._clean(self.text).replace("\r\n", "\n")

    def placed(self) -> PageText:
        """The text in lines that know where they stand. A page set sideways as a whole is read as if it were turned."""
        pieces = self._all_pieces()
        quarters, turned = max(enumerate(self._turned), key=lambda item: item[1])
        if turned * 2 > sum(len(piece.text) for piece in pieces):
            frame = self._frame
            self._frame = _Frame(frame.left, frame.bottom, frame.right, frame.top, quarters)
            pieces = self._all_pieces()
        return pdf_lines.arrange(self._number, self._frame.height, pieces)

    def _all_pieces(self) -> list[Piece]:
        self._probes = 0
        self._turned = [0, 0, 0, 0]
        pieces: list[Piece] = []
        start = 0
        for line in self.text.split("\r\n"):
            bare = line.strip(_BLANKS)
            if bare:
                first = start + line.index(bare[0])
                pieces.extend(self._pieces(first, first + len(bare)))
            start += len(line) + 2
        return pieces

    def _pieces(self, first: int, end: int) -> Iterator[Piece]:
        """The line of characters ``first`` to ``end``, cut where it turns."""
        left, baseline, size, angle = self._place(first)
        last_left, last_baseline, last_size, last_angle = self._place(end - 1) if end - first > 1 else (
            left, baseline, size, angle
        )  # fmt: skip
        straight = abs(last_baseline - baseline) <= _STRAIGHT_EMS * max(size, last_size) and last_left >= left
        if straight and self._direction(angle) == pdf_lines.FLAT and self._direction(last_angle) == pdf_lines.FLAT:
            shuffled = self._shuffled(first, end)
            if shuffled is not None:
                yield shuffled
                return
            right = last_left + self._advance(end - 1)
            yield self._piece(first, end, left, right, baseline, max(size, last_size), pdf_lines.FLAT)
            return
        yield from self._cut(first, end)

    def _shuffled(self, first: int, end: int) -> Piece | None:
        """A short line that may be a mark, put in order; None where it is.

        A star or box that the line's font lacks is drawn from another font after the rest: 机密 5年, then ★.
        """
        if end - first > _SHUFFLED_CHARACTERS_MAX or not _DRAWN_APART.search(self.text, first, end):
            return None
        glyphs: list[Piece] = []
        in_order = True
        for position in range(first, end):
            if self.text[position] in _BLANKS:
                continue
            left, baseline, size, _ = self._place(position)
            in_order = in_order and (not glyphs or left >= glyphs[-1].left)
            if glyphs and abs(baseline - glyphs[0].baseline) > _STRAIGHT_EMS * size:
                return None
            glyphs.append(Piece(self.text[position], left, left + self._advance(position), baseline, size))
        if in_order:
            return None
        row = pdf_lines.join_row(glyphs)
        return replace(row, text=self._clean(row.text), faint=row.size >= _FAINT_SIZE_MIN and self._is_faint(first))

    def _cut(self, first: int, end: int) -> Iterator[Piece]:
        """Every character asked for its place."""
        if self._probes > _PROBED_CHARACTERS_MAX:
            left, baseline, size, angle = self._place(first)
            yield self._piece(first, end, left, left, baseline, size, self._direction(angle))
            return
        start, before = first, self._place(first)
        for index in range(first + 1, end + 1):
            # What pdfium put between two pieces stands nowhere itself.
            blank = index < end and self.text[index] in _BLANKS
            here = self._place(index) if index < end and not blank else None
            if blank or (here is not None and self._goes_on(before, here)):
                before = here or before
                continue
            left, baseline, size, angle = self._place(start)
            stop = index
            while stop > start + 1 and self.text[stop - 1] in _BLANKS:
                stop -= 1
            right = self._place(stop - 1)[0] + self._advance(stop - 1)
            direction = self._direction(angle)
            if direction == pdf_lines.SIDE:
                self._turned[round(-angle / (math.pi / 2)) % 4] += stop - start
            yield self._piece(start, stop, left, max(right, left), baseline, size, direction)
            if here is not None:
                start, before = index, here

    def _goes_on(self, before: tuple[float, ...], here: tuple[float, ...]) -> bool:
        """Whether two characters stand in one line: same turn; upright ones on one baseline, to the right."""
        if abs(math.remainder(before[3] - here[3], 2 * math.pi)) > _ASKEW_RADIANS:
            return False
        size = max(before[2], here[2])
        if self._direction(here[3]) != pdf_lines.FLAT:
            return math.hypot(here[0] - before[0], here[1] - before[1]) <= 3 * size
        return abs(here[1] - before[1]) <= _STRAIGHT_EMS * size and here[0] >= before[0]

    def _piece(
        self, first: int, end: int, left: float, right: float, baseline: float, size: float, direction: str
    ) -> Piece:
        text = self.text[first:end]
        if direction == pdf_lines.FLAT and len(text) <= CHARACTERS_MAX:
            text = self._with_tabs(first, text, size)
        faint = direction == pdf_lines.FLAT and size >= _FAINT_SIZE_MIN and self._is_faint(first)
        return Piece(self._clean(text), left, right, baseline, size, direction, faint)

    def _with_tabs(self, first: int, text: str, size: float) -> str:
        """Gaps too wide for a space become tabs."""
        if " " not in text or text.count(" ") > _GAPS_MAX or self._probes > _PROBED_CHARACTERS_MAX:
            return text
        made, position = "", 0
        while (gap := text.find(" ", position)) >= 0:
            after = gap
            while text[after] == " ":
                after += 1
            right = self._place(first + gap - 1)[0] + self._advance(first + gap - 1)
            mark = pdf_lines.separator(self._place(first + after)[0] - right, size, text[:gap], text[after:])
            made += text[position:gap] + (mark if mark == "\t" else " ")
            position = after
        return made + text[position:]

    def _clean(self, text: str) -> str:
        text = text.replace(_HYPHEN, "-").replace("\0", "")
        if self._has_pairs:
            return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
        return text

    def _is_faint(self, index: int) -> bool:
        colours = [ctypes.c_uint() for _ in range(4)]
        if not pdfium.FPDFText_GetFillColor(self._text_page, self._index(index), *colours):
            return False
        red, green, blue, opacity = (colour.value for colour in colours)
        return opacity < _OPAQUE or min(red, green, blue) in _FAINT_LEVELS

    # --- single characters

    def _index(self, position: int) -> int:
        if not self._index_differs:
            return position
        return max(int(pdfium.FPDFText_GetCharIndexFromTextIndex(self._text_page, position)), 0)

    def _place(self, position: int) -> tuple[float, float, float, float]:
        """Left, baseline, size and angle of a character as shown."""
        self._probes += 1
        index = self._index(position)
        pdfium.FPDFText_GetCharOrigin(self._text_page, index, self._x, self._y)
        left, baseline = self._frame.shown(self._x.value, self._y.value)
        pdfium.FPDFText_GetLooseCharBox(self._text_page, index, self._box)
        box = self._box
        across, up = abs(box.right - box.left), abs(box.top - box.bottom)
        angle = pdfium.FPDFText_GetCharAngle(self._text_page, index)
        size = across if self._frame.quarters % 2 else up
        if self._direction(angle) != pdf_lines.FLAT:
            size = max(across, up) / (abs(math.cos(angle)) + abs(math.sin(angle)))
        return left, baseline, size, angle

    def _advance(self, position: int) -> float:
        """The width of a character as shown."""
        pdfium.FPDFText_GetLooseCharBox(self._text_page, self._index(position), self._box)
        box = self._box
        return float(abs(box.top - box.bottom) if self._frame.quarters % 2 else abs(box.right - box.left))

    def _direction(self, angle: float) -> str:
        """How a character lies on the shown page; pdfium's angles are clockwise on the page as stored."""
        shown = math.remainder(angle + self._frame.quarters * math.pi / 2, 2 * math.pi)
        if abs(shown) <= _ASKEW_RADIANS:
            return pdf_lines.FLAT
        return pdf_lines.SIDE if abs(math.remainder(shown, math.pi / 2)) <= _ASKEW_RADIANS else pdf_lines.SLANTED


@contextmanager
def opened(page: Handle, number: int) -> Iterator[TextPage | None]:
    """The page's text; None when pdfium cannot give it."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        yield None
        return
    try:
        yield TextPage(page, text_page, number)
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _frame_of(page: Handle) -> _Frame:
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, box):
        return _Frame(0.0, 0.0, pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page), 0)
    return _Frame(box.left, box.bottom, box.right, box.top, pdfium.FPDFPage_GetRotation(page) % 4)
