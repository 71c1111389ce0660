"""One spelling for the many ways a mark is written (domain §3.3), remembering where each character came from.

NFKC, no invisible characters, traditional to simplified for the characters marks are made of, every star one star,
no spaces between CJK characters. The origin of each character is kept so that evidence shows what really stood there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

STAR: Final = "★"
_STARS: Final = "★☆✩✪✫✬✭✮✯✰⭐🌟⋆∗*✱✲✳✴✵✶✷✸✹✺\uf0ab\uf0b6"
_DOTS: Final = "·•∙‧・⋅･"
_TRADITIONAL: Final = (
    "絕機長啟啓開會議內資級國業請傳試題單號緊極個發檔圖標識責對應際後務編術約訂類別無點閱員負組洩擴轉載開評審實"
)
_SIMPLIFIED: Final = (
    "绝机长启启开会议内资级国业请传试题单号紧极个发档图标识责对应际后务编术约订类别无点阅员负组泄扩转载开评审实"
)
_EXTRA: Final = {
    "壹": "一",
    "贰": "二",
    "貳": "二",
    "叁": "三",
    "參": "三",
    "肆": "四",
    "伍": "五",
    "陆": "六",
    "陸": "六",
    "柒": "七",
    "捌": "八",
    "玖": "九",
    "拾": "十",
    "两": "二",
    "兩": "二",
    "祕": "秘",
    "嚴": "严",
    "複": "复",
    "製": "制",
    "註": "注",
    "關": "关",
    "屬": "属",
    "於": "于",
    "條": "条",
    "準": "准",
    "場": "场",
    "學": "学",
    "驗": "验",
    "結": "结",
    "佈": "布",
    "項": "项",
    "產": "产",
    "圍": "围",
    "範": "范",
    "總": "总",
    "報": "报",
    "樣": "样",
    "舊": "旧",
    "變": "变",
    "終": "终",
    "認": "认",
    "滿": "满",
    "嚮": "向",
    "無": "无",
    "傷": "伤",
    "級": "级",
    "號": "号",
    "閉": "闭",
    "計": "计",
    "劃": "划",
    "畫": "画",
    "聯": "联",
    "統": "统",
    "檢": "检",
    "經": "经",
    "許": "许",
    "權": "权",
    "准": "准",
    "團": "团",
    "門": "门",
    "間": "间",
    "訊": "讯",
    "稱": "称",
    "來": "来",
    "據": "据",
    "護": "护",
    "獲": "获",
    "傳": "传",
    "發": "发",
    "還": "还",
    "毀": "毁",
    "銷": "销",
    "摘": "摘",
    "攝": "摄",
    "貝": "贝",
    "拷": "拷",
    "萬": "万",
    "廳": "厅",
    "廠": "厂",
    "圓": "圆",
    "書": "书",
    "﹒": "·",
    "﹡": STAR,
    "⁎": STAR,
    "‑": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "−": "-",
    "─": "-",
    "\u00a0": " ",
    "\u3000": " ",
}
_MAP: Final[dict[str, str]] = (
    dict.fromkeys(_STARS, STAR) | dict.fromkeys(_DOTS, "·") | dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True)) | _EXTRA
)
_INVISIBLE: Final = frozenset({"Cf", "Cc", "Mn", "Me"})
_KEPT_CONTROLS: Final = "\t\x0b\n"
_CJK: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_GAP: Final = re.compile(
    rf"(?<=[{_CJK}★·:,])[ ]+(?=[{_CJK}★·:,\]】)])|(?<=[★至到])[ ]+(?=[\d(])|(?<=\d)[ ]+(?=[年个月日天★])"
    rf"|(?<=★\d)[ ](?=\d[ ]?(?:年|个?月))|(?<=[年月])[ ]+(?=\d)|(?<=[\[【(])[ ]+(?=[{_CJK}])"
)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normalised text; ``origin[i]`` is the index in ``raw_text`` that character i came from."""

    text: str
    raw_text: str
    origin: tuple[int, ...]

    def raw(self, start: int, end: int) -> str:
        """What really stood at [start, end), invisible characters dropped, spaces kept single."""
        if start >= end:
            return ""
        piece = self.raw_text[self.origin[start] : self.origin[end - 1] + 1]
        visible = "".join(c for c in piece if c.isspace() or unicodedata.category(c) not in _INVISIBLE)
        return " ".join(visible.split())

    def part(self, start: int, end: int) -> Normal:
        """The normalised text from start to end, still knowing its origin."""
        return Normal(self.text[start:end], self.raw_text, self.origin[start:end])


def normalise(raw_text: str) -> Normal:
    """One spelling, spaces still as they were (single code points, but not yet joined)."""
    characters: list[str] = []
    origin: list[int] = []
    for index, raw in enumerate(raw_text):
        if raw in _KEPT_CONTROLS:
            characters.append(raw)
            origin.append(index)
            continue
        for character in _folded(raw):
            characters.append(character)
            origin.append(index)
    return Normal("".join(characters), raw_text, tuple(origin))


@lru_cache(maxsize=8192)
def _folded(raw: str) -> str:
    """What one character becomes; nothing when it is invisible."""
    mapped = _MAP.get(raw)
    if mapped is not None:
        return mapped
    if unicodedata.category(raw) in _INVISIBLE:
        return ""
    folded = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    return "".join(_MAP.get(c, c) for c in folded)


def join_cjk(normal: Normal) -> Normal:
    """Without the spaces that only spread CJK characters apart (``机　密 ★ 1 年``), ends trimmed."""
    keep: list[int] = []
    position = 0
    for gap in _GAP.finditer(normal.text):
        keep.extend(range(position, gap.start()))
        position = gap.end()
    keep.extend(range(position, len(normal.text)))
    while keep and normal.text[keep[0]].isspace():
        keep.pop(0)
    while keep and normal.text[keep[-1]].isspace():
        keep.pop()
    text = "".join(normal.text[i] for i in keep)
    return Normal(text, normal.raw_text, tuple(normal.origin[i] for i in keep))


_WIDE: Final = re.compile(r"[ ]*[\t\x0b|│┃][ \t\x0b|│┃]*|[ ]{2,}")


def fields(normal: Normal) -> list[Normal]:
    """The line as fields: split at tabs, cell borders and wide gaps."""
    found: list[Normal] = []
    position = 0
    for gap in _WIDE.finditer(normal.text):
        if gap.start() > position:
            found.append(normal.part(position, gap.start()))
        position = gap.end()
    if position < len(normal.text):
        found.append(normal.part(position, len(normal.text)))
    return found
