"""Marks of Taiwan, Hong Kong, Japan, Korea and Russia (domain §3.3, §3.4) apart from position. Pure.

A single character (密, 秘, ㊙) is a mark only where it stands alone at the very top; ``judgement`` sees to that.
"""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import periods
from gapwatch_agent.inspector.grammar import CLOSE, OPEN, Match, Strength
from gapwatch_agent.inspector.normalise import Normal

_LEVELS: Final = {
    "绝对机密": "top_secret",
    "高度机密": "secret",
    "限阅": "restricted",
    "限阅文件": "restricted",
    "极秘": "top_secret",
    "厳秘": "top_secret",
    "严秘": "top_secret",
    "特定秘密": "top_secret",
    "社外秘": "restricted",
    "部外秘": "restricted",
    "関係者外秘": "restricted",
    "关係者外秘": "restricted",
    "取扱注意": "restricted",
    "取扱厳重注意": "restricted",
    "密件": "restricted",
    "극비": "top_secret",
    "대외비": "restricted",
    "ОСОБОЙ ВАЖНОСТИ": "top_secret",
    "СОВЕРШЕННО СЕКРЕТНО": "secret",
    "СЕКРЕТНО": "confidential",
    "ДЛЯ СЛУЖЕБНОГО ПОЛЬЗОВАНИЯ": "restricted",
}
_SINGLE: Final = {"密": "restricted", "秘": "secret"}
_WORDS: Final = "|".join(sorted(_LEVELS, key=len, reverse=True))
_WHOLE: Final = re.compile(
    rf"{OPEN}\s*(?P<level>{_WORDS})\s*{CLOSE}(?:\s*[★·\-(]?\s*(?P<period>{periods.MEASURED})\)?)?"
    r"(?:\s*[/|(]?\s*(?i:top secret|highly confidential|confidential|restricted|secret)\)?)?"
)
_ALONE: Final = re.compile(rf"{OPEN}(?P<level>[密秘]){CLOSE}")
TAIWAN_FIELD: Final = re.compile(
    r"密等及解密条件(?:或保密期限)?[:\s]*(?P<level>绝对机密|极机密|机密|密)(?:$|[\s(,;/].*)"
)
_TAIWAN: Final = {"绝对机密": "top_secret", "极机密": "secret", "机密": "confidential", "密": "restricted"}
_LENGTH_MAX: Final = 60


def match(normal: Normal) -> Match | None:
    """What this whole line says, None when it is no such mark. ``normal`` is joined."""
    text = normal.text
    if not text or len(text) > _LENGTH_MAX:
        return None
    field = TAIWAN_FIELD.fullmatch(text)
    if field:
        return _match(normal, field, _TAIWAN[field["level"]], Strength.LABELLED, "label_abroad")
    found = _WHOLE.fullmatch(text)
    if found:
        period = found["period"] or ""
        return Match(
            "foreign", _LEVELS[found["level"]], "level_abroad", Strength.PLAIN, normal.raw(*found.span("level")),
            periods.parse(period) if period else "", period, normal.raw(*found.span()),
        )  # fmt: skip
    single = _ALONE.fullmatch(text)
    if single:
        return _match(normal, single, _SINGLE[single["level"]], Strength.PLAIN, "character_abroad")
    return None


def _match(normal: Normal, found: re.Match[str], level: str, strength: Strength, form: str) -> Match:
    return Match("foreign", level, form, strength, normal.raw(*found.span("level")), text=normal.raw(*found.span()))
