"""In which encoding bytes most likely are: nobody labels a text file, and a wrong guess must not invent a mark. Pure.

No statistics of a language are kept but its commonest characters: bytes read in the wrong encoding become rare ones.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

ENCODINGS: Final = (
    *("utf-8", "gb18030", "cp950", "big5hkscs", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"),
    *("euc_jp", "cp932", "cp949", "cp1252", "hz", "iso2022_jp_2", "iso2022_kr"),
)
"""All that are ever tried. ``cp950`` is Big5 as it is written in practice, ``gb18030`` holds GBK and GB2312."""
SAMPLE_BYTES: Final = 1024
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_LEGACY: Final = ("gb18030", "cp950", "big5hkscs", "euc_jp", "cp932", "cp949")
_STRANGE: Final = frozenset(map(chr, (*range(0x80, 0xA0), *range(0xE000, 0xF900), 0xFFFD)))
"""No character a text holds: undecodable, private, control."""
_ONE_CHARACTER: Final = 2
_HIGH: Final = bytes(range(0x80, 0x100))
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_LATIN_RUN: Final = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff](?=[A-Za-z])|(?<![\x80-\xff])[\xc0-\xff](?=[A-Za-z])"
                               rb"|(?<=[A-Za-z])[\xc0-\xff](?![\x80-\xff])")  # fmt: skip
_CHARACTERS: Final = (
    # Simplified, by frequency, then the words of marks and of official papers.
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定"
    "行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由"
    "其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问"
    "意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图"
    "山统接知较将组见计别手角期根论运农指几九区强放决西被干做必战先回则任取据处密绝秘核商普限启阅保份号急启封永久报"
    "告请示函令印章送抄签办厅局委项目技术信息安全检查执行遵照规位称编单审批复责负档案不得传注"
    # Traditional where it differs.
    "這為個國時來們於對會發動過說產種後學經進著裡電實兩體機當點從業應開還義間樣與關線內數麼質氣變條沒結問無軍並題"
    "黨員總設長頭資邊圖統較將組見計別論運農幾區強決幹戰則據處絕祕閱號啟報請簽辦廳項術檢執規稱編單審複責負檔傳註極"
    # Japanese and Korean.
    "本社者見場今東手務議府情報係施設計極用業件名氏様午昨株式県市区町村々〆込働"
    "이다의는에을가를하고로지사기한은도인자어시리대해서수정일부나그보제아전과스국상장있주와여었구원동중게만성회용조들"
    "으안공유위소미년무신분행문세라연학등적비"
    "、。，．·・；：？！“”‘’（）《》〈〉【】「」『』〔〕—…–★☆※□■●○◆◇①②③④⑤\u3000￥％"
)
_RANGES: Final = (range(0x3041, 0x3097), range(0x30A1, 0x30FD), range(0xFF10, 0xFF1A), range(0xFF21, 0xFF5B))
_COMMON: Final = frozenset(_CHARACTERS) | {chr(code) for codes in _RANGES for code in codes}
for _encoding in ENCODINGS:
    # A caged child cannot import a codec any more.
    codecs.lookup(_encoding)
    _ = b"".decode(_encoding)


def best(head: bytes, *, declared: str = "") -> str:
    """The most plausible encoding of a text that begins like this. ``declared`` is believed unless bytes speak against
    it; it may be any name.
    """
    marked = _by_bom(head)
    if marked:
        return marked
    if is_utf8(head):
        return _shifted(head) or _wide_ascii(head) or "utf-8"
    wide = _wide_ascii(head)
    if wide:
        return wide
    sample = _sample(head)
    known = known_encoding(declared)
    # One character says nothing: it is common in some encoding or other.
    legacy: tuple[str, ...] = _LEGACY if len(sample) - _ascii_count(sample) > _ONE_CHARACTER or known else _LEGACY[:1]
    scores = {encoding: score(sample, encoding) for encoding in ("utf-8", *legacy)}
    scores["cp1252"] = _latin_score(sample)
    for encoding in ("utf-16-le", "utf-16-be"):
        # Without a single zero byte, hence without a space or a line end: must be surer than the others.
        scores[encoding] = 0.8 * score(head[:SAMPLE_BYTES], encoding) - (len(head) % 2)
    if known in scores:
        scores[known] += 0.25
    # The likeliest of equals comes first here: short texts say little.
    ranked = ("utf-8", *legacy, "cp1252", "utf-16-le", "utf-16-be")
    return max(ranked, key=lambda encoding: (round(scores[encoding], 2), -ranked.index(encoding)))


def score(sample: bytes, encoding: str) -> float:
    """How much of what is not ASCII is common (1: all) less three times what is no text at all; less that only once in
    UTF-8, whose sequences are hardly ever right by chance.
    """
    text = sample.decode(encoding, errors="replace").strip("\ufffd\ufeff")
    total = len(text) - len(text.encode("ascii", errors="ignore"))
    if not total:
        return 0.0 if encoding in _WIDE else 0.1
    good, bad = sum(map(_COMMON.__contains__, text)), sum(map(_STRANGE.__contains__, text))
    return (good - (1 if encoding == "utf-8" else 3) * bad) / total


def is_utf8(head: bytes) -> bool:
    """Whether it decodes; a character cut off at the end does not count against it."""
    if head.isascii():
        return True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def known_encoding(declared: str) -> str:
    """Our name for what a header calls it; empty when there is none. Subsets are read as what holds them."""
    name = declared.strip().strip("'\"").lower().replace("_", "-")
    known = _ALIASES.get(name, "")
    return known or (name.replace("-", "_") if name.replace("-", "_") in ENCODINGS else "")


_ALIASES: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "us-ascii": "", "ascii": "",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
    "gb-2312": "gb18030", "euc-cn": "gb18030", "csgb2312": "gb18030", "hz-gb-2312": "hz", "hz": "hz",
    "big5": "cp950", "big5-hkscs": "big5hkscs", "cp950": "cp950", "x-x-big5": "cp950", "csbig5": "cp950",
    "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be", "unicode": "utf-16-le", "utf-32": "utf-32-le", "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "cp932": "cp932",
    "windows-31j": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_2", "iso-2022-kr": "iso2022_kr",
    "euc-kr": "cp949", "ks-c-5601-1987": "cp949", "cp949": "cp949", "ks-c-5601": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-15": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
}  # fmt: skip


def _ascii_count(sample: bytes) -> int:
    return len(sample.translate(None, _HIGH))


def _by_bom(head: bytes) -> str:
    return next((encoding for bom, encoding in _BOMS if head.startswith(bom)), "")


def _shifted(head: bytes) -> str:
    """Seven-bit encodings that announce themselves: ASCII to look at."""
    if b"\x1b$)C" in head[: 1 << 16]:
        return "iso2022_kr"
    if b"\x1b$" in head:
        return "iso2022_jp_2"
    start = head.find(b"~{")
    return "hz" if start >= 0 and head.find(b"~}", start) > start and head.isascii() else ""


def _wide_ascii(head: bytes) -> str:
    """Two or four bytes a character, told by where the zero bytes of spaces, digits and line ends are."""
    sample = head[:SAMPLE_BYTES]
    if sample.count(0) * 50 < len(sample) or len(sample) < 4:
        return ""
    zeros = [sample[lane::4].count(0) for lane in range(4)]
    every = max(len(sample) // 4, 1)
    if min(zeros[2], zeros[3]) >= every * 0.9 and zeros[0] <= every * 0.5:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) >= every * 0.9 and zeros[3] <= every * 0.5:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > 4 * even or even > 4 * odd:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _latin_score(sample: bytes) -> float:
    """Letters with accents stand alone between other letters; in Chinese two bytes and more stand together."""
    runs = len(_HIGH_RUN.findall(sample))
    return len(_LATIN_RUN.findall(sample)) / runs if runs else 0.0


def _sample(head: bytes) -> bytes:
    """The first lines that are not plain ASCII."""
    found = bytearray()
    for line in head.split(b"\n", 20_000)[:20_000]:
        if not line.isascii():
            found += line[:SAMPLE_BYTES] + b"\n"
            if len(found) >= SAMPLE_BYTES:
                break
    return bytes(found or head[:SAMPLE_BYTES])
