"""The period of a mark (domain §3.3): a duration, a date, for ever, or until something happens. Pure.

Given normalised text, gives ISO 8601 (``P5Y``, ``2030-05-01``), ``long_term``, or the event's own words.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

LONG_TERM: Final = "long_term"

_DIGITS: Final = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_NUMBER: Final = r"(?:\d{1,3}|[一二三四五六七八九十百零〇]{1,5})"
_CHINESE_YEAR: Final = r"(?:(?:19|20|21)\d{2}|[一二][〇○零一二三四五六七八九]{3})"
_DAY: Final = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATE_BODY: Final = rf"{_CHINESE_YEAR}(?:年(?:{_DAY}月(?:{_DAY}[日号])?)?|[-./]\d{{1,2}}(?:[-./]\d{{1,2}})?)"
_UNTIL: Final = r"(?:(?:日?(?:以|之)?前)|止|为止|(?:以|之)?后)?"

DURATION: Final = (
    rf"(?:{_NUMBER}年半|{_NUMBER}年零?{_NUMBER}个?月|{_NUMBER}年|{_NUMBER}个?半?月|{_NUMBER}个?(?:周|星期)"
    rf"|{_NUMBER}[天日]|半年)"
)
DATE: Final = rf"(?:(?:{_DATE_BODY}(?:起)?(?:至|到|-|~))?(?:至|到)?{_DATE_BODY}{_UNTIL})"
EVENT: Final = r"(?:[\u4e00-\u9fffA-Za-z0-9《》“”\"'()、]{1,24}?(?:之前|以前|前|后|止|时|期间))"
FOR_EVER: Final = r"(?:长期(?:保密)?|永久(?:保密)?|永远|无限期|长久)"
MEASURED: Final = rf"(?:{FOR_EVER}|{DATE}|{DURATION})"
"""A period that says itself what it is; safe where no star stands before it."""
ANY: Final = rf"(?:{MEASURED}|{EVENT})"

_FOR_EVER: Final = re.compile(FOR_EVER)
_DURATION_PARTS: Final = re.compile(
    rf"(?:(?P<years>{_NUMBER})年(?P<half>半)?)?零?(?:(?P<months>{_NUMBER})个?月)?"
    rf"(?:(?P<weeks>{_NUMBER})个?(?:周|星期))?(?:(?P<days>{_NUMBER})[天日])?"
)
_DATE_PARTS: Final = re.compile(
    rf"(?P<year>{_CHINESE_YEAR})(?:年|[-./])?(?:(?P<month>{_DAY})(?:月|[-./])?(?:(?P<day>{_DAY})[日号]?)?)?"
)
_SINGLE_DATE: Final = re.compile(DATE)


def parse(text: str) -> str:
    """ISO 8601 duration or date, ``long_term``, or the words themselves when they name an event."""
    text = text.replace(" ", "")
    if _FOR_EVER.fullmatch(text):
        return LONG_TERM
    if text == "半年":
        return "P6M"
    if _SINGLE_DATE.fullmatch(text):
        return _date(text) or text
    parts = _DURATION_PARTS.fullmatch(text)
    if parts and any(parts.group(name) for name in ("years", "months", "weeks", "days")):
        return _duration(parts)
    return text


def number(text: str) -> int:
    """``十五``, ``二〇三〇``, ``15`` as an integer; 0 when it is none."""
    if text.isdecimal():
        return int(text)
    if "十" not in text and "百" not in text:
        return int("".join(str(_DIGITS.get(c, 0)) for c in text) or "0")
    total, pending = 0, 0
    for character in text:
        if character in "十百":
            total += (pending or 1) * (10 if character == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS.get(character, 0)
    return total + pending


def _duration(parts: re.Match[str]) -> str:
    years, months = number(parts["years"] or "0"), number(parts["months"] or "0")
    if parts["half"]:
        months += 6
    found = "P"
    for value, unit in ((years, "Y"), (months, "M"), (number(parts["weeks"] or "0"), "W")):
        found += f"{value}{unit}" if value else ""
    days = number(parts["days"] or "0")
    found += f"{days}D" if days else ""
    return found if len(found) > 1 else parts.group()


def _date(text: str) -> str:
    """The last date of a span, as exact as it was written; empty when no calendar has it."""
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
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}-{day:02d}" if day else f"{year:04d}-{month:02d}"
