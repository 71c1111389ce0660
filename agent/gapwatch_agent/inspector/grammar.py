"""The grammar of Chinese marks (domain §3.3): a whole line or field in, what it says out. Pure; position comes later.

Everything is matched on normalised text (``normalise``): one star, simplified characters, no spread characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gapwatch_agent.inspector import periods
from gapwatch_agent.inspector.normalise import Normal


class Strength(IntEnum):
    """How much a form says by itself; ``marks`` asks for a better position the weaker it is."""

    STRONG = 1
    """★ with or without a period, core/common trade secret, a banner with its separators: hardly ever anything else."""
    LABELLED = 2
    """A field that names itself: 密级：机密."""
    PLAIN = 3
    """Bare words as a whole line: 机密, 内部资料, 工作秘密."""
    BANNER = 4
    """A bare foreign word: SECRET; needs its twin at the other end of the page or corroboration."""


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


LEVELS: Final = {"绝密": "top_secret", "机密": "secret", "秘密": "confidential", "极机密": "secret"}
DEFAULT_PERIODS: Final = {"top_secret": "P30Y", "secret": "P20Y", "confidential": "P10Y"}
"""L10§15: a state mark that names no period stands for the longest its level allows."""

OPEN: Final = r"[\[【(〔〖{]?"
CLOSE: Final = r"[\]】)〕〗}]?"
LEVEL: Final = r"(?P<level>极机密|绝密|机密|秘密)级?"
_COPY_NUMBER: Final = r"(?:(?:份号|编号|No\.?)[:\s]*)?(?:\d{1,8}\s+|\d{6}\s*)?"
_URGENCY: Final = r"\s*(?:特急|加急|特提|急件|平急|平件|紧急|火急|限时)?"
_ENGLISH: Final = (
    r"(?:\s*[/|·,(-]?\s*(?i:top secret|highly confidential|strictly confidential|confidential|secret)\s*\)?)?"
)
_STATE_WORDS: Final = r"(?P<state>(?:中华人民共和国)?国家秘密[:\s·★,-]*)?"
_HEAD: Final = rf"{_COPY_NUMBER}{_STATE_WORDS}{OPEN}"

_STAR_PERIOD: Final = re.compile(rf"{_HEAD}{LEVEL}{CLOSE}\s*★\s*[(\[]?(?P<period>{periods.ANY})[)\]]?{CLOSE}{_URGENCY}")
_STAR_ONLY: Final = re.compile(rf"{_HEAD}{LEVEL}\s*★{CLOSE}{_URGENCY}")
_DASH_PERIOD: Final = re.compile(
    rf"{_HEAD}{LEVEL}\s*[·•.\-_~]+\s*(?P<period>{periods.MEASURED}|(?:启封|会议开始|公布|发布|开标|解密)前){CLOSE}{_URGENCY}"
)
_SPACE_PERIOD: Final = re.compile(rf"{_HEAD}{LEVEL}\s*[(,]?\s*(?P<period>{periods.MEASURED})\)?{CLOSE}{_URGENCY}")
_BARE: Final = re.compile(rf"{_HEAD}{LEVEL}{CLOSE}{_URGENCY}{_ENGLISH}")
_FOREIGN_CHINESE: Final = re.compile(rf"{OPEN}(?P<level>绝对机密|高度机密|限阅(?:文件)?|极秘|社外秘|部外秘){CLOSE}")
_FOREIGN_LEVELS: Final = {
    "绝对机密": "top_secret",
    "高度机密": "secret",
    "极秘": "top_secret",
    "限阅": "restricted",
    "限阅文件": "restricted",
    "社外秘": "restricted",
    "部外秘": "restricted",
}

_COMMERCIAL: Final = re.compile(
    rf"{OPEN}(?P<unit>[\u4e00-\u9fffA-Za-z0-9()\s]{{0,16}}?)(?P<level>(?:核心|普通)(?:商密|商业秘密))级?{CLOSE}"
    rf"(?:[★·\-_,:;/、\s]*[(\[]?(?P<period>{periods.ANY})[)\]]?)?{CLOSE}[★]?"
)
_NOT_A_UNIT: Final = re.compile(
    "保护|加强|关于|属于|管理|及|和|的|是|为|应|与|对|或|涉及|泄露|分为|包括|定为|确定|标注|各|本规定|什么"
)

_WARNING: Final = (
    r"(?:请?(?:注意|妥善|严格)(?:保密|保管|保存)|(?:请勿|不得|严禁|禁止|切勿|不准|勿)(?:对外|向外|擅自|随意)?"
    r"(?:外传|外泄|外借|外发|扩散|传播|传阅|公开|泄露|复制|转载|转发|翻印|上网|引用|带出|提供)(?:(?:或|和|、|及)[\u4e00-\u9fff]{2,4})?)"
)
_INSIDE: Final = r"(?:内部(?:资料|文件|材料|事项|刊物|信息|使用|传阅|参考|文稿)|工作秘密)"
_WORK_NOTICE: Final = re.compile(rf"{OPEN}(?P<level>{_INSIDE}[,、;!.·:\-\s★]*{_WARNING}){CLOSE}[!.。！]?")
_WORK_SECRET: Final = re.compile(
    rf"{OPEN}(?P<level>工作秘密)级?{CLOSE}(?:[★·\-_,\s]*[(\[]?(?P<period>{periods.ANY})[)\]]?)?{CLOSE}[★]?"
)
_STAMP: Final = re.compile(rf"{OPEN}(?P<level>内部资料|受控文件|内部文件|内部公开|内部材料){CLOSE}")

_PERIOD: Final = re.compile(periods.ANY)
_EXAM_EVENT: Final = re.compile("启用|启封|开启|考")
FIELD_CHARACTERS_MAX: Final = 90


def match(normal: Normal) -> Match | None:
    """What this whole line or field says, None when it is no mark. ``normal`` is joined (``normalise.join_cjk``)."""
    text = normal.text
    if not text or len(text) > FIELD_CHARACTERS_MAX:
        return None
    for attempt in (_state, _commercial, _work_or_stamp):
        found = attempt(normal)
        if found is not None:
            return found
    return None


def period_alone(normal: Normal) -> tuple[str, str] | None:
    """(period, words) of a text that is nothing but a period; None when it is none."""
    found = _PERIOD.fullmatch(normal.text)
    return (periods.parse(normal.text), words(normal, found.span())) if found else None


def is_exam_event(period_text: str) -> bool:
    """Whether the event a mark waits for is one of examinations (启用前, 考试结束前), given their surroundings."""
    return bool(_EXAM_EVENT.search(period_text))


def _state(normal: Normal) -> Match | None:
    for pattern, form in (
        (_STAR_PERIOD, "level_star_period"),
        (_STAR_ONLY, "level_star"),
        (_DASH_PERIOD, "level_separator_period"),
        (_SPACE_PERIOD, "level_period"),
        (_BARE, "level"),
    ):
        found = pattern.fullmatch(normal.text)
        if found:
            return _state_match(normal, found, form)
    found = _FOREIGN_CHINESE.fullmatch(normal.text)
    if found:
        word = found["level"]
        return Match("foreign", _FOREIGN_LEVELS[word], "level_abroad", Strength.PLAIN, word, text=_whole(normal, found))
    return None


def _state_match(normal: Normal, found: re.Match[str], form: str) -> Match:
    level = LEVELS[found["level"]]
    period_span = found.span("period") if "period" in found.re.groupindex else (0, 0)
    period = periods.parse(found["period"]) if period_span[1] else ""
    is_state = form in {"level_star_period", "level_star", "level_separator_period"}
    if form == "level_star":
        period = DEFAULT_PERIODS[level]
    return Match(
        axis="state" if is_state or found["state"] else "enterprise",
        level=level,
        form=form,
        strength=Strength.STRONG if is_state or found["state"] else Strength.PLAIN,
        level_text=words(normal, found.span("level")),
        period=period,
        period_text=words(normal, period_span),
        text=_whole(normal, found),
        state_words=bool(found["state"]),
    )


def words(normal: Normal, span: tuple[int, int]) -> str:
    """The words that stood there, without the spaces that spread them."""
    return "".join(normal.raw(*span).split())


def _whole(normal: Normal, found: re.Match[str]) -> str:
    return normal.raw(found.start(), found.end())


def _commercial(normal: Normal) -> Match | None:
    found = _COMMERCIAL.fullmatch(normal.text)
    if found is None or _NOT_A_UNIT.search(found["unit"]):
        return None
    return Match(
        axis="commercial",
        level="secret" if found["level"].startswith("核心") else "confidential",
        form="trade_secret",
        strength=Strength.STRONG if found["period"] else Strength.PLAIN,
        level_text=words(normal, found.span("level")),
        period=periods.parse(found["period"]) if found["period"] else "",
        period_text=words(normal, found.span("period")) if found["period"] else "",
        text=_whole(normal, found),
    )


def _work_or_stamp(normal: Normal) -> Match | None:
    found = _WORK_NOTICE.fullmatch(normal.text)
    if found:
        text = _whole(normal, found)
        return Match("work", "internal", "work_notice", Strength.PLAIN, normal.raw(*found.span("level")), text=text)
    found = _WORK_SECRET.fullmatch(normal.text)
    if found:
        return Match(
            axis="work",
            level="internal",
            form="work_secret",
            strength=Strength.PLAIN,
            level_text=words(normal, found.span("level")),
            period=periods.parse(found["period"]) if found["period"] else "",
            period_text=words(normal, found.span("period")) if found["period"] else "",
            text=_whole(normal, found),
        )
    found = _STAMP.fullmatch(normal.text)
    if found:
        level_text = words(normal, found.span("level"))
        return Match("enterprise", "internal", "stamp", Strength.PLAIN, level_text, text=_whole(normal, found))
    return None


def match_value(normal: Normal) -> Match | None:
    """A mark that is not a state level: what may stand as a label's value besides one."""
    return _commercial(normal) or _work_or_stamp(normal)
