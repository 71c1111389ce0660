"""What kinds of text say by their form: front matter, tables of values, markup around a line, LaTeX's headers. Pure.

The type of such files is ``text``: nothing outside the lines says what they are. Only forms plain to see count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment
from gapwatch_agent.inspector.lines import TRIGGER

CJK_NEEDLES: Final = ("密", "秘", "祕", "控", "内部", "內部", "阅", "閱", "限")
LATIN_NEEDLES: Final = (
    "SECRET", "CONFIDENTIAL", "RESTRICT", "RESTREINT", "OFFICIAL", "CLASSIFI", "CUI", "CONTROLLED", "GEHEIM",
    "VERTRAULICH", "VS-", "PROTECTED", "SEC=",
)  # fmt: skip
NEEDLES: Final = (*CJK_NEEDLES, *LATIN_NEEDLES, "lassification", "Ｓ", "Ｃ")
_FRONT_MATTER: Final = re.compile(r"\s*(---|\+\+\+)[ \t]*\n")
_FRONT_LINES_MAX: Final = 100
_FRONT_CHARACTERS_MAX: Final = 8192
_FRONT_PAIR: Final = re.compile(r"([^\s:=#\-][^:=\n]{0,60}?)\s*[:=]\s*(\S.*)")
_TABLE_LINES: Final = 8
_TABLE_SAMPLE_CHARACTERS: Final = 4096
_LINE_CHARACTERS_MAX: Final = 400
_LABEL: Final = re.compile("密级|密級|保密期限|[Cc]lassification|CLASSIFICATION")
_LATEX: Final = re.compile(r"\\documentclass|\\begin\{document\}")
_LATEX_BEGIN: Final = "\\begin{document}"
_LATEX_PREAMBLE_MAX: Final = 1 << 16
_LATEX_PART: Final = re.compile(
    r"^[ \t]*\\(?P<name>[lcr]head|[lcr]foot|fancyhead|fancyfoot|rhead|ihead|ohead|ifoot|ofoot|cehead|cohead"
    r"|SetWatermarkText|SetBgContents|DraftwatermarkOptions|thispagestyle|watermark)(?:\[[^\]\n]{0,40}\])?\{(?P<text>[^\n]{1,200})\}",
    re.MULTILINE,
)
_LATEX_COMMAND: Final = re.compile(r"\\[A-Za-z@]+\*?(?:\[[^\]\n]*\])?|[{}$~]|\\\\")
_MARKUP: Final = re.compile(r"[*_`#>\\{}<~|=]")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,80}>")
_EMPHASIS: Final = re.compile(r"(?<![*_`~=])([*_]{1,3}|`{1,2}|~~|==)(?=\S)([^*_`~=\n]{1,80}?)(?<=\S)\1(?![*_`~=])")
_QUOTE: Final = re.compile(r"^\s*(?:>\s?)+")


def fragments(text: str, page: int) -> Iterator[Fragment]:
    """The first page, by its form; ``text`` has single line feeds."""
    properties, text = _front_matter(text)
    yield from properties
    if "\\" in text and _LATEX.search(text, 0, _LATEX_PREAMBLE_MAX):
        yield from _latex(text, page)
        return
    separator = _separator(text) if may_hold_a_mark(text) else ""
    if separator:
        yield Fragment(_rows(text, separator), part=where.TABLE, page=page)
        return
    yield plain(text, page)


def may_hold_a_mark(text: str) -> bool:
    """Whether any mark's characters occur; much faster over a whole text than one expression for all of them."""
    return any(needle in text for needle in NEEDLES)


def plain(text: str, page: int) -> Fragment:
    """Lines as they are, but for the markup around those that might be marks."""
    if not (may_hold_a_mark(text) and _MARKUP.search(text)):
        return Fragment(text, page=page)
    return Fragment("\n".join(map(_bare, text.split("\n"))), page=page)


def _bare(line: str) -> str:
    """The line without the signs that only make it bold, centred or quoted."""
    if len(line) > _LINE_CHARACTERS_MAX or not _MARKUP.search(line) or not TRIGGER.search(line):
        return line
    bare = _TAG.sub("", line)
    bare = _EMPHASIS.sub(r"\2", bare)
    if "\\" in bare and "{" in bare:
        bare = _LATEX_COMMAND.sub("", bare)
    return bare


def _front_matter(text: str) -> tuple[list[Fragment], str]:
    """The properties between two lines of dashes at the very start, and the text after them."""
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return [], text
    fence = opening[1]
    start = opening.end()
    for _ in range(_FRONT_LINES_MAX):
        end = text.find("\n", start)
        line = text[start:end].rstrip() if end >= 0 else text[start : start + 8].rstrip()
        if line == fence or (line == "..." and fence == "---"):
            rest = text[end + 1 :] if end >= 0 else ""
            return _pairs(text[opening.end() : start]), rest
        if end < 0 or start - opening.end() > _FRONT_CHARACTERS_MAX:
            break
        start = end + 1
    return [], text


def _pairs(block: str) -> list[Fragment]:
    found = []
    for line in block.split("\n"):
        pair = _FRONT_PAIR.match(line)
        if pair is not None:
            value = pair[2].strip().strip("\"'[]")
            found.append(Fragment(value, part=where.PROPERTY, key=pair[1].strip().strip("\"'")))
    return found


def _separator(text: str) -> str:
    """What divides the cells of a table of values; empty when the text is none: its first lines must agree."""
    lines = [line for line in text[:_TABLE_SAMPLE_CHARACTERS].split("\n")[:_TABLE_LINES] if line.strip()]
    if len(text) > _TABLE_SAMPLE_CHARACTERS and len(lines) > 2:
        lines = lines[:-1]
    if len(lines) < 2:
        return ""
    for separator in (",", ";"):
        counts = {len(_cells(line, separator)) for line in lines}
        if len(counts) == 1 and counts.pop() > 1:
            return separator
    return ""


def _rows(text: str, separator: str) -> str:
    return "\n".join(_row(line, separator) if TRIGGER.search(line) else line for line in text.split("\n"))


def _row(line: str, separator: str) -> str:
    """A form's row (a label and its value) or the only words of a row become cells; a row of data, a line of a
    register of documents say, stays as it is written: what stands in its columns is no mark of this file.
    """
    cells = _cells(line, separator)
    alone = sum(1 for cell in cells if cell.strip()) == 1
    return CELL_SEPARATOR.join(cells) if alone or _LABEL.search(line) else line


def _cells(line: str, separator: str) -> list[str]:
    """A row's cells; quotes may hold the separator."""
    if '"' not in line:
        return line.split(separator)
    cells = [""]
    for position, piece in enumerate(line.split('"')):
        if position % 2:
            cells[-1] += piece
        else:
            first, *others = piece.split(separator)
            cells[-1] += first
            cells.extend(others)
    return cells


def _latex(text: str, page: int) -> Iterator[Fragment]:
    """Headers, footers and watermarks of the preamble, then the document."""
    begin = text.find(_LATEX_BEGIN)
    preamble = text[: max(begin, 0)][:_LATEX_PREAMBLE_MAX]
    for found in _LATEX_PART.finditer(preamble):
        name = found["name"].lower()
        part = where.WATERMARK if "water" in name or "bg" in name else where.FOOTER if "foot" in name else where.HEADER
        words = _LATEX_COMMAND.sub("", found["text"]).removeprefix("text=").strip()
        if words:
            yield Fragment(words, part=part)
    comments = [line for line in preamble.split("\n")[:6] if line.startswith("%")]
    body = text[begin + len(_LATEX_BEGIN) :] if begin >= 0 else text
    yield plain("\n".join((*comments, body)), page)
