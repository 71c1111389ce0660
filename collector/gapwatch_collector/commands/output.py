"""Tables for people, JSON for machines. Control characters from outside are shown, never sent to the terminal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

DONE, NO, FAILED, USAGE = 0, 1, 2, 3
"""Exit codes: done, the answer is no, something could not be done, wrong usage or configuration."""


def printable(value: object) -> str:
    """Text as it may be shown: whatever is not printable stands escaped."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    """The same for a text of several lines: names in it were chosen by the machines that bear them."""
    return "\n".join(map(printable, text.split("\n")))


def moment(at_ns: int) -> str:
    """Nanoseconds since 1970 UTC for people: local time with offset; a dash for 0."""
    if not at_ns:
        return "-"
    return datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


def show(rows: Sequence[Mapping[str, object]], *, as_json: bool, empty: str = "none") -> None:
    """A list of rows with the same keys: a table, or one JSON array."""
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, default=str))
        return
    if not rows:
        print(empty)
        return
    heads = list(rows[0])
    cells = [[printable(row[head]) for head in heads] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *cells, strict=True)]
    for line in [heads, *cells]:
        print("  ".join(text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)).rstrip())


def show_one(row: Mapping[str, object], *, as_json: bool, sentence: str) -> None:
    """The outcome of one act: a JSON object, or a sentence."""
    print(json.dumps(row, ensure_ascii=False, default=str) if as_json else printable_lines(sentence))


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
