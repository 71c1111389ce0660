"""Marks below the state's (domain §3.3): trade secrets, work secrets, an enterprise's stamps and notices. Pure."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import periods
from gapwatch_agent.inspector.grammar import (
    CLOSE,
    FIELD_CHARACTERS_MAX,
    LEVELS,
    OPEN,
    Match,
    Strength,
    whole,
    words,
)
from gapwatch_agent.inspector.normalise import Normal

_SEPARATOR: Final = r"[★·\-_,:;/、|\s▲△◆◇●■□※~]*"
_COMMERCIAL: Final = re.compile(
    rf"{OPEN}(?P<unit>[\u4e00-\u9fffA-Za-z0-9()\s·\-]{{0,24}}?)[:\s·\-]*{OPEN}(?P<level>(?:核心|普通|一般|重要)(?:商密|商业秘密))级?{CLOSE}"
    rf"{_SEPARATOR}[(\[]?(?P<period>{periods.ANY})?[)\]]?{CLOSE}[★]?"
)
_COMMERCIAL_PERIOD: Final = re.compile(
    rf"{OPEN}(?P<unit>[\u4e00-\u9fffA-Za-z0-9()\s]{{0,16}}?)(?P<level>商密|商业秘密)级?{CLOSE}"
    rf"[★·\-_\s▲△◆●■※]+[(\[]?(?P<period>{periods.MEASURED})[)\]]?{CLOSE}"
)
_NOT_A_UNIT: Final = re.compile(
    "保护|加强|关于|属于|管理|及|和|的|是|为|应|与|对|或|涉及|泄露|分为|包括|定为|确定|标注|各|本规定|什么|划分|分类|等级"
)

_VERB: Final = (
    "(?:外传|外泄|外借|外发|扩散|传播|传阅|公开|泄露|复制|转载|转发|翻印|上网|引用|带出|提供"
    "|披露|摘抄|拍照|拷贝|翻拍|使用)"
)
WARNING: Final = (
    rf"(?:请?(?:注意|妥善|严格)(?:保密|保管|保存)|(?:未经(?:许可|授权|批准|同意|允许)[,，]?\s*)?"
    rf"(?:请勿|不得|严禁|禁止|切勿|不准|不许|勿)(?:对外|向外|擅自|随意|私自)?{_VERB}(?:(?:或|和|、|及|与)?{_VERB}){{0,2}}"
    r"(?:(?:或|和|、|及)[\u4e00-\u9fff]{2,4})?|阅后(?:即焚|退回|收回|销毁))"
)
_INSIDE: Final = r"(?:内部(?:资料|文件|材料|事项|刊物|信息|使用|传阅|参考|文稿|文档|学习资料|公开)|工作秘密|内部)"
_GAP: Final = r"[,、;!.·:\-\s★|/()]*"
_WORK_NOTICE: Final = re.compile(rf"{OPEN}(?P<level>{_INSIDE}{CLOSE}{_GAP}{OPEN}{WARNING}){CLOSE}[!.。！]?{CLOSE}")
_WORK_SECRET: Final = re.compile(
    rf"{OPEN}(?P<level>工作秘密)[级件]?{CLOSE}{_SEPARATOR}[(\[]?(?P<period>{periods.ANY})?[)\]]?{CLOSE}[★]?"
)
_STAMP: Final = re.compile(
    rf"{OPEN}(?P<level>内部资料|受控文件|内部文件|内部公开|内部材料){CLOSE}(?:章|(?:[\s·:/|-]*(?:No\.?|编号|序号)[:\s]*[A-Za-z0-9\-]{{1,20}})?)"
)
_LEVEL_STAMP: Final = re.compile(rf"{OPEN}(?P<level>绝密|机密|秘密)(?:文件|资料|图纸|材料|件)(?:专用)?章?{CLOSE}")
_LEVEL_NOTICE: Final = re.compile(
    rf"{OPEN}(?P<unit>[\u4e00-\u9fffA-Za-z ]{{0,12}}?)(?P<level>绝密|机密|秘密)(?:级|文件|资料|信息|材料|件)?{CLOSE}"
    rf"{_GAP}{OPEN}{WARNING}{CLOSE}[!.。！]?"
)
_UNIT_LEVEL: Final = re.compile(
    rf"{OPEN}[\u4e00-\u9fffA-Za-z0-9()· ]{{0,20}}?(?:公司|集团|本所|本院|我司) ?"
    rf"(?P<level>绝密|机密|秘密)(?:级|文件|资料|信息)?{CLOSE}"
)
"""XX公司机密: whose secret it is, then how secret."""


def match(normal: Normal) -> Match | None:
    """What this whole line or field says, None when it is no mark. ``normal`` is joined (``normalise.join_cjk``)."""
    if not normal.text or len(normal.text) > FIELD_CHARACTERS_MAX:
        return None
    for attempt in (_commercial, _work, _stamp, _notice):
        found = attempt(normal)
        if found is not None:
            return found
    return None


def _commercial(normal: Normal) -> Match | None:
    found = _COMMERCIAL.fullmatch(normal.text) or _COMMERCIAL_PERIOD.fullmatch(normal.text)
    if found is None or _NOT_A_UNIT.search(found["unit"]):
        return None
    starred = "★" in normal.text[found.end("level") :]
    return Match(
        axis="commercial",
        level="secret" if found["level"].startswith(("核心", "重要")) else "confidential",
        form="trade_secret",
        strength=Strength.STRONG if found["period"] else Strength.PLAIN,
        level_text=words(normal, found.span("level")),
        period=periods.parse(found["period"]) if found["period"] else "",
        period_text=words(normal, found.span("period")) if found["period"] else "",
        text=whole(normal, found),
        malformed=starred,
    )


def _work(normal: Normal) -> Match | None:
    found = _WORK_NOTICE.fullmatch(normal.text)
    if found:
        level_text = normal.raw(*found.span("level"))
        return Match("work", "internal", "work_notice", Strength.PLAIN, level_text, text=whole(normal, found))
    found = _WORK_SECRET.fullmatch(normal.text)
    if found is None:
        return None
    return Match(
        axis="work",
        level="internal",
        form="work_secret",
        strength=Strength.PLAIN,
        level_text=words(normal, found.span("level")),
        period=periods.parse(found["period"]) if found["period"] else "",
        period_text=words(normal, found.span("period")) if found["period"] else "",
        text=whole(normal, found),
    )


def _stamp(normal: Normal) -> Match | None:
    found = _STAMP.fullmatch(normal.text)
    if found:
        level_text = words(normal, found.span("level"))
        return Match("enterprise", "internal", "stamp", Strength.PLAIN, level_text, text=whole(normal, found))
    found = _LEVEL_STAMP.fullmatch(normal.text)
    if found:
        level_text = words(normal, found.span("level"))
        level = LEVELS[found["level"]]
        return Match("enterprise", level, "level_stamp", Strength.PLAIN, level_text, text=whole(normal, found))
    return None


def _notice(normal: Normal) -> Match | None:
    """公司机密，严禁外传: a level and what not to do with it, or 公司机密 alone."""
    found = _UNIT_LEVEL.fullmatch(normal.text)
    if found and not _NOT_A_UNIT.search(normal.text[: found.start("level")]):
        level_text = words(normal, found.span("level"))
        level = LEVELS[found["level"]]
        return Match("enterprise", level, "unit_level", Strength.PLAIN, level_text, text=whole(normal, found))
    found = _LEVEL_NOTICE.fullmatch(normal.text)
    if found is None or _NOT_A_UNIT.search(found["unit"]):
        return None
    level_text = words(normal, found.span("level"))
    is_trade = found["unit"].endswith("商业")
    axis, level = ("commercial", "confidential") if is_trade else ("enterprise", LEVELS[found["level"]])
    return Match(axis, level, "level_notice", Strength.PLAIN, level_text, text=whole(normal, found))
