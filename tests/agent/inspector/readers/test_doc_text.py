"""A story's characters to paragraphs, rows, fields and pages."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.doc_formatting import Formatting
from gapwatch_agent.inspector.readers.doc_structure import WordFile
from gapwatch_agent.inspector.readers.doc_text import Story, cleaned
from gapwatch_agent.inspector.readers.source import BytesSource
from support.word_binaries import BREAK_BEFORE, IN_TABLE, INNER_CELL, INNER_ROW_END, ROW_END, word


def _read(text, part="document", sections=None, **options):
    file = WordFile(CompoundFile(BytesSource(word(text, **options)), Limits(), print), Limits(), print)
    story = Story(part, Formatting(file), page=1 if part == "document" else 0, sections=sections)
    return [(found.part, found.page, found.text) for found in story.read(file.text(*file.stories["main"]))]


def _texts(text, **options):
    return [found for _, _, found in _read(text, **options)]


def test_paragraphs_and_lines_inside_them():
    assert _texts("甲\r\r  \r乙\x0b丙\x0e丁\r最后") == ["甲", "乙\n丙\n丁", "最后"]


def test_marks_of_objects_are_dropped_and_hyphens_shown():
    assert _texts("机\x02密\x05★\x1f1\x1e2\xad\x01年\r") == ["机密★1-2年"]
    assert cleaned("\uf0ab\ud83d\ude00\ud800") == "★😀\ufffd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("前\x13 PAGE \x141\x15后\r", ["前1后"]),
        ("\x13 IF \x13 DATE \x14x\x15 = 1 \x14机密\x15\r", ["机密"]),
        ("\x13 TC 目录 \x15甲\r", ["甲"]),
        ("\x13 TOC \x14一\r二\x15\r三\r", ["一", "二", "三"]),
        ("甲\x14乙\x15丙\r", ["甲乙丙"]),
        ("\x13机密★1年\r正文\r", ["机密★1年", "正文"]),
        ("\x13 A \x14机密\x13 B\r正文\r", ["机密 B", "正文"]),
    ],
)
def test_fields_show_their_results_and_what_never_ends_is_not_lost(text, shown):
    assert _texts(text) == shown


def test_boxes_of_forms_are_what_their_field_shows():
    assert _texts("密级：\x13 FORMCHECKBOX \x1c\x14\x15秘密 \x13 FORMCHECKBOX \x1d\x14\x15机密\r") == [
        "密级：☐秘密 ☑机密"
    ]


def test_rows_of_tables():
    text = "密级\x07机密\r五年\x07\x07\x07单格\r二行\x07\x07后\r"
    paragraphs = [
        ("密级\x07机密\r五年\x07", IN_TABLE),
        ("\x07\x07单格\r二行\x07"[:1], IN_TABLE),
        ("单格\r二行\x07", IN_TABLE),
    ]
    rows = _read(
        "密级\x07机密\r五年\x07!单格\r二行\x07?后\r".replace("!", "\x07").replace("?", "\x07"),
        paragraphs=paragraphs[:1],
    )
    assert rows[0] == ("table", 1, "密级\t机密\x0b五年")
    assert _texts(text, paragraphs=paragraphs[:1])[-1] == "后"


def test_a_row_of_one_filled_cell_is_lines():
    assert _read("甲\r乙\x07\x07丙\r", paragraphs=[("甲\r乙\x07", IN_TABLE)]) == [
        ("document", 1, "甲"), ("document", 1, "乙"), ("document", 1, "丙"),
    ]  # fmt: skip


def test_empty_cells_do_not_end_a_row_where_formatting_says_what_does():
    text = "甲\x07\x07乙\x07ZZ后\r".replace("ZZ", "\x07")
    found = _texts(
        text, paragraphs=[(text[: text.index("乙") + 2], IN_TABLE), (text[text.index("乙") + 2 :][:1], ROW_END)][:1]
    )
    assert found[0] == "甲\t\t乙"


def test_a_row_end_that_holds_text_loses_nothing():
    assert _texts("甲\x07乙\r", paragraphs=[("甲\x07", ROW_END)]) == ["甲", "乙"]


def test_tables_inside_tables():
    text = "外\x07内一\r内二\r\r\x07\x07"
    paragraphs = [("外\x07", IN_TABLE), ("内一\r内二\r", INNER_CELL), ("\r\x07"[:2], INNER_ROW_END)]
    assert _texts(text, paragraphs=paragraphs)[0] == "内一\t内二"


def test_pages_end_at_breaks_and_sections():
    text = "一\x0c二\x0c三\x0c四\r五\r"
    found = _read(text, sections={4: False, 6: True}, paragraphs=[("五\r", BREAK_BEFORE)])
    assert [(page, words) for _, page, words in found] == [(1, "一"), (2, "二"), (2, "三"), (3, "四"), (4, "五")]


def test_other_stories_have_no_pages():
    assert _read("一\x0c二\r", part="header") == [("header", 0, "一"), ("header", 0, "二")]


def test_endless_cells_come_in_pieces():
    text = ("行" * 1000 + "\r") * 300 + "尾\x07\x07"
    assert len(_texts(text, paragraphs=[(text, IN_TABLE)])) > 2


def test_endless_paragraphs_come_in_pieces():
    assert len(_texts("x" * 300_000)) > 2
