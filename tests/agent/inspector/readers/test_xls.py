"""Marks wherever a binary workbook can carry one; old, encrypted, torn and hostile workbooks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import xls
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.compound_documents import compound, user_properties
from support.word_binaries import word, word_art
from support.workbook_binaries import (
    BIFF5,
    book,
    box,
    formula,
    label,
    more_margins,
    number,
    old_string,
    record,
    shared,
    string,
    strings_record,
    workbook,
)  # fmt: skip


def _fragments(content, limits=None):
    found = []
    for reading in xls.read(BytesSource(content), limits or Limits(), lambda _reason: None):
        found += [(f.part, f.page, f.text) for f in reading if not isinstance(f, Embedded) and f.key != "sheet"]
    return found


def _only_evidence(content):
    found = examine(BytesSource(content), "x.xls", Limits())
    assert (found.type, found.inspected) == ("xls", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


def test_cells_of_every_kind_in_rows():
    rows = label(0, 0, "机密★5年") + shared(2, 0, 1) + shared(2, 1, 0) + number(2, 2, 3.5) + formula(2, 3, 7.0)
    rows += record(0x00BD, bytes.fromhex("0200 0400 0000 1e000000 0000 22000000 0500".replace(" ", "")))
    rows += (
        formula(4, 0, "结果") + label(5, 0, "一\n二") + label(6, 0, "甲\r\n乙") + label(6, 1, "丙") + label(7, 0, " ")
    )
    assert _fragments(workbook([("表", rows)], strings=["密级", "编号"])) == [
        ("document", 1, "机密★5年"),
        ("table", 1, "编号\t密级\t3.5\t7\t7\t8"),
        ("document", 1, "结果"),
        ("document", 1, "一\n二"),
        ("table", 1, "甲\x0b乙\t丙"),
    ]


def test_the_first_rows_of_a_sheet():
    mark, evidence = _only_evidence(workbook([("表", label(0, 0, "机密★5年") + label(1, 0, "台账"))]))
    assert (mark.axis, mark.period, evidence.zone, evidence.page) == ("state", "P5Y", "first_page_top", 1)


def test_a_label_and_its_value_in_neighbouring_cells():
    rows = label(0, 0, "台账") + label(1, 0, "密级") + label(1, 1, "机密★10年")
    assert _only_evidence(workbook([("表", rows)]))[1].zone == "cover_table"


def test_every_sheet_is_a_page_hidden_or_not():
    found = _fragments(workbook([("一", label(0, 0, "甲")), ("二", label(0, 0, "乙")), ("三", label(0, 0, "丙"))]))
    assert found == [("document", 1, "甲"), ("document", 2, "乙"), ("document", 3, "丙")]


def test_names_of_sheets_are_properties():
    assert _only_evidence(workbook([("机密★1年", b"")]))[1].part == "property"


@pytest.mark.parametrize(("kind", "part"), [(0x14, "header"), (0x15, "footer")])
def test_margins(kind, part):
    content = workbook([("表", record(kind, string('&L&"宋体,常规"&9机密★1年&C第 &P 页')))])
    assert _only_evidence(content)[1].part == part


@pytest.mark.parametrize(
    ("name", "part"),
    [("even_header", "header"), ("even_footer", "footer"), ("first_header", "header"), ("first_footer", "footer")],
)
def test_margins_of_even_pages_and_the_first(name, part):
    assert _only_evidence(workbook([("表", more_margins(**{name: "&C机密★1年"}))]))[1].part == part
    texts = {"even_header": "a", "even_footer": "机密★1年", "first_header": "b", "first_footer": "中"}
    found = _fragments(workbook([("表", more_margins(**texts))]))
    assert found == [("header", 1, "a"), ("footer", 1, "机密★1年"), ("header", 1, "b"), ("footer", 1, "中")]


def test_text_boxes_and_comments():
    content = workbook([("表", box("机密★1年\n说明", cut=3) + box("批注", kind=0x19))])
    assert _fragments(content) == [("text_box", 1, "机密★1年\n说明"), ("note", 1, "批注")]
    assert _only_evidence(workbook([("表", box("机密★1年"))]))[1].part == "text_box"


def test_watermarks():
    assert _only_evidence(workbook([("表", record(0x00EC, word_art("机密★1年")))]))[1].part == "watermark"


def test_charts_inside_a_sheet_are_on_its_page():
    chart = record(0x0809, b"\0\x06\x20\0") + record(0x100D, b"\0\0" + string("标题", "<B")) + record(0x000A)
    assert _fragments(workbook([("一", chart + label(0, 0, "甲")), ("二", label(0, 0, "乙"))])) == [
        ("text_box", 1, "标题"), ("document", 1, "甲"), ("document", 2, "乙"),
    ]  # fmt: skip


def test_workbooks_of_the_generation_before():
    rows = record(0x14, old_string("&C秘密★1年", "<B")) + label(0, 0, "机密★5年", old=True)
    rows += record(0x001C, b"\0\0\0\0" + old_string("批注"))
    content = workbook([("表一", rows)], version=BIFF5)
    assert _fragments(content) == [("header", 1, "秘密★1年"), ("document", 1, "机密★5年"), ("note", 1, "批注")]
    assert examine(BytesSource(content), "x", Limits()).type == "xls"


def test_both_generations_in_one_file_are_read():
    content = compound(
        {
            "Workbook": book([("a", label(0, 0, "甲"))]),
            "Book": book([("b", label(0, 0, "乙", old=True))], version=BIFF5),
        }
    )
    assert _fragments(content) == [("document", 1, "甲"), ("document", 1, "乙")]


def test_of_an_encrypted_workbook_the_properties_are_read():
    others = {"\x05DocumentSummaryInformation": user_properties({"密级": "机密"})}
    content = workbook([("表", label(0, 0, "x"))], more=record(0x002F, bytes(54)), others=others)
    found = examine(BytesSource(content), "x.xls", Limits())
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "encrypted", "secret")


def test_embedded_files_are_given():
    inner = word("机密★1年\r正文\r")
    found = examine(BytesSource(workbook([("表", b"")], others={"MBD0001/Package": inner})), "x.xls", Limits())
    assert found.mark.evidence[0].part == "attachment"


def test_strings_that_do_not_fit_are_seen_all_the_same():
    content = workbook([("表", shared(0, 0, 2))], strings=["甲" * 100, "乙" * 100, "机密★1年"])
    reports = []
    (reading,) = xls.read(BytesSource(content), Limits(memory_bytes=4 * 400), reports.append)
    assert "机密★1年" in [item.text for item in reading]
    assert reports == ["too_large"]


def test_a_missing_string_is_damage_and_a_string_named_too_often_too_large():
    reports = []
    (reading,) = xls.read(
        BytesSource(workbook([("表", shared(0, 0, 9) + label(1, 0, "甲"))])), Limits(), reports.append
    )
    assert [item.text for item in reading] == ["表", "甲"]
    assert reports == ["damaged"]
    content = workbook([("表", b"".join(shared(row, 0, 0) for row in range(2000)))], strings=["甲" * 10_000])
    found = examine(BytesSource(content), "x", Limits(expansion_floor_bytes=1, expansion_factor_max=10))
    assert (found.inspected, found.reason) == ("partial", "too_large")


_SAMPLE = [content for kind, content in warm.samples() if kind == "xls"][-1]
_ROWS = shared(0, 0, 0) + formula(1, 0, "果") + box("框", cut=1) + more_margins("甲", "乙", "丙", "丁")
_RICH = workbook([("表", _ROWS + record(0xEC, word_art("x")))], strings=["机密★5年", "x" * 40], cut=30)


def test_the_sample():
    found = examine(BytesSource(_SAMPLE), "x", Limits())
    assert found.inspected == "full"
    assert {item.part for item in found.mark.evidence} == {"document", "header", "table"}


def _outcome(content):
    reports, count = [], 0
    try:
        for reading in xls.read(BytesSource(content), Limits(), reports.append):
            count += sum(1 for _ in reading)
    except StopReading as stop:
        reports.append(stop.reason)
    assert set(reports) <= REASONS
    assert count < 100_000
    return reports or count


@pytest.mark.parametrize("kept", range(0, len(_SAMPLE), 499))
def test_a_torn_workbook_has_a_reason_or_lost_nothing(kept):
    assert _outcome(_SAMPLE[:kept])


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([_SAMPLE, _RICH]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_flipped_bytes_raise_nothing(sample, changes):
    content = bytearray(sample)
    for at, value in changes:
        content[int(at * len(sample))] = value
    _outcome(bytes(content))


def test_a_workbook_whose_beginning_is_blank_is_damaged():
    content = next(content for kind, content in warm.samples() if kind == "xls")
    start = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")
    found = examine(BytesSource(content[:start] + bytes(400) + content[start + 400 :]), "x", Limits())
    assert (found.type, found.inspected, found.reason) == ("xls", "partial", "damaged")


def test_the_strings_builder_cuts():
    assert strings_record(["机密"] * 9, 20).count(b"\x3c\x00") > 2
