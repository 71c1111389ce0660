"""Every form of domain §3.3 and §3.4 where a mark stands: (text, axis, level, period)."""

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks

TITLE = "\n关于开展年度检查工作的通知\n各单位：\n现将有关事项通知如下，请认真贯彻执行。\n"
EXAM = "\n二〇二六年普通高等学校招生全国统一考试\n数学试卷\n注意事项：考生务必将姓名、座位号填写在答题卡上。\n"

STATE = [
    ("机密★5年", "secret", "P5Y"),
    ("秘密★6个月", "confidential", "P6M"),
    ("机密★1年", "secret", "P1Y"),
    ("绝密★长期", "top_secret", "long_term"),
    ("绝密★永久", "top_secret", "long_term"),
    ("机密★会议开始前", "secret", "会议开始前"),
    ("绝密★启封前", "top_secret", "启封前"),
    ("秘密★公布前", "confidential", "公布前"),
    ("绝密★2030年5月1日前", "top_secret", "2030-05-01"),
    ("绝密★2030-05-01前", "top_secret", "2030-05-01"),
    ("秘密★2031.12.31前", "confidential", "2031-12-31"),
    ("机密★至2030年5月1日", "secret", "2030-05-01"),
    ("机密★2030年5月", "secret", "2030-05"),
    ("机密★", "secret", "P20Y"),
    ("绝密★", "top_secret", "P30Y"),
    ("秘密★", "confidential", "P10Y"),
    ("机 密 ★ 5 年", "secret", "P5Y"),
    ("机　密　★　５　年", "secret", "P5Y"),
    ("机密★１０年", "secret", "P10Y"),
    ("機密★10年", "secret", "P10Y"),
    ("絕密★長期", "top_secret", "long_term"),
    ("絕密★啟封前", "top_secret", "启封前"),
    ("極機密★五年", "secret", "P5Y"),
    ("机密☆5年", "secret", "P5Y"),
    ("机密*5年", "secret", "P5Y"),
    ("机密＊5年", "secret", "P5Y"),
    ("机密✩5年", "secret", "P5Y"),
    ("机密·5年", "secret", "P5Y"),
    ("机密•5年", "secret", "P5Y"),
    ("绝密·永久", "top_secret", "long_term"),
    ("机密—5年", "secret", "P5Y"),
    ("机密-5年", "secret", "P5Y"),
    ("机密★三年", "secret", "P3Y"),
    ("机密★十年", "secret", "P10Y"),
    ("绝密★二十五年", "top_secret", "P25Y"),
    ("机密★叁年", "secret", "P3Y"),
    ("秘密★半年", "confidential", "P6M"),
    ("秘密★一年半", "confidential", "P1Y6M"),
    ("秘密★1年6个月", "confidential", "P1Y6M"),
    ("秘密★十个月", "confidential", "P10M"),
    ("秘密★30天", "confidential", "P30D"),
    ("机密级★5年", "secret", "P5Y"),
    ("[机密★5年]", "secret", "P5Y"),
    ("【机密】★5年", "secret", "P5Y"),
    ("机密★（5年）", "secret", "P5Y"),
    ("机\u200b密\ufeff★5年", "secret", "P5Y"),
    ("机密★5年　　　　　　　　特急", "secret", "P5Y"),
    ("机密★5年 加急", "secret", "P5Y"),
    ("000001　　机密★5年", "secret", "P5Y"),
    ("份号：000123  机密★5年", "secret", "P5Y"),
    ("国家秘密　机密", "secret", ""),
    ("国家秘密·绝密", "top_secret", ""),
    ("000001\n机密\n特急", "secret", ""),
    ("000001\n秘密", "confidential", ""),
    ("机密 特急", "secret", ""),
    ("密级：机密★5年", "secret", "P5Y"),
    ("密级:绝密★长期", "top_secret", "long_term"),
    ("密 级：秘 密 ★ 10 年", "confidential", "P10Y"),
    ("编号：2026-01　　密级：机密★5年", "secret", "P5Y"),
    ("本文件密级：秘密★3年", "confidential", "P3Y"),
    ("份号：000001\n密级：机密", "secret", ""),
    ("机密★二〇三〇年五月一日前", "secret", "2030-05-01"),
    ("// 密级：机密★5年", "secret", "P5Y"),
    ("# 密级: 秘密★1年", "confidential", "P1Y"),
    ("/* 机密★5年 */", "secret", "P5Y"),
]

ENTERPRISE = [
    ("机密", "secret", ""),
    ("机 密", "secret", ""),
    ("机　　密", "secret", ""),
    ("機密", "secret", ""),
    ("绝密", "top_secret", ""),
    ("秘密", "confidential", ""),
    ("秘 密", "confidential", ""),
    ("绝密级", "top_secret", ""),
    ("[机密]", "secret", ""),
    ("【机密】", "secret", ""),
    ("（机密）", "secret", ""),
    ("极机密", "secret", ""),
    ("機密 CONFIDENTIAL", "secret", ""),
    ("机密5年", "secret", "P5Y"),
    ("密级：机密", "secret", ""),
    ("密级:秘密", "confidential", ""),
    ("密級：絕密", "top_secret", ""),
    ("密级：机密\n保密期限：10年", "secret", "P10Y"),
    ("密级：机密　　保密期限：5年", "secret", "P5Y"),
    ("保密等级：秘密", "confidential", ""),
    ("密级：□绝密 ☑机密 □秘密", "secret", ""),
    ("密级：绝密□ 机密□ 秘密☑", "confidential", ""),
    ("密级：（ ）绝密 （√）机密 （ ）秘密", "secret", ""),
    ("密级：内部", "internal", ""),
    ("内部资料", "internal", ""),
    ("內部資料", "internal", ""),
    ("受控文件", "internal", ""),
    ("【受控文件】", "internal", ""),
    ("// 机密", "secret", ""),
]

OTHERS = [
    ("核心商密5年", "commercial", "secret", "P5Y"),
    ("核心商密·5年", "commercial", "secret", "P5Y"),
    ("核心商密 长期", "commercial", "secret", "long_term"),
    ("核心商密★10年", "commercial", "secret", "P10Y"),
    ("普通商密▲".replace("▲", "-3年"), "commercial", "confidential", "P3Y"),
    ("中某集团核心商密5年", "commercial", "secret", "P5Y"),
    ("某某股份普通商密·永久", "commercial", "confidential", "long_term"),
    ("普通商密", "commercial", "confidential", ""),
    ("核心商业秘密", "commercial", "secret", ""),
    ("密级：核心商密", "commercial", "secret", ""),
    ("工作秘密", "work", "internal", ""),
    ("工作秘密★1年", "work", "internal", "P1Y"),
    ("工作秘密，不得外泄", "work", "internal", ""),
    ("内部资料 注意保密", "work", "internal", ""),
    ("内部资料　　注意保密", "work", "internal", ""),
    ("內部資料，注意保密", "work", "internal", ""),
    ("内部文件 不得外传", "work", "internal", ""),
    ("内部文件，严禁外传！", "work", "internal", ""),
    ("（内部资料，请勿外传）", "work", "internal", ""),
    ("密级：工作秘密", "work", "internal", ""),
    ("TOP SECRET//SI//NOFORN", "foreign", "top_secret", ""),
    ("SECRET//REL TO USA, FVEY", "foreign", "secret", ""),
    ("CONFIDENTIAL//NOFORN", "foreign", "confidential", ""),
    ("UNCLASSIFIED//FOUO", "foreign", "unclassified", ""),
    ("CUI//SP-CTI//NOFORN", "foreign", "restricted", ""),
    ("COSMIC TOP SECRET", "foreign", "top_secret", ""),
    ("NATO SECRET", "foreign", "secret", ""),
    ("NATO RESTRICTED", "foreign", "restricted", ""),
    ("NATO CONFIDENTIAL ATOMAL", "foreign", "confidential", ""),
    ("OFFICIAL-SENSITIVE", "foreign", "restricted", ""),
    ("UK TOP SECRET", "foreign", "top_secret", ""),
    ("TRÈS SECRET UE/EU TOP SECRET", "foreign", "top_secret", ""),
    ("VS-NfD", "foreign", "restricted", ""),
    ("STRENG GEHEIM", "foreign", "top_secret", ""),
    ("絕對機密", "foreign", "top_secret", ""),
    ("限閱文件", "foreign", "restricted", ""),
    ("社外秘", "foreign", "restricted", ""),
]

EXAMS = [
    ("绝密★启用前", "top_secret", "启用前"),
    ("机密★启用前", "secret", "启用前"),
    ("秘密 ★ 启用前", "confidential", "启用前"),
    ("绝密☆启用前", "top_secret", "启用前"),
    ("绝密★考试结束前", "top_secret", "考试结束前"),
    ("机密★开考前", "secret", "开考前"),
]


def _mark(text, part="document", page=1):
    return find_marks([Fragment(line, part=part, page=page) for line in text.split("\n")]).mark


@pytest.mark.parametrize(("text", "level", "period"), STATE)
def test_state_secrets(text, level, period):
    mark = _mark(text + TITLE)
    assert (mark.axis, mark.level, mark.period) == ("state", level, period)


@pytest.mark.parametrize(("text", "level", "period"), ENTERPRISE)
def test_enterprise_levels(text, level, period):
    mark = _mark(text + TITLE)
    assert (mark.axis, mark.level, mark.period) == ("enterprise", level, period)


@pytest.mark.parametrize(("text", "axis", "level", "period"), OTHERS)
def test_the_other_axes(text, axis, level, period):
    mark = _mark(text + TITLE)
    assert (mark.axis, mark.level, mark.period) == (axis, level, period)


@pytest.mark.parametrize(("text", "level", "period"), EXAMS)
def test_examination_papers_are_a_class_of_their_own(text, level, period):
    mark = _mark(text + EXAM)
    assert (mark.axis, mark.level, mark.period) == ("exam", level, period)


def test_before_use_without_an_examination_is_a_state_secret():
    assert _mark("绝密★启用前" + TITLE).axis == "state"


@pytest.mark.parametrize("part", ["header", "footer", "text_box"])
@pytest.mark.parametrize(
    ("text", "axis"),
    [("机密★5年", "state"), ("机密", "enterprise"), ("内部资料 注意保密", "work"), ("核心商密5年", "commercial")],
)
def test_margins_and_boxes_carry_marks(part, text, axis):
    mark = _mark(text, part=part, page=0)
    assert (mark.axis, mark.evidence[0].part, mark.evidence[0].zone) == (axis, part, part)


@pytest.mark.parametrize("text", ["XX公司  机密", "机密\t第 1 页", "机密 第1页 共3页", "某某公司 机密", "1 / 3　机密"])
def test_a_header_holds_other_things_beside_the_mark(text):
    assert _mark(text, part="header", page=0).level == "secret"


def test_every_page_may_carry_it_at_its_top():
    fragments = [Fragment("封面没有标志"), *(Fragment(text, page=2) for text in ("秘密", "第二页的内容"))]
    found = find_marks(fragments).mark
    assert (found.level, found.evidence[0].page, found.evidence[0].zone) == ("confidential", 2, "page_top")


def test_a_bare_banner_needs_its_twin():
    assert _mark("SECRET\nreport on things\nsome body text here\nand more of it\nSECRET").level == "secret"
    assert _mark("SECRET\nreport on things\nsome body text here\nand more of it").axis == ""


def test_a_classification_block_corroborates_a_bare_banner():
    text = "SECRET\nReport\nClassified By: office of records\nDerived From: guide 7\nDeclassify On: 20450101\n"
    assert _mark(text).axis == "foreign"


def test_the_highest_mark_is_the_record_and_the_others_are_evidence():
    fragments = [
        Fragment("秘密★3年", part="header"),
        Fragment("机密★10年"),
        Fragment("关于工作安排的方案"),
        Fragment("内部资料 注意保密", part="footer"),
    ]
    mark = find_marks(fragments, "[绝密]方案.docx").mark
    assert (mark.axis, mark.level, mark.period, mark.period_text) == ("state", "secret", "P10Y", "10年")
    assert [item.part for item in mark.evidence] == ["document", "header", "footer", "name"]


@pytest.mark.parametrize(
    ("name", "axis", "level", "period"),
    [
        ("方案[机密].docx", "enterprise", "secret", ""),
        ("（秘密）XX方案.wps", "enterprise", "confidential", ""),
        ("【机密】x.pdf", "enterprise", "secret", ""),
        ("机密★3年-年度计划.pdf", "state", "secret", "P3Y"),
        ("年度计划(绝密★长期).pdf", "state", "top_secret", "long_term"),
        ("01-【机密】方案.docx", "enterprise", "secret", ""),
        ("方案[机密]-v2.docx", "enterprise", "secret", ""),
        ("方案（机密）(1).docx", "enterprise", "secret", ""),
        ("【機密】/plain.txt", "enterprise", "secret", ""),
        ("【内部资料 注意保密】名单.xlsx", "work", "internal", ""),
        ("绝密★启用前-2026年语文试卷.docx", "exam", "top_secret", "启用前"),
    ],
)
def test_names_of_files_and_folders(name, axis, level, period):
    mark = find_marks((), name).mark
    assert (mark.axis, mark.level, mark.period) == (axis, level, period)


@pytest.mark.parametrize(
    ("key", "value", "level"),
    [
        ("密级", "机密", "secret"),
        ("SecretLevel", "秘密", "confidential"),
        ("category", "机密★5年", "secret"),
        ("category", "机密", "secret"),
    ],
)
def test_properties_that_are_labels(key, value, level):
    mark = find_marks([Fragment(value, part="property", key=key)]).mark
    assert (mark.level, mark.evidence[0].zone) == (level, "property")


def test_a_cover_table_says_level_and_period():
    rows = ["文件名称\t某某系统设计说明", "密级\t机密\t保密期限\t5年", "编制\t张工\t日期\t2026年1月"]
    mark = find_marks([Fragment(row, part="table", page=1) for row in rows]).mark
    assert (mark.axis, mark.level, mark.period, mark.evidence[0].zone) == ("enterprise", "secret", "P5Y", "cover_table")


def test_a_watermark_of_a_level_is_a_mark():
    assert find_marks([Fragment("机密", part="watermark")]).mark.level == "secret"


PROSE = "各单位要充分认识当前形势的复杂性，主要负责人要亲自抓，层层压实责任，及时报告情况。"


@pytest.mark.parametrize("before", [[], ["附件2"]])
def test_annexes_bear_their_own_marks(before):
    # Measured as body: GB/T 9704 leaves an eighth of the page above the first line.
    pages = [("通知", 1), *((PROSE, 1),) * 60, *((text, 3) for text in (*before, "机密★5年", "人员名单", PROSE, PROSE))]
    mark = find_marks([Fragment(text, page=page, zone="body" if page > 1 else "") for text, page in pages]).mark
    assert (mark.axis, mark.level, mark.period) == ("state", "secret", "P5Y")
    assert (mark.evidence[0].page, mark.evidence[0].zone) == (3, "page_top")


def test_an_annex_in_a_text_without_pages():
    text = "\n".join(["通知", *[PROSE] * 60, "附件1", "秘密★3年", "清单", PROSE, PROSE, PROSE])
    assert find_marks([Fragment(text)]).mark.level == "confidential"


def test_the_same_line_in_the_middle_of_a_later_page_is_an_example():
    texts = ["通知", *[PROSE] * 60]
    later = [PROSE, PROSE, PROSE, PROSE, "机密★5年", PROSE, PROSE, PROSE, PROSE]
    pages = [*((text, 1) for text in texts), *((text, 3) for text in later)]
    assert find_marks([Fragment(text, page=page) for text, page in pages]).mark.axis == ""


@pytest.mark.parametrize(("text", "axis"), [("机密★5年", "state"), ("密级：机密", "enterprise")])
def test_a_short_cover_may_end_with_its_mark(text, axis):
    cover = ["某研究所", "技术报告", "编号 17", "某总体方案", text]
    lines = [Fragment(line, page=1, zone="first_page") for line in cover]
    lines += [Fragment(line, page=2, zone="body") for line in (PROSE, "1 概述", PROSE, PROSE)]
    mark = find_marks(lines).mark
    assert (mark.axis, mark.evidence[0].zone) == (axis, "first_page")


def test_a_label_at_the_measured_foot_of_the_cover():
    cover = [Fragment("某某进展汇报", page=1, zone="first_page"), Fragment("密级：机密", page=1, zone="page_bottom")]
    mark = find_marks([*cover, Fragment("总体情况", page=2, zone="body")]).mark
    assert (mark.level, mark.evidence[0].zone) == ("secret", "page_bottom")


def test_a_level_in_a_column_of_the_documents_own_fields():
    rows = ["文件编号\t版本\t密级", "JX-01\tV1.0\t机密"]
    found = [Fragment(row, part="table", page=1) for row in rows]
    mark = find_marks([*found, Fragment("第一章 概述", page=1)]).mark
    assert (mark.level, mark.evidence[0].grammar) == ("secret", "label_column")
    assert find_marks([*found, Fragment("JX-02\tV1.1\t秘密", part="table", page=1)]).mark.axis == ""


def test_an_examinations_papers_until_they_were_used():
    assert find_marks([Fragment("绝密★使用完毕前" + EXAM)]).mark.axis == "exam"
