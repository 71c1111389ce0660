"""Registers whose column of remarks says 机密 or 绝密 (S3§22): which column, and what a row says in it. Pure."""

from __future__ import annotations

from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import portions
from gapwatch_agent.inspector.grammar import Match
from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_agent.inspector.zones import Line

_HEADS: Final = frozenset({"备注", "備註", "備注", "备註", "附注", "附註"})
_HEAD_CELLS_MIN: Final = 3
_ROW_CHARACTERS_MAX: Final = 2000


class Register:
    """Follows the rows of a table; give it every line of the document's flow."""

    def __init__(self) -> None:
        self._column = -1
        self._last = False

    @property
    def is_open(self) -> bool:
        """Whether the table being read has a column of remarks."""
        return self._column >= 0

    def note(self, line: Line) -> None:
        """A row may be the head of a register; anything but a row ends it."""
        if line.part != where.TABLE:
            self._column = -1
        elif ("注" in line.text or "註" in line.text) and len(line.text) <= _ROW_CHARACTERS_MAX:
            cells = ["".join(cell.split()) for cell in line.text.split(where.CELL_SEPARATOR)]
            column = next((index for index, cell in enumerate(cells) if cell in _HEADS), -1)
            if column >= 0 and len(cells) >= _HEAD_CELLS_MIN:
                self._column, self._last = column, column == len(cells) - 1

    def remark(self, line: Line) -> Match | None:
        """The level a row's remarks name."""
        if line.part != where.TABLE or self._column < 0 or len(line.text) > _ROW_CHARACTERS_MAX:
            return None
        cells = line.text.split(where.CELL_SEPARATOR)
        if len(cells) <= self._column and not (self._last and len(cells) > 1):
            return None
        cell = cells[-1] if self._last or len(cells) <= self._column else cells[self._column]
        return portions.remark(join_cjk(normalise(cell)))
