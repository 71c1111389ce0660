"""Every false-positive class of domain §3.6: level words that mark nothing. They may be hints, never marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.fragments import PARTS, Fragment
from gapwatch_agent.inspector.marks import EVIDENCE_CHARACTERS_MAX, find_marks

REGULATIONS = [
    "第十六条绝密级:董事会成员、总经理及与绝密内容有直接关系的工作人员。",
    "第十七条机密级:总监级别以上干部以及与机密内容有直接关系的工作人员。",
    "机密、秘密檔的分發應當有所記錄。",
    "保密法规定密级分为绝密、机密、秘密",
    "保密等级分为秘密级、机密级和绝密级三个等级",
    "1、機密檔由公司高層領導確認。",
    "2、秘密:由起草人員排好版經確認後,應加密存檔。",
    "第十二条公司秘密分为三类:绝密、机密、秘密。",
    "秘密文件應當在其文件每一頁的左上角加印“秘密”字樣。",
    "封口處加蓋“機密文件章”",
    "按照国家规定:高考试卷=国家机密。",
    "3、機密:機密圖紙和資料要蓋上公司專用的機密章",
    "第五条公司生产经营、发展战略中的秘密事项。",
    "（三）按档案法规定属于绝密级别的各种档案。",
    "本公司从客户以外的渠道获得的有关客户的信息应作为机密。",
    "国家秘密的密级分为绝密、机密、秘密三级",
    "国家秘密标志为：密级★保密期限",
    "标志由“★”和期限组成，如机密★5年",
    "本件为机密，阅后退回。",
    "不得外传",
    "保守国家秘密法实施条例",
    "如：机密★5年",
    "例如  机密★10年  表示保密期限为十年",
    "绝密级国家秘密的保密期限不超过三十年，机密级不超过二十年",
    "对于机密★5年的文件，应当登记",
    "《机密》",
    "“机密”",
    "「秘密」",
    "1. 机密",
    "一、绝密",
    "（一）机密：",
    "机密：",
    "机密。",
    "是否机密？",
]
FORMS = [
    "密级：□绝密 □机密 □秘密",
    "密级：☐绝密 ☐机密 ☐秘密 ☐内部",
    "密级：绝密□ 机密□ 秘密□",
    "密级：（ ）绝密（ ）机密（ ）秘密",
    "密级：[ ]绝密 [ ]机密",
    "密级：☑绝密 ☑机密",
    "密级（绝密/机密/秘密）",
    "密级（绝密、机密、秘密）：",
    "密级：绝密/机密/秘密",
    "密级：绝密、机密、秘密",
    "密级：",
    "密级：________",
    "密级：公开",
    "密级：非密",
    "密级：无",
    "密级\t绝密\t机密\t秘密",
    "绝密 | 机密 | 秘密",
    "绝密\t机密\t秘密\t内部",
    "机密★  年",
    "密级★期限",
    "×密★×年",
]
WORDS = [
    "机密性",
    "机密计算",
    "机密计算白皮书",
    "保密协议",
    "商业秘密",
    "商业秘密保护办法",
    "秘密共享",
    "秘密警察",
    "揭秘",
    "神秘",
    "秘密花园",
    "解密",
    "解密算法",
    "绝密飞行",
    "绝密档案",
    "中国绝密档案",
    "机密文件管理办法",
    "秘密级联协议",
    "关于加强核心商密管理",
    "我们应当保护核心商密",
    "工作秘密管理暂行办法",
    "内部资料汇编目录",
    "受控文件清单",
    "受控文件发放登记表",
    "极秘境",
]
CODE = [
    "client_secret",
    "SECRET_KEY = os.environ['SECRET_KEY']",
    "kind: Secret",
    "apiVersion: v1",
    "confidential: true",
    "TOP_SECRET = 1",
    "    TOP_SECRET = 'top secret'",
    "// 等级1: 绝密级",
    "# 机密",
    "* 秘密",
    "## 绝密",
    "LEVELS = ['绝密', '机密', '秘密']",
    '{"level": "机密"}',
    "<option value=1>机密</option>",
    "INSERT INTO level VALUES (1, '绝密');",
    "enum Level { SECRET, CONFIDENTIAL }",
    "SECRET=abcdef",
]
CULTURE = [
    "Top Secret",
    "The Secret Garden",
    "绝密级装备",
    "秘密★★",
    "秘密★★★",
    "机密★★★★★",
    "★机密★",
    "☆★ 秘密 ★☆",
    "★★机密",
    "SECRET",
    "CONFIDENTIAL",
    "TOP SECRET",
]
BOILERPLATE = [
    "This message is confidential and intended only for the addressee.",
    "Commercial in confidence",
    "Confidential",
    "Company Confidential",
    "Strictly private and confidential",
    "本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人或群组。",
    "绝秘",
    "机秘★5年",
]
PORTIONS = [
    "（机密）本项目的进展情况如下，各单位应按时报送。",
    "[秘密]本段内容仅供参考",
    "(S//NF) The following paragraph holds details.",
    "(U) Introduction",
]
TITLE = "\n关于有关事项的说明\n附件一\n"
ALL = [*REGULATIONS, *FORMS, *WORDS, *CODE, *CULTURE, *BOILERPLATE, *PORTIONS]


def _mark(text, part="document", page=1):
    return find_marks([Fragment(line, part=part, page=page) for line in text.split("\n")]).mark


@pytest.mark.parametrize("text", ALL)
def test_a_level_word_alone_is_no_mark(text):
    assert _mark(text + TITLE).evidence == ()


@pytest.mark.parametrize("text", ALL)
def test_nor_in_the_middle_of_a_text(text):
    body = f"某单位工作简报\n本期内容如下，请各部门阅知并结合实际抓好落实。\n{text}\n特此说明。"
    assert _mark(body).evidence == ()


@pytest.mark.parametrize(
    "text",
    [
        "机密★5年",
        "机密",
        "核心商密5年",
        "内部资料",
        "TOP SECRET//SI//NOFORN",
        "绝密★启用前",
    ],
)
def test_a_mark_quoted_deep_in_the_body_is_a_hint(text):
    found = find_marks(
        [
            Fragment("保密知识学习材料"),
            Fragment("国家秘密文件应当在首页左上角作出标志，标志由密级和期限组成，举例说明。"),
            Fragment(text),
            Fragment("以上标志应当清晰可见，不得遗漏，也不得标注在其他位置。"),
            Fragment("学习完毕后请签字。"),
            Fragment("人事处"),
        ]
    )
    assert found.mark.axis == ""
    assert found.hints >= 1


@pytest.mark.parametrize(
    "lines",
    [
        ["绝密", "机密", "秘密"],
        ["绝密★30年", "机密★20年", "秘密★10年"],
        ["密级：绝密", "密级：机密", "密级：秘密"],
        ["机密", "是指泄露会使公司利益遭到严重损害的事项"],
        ["秘密", "作词：某某", "作曲：某某", "你有一个秘密"],
        ["1", "00:00:01,000 --> 00:00:02,000", "绝密", "2", "00:00:03,000 --> 00:00:04,000", "谁在外面"],
        ["绝密", "导演：某某", "主演：某某"],
        ["国家秘密标志样式", "机密★5年"],
        ["密级标识模板", "绝密★长期"],
        ["标注格式如下：", "机密★5年"],
        ["机密★5年　　已解密"],
        ["文件目录", "密级：机密", "名称：甲", "密级：秘密", "名称：乙", "密级：机密", "名称：丙"],
        ["TOP SECRET//SI//NOFORN", "All markings are for training use only"],
        ["TOP SECRET", "a song", "la la la"],
    ],
)
def test_lists_quotations_and_titles(lines):
    assert _mark("\n".join([*lines, "其他内容", "再多一行", "还有一行", "最后一行"])).axis == ""


def test_a_register_of_levels_is_not_marked():
    rows = [
        "序号\t名称\t密级\t责任人",
        "1\t涉密计算机一\t机密\t甲",
        "2\t涉密计算机二\t秘密\t乙",
        "3\t涉密计算机三\t机密\t丙",
    ]
    assert find_marks([Fragment(row, part="table", page=1) for row in rows]).mark.axis == ""


def test_boilerplate_watermarks_are_hints():
    for words in ("内部资料 注意保密", "CONFIDENTIAL", "Confidential", "内部资料", "草稿"):
        assert find_marks([Fragment(words, part="watermark")]).mark.axis == ""


@pytest.mark.parametrize("words", ["Confidential", "CONFIDENTIAL", "Commercial in confidence", "SECRET_KEY"])
def test_a_theme_s_header_is_boilerplate(words):
    assert find_marks([Fragment(words, part="header")]).mark.axis == ""


@pytest.mark.parametrize("part", ["note"])
def test_comments_and_footnotes_carry_no_mark(part):
    assert find_marks([Fragment("机密★5年", part=part)]).mark.axis == ""


@pytest.mark.parametrize(
    "name",
    [
        "机密计算白皮书.pdf",
        "保密协议.docx",
        "商业秘密保护.docx",
        "中国绝密档案.epub",
        "秘密花园.txt",
        "secret.txt",
        "TOP SECRET.mp3",
        "[绝密][机密][秘密]分类说明.docx",
        "机密性与完整性.md",
        "国家秘密标志样式（机密★5年）.docx",
        "报告（终稿）.docx",
        "解密[1].docx",
    ],
)
def test_names_that_only_talk_about_secrets(name):
    assert find_marks((), name).mark.axis == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [("title", "机密"), ("title", "秘密花园"), ("keywords", "保密;机密性"), ("company", "机密"), ("密级", "公开")],
)
def test_properties_that_are_no_labels(key, value):
    assert find_marks([Fragment(value, part="property", key=key)]).mark.axis == ""


_ALPHABET = (
    "绝机秘密级极★☆*·-0123456789年月日个长期前核心普通商内部资料文件注意保受控工作 　\t\n"
    "：:（）[]【】□☑份号特急SECRTOPFDNUAL/"
)


@given(
    st.lists(st.tuples(st.text(_ALPHABET, max_size=40), st.sampled_from(sorted(PARTS)), st.integers(0, 3)), max_size=12)
)
def test_whatever_stands_there_it_is_decided_and_short(pieces):
    found = find_marks([Fragment(text, part=part, page=page) for text, part, page in pieces], "x")
    assert found.hints >= 0
    assert bool(found.mark.axis) == bool(found.mark.evidence)
    assert all(len(item.text) <= EVIDENCE_CHARACTERS_MAX for item in found.mark.evidence)


@given(st.lists(st.text(max_size=200), max_size=8), st.text(max_size=60))
def test_any_text_and_any_name_is_decided(lines, name):
    assert 0 <= find_marks([Fragment(line) for line in lines], name).mark.confidence <= 1
