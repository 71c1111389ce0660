"""What raises nothing by itself but is worth knowing (domain §3.6): hints, by kind, bounded. Pure.

A hint's text is its own few words, never what stands around them (contract C5).
"""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_proto.events import Hint

BARE_WORD: Final = "bare_word"
MALFORMED: Final = "malformed"
PORTION: Final = "portion"
COPY_NUMBER: Final = "copy_number"
STATEMENT: Final = "statement"
DISTRIBUTION: Final = "distribution"
UNFILLED_FORM: Final = "unfilled_form"
EXAMPLE: Final = "example"
DECLASSIFIED: Final = "declassified"
FOREIGN_PORTION: Final = "foreign_portion"
BOILERPLATE: Final = "boilerplate"
HINT_KINDS: Final = frozenset(
    {BARE_WORD, MALFORMED, PORTION, COPY_NUMBER, STATEMENT, DISTRIBUTION, UNFILLED_FORM}
    | {EXAMPLE, DECLASSIFIED, FOREIGN_PORTION, BOILERPLATE}
)
"""The kinds of hints; a closed list."""
HINT_LIST_MAX: Final = 16
HINT_CHARACTERS_MAX: Final = 32

_LEVELS: Final = "(?:绝密|机密|秘密)"
_FIELD: Final = r"(?:^|(?<=[\s:\[【(]))"
_MISSPELT: Final = "(?:绝秘|机秘|秘级|绝蜜|机蜜|秘蜜)"
"""Written so as a field of its own: in a sentence it is a slip of the pen, not a mark gone wrong."""
_MEASURE: Final = r"\d{1,3}\s*(?:年|个?月)"
_KINDS: Final = (
    (UNFILLED_FORM, re.compile(rf"密级[:：]?[(\s]*[□☐◯○▢_]|{_LEVELS}\s*[/|]\s*{_LEVELS}|{_LEVELS}★\s*年(?!\d)")),
    (
        MALFORMED,
        re.compile(
            rf"{_FIELD}(?:{_MISSPELT}(?:★\S{{1,12}})?|★\s*{_MEASURE}\s*{_LEVELS}|{_MEASURE}★{_LEVELS})(?=$|[\s\]】)])"
        ),
    ),
    (FOREIGN_PORTION, re.compile(r"\((?:TS|S|C|U|CUI|CTS|NS|NC|NR|NU)(?://[A-Z0-9/ ,\-]{1,40})?\)(?=\s)")),
    (PORTION, re.compile(rf"^[(\[【〔]{_LEVELS}级?[)\]】〕](?=\S)")),
    (DECLASSIFIED, re.compile("已解密|予以解密|解除密级|已降密")),
    (
        STATEMENT,
        re.compile(f"本(?:件|文件|文|资料|项目|报告|材料)[^,。，]{{0,6}}?(?:为|属于?|系|定为){_LEVELS}(?:级|件)?"),
    ),
    (COPY_NUMBER, re.compile("份号")),
    (DISTRIBUTION, re.compile("不得外传|请勿外传|严禁外传|阅后(?:退回|即焚|收回|销毁)|^抄送:|日印发$")),
    (BOILERPLATE, re.compile(r"(?i:\b(?:strictly |company )?confidential(?=\b))|(?i:commercial[ -]in[ -]confidence)")),
    (BARE_WORD, re.compile(rf"{_LEVELS}级?|商密|工作秘密|内部资料|受控文件|\b(?:TOP SECRET|SECRET|NOFORN|CUI)\b")),
)
_MAY_BE_BOILERPLATE: Final = re.compile("Confidential|confidential|confidence")


class HintList:
    """The first hint of each kind and place, and a count of all."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], Hint] = {}

    def wants(self) -> bool:
        """Whether anything more can be kept."""
        return len(self._found) < HINT_LIST_MAX

    def add(self, kind: str, part: str, page: int, zone: str, text: str) -> None:
        """Keep the hint unless its kind was seen in this place already."""
        if self.wants():
            hint = Hint(kind, part, page, zone, " ".join(text.split())[:HINT_CHARACTERS_MAX])
            self._found.setdefault((kind, part, zone), hint)

    def found(self) -> tuple[Hint, ...]:
        """In the order they were met."""
        return tuple(self._found.values())


def of_text(text: str) -> tuple[str, str] | None:
    """(kind, words) of the most telling hint in a line that marks nothing; None when there is none."""
    normal = join_cjk(normalise(text[:500]))
    for kind, pattern in _KINDS:
        found = pattern.search(normal.text)
        if found and (kind != BOILERPLATE or _MAY_BE_BOILERPLATE.search(normal.text)):
            return kind, normal.raw(*found.span())
    return None
