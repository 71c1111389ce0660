"""Comments before the first element of XML or HTML: where such a file bears a mark that is not part of its content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import text_forms

_BEFORE: Final = re.compile(r"\s*<(?:!--(?P<comment>.*?)--|[?!](?!--)[^<>\[]*)>", re.DOTALL)
_CHARACTERS_MAX: Final = 8192
_LINES_MAX: Final = 6
"""Of all comments together: they must not push the content's own first lines from the top."""
_FRAME: Final = " \t\u3000*#=~+|-"


def fragments(text: str) -> Iterator[Fragment]:
    """The lines of those comments, where they could hold a mark. ``text`` is the file's beginning."""
    text = text[:_CHARACTERS_MAX]
    lines: list[str] = []
    at = 0
    while len(lines) < _LINES_MAX and (found := _BEFORE.match(text, at)):
        at = found.end()
        lines += filter(None, (line.strip(_FRAME) for line in (found["comment"] or "").splitlines()))
    for line in lines[:_LINES_MAX]:
        if text_forms.may_hold_a_mark(line):
            yield Fragment(line, page=1)
