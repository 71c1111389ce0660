"""Marks that are no line of their own (MARK90§3, §5): before a paragraph, after a title, in a remark. Pure.

They are signs, not marks, by themselves: ``judgement`` asks for a mark, their like or official neighbours besides.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gapwatch_agent.inspector import grammar, periods
from gapwatch_agent.inspector.grammar import LEVELS, Match, Strength, words
from gapwatch_agent.inspector.normalise import Normal

_BEFORE: Final = re.compile(
    rf"[\[【(〔](?P<level>绝密|机密|秘密)级?(?:★(?P<period>{periods.ANY})?)?[\]】)〕]\s*(?P<rest>\S.{{5,}})", re.DOTALL
)
_DEFINES: Final = re.compile(
    "^(?:级|表示|是指|指|即|是|为|的|和|与|或|、|[:：])|^.{0,6}(?:表示|是指|最重要的国家秘密|重要的国家秘密|一般的国家秘密)"
)
_AFTER: Final = re.compile(
    rf"(?P<title>.{{3,40}}?)(?P<mark>[\[【(〔](?:绝密|机密|秘密)级?(?:★(?:{periods.ANY})?)?[\]】)〕])"
)
_NOT_A_TITLE: Final = re.compile(
    "[。；！？，、;:…]|^\\s*(?:第?[\\d一二三四五六七八九十]+[\\s.、章节条款)）]|附件|附录|[(（\\[【•·*\\-])|密级|标志|标识|标注|分为|等级"
    "|分类|目录|级别|样式|示例|例如|例[:：]|如[:：]?$|(?:是|为|即|写|标|作)$|\\d\\s*$"
)
_PROSE_CHARACTERS_MIN: Final = 10


def before(normal: Normal) -> Match | None:
    """``（机密）本项目…``: the level that stands in brackets before a paragraph. ``normal`` is joined."""
    found = _BEFORE.match(normal.text)
    if found is None or _DEFINES.search(found["rest"]) or len(found["rest"]) < _PROSE_CHARACTERS_MIN:
        return None
    starred = "★" in normal.text[: found.start("rest")]
    period = found["period"] or ""
    level = LEVELS[found["level"]]
    return Match(
        axis="state" if starred else "enterprise",
        level=level,
        form="portion_star" if starred else "portion",
        strength=Strength.PORTION,
        level_text=words(normal, found.span("level")),
        period=periods.parse(period) if period else grammar.DEFAULT_PERIODS[level] if starred else "",
        period_text=words(normal, found.span("period")) if period else "",
        text=normal.raw(0, found.start("rest")),
    )


def after_title(normal: Normal) -> Match | None:
    """``某某地形图（机密）``, ``某某图（机密★10年）``: the level that stands behind a title."""
    if len(normal.text) > grammar.FIELD_CHARACTERS_MAX:
        return None
    found = _AFTER.fullmatch(normal.text)
    if found is None or _NOT_A_TITLE.search(found["title"]):
        return None
    inner = grammar.match(normal.part(*found.span("mark")))
    if inner is None:
        return None
    form = "after_title_star" if inner.strength is Strength.STRONG else "after_title"
    return replace(inner, form=form, strength=Strength.PORTION)


def remark(normal: Normal) -> Match | None:
    """The word in a register's column of remarks (S3§22)."""
    if normal.text.removesuffix("级") not in {"绝密", "机密", "秘密"}:
        return None
    found = grammar.match(normal)
    return None if found is None else replace(found, form="register_remark", strength=Strength.LABELLED)
