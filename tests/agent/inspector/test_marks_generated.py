"""Every form of domain §3.3 in every variant at every place, generated: what reads one reads them all."""

import itertools

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks

LEVELS = {"绝密": "top_secret", "机密": "secret", "秘密": "confidential"}
PERIODS = [
    ("1年", "P1Y"), ("6个月", "P6M"), ("6個月", "P6M"), ("３年", "P3Y"), ("三年", "P3Y"), ("十五年", "P15Y"),
    ("廿年", "P20Y"), ("卅年", "P30Y"), ("一百年", "P100Y"), ("十八個月", "P18M"), ("30天", "P30D"), ("10年内", "P10Y"),
    ("长期", "long_term"), ("永久", "long_term"), ("長期", "long_term"), ("启封前", "启封前"), ("啟封前", "启封前"),
    ("会议开始前", "会议开始前"), ("项目验收前", "项目验收前"), ("2030年5月1日前", "2030-05-01"),
    ("二〇三〇年五月一日前", "2030-05-01"), ("二○三○年五月一日", "2030-05-01"), ("2030.5.1", "2030-05-01"),
    ("2030-05-01", "2030-05-01"), ("2030/5/1前", "2030-05-01"), ("20300501", "2030-05-01"), ("2030年", "2030"),
    ("2030年底前", "2030-12-31"), ("至2030年5月1日", "2030-05-01"), ("半年", "P6M"), ("1年6个月", "P1Y6M"),
]  # fmt: skip
STARS = ["★", "☆", "*", "＊", "✩", "⭐", "★\ufe0f", " ★ ", "　★　", "\u00a0★\u2009"]
SEPARATORS = ["·", "•", "・", "-", "—", "–", " · "]
TITLE = ["关于开展年度检查工作的通知", "各单位：", "现将有关事项通知如下，请认真贯彻执行。", "某某局"]


def _traditional(word):
    return word.replace("绝", "絕").replace("机", "機")


SPREADS = [
    lambda word: word,
    " ".join,
    "　".join,
    "\u00a0".join,
    "\u2009".join,
    "\u200b".join,
    "\t".join,
    lambda word: word + "级",
    lambda word: f"【{word}】",
    lambda word: f"[{word}]",
    lambda word: f"（{word}）",
    _traditional,
]
FRAMES = [
    "{}", "{} 特急", "特急 {}", "000001 {}", "№000123　{}　加急", "{}　　　　　　份号：000001", "编号：2026-01 {}",
    "关于某工作的方案 {}", "（{}）", "【{}】", "国家秘密 {}", "密级：{}", "密  级： {}", "【密级】{}", "// {}",
    "<!-- {} -->",
    "密级：{}  保密期限：5年  定密责任人：某",
]  # fmt: skip


def _places(text):
    """The same line where marks stand: (place, fragments)."""
    body = [Fragment(line, page=1) for line in TITLE]
    yield "first", [Fragment(text, page=1), *body]
    yield "third", [Fragment("某某集团公司", page=1), Fragment("技术中心", page=1), Fragment(text, page=1), *body]
    yield "one fragment", [Fragment("\n".join([text, *TITLE]))]
    for part in ("header", "footer", "text_box", "annotation"):
        yield part, [Fragment(text, part=part), *body]
    yield "table", [Fragment(text, part="table", page=1), *body]
    yield "page 2", [Fragment("封面", page=1), Fragment(text, page=2), Fragment("正文", page=2)]
    yield "zone", [Fragment("x", page=1, zone="body"), Fragment(text, page=1, zone="first_page_top")]


def _missed(text, axis, level, period=None):
    missed = []
    for place, fragments in _places(text):
        mark = find_marks(fragments).mark
        if (mark.axis, mark.level) != (axis, level) or (period is not None and mark.period != period):
            missed.append((place, mark.axis, mark.level, mark.period))
    return missed


@pytest.mark.parametrize("word", LEVELS)
def test_every_period(word):
    for text, period in PERIODS:
        assert _missed(f"{word}★{text}", "state", LEVELS[word], period) == [], text


@pytest.mark.parametrize("word", LEVELS)
def test_every_star_and_every_separator(word):
    some = [PERIODS[index] for index in (0, 1, 4, 12, 15, 17, 19)]
    for sign, (text, period) in itertools.product(STARS + SEPARATORS, some):
        assert _missed(f"{word}{sign}{text}", "state", LEVELS[word], period) == [], sign + text


@pytest.mark.parametrize("word", LEVELS)
def test_every_spelling_of_the_level(word):
    for spread in SPREADS:
        written = spread(word)
        assert _missed(f"{written}★5年", "state", LEVELS[word], "P5Y") == [], written
        assert _missed(f"{written}★", "state", LEVELS[word]) == [], written
        assert _missed(written, "enterprise", LEVELS[word]) == [], written
        assert _missed(f"密级：{written}", "enterprise", LEVELS[word]) == [], written


@pytest.mark.parametrize("word", LEVELS)
def test_everything_that_stands_beside_it(word):
    for frame in FRAMES:
        assert _missed(frame.format(f"{word}★5年"), "state", LEVELS[word], "P5Y") == [], frame


@pytest.mark.parametrize("word", LEVELS)
@pytest.mark.parametrize(
    "frame",
    [
        "{} CONFIDENTIAL", "{}/Secret", "CONFIDENTIAL {}", "{} No.0012", "{} 编号：0012", "公司{}，严禁外传",
        "{} 严禁复制",
        "密级={}", "保密等级：{}", "密级：■{} □公开", "密级：{}，保密期限：5年",
    ],
)  # fmt: skip
def test_enterprise_wordings(word, frame):
    assert _missed(frame.format(word), "enterprise", LEVELS[word]) == []


@pytest.mark.parametrize("unit", ["", "某某公司", "某某公司 ", "中国某某集团有限公司", "（某公司）", "ABC公司·"])
@pytest.mark.parametrize(
    ("word", "level"), [("核心商密", "secret"), ("普通商密", "confidential"), ("核心商业秘密", "secret")]
)
def test_trade_secrets(unit, word, level):
    periods = [("5年", "P5Y"), (" 5年", "P5Y"), ("·5年", "P5Y"), ("▲5年", "P5Y"), ("/5年", "P5Y"), ("★5年", "P5Y")]
    for text, period in [*periods, ("-长期", "long_term"), ("（5年）", "P5Y"), ("", "")]:
        assert _missed(unit + word + text, "commercial", level, period) == [], text


@pytest.mark.parametrize(
    "text",
    [
        "工作秘密", "工 作 秘 密", "工作秘密★1年", "工作秘密，不得外泄", "内部资料 注意保密", "內部資料　　注意保密",
        "内部资料·注意保密", "内部文件 不得外传", "内部文件 严禁外传", "【内部资料 请勿外传】", "内部使用 不得外传",
        "内部资料★注意保密", "内部资料\t注意保密", "内部文件 未经许可 不得外传", "密级：工作秘密",
    ],
)  # fmt: skip
def test_work_secrets(text):
    assert _missed(text, "work", "internal") == []


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("TOP SECRET//HCS-P/SI-G/TK//ORCON/NOFORN", "top_secret"),
        ("TOP SECRET//SPECIAL ACCESS REQUIRED-BUTTER POPCORN", "top_secret"),
        ("SECRET // NOFORN", "secret"),
        ("SECRET NOFORN", "secret"),
        ("UNCLASSIFIED//FOR OFFICIAL USE ONLY", "unclassified"),
        ("CONTROLLED//SP-CTI", "restricted"),
        ("COSMIC TOP SECRET - BOHEMIA", "top_secret"),
        ("FOCAL TOP SECRET", "top_secret"),
        ("NATO SECRET ATOMAL", "secret"),
        ("NATO RESTRICTED RELEASABLE TO SWEDEN", "restricted"),
        ("OFFICIAL–SENSITIVE", "restricted"),
        ("OFFICIAL-SENSITIVE [PERSONAL]", "restricted"),
        ("SECRET - UK EYES ONLY", "secret"),
        ("TOP SECRET STRAP 1", "top_secret"),
        ("SECRET UE / EU SECRET", "secret"),
        ("RESTREINT UE", "restricted"),
        ("VS-Vertraulich", "confidential"),
        ("VS – NUR FÜR DEN DIENSTGEBRAUCH", "restricted"),
        ("GEHEIM - amtlich geheimgehalten", "secret"),
        ("TRÈS SECRET DÉFENSE", "top_secret"),
        ("SECRET - SPÉCIAL FRANCE", "secret"),
        ("DIFFUSION RESTREINTE", "restricted"),
        ("[SEC=SECRET, CAVEAT=SH:CABINET]", "secret"),
        ("OFFICIAL: Sensitive", "restricted"),
        ("PROTECTED//CABINET", "confidential"),
        ("PROTECTED B / PROTÉGÉ B", "restricted"),
        ("絕對機密", "top_secret"),
        ("高度機密", "secret"),
        ("極秘", "top_secret"),
        ("取扱注意", "restricted"),
        ("密等及解密條件或保密期限：機密", "confidential"),
        ("СОВЕРШЕННО СЕКРЕТНО", "secret"),
        ("대외비", "restricted"),
    ],
)
def test_other_systems(text, level):
    assert _missed(text, "foreign", level) == []
