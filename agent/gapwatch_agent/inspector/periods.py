"""The period of a mark (domain §3.3): a duration, a date, for ever, or until something happens. Pure.

Given normalised text, gives ISO 8601 (``P5Y``, ``2030-05-01``), ``long_term``, or the event's own words.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

LONG_TERM: Final = "long_term"
LONGEST_DAYS: Final = 1_000_000
"""More than any period that a mark can name."""

_DIGITS: Final = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "o": 0, "0": 0}
_TENS: Final = {"十": 10, "廿": 20, "卅": 30, "百": 100}
_NUMBER: Final = r"(?:\d{1,3}|[一二三四五六七八九十百零〇○廿卅]{1,6})"
_YEAR: Final = r"(?:(?:19|20|21)\d{2}|[一二][〇○Oo零一二三四五六七八九]{3})"
_DAY: Final = r"(?:\d{1,2}|[一二三四五六七八九十廿卅]{1,3})"
_HOUR: Final = rf"(?:(?:零|{_DAY})[时点](?:整|{_DAY}分)?)?"
_DATE_BODY: Final = (
    rf"(?:{_YEAR}(?:年(?:{_DAY}月(?:{_DAY}[日号]{_HOUR})?|底|末|初)?|[-./]\d{{1,2}}(?:[-./]\d{{1,2}})?)"
    r"|(?:20|21)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
)
_UNTIL: Final = r"(?:(?:日?(?:以|之)?前)|止|为止|(?:以|之)?后)?"

DURATION: Final = (
    rf"(?:(?:{_NUMBER}年半|{_NUMBER}年零?{_NUMBER}个?月|{_NUMBER}年|{_NUMBER}个半月|{_NUMBER}个?月|{_NUMBER}个?(?:周|星期)"
    rf"|{_NUMBER}个?季度|{_NUMBER}[天日]|半年|半个月)(?:以?内|整)?)"
)
DATE: Final = rf"(?:(?:{_DATE_BODY}(?:起)?(?:至|到|-|~))?(?:截?至|截?止|到|于)?{_DATE_BODY}{_UNTIL})"
_EVENT_WORD: Final = r"[\u4e00-\u9fffA-Za-z0-9《》“”\"'()、\-]"
EVENT: Final = (
    rf"(?:(?:解密(?:条件|时间|日期)[:为]?)?{_EVENT_WORD}{{1,24}}?"
    r"(?:之前|以前|前|之后|以后|后|为止|止|时|期间|完成|结束|完毕|失效|生效|公布|发布|公开|之日起?|解密))"
)
PLAIN_EVENT: Final = r"(?:[\u4e00-\u9fff]{1,12}?[^以从目当此生提空\W\d](?:之?前))"
"""An event after a dash or a dot, where 秘密-从前 is a song: it ends in 前 and says until what."""
FOR_EVER: Final = r"(?:(?:长期|永久|永远)(?:保密|有效)?|无限期(?:保密)?|长久|不限期)"
MEASURED: Final = rf"(?:{FOR_EVER}|{DATE}|{DURATION})"
"""A period that says itself what it is; safe where no star stands before it."""
ANY: Final = rf"(?:(?:保密期限|保密期|期限|保密)?[:\s]*{MEASURED}|{EVENT})"

_PREFIX: Final = re.compile(r"^(?:保密期限|保密期|期限|保密)[:\s]*")
_FOR_EVER: Final = re.compile(FOR_EVER)
_DURATION: Final = re.compile(DURATION)
_DURATION_PARTS: Final = re.compile(
    rf"(?:(?P<years>{_NUMBER})年(?P<half>半)?)?零?(?:(?P<months>{_NUMBER})个?(?P<half_month>半)?月)?"
    rf"(?:(?P<quarters>{_NUMBER})个?季度)?(?:(?P<weeks>{_NUMBER})个?(?:周|星期))?(?:(?P<days>{_NUMBER})[天日])?(?:以?内|整)?"
)
_DATE_PARTS: Final = re.compile(
    rf"(?P<year>{_YEAR})(?:年|[-./])?(?:(?P<month>{_DAY})(?:月|[-./])?(?:(?P<day>{_DAY})[日号]?)?)?"
)
_COMPACT: Final = re.compile(r"((?:20|21)\d{2})(\d{2})(\d{2})(?!\d)")
_SINGLE_DATE: Final = re.compile(DATE)
_CHINESE_DIGITS: Final = re.compile("[一二三四五六七八九十百〇廿卅]")


def parse(text: str) -> str:
    """ISO 8601 duration or date, ``long_term``, or the words themselves when they name an event."""
    text = _PREFIX.sub("", "".join(text.split())) or text
    if _FOR_EVER.fullmatch(text):
        return LONG_TERM
    if text.startswith("半年"):
        return "P6M"
    if text.startswith("半个月"):
        return "P15D"
    if _SINGLE_DATE.fullmatch(text):
        return _date(text) or text
    parts = _DURATION_PARTS.fullmatch(text)
    if parts and any(parts.group(name) for name in ("years", "months", "quarters", "weeks", "days")):
        return _duration(parts)
    return text


def is_written_out(text: str) -> bool:
    """Whether a duration's or a date's figures are Chinese ones; the norm asks for Arabic (GB/T 9704-2012)."""
    plain = _PREFIX.sub("", "".join(text.split()))
    measured = _SINGLE_DATE.fullmatch(plain) or _DURATION.fullmatch(plain)
    return measured is not None and bool(_CHINESE_DIGITS.search(plain))


def days_of(period: str) -> int | None:
    """About how many days an ISO 8601 duration of ours lasts; None for anything else. For comparing only."""
    found = re.fullmatch(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", period)
    if found is None or not any(found.groups()):
        return None
    years, months, weeks, days = (int(value or 0) for value in found.groups())
    return years * 365 + months * 30 + weeks * 7 + days


def number(text: str) -> int:
    """``十五``, ``廿五``, ``二〇三〇``, ``15`` as an integer; 0 when it is none."""
    if text.isdecimal():
        return int(text)
    if not any(c in _TENS for c in text):
        return int("".join(str(_DIGITS.get(c, 0)) for c in text) or "0")
    total, pending = 0, 0
    for character in text:
        unit = _TENS.get(character)
        if unit is None:
            pending = _DIGITS.get(character, 0)
            continue
        total += unit if character in "廿卅" else (pending or 1) * unit
        pending = 0
    return total + pending


def _duration(parts: re.Match[str]) -> str:
    years, months = number(parts["years"] or "0"), number(parts["months"] or "0")
    months += 3 * number(parts["quarters"] or "0")
    if parts["half"]:
        months += 6
    days = number(parts["days"] or "0") + (15 if parts["half_month"] else 0)
    found = "P"
    for value, unit in ((years, "Y"), (months, "M"), (number(parts["weeks"] or "0"), "W"), (days, "D")):
        found += f"{value}{unit}" if value else ""
    return found if len(found) > 1 else parts.group()


def _date(text: str) -> str:
    """The last date of a span, as exact as it was written; empty when no calendar has it."""
    compact = list(_COMPACT.finditer(text))
    if compact:
        year, month, day = (int(group) for group in compact[-1].groups())
    else:
        matches = list(_DATE_PARTS.finditer(text))
        if not matches:
            return ""
        last = matches[-1]
        year, month, day = (number(last[name] or "0") for name in ("year", "month", "day"))
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return ""
    if not month:
        return f"{year:04d}-12-31" if re.search("年[底末]", text) else f"{year:04d}"
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"
