"""The grammar of Chinese marks (domain §3.3): a whole line or field in, what it says out. Pure; position comes later.

Everything is matched on normalised text (``normalise``): one star, simplified characters, no spread characters. Levels
with their periods are here; trade secrets, work secrets and stamps in ``unit_marks``, other systems in ``foreign``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gapwatch_agent.inspector import periods
from gapwatch_agent.inspector.normalise import Normal


class Strength(IntEnum):
    """How much a form says by itself; ``judgement`` asks for a better position the weaker it is."""

    STRONG = 1
    """★ with or without a period, core/common trade secret, a banner with its separators: hardly ever anything else."""
    LABELLED = 2
    """A field that names itself: 密级：机密."""
    PLAIN = 3
    """Bare words as a whole line: 机密, 内部资料, 工作秘密."""
    BANNER = 4
    """A bare foreign word: SECRET; needs its twin at the other end of the page or corroboration."""
    PORTION = 5
    """A level before a paragraph or after a title: needs a mark, its like or official neighbours besides."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a line says. ``state_words``: 国家秘密 stands in it. ``form`` names the rule that matched."""

    axis: str
    level: str
    form: str
    strength: Strength
    level_text: str
    period: str = ""
    period_text: str = ""
    text: str = ""
    state_words: bool = False
    malformed: bool = False
    """It is a mark, but not as the rules write one (FIL-06)."""


LEVELS: Final = {"绝密": "top_secret", "机密": "secret", "秘密": "confidential", "极机密": "secret"}
DEFAULT_PERIODS: Final = {"top_secret": "P30Y", "secret": "P20Y", "confidential": "P10Y"}
"""L10§15: a state mark that names no period stands for the longest its level allows."""
_DAYS_PER_YEAR: Final = 365

OPEN: Final = r"[\[【(〔〖{]?"
CLOSE: Final = r"[\]】)〕〗}]?"
LEVEL: Final = r"(?P<level>极机密|绝密|机密|秘密)级?"
_URGENT: Final = r"(?:特急|加急|特提|急件|平急|平件|紧急|火急|限时|急)"
_SERIAL: Final = r"(?:(?:No\.?|编号|序号|份号|流水号|图号)[:\s]*[A-Za-z0-9\-]{1,20}|第[A-Za-z0-9\-]{1,12}号|0\d{2,9})"
_COPY_NUMBER: Final = (
    r"(?:(?:份号|编号|No\.?)[:\s]*\d{1,8}[\s,/|]+|\d{3,8}[\s,/|]+|\d{6}\s*|第\d{1,8}号\s*)?"
    rf"(?:{_URGENT}[\s·,/|]*)?"
)
_URGENCY: Final = rf"(?:[\s·,/|]*[(\[【]?{_URGENT}[)\]】]?)?"
_COPY: Final = r"(?:[(\[]?(?:正本|副本|原件|复印件)[)\]]?|[(\[](?:原稿|草案|送审稿|征求意见稿)[)\]])?"
_TAIL: Final = rf"{_URGENCY}{_COPY}(?:[\s·,/|]+{_SERIAL})?"
_ENGLISH_WORDS: Final = r"(?i:top secret|highly confidential|strictly confidential|confidential|secret)"
_ENGLISH: Final = rf"(?:\s*[/|·,(\[-]?\s*{_ENGLISH_WORDS}\s*[)\]]?)?"
_ENGLISH_FIRST: Final = rf"(?:{_ENGLISH_WORDS}\s*[/|·,(\[-]?\s*)?"
_STATE_WORDS: Final = r"(?P<state>(?:中华人民共和国)?国家秘密[:\s·★,-]*)?"
_HEAD: Final = rf"{_COPY_NUMBER}{_STATE_WORDS}{OPEN}"

_STAR_PERIOD: Final = re.compile(
    rf"{_HEAD}{LEVEL}{CLOSE}\s*★\s*{OPEN}\s*(?P<period>{periods.ANY})\s*[)\]】]?{CLOSE}{_TAIL}{_ENGLISH}"
)
_STAR_ONLY: Final = re.compile(rf"{_HEAD}{LEVEL}\s*{CLOSE}\s*★{CLOSE}{_TAIL}")
_DASH_PERIOD: Final = re.compile(
    rf"{_HEAD}{LEVEL}{CLOSE}\s*[·•.\-_~]+\s*(?P<period>{periods.MEASURED}|{periods.PLAIN_EVENT}){CLOSE}{_TAIL}"
)
_SPACE_PERIOD: Final = re.compile(
    rf"{_HEAD}{LEVEL}{CLOSE}\s*[(,:/;▲△◆◇●■□※|]?\s*(?:保密期限?|期限)?:?(?P<period>{periods.MEASURED})\)?{CLOSE}{_TAIL}"
)
_BARE: Final = re.compile(rf"{_HEAD}{_ENGLISH_FIRST}{LEVEL}{CLOSE}(?:[\s·:/|-]*{_SERIAL})?{_TAIL}{_ENGLISH}")
_SHAPES: Final = (
    (_STAR_PERIOD, "level_star_period"),
    (_STAR_ONLY, "level_star"),
    (_DASH_PERIOD, "level_separator_period"),
    (_SPACE_PERIOD, "level_period"),
    (_BARE, "level"),
)
_STATE_FORMS: Final = frozenset({"level_star_period", "level_star", "level_separator_period"})

_PERIOD: Final = re.compile(periods.ANY)
_DATE_ALONE: Final = re.compile(r"[\d年月日号./\-〇○一二三四五六七八九十零]{6,}")
_EXAM: Final = re.compile("考试|开考|考前|[高中统联会月]考|考生|答题")
_EXAM_EVENT: Final = re.compile("启用|启封|开启|使用(?:完毕)?前")
FIELD_CHARACTERS_MAX: Final = 90


def match(normal: Normal) -> Match | None:
    """What this whole line or field says, None when it is no mark. ``normal`` is joined (``normalise.join_cjk``)."""
    text = normal.text
    if not text or len(text) > FIELD_CHARACTERS_MAX or "密" not in text:
        return None
    for pattern, form in _SHAPES:
        found = pattern.fullmatch(text)
        if found:
            return _state_match(normal, found, form)
    return None


def period_alone(normal: Normal) -> tuple[str, str] | None:
    """(period, words) of a text that is nothing but a period; None when it is none."""
    found = _PERIOD.fullmatch(normal.text)
    return (periods.parse(normal.text), words(normal, found.span())) if found else None


def is_exam_event(period_text: str) -> bool:
    """Whether the event a mark waits for is one of examinations (启用前, 考试结束前), given their surroundings."""
    return bool(_EXAM_EVENT.search(period_text)) or names_exam(period_text)


def names_exam(period_text: str) -> bool:
    """Whether the event itself says that it is an examination (考试结束前), whatever stands around."""
    return bool(_EXAM.search(period_text))


def is_too_long(level: str, period: str) -> bool:
    """Whether a state secret's period is above the most its level allows (L10§15)."""
    days, most = periods.days_of(period), periods.days_of(DEFAULT_PERIODS.get(level, ""))
    return days is not None and most is not None and days > most


def _state_match(normal: Normal, found: re.Match[str], form: str) -> Match:
    level = LEVELS[found["level"]]
    period_span = found.span("period") if "period" in found.re.groupindex else (0, 0)
    period_words = words(normal, period_span)
    period = periods.parse(found["period"]) if period_span[1] else ""
    if form == "level_period" and _DATE_ALONE.fullmatch(found["period"]):
        period = period_words = ""  # 机密  2026-03-01: when the document was written, not until when it is secret
    is_state = form in _STATE_FORMS
    malformed = is_state and ("★" not in whole(normal, found) or is_too_long(level, period))
    malformed = malformed or (is_state and bool(period_words) and periods.is_written_out(found["period"]))
    if form == "level_star":
        period = DEFAULT_PERIODS[level]
    return Match(
        axis="state" if is_state or found["state"] else "enterprise",
        level=level,
        form=form,
        strength=Strength.STRONG if is_state or found["state"] else Strength.PLAIN,
        level_text=words(normal, found.span("level")),
        period=period,
        period_text=period_words,
        text=whole(normal, found),
        state_words=bool(found["state"]),
        malformed=malformed or bool(found["state"] and not is_state),
    )


def words(normal: Normal, span: tuple[int, int]) -> str:
    """The words that stood there, without the spaces that spread them."""
    return "".join(normal.raw(*span).split())


def whole(normal: Normal, found: re.Match[str]) -> str:
    """All that the pattern took, as it stood."""
    return normal.raw(found.start(), found.end())
