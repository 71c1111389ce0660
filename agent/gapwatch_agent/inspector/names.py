"""Marks in file and folder names (domain §3.3): ``…[机密].docx``, ``（秘密）XX方案.wps``, ``机密★3年-….pdf``. Pure."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import foreign, grammar, periods, unit_marks
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.lines import TRIGGER
from gapwatch_agent.inspector.normalise import Normal, join_cjk, normalise

_BEGINS: Final = re.compile(
    rf"(?P<mark>(?:绝密|机密|秘密)级?(?:★(?:{periods.MEASURED}|[\u4e00-\u9fff]{{1,8}}?前)|·(?:{periods.FOR_EVER}|{periods.DURATION})(?=[-_\s]|$)))"
)
"""A starred mark at a name's beginning needs nothing that divides it from the rest: 绝密★启用前2026年语文试卷."""
_NAME_CHARACTERS_MAX: Final = 512
_COMPONENTS_MAX: Final = 16
_SUFFIX: Final = re.compile(r"(?:\.[A-Za-z0-9]{1,8}){1,2}$")
_NUMBERING: Final = re.compile(r"^[\d\s._\-、]+")
_VERSION: Final = re.compile(
    r"[\s._\-]*(?:[vV]?\d[\w.\-]{0,40}|副本|终稿|定稿|最终版|修订版|签章版|扫描件|[cC]opy|\(\d{1,4}\))$"
)
_VERSIONS_MAX: Final = 4
_BRACKETED: Final = re.compile(r"[\[【(〔〖{](?P<inner>[^\[\]【】()〔〕〖〗{}]{2,40})[\]】)〕〗}]")
_SET_OFF: Final = re.compile(r"[^_\-]+")
_ABOUT: Final = re.compile("办法|规定|制度|条例|指南|培训|细则|须知|管理|保护")
_STARRED: Final = re.compile(
    rf"(?:^|(?<=[-_\s\[【(+,、]))(?P<mark>(?:绝密|机密|秘密)级?★(?:{periods.MEASURED}|{periods.EVENT})?)(?=$|[-_\s\]】)+,、])"
)


def matches(name: str) -> list[Match]:
    """Every mark that the components of a name or relative path say; none when they name different levels."""
    found: list[Match] = []
    for component in name[-_NAME_CHARACTERS_MAX:].split("/")[-_COMPONENTS_MAX:]:
        for text in _texts(component):
            said = _component(_SUFFIX.sub("", text)) if TRIGGER.search(text) else []
            if said:
                found.extend(said)
                break
    return found if len({(match.axis, match.level) for match in found}) == 1 else []


def _texts(name: str) -> tuple[str, ...]:
    """A name, and what it says in GBK if bytes of it are not UTF-8 (lone surrogates stand for those)."""
    if name.isascii() or not any("\udc80" <= character <= "\udcff" for character in name):
        return (name,)
    return (name, name.encode("utf-8", errors="surrogateescape").decode("gb18030", errors="replace"))


def _component(stem: str) -> list[Match]:
    normal = join_cjk(normalise(stem))
    found = []
    for starred in _STARRED.finditer(normal.text):
        match = grammar.match(normal.part(*starred.span("mark")))
        if match is not None:
            found.append(match)
    begins = _BEGINS.match(normal.text)
    if begins and not found:
        match = grammar.match(normal.part(*begins.span("mark")))
        if match is not None:
            found.append(match)
    if found:
        return found
    start = _NUMBERING.match(normal.text)
    first = start.end() if start else 0
    last = _end_of_title(normal.text)
    levels: set[tuple[str, str]] = set()
    for bracketed in _BRACKETED.finditer(normal.text):
        inner = normal.part(*bracketed.span("inner"))
        match = grammar.match(inner) or unit_marks.match(inner) or _abroad(inner)
        if match is not None:
            levels.add((match.axis, match.level))
            if bracketed.start() <= first or bracketed.end() >= last:
                found.append(match)
    return found if len(levels) == 1 else _set_off(normal) if not levels else []


def _set_off(normal: Normal) -> list[Match]:
    """A trade or work secret set off by _ or - at either end: 核心商密_报价; a bare 秘密 there may be a song."""
    parts = [normal.part(*part.span()) for part in _SET_OFF.finditer(normal.text)]
    if len(parts) < 2 or _ABOUT.search(normal.text):
        return []
    found = (unit_marks.match(part) for part in (parts[0], parts[-1]))
    return [match for match in found if match is not None and match.form in {"trade_secret", "work_secret"}]


def _abroad(inner: Normal) -> Match | None:
    """A foreign mark that is hardly anything else: [NATO SECRET], not [SECRET]."""
    found = foreign.match(inner)
    return found if found is not None and found.strength is Strength.STRONG else None


def _end_of_title(text: str) -> int:
    """Where the versions and copy numbers at the end of a name begin."""
    end = len(text)
    for _ in range(_VERSIONS_MAX):
        version = _VERSION.search(text[:end])
        if version is None or not version.group():
            break
        end = version.start()
    return end
