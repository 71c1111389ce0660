"""What stands around a candidate and changes its meaning (domain §3.3, §3.6, contract C16). Pure."""

from __future__ import annotations

import re
from typing import Final

COPY_NUMBER: Final = re.compile(r"^\s*(?:份\s*[号號]\s*[:：]?\s*\d{1,8}|[No№.]*\s*\d{6}|\d{6})(?=\s|$)")
URGENCY: Final = re.compile(
    r"(?:^|\s|年|★|密|前|期)(?:特\s*急|加\s*急|特\s*提|急\s*件|平\s*急)\s*$|紧\s*急\s*程\s*度|緊急程度"
)
STATE_WORDS: Final = re.compile("国家秘密|國家秘密|国家機密|国家机密")
_NOT_STATE: Final = re.compile("不属于|不涉及|不含|不得|非国家|未涉及|不存储|保守|泄露|法")
EXAM: Final = re.compile(
    "试卷|试题|試卷|試題|考试|考試|考生|座位号|准考证|答题卡|答题纸|考场|监考|选择题|填空题|满分|押题|模拟卷|真题"
)
_PROSE_STOP: Final = re.compile("[。；！？，、;]|[.,] ")
_EXAMPLE: Final = re.compile(
    "(?:如下|如图|所示|例如|比如|例|示例|样例|样式|式样|格式|形式|模板|标注为|标明|写作|写为|应为|即为|分为)[:：。]?\\s*$|^\\s*(?:例|如|例如|示例|样例|格式)\\b"
)
_DEFINITION: Final = re.compile("^\\s*(?:是?指|即|是|包括|主要包括|—|:|：)")
_CULTURE: Final = re.compile("作词|作曲|编曲|演唱|歌手|歌词|填词|导演|主演|编剧|片名|小说|出版社|ISBN|剧情|豆瓣|专辑")
_TEMPLATE: Final = re.compile(
    "(?:密级|标志|标识|定密|版头|印章).{0,6}(?:模板|样式|式样|示例|样例|范例|样张|范本|样本|示意)"
)
_DECLASSIFIED: Final = re.compile("解密|解除|作废|已降密")
_FIELD_LIKE: Final = re.compile(r"^\s*[\u4e00-\u9fffA-Za-z ]{2,12}\s*(?:[:：]|\t)")


def is_prose(text: str) -> bool:
    """A sentence rather than a heading or a field: after the first one a page's top is over."""
    stripped = text.strip()
    if "\t" in stripped or "\x0b" in stripped:
        return False
    wide = any(c > "\u2e80" for c in stripped[:40])
    if stripped.endswith("。"):
        return len(stripped) >= 12
    return len(stripped) >= (26 if wide else 70) and bool(_PROSE_STOP.search(stripped))


def says_state(text: str) -> bool:
    """国家秘密 wording about this document (not a text about the law)."""
    return len(text) <= 60 and bool(STATE_WORDS.search(text)) and not _NOT_STATE.search(text)


def is_official_neighbour(text: str) -> bool:
    """份号 or 紧急程度, the lines that stand around the mark of an official document (GB/T 9704)."""
    return len(text) <= 60 and bool(COPY_NUMBER.search(text) or URGENCY.search(text))


def introduces_example(text: str) -> bool:
    """The line before says that what follows is quoted, shown or listed."""
    stripped = text.strip()
    return bool(_EXAMPLE.search(stripped)) or (len(stripped) > 6 and stripped.endswith((":", "：")))


def is_definition(text: str) -> bool:
    """The line after explains the word: a glossary, not a mark."""
    return bool(_DEFINITION.search(text))


def is_culture(text: str) -> bool:
    """Songs, films and books are called 秘密 too."""
    return bool(_CULTURE.search(text))


def is_template(text: str) -> bool:
    """A file that shows how marks look."""
    return len(text) <= 60 and bool(_TEMPLATE.search(text))


def is_declassified(text: str) -> bool:
    """The mark is struck by its own line."""
    return bool(_DECLASSIFIED.search(text))


def is_field_like(text: str) -> bool:
    """``编号：``, ``编制单位：`` - the company a labelled mark keeps on a form."""
    return len(text) <= 80 and bool(_FIELD_LIKE.search(text))
