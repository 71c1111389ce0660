"""What stands around a candidate and changes its meaning (domain §3.3, §3.6, contract C16). Pure."""

from __future__ import annotations

import re
from typing import Final

COPY_NUMBER: Final = re.compile(
    r"^\s*(?:份\s*[号號]\s*[:：]?\s*\d{1,8}|[No№.]*\s*\d{6}|\d{6})(?=\s|$)|\s份\s*[号號]\s*[:：]\s*\d{1,8}(?=\s|$)"
)
URGENCY: Final = re.compile(
    r"(?:^|\s|年|★|密|前|期|[\[【(（])(?:特\s*急|加\s*急|特\s*提|急\s*件|平\s*急)\s*[\]】)）]?\s*$|紧\s*急\s*程\s*度|緊急程度"
)
STATE_WORDS: Final = re.compile("国家秘密|國家秘密|国家机密|國家機密")
_NOT_STATE: Final = re.compile("不属于|不涉及|不含|不得|非国家|未涉及|不存储|保守|泄露|法")
EXAM: Final = re.compile(
    "试卷|试题|試卷|試題|考试|考試|考生|座位号|准考证|答题卡|答题纸|考场|监考|选择题|填空题|满分|押题|模拟卷|真题"
    "|高考|中考|月考|联考|统考|会考|期末|期中|测试卷|检测卷|参考答案|评分标准|第[IVⅠⅡ一二]+卷|招生.{0,8}统一"
)
_PROSE_STOP: Final = re.compile("[。；！？，、;]|[.,] ")
_EXAMPLE: Final = re.compile(
    "(?:如下|如图|所示|例如|比如|例|示例|样例|样式|式样|格式|形式|模板|标注为|标明|写作|写为|应为|即为|分为)[:：。]?\\s*$|^\\s*(?:例|如|例如|示例|样例|格式)\\b"
    "|(?:国家秘密|密级|保密|涉密|定密).{0,6}(?:标志|标识|标注)[:：]?\\s*$"
    "|(?:标志|标识|标注)的?(?:格式|形式|方法|样式|示例|举例|要求|规范|说明|式样|位置|方式)[:：]?\\s*$"
)
_LABEL_ALONE: Final = re.compile(r"\s*(?:文件|资料|数据)?(?:密级|保密等级)?(?:标志|标识)?\s*[:：]?\s*")
_DEFINITION: Final = re.compile(
    "^\\s*(?:是指|指的?是|指(?![挥导南标令示引定])|即[是指为]|是(?!否)|包括|主要包括|—|:|：|释义|英文|拼音|读音|词性|近义词|反义词|解释"
    "|最?重要的|一般的|泄露[会后将]|一旦|所称|(?:特别)?严重损害)"
)
_CULTURE: Final = re.compile(
    "作词|作曲|编曲|演唱|歌手|歌词|填词|导演|主演|编剧|片名|小说|ISBN|剧情|豆瓣|专辑|译者|连载|番外|楔子|起点中文|^\\s*[文图][/／]"
    "|^\\s*(?:作者|著者|[\u4e00-\u9fff·]{2,10}\\s*[/／]?\\s*著\\s*$)|^\\s*(?:第[一二三四五六七八九十百\\d]{1,4}[回幕集]|序幕|引子)"
    "|\\d\\d:\\d\\d:\\d\\d[,.]\\d{3} -->"
)
_CHAPTER: Final = re.compile("^\\s*(?:第[一二三四五六七八九十百\\d]{1,4}[章回节幕集卷]|目\\s*录\\s*$|Chapter \\d)")
_TEMPLATE: Final = re.compile(
    "公文(?:格式|版式)?(?:模板|样式|式样|示例|样例|范本|样本)|(?:密级|标志|标识|定密|版头|印章).{0,6}(?:模板|样式|式样|示例|样例|范例|样张|范本|样本|示意)"
)
_DECLASSIFIED: Final = re.compile("解密|解除|作废|已降密")
_NOT_YET: Final = re.compile("解密(?:条件|时间|日期|期限|前|后)|(?:自动|自行|期满|届满|到期).{0,4}解密")
_DECLASSIFICATION: Final = re.compile(
    "^[\\s\\[【(（]*(?:已|现已|予以)?解\\s*密[\\s\\]】)）!！]*$|(?:已|现|予以)(?:于.{0,20})?(?:经.{0,12})?(?:批准)?(?:解密|解除密级|解除保密)|密级(?:已)?(?:作废|解除|取消)"
)
_STAMP: Final = re.compile("^[\\s\\[【(（]*(?:已|现已)?解\\s*密[\\s\\]】)）!！]*(?:章)?$")
_FIELD_LIKE: Final = re.compile(r"^\s*[\u4e00-\u9fffA-Za-z ]{2,12}\s*(?:[:：]|\t)")
_LEVEL_CHOICE: Final = (
    "公开|内部|非密|内部公开|无密级|秘密|机密|绝密|绝密级|机密级|秘密级|公开级|内部级"
    "|核心商密|普通商密|商密|工作秘密|非涉密|不涉密"
)
_CHOICE: Final = re.compile(
    rf"\s*(?:\d{{1,2}}\s*[、.,\t|:：=-]\s*)?[\[【(（]?(?:{_LEVEL_CHOICE}|一般|普通|无|受控|敏感|限制|安全等级|全部|请选择|[\u4e00-\u9fff]{{2,3}}级)[\]】)）]?\s*[,，;；]?\s*"
)
_LEVEL: Final = re.compile(_LEVEL_CHOICE)
_RATING: Final = re.compile(r"[\s★☆✩✪⭐]{3,}")
_GRADING: Final = re.compile(
    "(?:密级|保密|秘密|涉密).{0,6}(?:划分|分级|分类|等级|范围|定义|种类|说明|分为)|(?:信息|数据|资料|文件)(?:分级|分类)|^\\s*(?:定义|含义|级别|等级)\\s*$"
)
_TITLE_BLOCK: Final = re.compile(
    "图\\s*号|图\\s*名|比\\s*例|制\\s*图|校\\s*对|审\\s*核|描\\s*图|阶段标记|共.{0,3}张|图\\s*幅|设\\s*计\\s*[:：\\t]"
)

_ANNEX: Final = re.compile(r"\s*附\s*(?:件|录|表|图)?\s*[\d一二三四五六七八九十A-Z]{0,3}\s*[:：]?\s*")


def is_annex(text: str) -> bool:
    """附件1 alone on its line: what follows is the head of another document."""
    return bool(text) and _ANNEX.fullmatch(text) is not None


_OWN_FIELD: Final = re.compile(
    ".{0,4}(?:编号|文号|图号|代号|版本号?|版次|版号|页[次码数]|总页数|(?:保密)?期限|日期|状态|阶段|阶段标记|比例|修订次数|份号)"
)


def is_own_field(text: str) -> bool:
    """The name of a field that a document has once, not of a register's column (序号, 文件名称, 接收人)."""
    return _OWN_FIELD.fullmatch("".join(text.split())) is not None


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
    if _LABEL_ALONE.fullmatch(stripped):
        return False
    return bool(_EXAMPLE.search(stripped)) or (len(stripped) > 6 and stripped.endswith((":", "：")))


def is_definition(text: str) -> bool:
    """The line after explains the word: a glossary, not a mark."""
    return bool(_DEFINITION.search(text))


def is_story_of(word: str, text: str) -> bool:
    """The line after tells of the word: 每个人心里都有一个秘密."""
    return bool(word) and is_prose(text) and any(lead + word in text for lead in ("一个", "的", "个", "有", "这", "小"))


def is_chapter(text: str) -> bool:
    """The line after begins a book: what stands before is its title."""
    return bool(_CHAPTER.search(text))


def is_culture(text: str) -> bool:
    """Songs, films and books are called 秘密 too."""
    return bool(_CULTURE.search(text))


def is_choice_word(text: str) -> bool:
    """A level or another word of a list of levels, alone on its line."""
    return len(text) <= 20 and bool(_CHOICE.fullmatch(text))


def is_level_word(text: str) -> bool:
    """A word of a list of levels and of nothing else; ``is_choice_word`` takes other fields' values too."""
    return _LEVEL.fullmatch(text.strip()) is not None


def is_rating(text: str) -> bool:
    """A row of stars: a review, a game."""
    return _RATING.fullmatch(text) is not None


def is_about_levels(text: str) -> bool:
    """A heading of a text that explains levels: what follows is one of them, explained."""
    return len(text) <= 30 and bool(_GRADING.search(text))


def is_title_block(text: str) -> bool:
    """Words of a drawing's title block (图签)."""
    return bool(_TITLE_BLOCK.search(text))


def is_template(text: str) -> bool:
    """A file that shows how marks look."""
    return len(text) <= 60 and bool(_TEMPLATE.search(text))


def is_declassified(text: str) -> bool:
    """The mark is struck by its own line."""
    return bool(_DECLASSIFIED.search(text)) and not _NOT_YET.search(text)


def is_declassification(text: str) -> bool:
    """A line that takes a mark near it back (MARK90§7): 解密, 已于某日解密."""
    return len(text) <= 60 and bool(_DECLASSIFICATION.search(text)) and not _NOT_YET.search(text)


def is_declassification_stamp(text: str) -> bool:
    """The word alone, as a stamp says it."""
    return bool(_STAMP.search(text))


def is_field_like(text: str) -> bool:
    """``编号：``, ``编制单位：`` - the company a labelled mark keeps on a form."""
    return len(text) <= 80 and bool(_FIELD_LIKE.search(text))
