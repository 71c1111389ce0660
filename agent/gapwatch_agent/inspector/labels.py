"""Fields that name themselves: 密级：机密★5年, a form's ticked choice, 保密期限：10年 (domain §3.3). Pure.

A form nobody filled in (``密级：□绝密 □机密 □秘密``, ``密级（绝密/机密/秘密）``) says nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gapwatch_agent.inspector import foreign_east, grammar, periods, unit_marks
from gapwatch_agent.inspector.grammar import CLOSE, DEFAULT_PERIODS, LEVEL, LEVELS, OPEN, Match, Strength, words
from gapwatch_agent.inspector.normalise import Normal, join_cjk, normalise

_LABEL: Final = (
    "(?:[\u4e00-\u9fff]{0,4}?(?:(?<![绝机秘])密级|保密等级|保密级别|秘密等级|机密等级|涉密等级|涉密级别|定密级别"
    "|保密程度|密等)(?:标识|标志|等级)?(?:[/、和及与★](?:保密)?期限)?"
    "|(?i:(?:document |security )?classification|(?:security|confidentiality) level))"
)
LABEL_ONLY: Final = re.compile(rf"{_LABEL}[:=]?")
_LABEL_CHARACTERS_MAX: Final = 24
_FORMER: Final = re.compile("^(?:原|旧|变更前|调整前|第.{1,3}[章节条款]|关于)")
_LABELLED: Final = re.compile(
    rf"(?:[\[【(]?{_LABEL}[\]】)]?\s*[:=\t]|[\[【]{_LABEL}[\]】]|{_LABEL}(?=[\[【(][^\]】)]{{2,40}}[\]】)]$))\s*(?P<value>\S.*)",
    re.DOTALL,
)
_VALUE: Final = re.compile(
    rf"{OPEN}(?:{LEVEL}{CLOSE}"
    rf"(?:\s*★\s*(?P<star>{periods.ANY})?|\s*[·.\-_(,/]?\s*(?P<period>{periods.MEASURED})\)?)?{CLOSE}"
    r"|(?P<inner>内部公开|内部资料|内部文件|内部使用|内部|受控文件|受控))"
    r"(?P<rest>$|[\s;,.。、)/|].*|(?:保密期限|保密年限|密期|定密|知悉|编号|份号|页数|版本).*)",
    re.DOTALL,
)
_STATE_SIGN: Final = re.compile(r"★|密级?[\]】)]?\s*[·.\-_]+\s*\S")
_LEVEL_WORD: Final = re.compile("绝密|机密|秘密|核心商密|普通商密|内部|公开")
_BOXES: Final = r"[□☐◯○▢❑❏☑☒■▣✓✔√●◉]|[\[(][xX√✓v ]?[\])]"
_BOX: Final = re.compile(_BOXES)
_BOX_BEFORE: Final = re.compile(rf"(?P<box>{_BOXES})\s*(?P<word>绝密|机密|秘密)")
_BOX_AFTER: Final = re.compile(rf"(?P<word>绝密|机密|秘密)级?\s*(?P<box>{_BOXES})")
_TICKED: Final = re.compile("[☑☒■▣✓✔√●◉xXv]")
_PERIOD_FIELD: Final = re.compile(rf"(?:保密期限|保密年限|保密期|密期)\s*[:=\t]\s*(?P<period>{periods.ANY})")


def match(normal: Normal) -> Match | None:
    """What this line or field says if it is a labelled one. ``normal`` is joined (``normalise.join_cjk``)."""
    if len(normal.text) > grammar.FIELD_CHARACTERS_MAX:
        return None
    found = _LABELLED.match(normal.text)
    if found is None or _FORMER.match(normal.text):
        return None
    value = normal.part(found.start("value"), len(normal.text))
    if _BOX.search(value.text):
        return _ticked(normal, value)
    other = unit_marks.match(value) or foreign_east.match(value)
    if other is not None:
        return replace(other, form="label", strength=Strength.LABELLED, text=normal.raw(0, len(normal.text)))
    return _filled(normal, value)


def is_label(text: str) -> bool:
    """Whether the text is a label and nothing else: its value may stand on the next line."""
    return len(text) <= _LABEL_CHARACTERS_MAX and LABEL_ONLY.fullmatch(join_cjk(normalise(text)).text) is not None


def is_choice(normal: Normal) -> bool:
    """Whether this is a label with boxes to tick: ``match`` alone says what was ticked, its pieces say nothing."""
    found = _LABELLED.match(normal.text)
    return found is not None and bool(_BOX.search(found["value"]))


def period_field(normal: Normal) -> tuple[str, str]:
    """(period, words) of a line ``保密期限：10年``, empty when it is none."""
    found = _PERIOD_FIELD.match(normal.text)
    if found is None:
        return "", ""
    return periods.parse(found["period"]), words(normal, found.span("period"))


def _filled(normal: Normal, value: Normal) -> Match | None:
    choice = _VALUE.match(value.text)
    if choice is None or _LEVEL_WORD.search(choice["rest"]):
        return None
    text = normal.raw(0, len(normal.text) - len(choice["rest"]))
    if choice["inner"]:
        inner = words(value, choice.span("inner"))
        return Match("enterprise", "internal", "label", Strength.LABELLED, inner, text=text)
    level = LEVELS[choice["level"]]
    starred = bool(_STATE_SIGN.search(value.text[: choice.start("rest")]))
    period, period_text = _period(value, choice)
    if starred and not period:
        period = DEFAULT_PERIODS[level]
    axis = "state" if starred else "enterprise"
    level_text = words(value, choice.span("level"))
    return Match(axis, level, "label", Strength.LABELLED, level_text, period, period_text, text)


def _period(value: Normal, choice: re.Match[str]) -> tuple[str, str]:
    """The period beside the level, or in a field of its own later in the line."""
    for name in ("star", "period"):
        if choice[name]:
            return periods.parse(choice[name]), words(value, choice.span(name))
    later = _PERIOD_FIELD.search(value.text, choice.start("rest"))
    return (periods.parse(later["period"]), words(value, later.span("period"))) if later else ("", "")


def _ticked(normal: Normal, value: Normal) -> Match | None:
    """A form's choice: exactly one box ticked, else nobody has filled it in."""
    pattern = _BOX_BEFORE if _BOX.match(value.text) else _BOX_AFTER
    ticked = [option for option in pattern.finditer(value.text) if _TICKED.search(option["box"])]
    if len(ticked) != 1:
        return None
    word = words(value, ticked[0].span("word"))
    text = normal.raw(0, len(normal.text))
    return Match("enterprise", LEVELS[ticked[0]["word"]], "label_ticked", Strength.LABELLED, word, text=text)
