"""Marks wherever a binary Word document can carry one; old, encrypted, torn and hostile documents."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import doc
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.compound_documents import compound, document_summary, summary, user_properties
from support.word_binaries import IN_TABLE, STRUCK, symbol, word

PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。\r"


def _fragments(content):
    found = []
    for reading in doc.read(BytesSource(content), Limits(), print):
        found += [(f.part, f.page, f.text) for f in reading if not isinstance(f, Embedded)]
    return found


def _only_evidence(content):
    found = examine(BytesSource(content), "x.doc", Limits())
    assert (found.type, found.inspected) == ("doc", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


def test_the_top_of_the_first_page():
    mark, evidence = _only_evidence(word("机密★5年\r关于开展检查工作的通知\r" + PROSE))
    assert (mark.axis, mark.level, mark.period) == ("state", "secret", "P5Y")
    assert (evidence.part, evidence.page, evidence.zone) == ("document", 1, "first_page_top")


def test_a_mark_split_over_the_pieces_of_a_fast_saved_document():
    assert _only_evidence(word("机密★5年\r" + PROSE, cuts=(1, 2, 3)))[0].period == "P5Y"


@pytest.mark.parametrize("place", range(6))
def test_headers_and_footers_of_every_kind(place):
    margins = ["", "", "", "", "", ""]
    margins[place] = "秘密★1年\r"
    _, evidence = _only_evidence(word(PROSE, margins=margins))
    assert evidence.part == ("header" if place in {0, 1, 4} else "footer")


def test_headers_of_a_later_section():
    margins = [""] * 12
    margins[7] = "绝密★长期\r"
    assert _only_evidence(word(PROSE, margins=margins))[1].part == "header"


def test_text_boxes_stand_where_they_are_anchored():
    main = "一\x0c二\x08\r" + PROSE
    found = _fragments(word(main, boxes=((main.index("\x08"), 1026, "机密★1年\r说明"), (99, 1027, "另一"))))
    assert found.index(("text_box", 2, "机密★1年\n说明")) < found.index(("document", 2, "二"))
    assert ("text_box", 0, "另一") in found
    assert _only_evidence(word(main, boxes=((3, 1026, "机密★1年"),)))[1].part == "text_box"


def test_boxes_of_headers_are_the_headers():
    margins = ("", "页眉\x08\r", "", "页脚\x08\r", "", "")
    boxes = ((2, 2050, "机密★1年"), (6, 2051, "内部资料 注意保密"), (99, 2052, "秘密★1年"))
    found = _fragments(word(PROSE, margins=margins, header_boxes=boxes))
    assert ("header", 0, "机密★1年") in found
    assert ("footer", 0, "内部资料 注意保密") in found
    assert ("header", 0, "秘密★1年") in found


def test_watermarks():
    _, evidence = _only_evidence(word(PROSE, art=("其他", "机密★1年")))
    assert (evidence.part, evidence.zone) == ("watermark", "watermark")


def test_a_cover_table():
    row = "编号\x07一\x07密级\x07机密★10年\x07"
    content = word("设计说明书\r" + row + "\x07" + PROSE, paragraphs=[(row, IN_TABLE)])
    mark, evidence = _only_evidence(content)
    assert (mark.period, evidence.part, evidence.zone) == ("P10Y", "table", "cover_table")


def test_notes_and_comments_are_no_marks():
    found = examine(
        BytesSource(word(PROSE, footnotes="机密★1年\r", comments="机密★1年\r", endnotes="机密★1年\r")), "x", Limits()
    )
    assert found.mark.axis == ""
    assert [part for part, _, _ in _fragments(word("正文\r", footnotes="一\r", comments="二\r", endnotes="三\r"))] == [
        "document", "note", "note", "note",
    ]  # fmt: skip


def test_properties():
    others = {
        "\x05SummaryInformation": summary("标题"),
        "\x05DocumentSummaryInformation": user_properties({"密级": "秘密"}, 1200),
    }
    mark, evidence = _only_evidence(word(PROSE, others=others))
    assert (mark.level, evidence.part) == ("confidential", "property")
    others = {"\x05DocumentSummaryInformation": document_summary("机密★5年")}
    assert _only_evidence(word(PROSE, others=others))[1].part == "property"


def test_a_struck_mark_is_none_and_the_new_one_beside_it_is():
    content = word("机密★5年秘密★1年\r" + PROSE, characters=[("机密★5年", STRUCK)])
    assert _only_evidence(content)[0].level == "confidential"


def test_hidden_text_and_symbols_count():
    hidden = bytes.fromhex("3c0801")
    content = word("机密(5年\r" + PROSE, characters=[("机密", hidden), ("(", symbol(0xF0AB))])
    assert _only_evidence(content)[0].period == "P5Y"


def test_embedded_files_are_given():
    inner = word("机密★1年\r" + PROSE)
    content = word(PROSE, others={"ObjectPool/_1/Package": inner, "ObjectPool/_2/\x01CompObj": b"x"})
    found = examine(BytesSource(content), "x.doc", Limits())
    assert found.mark.period == "P1Y"
    assert found.mark.evidence[0].part == "attachment"


def test_of_an_encrypted_document_the_properties_are_read():
    others = {"\x05DocumentSummaryInformation": user_properties({"密级": "机密"})}
    found = examine(BytesSource(word("x\r", flags=0x0100, others=others)), "x.doc", Limits())
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "encrypted", "secret")


def _old(text, encoding, language, *, flags=0):
    """A document of Word 6: bytes in one run, no table stream."""
    raw = text.encode(encoding)
    block = bytearray(0x400)
    struct.pack_into("<HHHHHH", block, 0, 0xA5DC, 101, 0, language, 0, flags)
    struct.pack_into("<II", block, 0x18, 0x400, 0x400 + len(raw))
    struct.pack_into("<I", block, 0x34, len(raw) // (2 if flags else 1))
    block[:2] = b"\xdc\xa5"
    return compound({"WordDocument": bytes(block) + raw})


@pytest.mark.parametrize(
    ("encoding", "language", "flags"),
    [("gbk", 0x0804, 0), ("gbk", 0x0409, 0), ("cp950", 0x0404, 0), ("utf-16-le", 0x0804, 0x1000)],
)
def test_documents_of_word_6_and_95(encoding, language, flags):
    word_for_secret = "機密" if encoding == "cp950" else "机密"
    found = examine(BytesSource(_old(f"{word_for_secret}★5年\r正文\r", encoding, language, flags=flags)), "x", Limits())
    assert (found.type, found.inspected, found.mark.level) == ("doc", "full", "secret")


_SAMPLE = next(content for kind, content in warm.samples() if kind == "doc")


def test_the_sample():
    found = examine(BytesSource(_SAMPLE), "x", Limits())
    assert found.inspected == "full"
    assert {item.part for item in found.mark.evidence} == {"header", "table"}


def _outcome(content):
    reports, count = [], 0
    try:
        for reading in doc.read(BytesSource(content), Limits(), reports.append):
            for item in reading:
                count += 1
                if isinstance(item, Embedded):
                    for _ in item.content():
                        pass
    except StopReading as stop:
        reports.append(stop.reason)
    assert set(reports) <= REASONS
    return reports, count


@pytest.mark.parametrize("kept", range(0, len(_SAMPLE), 997))
def test_a_torn_document_has_a_reason_and_gives_what_it_can(kept):
    reports, _ = _outcome(_SAMPLE[:kept])
    assert reports


def test_the_text_of_a_document_torn_behind_it_is_read():
    content = word("机密★5年\r" + PROSE * 40)
    found = examine(BytesSource(content[: len(content) * 2 // 3]), "x", Limits())
    assert (found.mark.period, found.inspected) == ("P5Y", "partial")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_raise_nothing(changes):
    content = bytearray(_SAMPLE)
    for at, value in changes:
        content[at] = value
    _, count = _outcome(bytes(content))
    assert count < 100_000


_RICH = word(
    "一\x08二\x13 A \x14三\x15\x07四\x07\x07五\x0c六\r",
    margins=("甲\r",) * 6, boxes=((1, 5, "框"),), header_boxes=((1, 6, "框"),), art=("水印",), comments="批\r",
    characters=[("二", STRUCK)], paragraphs=[("四\x07", IN_TABLE)], sections=[(20, 0)], cuts=(2, 9),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_RICH) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_of_a_rich_document_raise_nothing(changes):
    content = bytearray(_RICH)
    for at, value in changes:
        content[at] = value
    _, count = _outcome(bytes(content))
    assert count < 100_000
