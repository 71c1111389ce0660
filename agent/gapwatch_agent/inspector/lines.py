"""One line of text in, every mark its whole or its fields say, out. Pure; where it stands is asked later."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from gapwatch_agent.inspector import context, foreign, grammar, labels, portions, unit_marks
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.normalise import Normal, fields, join_cjk, normalise

LINE_CHARACTERS_MAX: Final = 2000
"""Longer lines are prose or data: no mark is that long, only their hints are counted."""

_CHARACTERS: Final = "密秘祕㊙控內内阅閱限扱" + "".join(chr(code) for code in range(0xFF21, 0xFF3B))
_SIGNS: Final = (
    "SECRET", "SEC=", "S E C", "S//", "CONFIDENTI", "CLASSIFI", "CUI", "CONTROLLED", "C O N F", "RESTRICT", "RESTREINT",
    "Restreinte", "OFFICIAL", "GEHEIM", "Geheim", " geheim", "VERTRAULICH", "VS-", "VS –", "VS -", "DIENSTGEBRAUCH",
    "PROTECTED", "PROTEGE", "PROTÉGÉ", "Défense", "SANS CLASS", "TS//", "U//F", "(TS)", "(S)", "(CTS)", "(NS)", "(NC)",
    "(NR)", "(CUI)", "(C//", "(U//", "(S//", "(TS//", "СЕКРЕТНО", "СЛУЖЕБНОГО", "ОСОБОЙ ВАЖ", "극비", "대외비",
    "份号", "份號", "抄送", "日印发", "日印發", "不得外传", "不得外傳",
    "请勿外传", "請勿外傳", "严禁外传", "嚴禁外傳",
)  # fmt: skip
TRIGGER: Final = re.compile("|".join([*_CHARACTERS, *map(re.escape, _SIGNS)]))
"""A line without any of these holds neither mark nor hint; almost all lines end here. Every alternative begins with a
character, not a class: that lets the search skip ahead (three times as fast, measured)."""

HINT: Final = re.compile(
    "绝密|機密|机密|秘密|絕密|祕密|商密|内部资料|內部資料|不得外传|不得外傳|份号|份號|绝秘|机秘|秘级"
    "|(?:请勿|严禁|請勿|嚴禁)外[传傳]|阅后(?:退回|即焚|收回|销毁)|^\\s*抄送[:：]|日印[发發]\\s*$"
    "|绝蜜|机蜜|机 +密|秘 +密|绝 +密|机　+密|秘　+密"
    r"|\b(?:TOP SECRET|SECRET|CONFIDENTIAL|NOFORN|CUI|OFFICIAL-SENSITIVE)\b"
)
_COMMENT: Final = re.compile(
    r"^\s*(?P<mark>//+!?|/\*+|\*+(?!\*)|--+|;+|<!--|#+|%+|\"{3}|'{3}|(?:REM|rem|dnl)(?=\s))"
    r"\s*(?P<rest>.*?)\s*(?:\*+/|-->|\"{3}|'{3})?\s*$"
)
_TITLE_COMMENT: Final = re.compile("[#*\"']")
_NUMBER_OF_PAGE: Final = r"(?:第? ?-? ?\d{1,5} ?-? ?页?(?: ?[/,共]{1,2} ?\d{1,5} ?页?)?|Page \d{1,5}(?: of \d{1,5})?)"
_PAGE_NUMBER: Final = re.compile(rf"^{_NUMBER_OF_PAGE}\s+|\s+{_NUMBER_OF_PAGE}$|(?<=[年月期前])\d{{1,3}}$")
_PAGE_WORDS: Final = re.compile(
    r"\s*[(（]?(?:第 ?\d{1,5} ?页(?:[ /,，]{0,2}共 ?\d{1,5} ?页)?|Page \d{1,5}(?: of \d{1,5})?|- ?\d{1,4} ?-)[)）]?$"
    r"|^(?:第 ?\d{1,5} ?页(?:[ /,，]{0,2}共 ?\d{1,5} ?页)?|Page \d{1,5}(?: of \d{1,5})?|- ?\d{1,4} ?-)\s*"
)
"""A page's number that says that it is one: beside it the rest is the line, wherever it stands."""
_FRAME: Final = " -~·|_=<>"
"""What a margin's words are framed with: — 机密 —."""
_SPOILS: Final = re.compile(r"^\s*(?:例如|比如|譬如|如|例|年|个?月|日)[:\s,]*$|表示|是指|标注|写作|应当")
"""A field that makes its neighbours an example or a form to be filled in (``机密★  年``)."""
_WHOLE_CHARACTERS_MAX: Final = 200
_PORTION_CHARACTERS: Final = 120
_DIVIDED: Final = re.compile(r"[\t\x0b|│┃]|[ \u3000]{2}")
"""A line this long is a mark only in one of its fields, if it has fields at all."""
_LABEL_HERE: Final = re.compile("密级|保密|等级")
_NO_MARGIN_WORD: Final = re.compile("第.{1,6}[章节篇回卷集条讲课]|[《》“”。；！？]|^[的是为]")
"""Beside these a level word in a running title is part of the title: 第三章 秘密."""
_CHANGE: Final = re.compile("(?:(?:变更|调整|更改|修改|降|升)(?:为|至|成)|改为|→|⇒|->|=>)[:\\s]*")
_CHAPTER: Final = re.compile("第.{1,4}[章节篇条款]$")
_SENTENCE: Final = re.compile(
    "[。；！？，“”《》]|^[(（]?(?:[A-H]|\\d{1,2})[.、)）]$|(?:如|例|为|是|标|示例|样式|格式|即|写|对|[:：])$"
)
_SPREAD_LABEL: Final = re.compile(r"(?:^|(?<=[\s|│┃]))密(?P<gap>[ \x0b]+)级(?P<after> )?")
"""密    级, or 密 above 级 in one cell: the gap divides no fields."""
_PERIOD_GAP: Final = re.compile(r"(?<=[★至])[ ](?=\d)|(?<=\d)[ ](?=[年个月日])|(?<=[年月])[ ](?=\d)")
_OWN_FIELDS_MIN: Final = 3
_BULLETS: Final = frozenset("·●■◆○◇□▪◦➢➤❖✓§Ø\uf0d8\uf06c\uf0a7\uf076\uf0b7")
"""A list's item names a mark, it bears none."""
_TABS: Final = re.compile(r"[\t\x0b]")
_STRONG_LINE_CHARACTERS_MAX: Final = 80


def matches(text: str, *, in_margin: bool = False) -> list[Match]:
    """Every mark the line says. ``in_margin``: a header or footer, where single spaces divide fields too.

    Fields that name different levels side by side are a list of levels (a form's choices), not a mark: none is given,
    but for two state marks, which are an old and a new one (MARK90§7): the higher is given.
    """
    if len(text) > LINE_CHARACTERS_MAX or (len(text) > _WHOLE_CHARACTERS_MAX and not _DIVIDED.search(text)):
        return _portions(join_cjk(normalise(text[:_PORTION_CHARACTERS])), title=False)
    normal = _with_label_joined(normalise(text))
    joined = join_cjk(normal)
    whole = one(joined)
    if whole is None and _TABS.search(text) and len(text) <= _STRONG_LINE_CHARACTERS_MAX:
        whole = one(join_cjk(Normal(_TABS.sub(" ", normal.text), normal.raw_text, normal.origin)))
    if whole is not None:
        return [whole]
    if labels.is_choice(joined):
        return []
    found = _in_comment(text) or _changed_to(joined)
    if found is not None:
        return [found]
    return _in_parts(normal, in_margin=in_margin) or _portions(joined, title=True)


def without_repetition(text: str) -> str:
    """A watermark's words once, however often they cover the page."""
    words = text[:LINE_CHARACTERS_MAX].split()
    return words[0] if len(words) > 1 and len(set(words)) == 1 and len(words[0]) > 1 else text


def below(text: str, head: str) -> Match | None:
    """The level that a document's own fields say in two rows: 文件编号 版本 密级 above JX-01 A/0 机密.

    Only where every head is one of a document's own fields; whether the table goes on, as a register does, is asked
    later.
    """
    if "\t" not in text or "\t" not in head or len(text) + len(head) > 2 * _WHOLE_CHARACTERS_MAX:
        return None
    heads, cells = head.split("\t"), text.split("\t")
    column = next((index for index, cell in enumerate(heads) if labels.is_label(cell)), -1)
    others = [cell for index, cell in enumerate(heads) if index != column]
    if (
        column < 0
        or len(heads) < _OWN_FIELDS_MIN
        or len(cells) != len(heads)
        or not all(map(context.is_own_field, others))
    ):
        return None
    found = grammar.match(join_cjk(normalise(cells[column])))
    return found and replace(found, form="label_column", strength=Strength.LABELLED)


def one(joined: Normal) -> Match | None:
    """What the whole of a line or field says. ``joined`` is normalised and joined."""
    return labels.match(joined) or grammar.match(joined) or unit_marks.match(joined) or foreign.match(joined)


def _with_label_joined(normal: Normal) -> Normal:
    label = _SPREAD_LABEL.search(normal.text)
    if label is None:
        return normal
    start, end = label.span("gap")
    text = normal.text[:start] + normal.text[end:]
    if label["after"]:
        # 密 级 机 密: the label is known to end here, whatever is spread after it.
        after = label.start("after") - (end - start)
        text = text[:after] + ":" + text[after + 1 :]
    return Normal(text, normal.raw_text, normal.origin[:start] + normal.origin[end:])


def _in_parts(normal: Normal, *, in_margin: bool) -> list[Match]:
    parts = fields(normal)
    several = _in_fields(parts) if len(parts) > 1 else []
    beside = None if several else _beside_page_number(normal, in_margin=in_margin)
    if beside is not None:
        return [beside]
    if not several:
        several = _in_words(normal, in_margin=in_margin)
    if several and any(_SPOILS.search(part.text) for part in parts):
        return []
    if several and any(_is_another_level(word, several) for part in parts for word in part.text.split()):
        return []
    if len({(match.axis, match.level) for match in several}) <= 1:
        return several
    changed = len(several) == 2 and all(match.form == "level_star_period" for match in several)
    return [min(several, key=lambda match: tuple(grammar.LEVELS.values()).index(match.level))] if changed else []


def _is_another_level(word: str, several: list[Match]) -> bool:
    """内部 beside 密级：机密: one choice of several."""
    return context.is_level_word(word) and not any(word in "".join(match.text.split()) for match in several)


def _portions(joined: Normal, *, title: bool) -> list[Match]:
    found = portions.before(joined) or foreign.portion(joined.text) or (portions.after_title(joined) if title else None)
    return [] if found is None else [found]


def _changed_to(joined: Normal) -> Match | None:
    """What a state mark was changed to (MARK90§7): 由机密★10年变更为秘密★5年, 机密★10年 → 秘密★5年."""
    if len(joined.text) > _STRONG_LINE_CHARACTERS_MAX or "★" not in joined.text:
        return None
    change = _CHANGE.search(joined.text)
    new = grammar.match(joined.part(change.end(), len(joined.text))) if change else None
    return new if new is not None and new.strength is Strength.STRONG else None


def _in_comment(text: str) -> Match | None:
    """A source file's comment line; a heading's # or a list's * before a bare word is a title, not a mark."""
    comment = _COMMENT.match(text)
    if comment is None:
        return None
    found = one(join_cjk(normalise(comment["rest"])))
    if found is None:
        return None
    weak = found.strength in {Strength.PLAIN, Strength.BANNER}
    return None if weak and _TITLE_COMMENT.match(comment["mark"]) else found


def _in_fields(parts: list[Normal]) -> list[Match]:
    joined = [join_cjk(part) for part in parts]
    found: list[Match] = []
    index = 0
    while index < len(parts):
        match = _pair(joined, index)
        if match is not None:
            found.append(match)
            index += 2
            continue
        alone = one(joined[index])
        if alone is not None:
            found.append(alone)
        index += 1
    return found


def _with_period_joined(normal: Normal) -> Normal:
    """机密★ 10 年 as one word: page descriptions set a gap between characters and digits."""
    gaps = {gap.start() for gap in _PERIOD_GAP.finditer(normal.text)}
    if not gaps:
        return normal
    kept = [index for index in range(len(normal.text)) if index not in gaps]
    return Normal("".join(normal.text[i] for i in kept), normal.raw_text, tuple(normal.origin[i] for i in kept))


def _words(normal: Normal, *, in_margin: bool) -> list[Normal]:
    """What single spaces divide, in a margin without the page's number: XX公司 秘密 第 1 页 ends in its level."""
    number = _PAGE_NUMBER.search(normal.text) if in_margin and len(normal.text) <= _WHOLE_CHARACTERS_MAX else None
    first, last = number.span() if number else (0, 0)
    spans = (word.span() for word in re.finditer(r"\S+", normal.text))
    return [normal.part(*span) for span in spans if not first <= span[0] < last]


def _pair(joined: list[Normal], index: int) -> Match | None:
    """A label in one field and its value in the next."""
    if index + 1 >= len(joined) or not labels.LABEL_ONLY.fullmatch(joined[index].text):
        return None
    label, value = joined[index], joined[index + 1]
    separator = "" if label.text.endswith((":", "=")) else ":"
    origin = label.origin + ((label.origin[-1],) if separator else ()) + value.origin
    return labels.match(Normal(label.text + separator + value.text, label.raw_text, origin))


def _beside_page_number(normal: Normal, *, in_margin: bool) -> Match | None:
    """What is left of a short line without its page number, and of a margin's without its frame."""
    if len(normal.text) > _STRONG_LINE_CHARACTERS_MAX:
        return None
    number = _PAGE_WORDS.search(normal.text)
    start, end = 0, len(normal.text)
    if number is not None:
        start, end = (number.end(), end) if number.start() == 0 else (0, number.start())
    text = normal.text[start:end]
    framed = text.strip(_FRAME) if in_margin else text
    if len(framed) == len(normal.text):
        return None
    start += text.find(framed)
    return one(join_cjk(normal.part(start, start + len(framed))))


def _in_words(normal: Normal, *, in_margin: bool) -> list[Match]:
    """Fields divided by single spaces: labels and starred marks anywhere, bare ones at either end of a margin."""
    if not in_margin and not _LABEL_HERE.search(normal.text) and "★" not in normal.text:
        return []
    stripped = _PAGE_NUMBER.sub("", normal.text) if len(normal.text) <= _WHOLE_CHARACTERS_MAX else normal.text
    if in_margin and stripped != normal.text:
        start = normal.text.find(stripped)
        found = one(join_cjk(normal.part(start, start + len(stripped))))
        if found is not None:
            return [found]
    words = _words(_with_period_joined(normal), in_margin=in_margin)
    if len(words) > _STRONG_LINE_CHARACTERS_MAX or (not in_margin and words[0].text in _BULLETS):
        return []
    is_short = len(normal.text) <= _STRONG_LINE_CHARACTERS_MAX
    several = []
    for position, word in enumerate(words):
        found = one(word) or _pair(words, position)
        if found is None:
            continue
        others = [other.text for other in words if other is not word]
        at_an_end = position in {0, len(words) - 1} and found.axis != "foreign"
        starred = found.form == "level_star_period" and is_short and not any(map(_SENTENCE.search, others))
        bare = in_margin and at_an_end and not any(map(_NO_MARGIN_WORD.search, others))
        labelled = found.strength is Strength.LABELLED and not any(map(_CHAPTER.match, others))
        if labelled or starred or bare:
            several.append(found)
    return several
