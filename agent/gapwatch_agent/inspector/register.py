"""Registers: a column of remarks that says 机密 marks them (S3§22), a column 密级 speaks of other documents. Pure."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import portions
from gapwatch_agent.inspector.grammar import Match
from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_agent.inspector.zones import Line

_HEADS: Final = frozenset({"备注", "備註", "備注", "备註", "附注", "附註"})
_LEVEL_HEADS: Final = frozenset({"密级", "密級", "保密等级", "保密级别", "文件密级", "介质密级", "密级及期限"})
_VALUE: Final = re.compile("[0-9★☆]|绝密|机密|秘密|絕密|機密")
_HEAD_CELLS_MIN: Final = 3
_ROW_CHARACTERS_MAX: Final = 2000
_HEAD: Final = re.compile("注|註|密|级|級")


class Register:
    """Follows the rows of a table; give it every line of the document's flow."""

    def __init__(self) -> None:
        self._column = -1
        self._last = False
        self._of_levels = False

    @property
    def is_open(self) -> bool:
        """Whether the table being read has a column of remarks."""
        return self._column >= 0

    def note(self, line: Line) -> None:
        """A row may be the head of a register; anything but a row ends it."""
        if line.part != where.TABLE:
            self._column, self._of_levels = -1, False
        elif _HEAD.search(line.text) and len(line.text) <= _ROW_CHARACTERS_MAX:
            cells = ["".join(cell.split()) for cell in line.text.split(where.CELL_SEPARATOR)]
            named = [cell for cell in cells if cell]
            is_head = len(named) >= _HEAD_CELLS_MIN and not any(map(_VALUE.search, named))
            self._of_levels = self._of_levels or (is_head and any(cell in _LEVEL_HEADS for cell in named))
            column = next((index for index, cell in enumerate(cells) if cell in _HEADS), -1)
            if column >= 0 and len(cells) >= _HEAD_CELLS_MIN:
                self._column, self._last = column, column == len(cells) - 1

    def lists(self, line: Line) -> bool:
        """Whether the row is a register's entry: the level in it is another document's."""
        return self._of_levels and line.part == where.TABLE and where.CELL_SEPARATOR in line.text.strip()

    def remark(self, line: Line) -> Match | None:
        """The level a row's remarks name."""
        if line.part != where.TABLE or self._column < 0 or len(line.text) > _ROW_CHARACTERS_MAX:
            return None
        cells = line.text.split(where.CELL_SEPARATOR)
        if len(cells) <= self._column and not (self._last and len(cells) > 1):
            return None
        cell = cells[-1] if self._last or len(cells) <= self._column else cells[self._column]
        return portions.remark(join_cjk(normalise(cell)))
