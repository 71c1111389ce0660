"""What formatting says: struck and deleted text, symbols, rows of tables."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.doc_formatting import TICKED, UNTICKED, Formatting
from gapwatch_agent.inspector.readers.doc_structure import WordFile
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound
from support.word_binaries import BREAK_BEFORE, DELETED, IN_TABLE, ROW_END, STRUCK, symbol, word, word_streams


def _file(content):
    file = WordFile(CompoundFile(BytesSource(content), Limits(), _ignore), Limits(), _ignore)
    return file, Formatting(file)


def _ignore(_reason):
    pass


def _visible(text, settings, **options):
    file, formatting = _file(word(text, characters=settings, **options))
    return "".join(formatting.visible(chunk) for chunk in file.text(*file.stories["main"]))


@pytest.mark.parametrize(
    "setting", [STRUCK, DELETED, bytes.fromhex("532a01"), bytes.fromhex("3508014f4a0000") + STRUCK]
)
def test_struck_and_deleted_text_is_not_shown(setting):
    assert _visible("甲机密乙\r", [("机密", setting)]) == "甲\0\0乙\r"


@pytest.mark.parametrize("setting", [bytes.fromhex("370800"), bytes.fromhex("370880"), bytes.fromhex("350801")])
def test_other_settings_and_switches_that_are_off(setting):
    assert _visible("甲机密乙\r", [("机密", setting)]) == "甲机密乙\r"


def test_a_struck_end_of_a_paragraph_still_ends_it():
    assert _visible("机密\r乙\r", [("机密\r", STRUCK)]) == "\0\0\r乙\r"


def test_formatting_follows_the_pieces():
    assert _visible("甲机密乙丙★丁\r", [("机密", STRUCK), ("★丁", DELETED)], cuts=(2, 5)) == "甲\0\0乙丙\0\0\r"


def test_symbols_are_what_their_font_shows():
    assert _visible("(1年\r", [("(", symbol(0xF0AB))]) == "★1年\r"
    assert _visible("(1年\r", [("(", symbol(0xF020))]) == "(1年\r"
    assert _visible("(1年\r", [("(", symbol(0x2605))]) == "★1年\r"


def form_box(answer, *, default=0):
    """A form's box to tick, as the data stream keeps it."""
    return bytes(68) + struct.pack("<IHHHH2sHH", 0xFFFFFFFF, 1 | answer << 2, 0, 0, 1, b"N\0", 0, default)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (form_box(0), UNTICKED), (form_box(1), TICKED), (form_box(25, default=1), TICKED), (form_box(25), UNTICKED),
        (bytes(68), "\x01"), (b"", "\x01"),
    ],
)  # fmt: skip
def test_boxes_of_forms(data, shown):
    streams = word_streams("\x01x\r", characters=[("\x01x", bytes.fromhex("036a00000000"))])
    file, formatting = _file(compound({**streams, "Data": data}))
    (chunk,) = file.text(0, 3)
    assert formatting.visible(chunk) == shown + "x\r"


def test_paragraphs():
    text = "甲\x07乙\x07\x07丙\r丁\r"
    file, formatting = _file(
        word(text, paragraphs=[("甲\x07乙\x07", IN_TABLE), ("\x07丙"[:1], IN_TABLE), ("丁\r", BREAK_BEFORE)])
    )
    (chunk,) = file.text(0, len(text))
    said = {index: formatting.paragraph(chunk.place + 2 * index) for index in range(len(text))}
    assert said[text.index("\r")].in_table is False
    assert said[1].in_table
    assert said[text.index("丁")].starts_page
    assert not formatting.paragraph(1).in_table
    file, formatting = _file(word("甲\x07\x07", paragraphs=[("甲\x07\x07", ROW_END)]))
    assert formatting.paragraph(0x802).row_end


def test_continuous_sections():
    text = "甲\x0c乙\x0c丙\r"
    file, formatting = _file(word(text, sections=[(2, 0), (4, 2)]))
    data = file.part("sections")
    places = [int.from_bytes(data[16 + 12 * number + 2 :][:4], "little") for number in (1, 2)]
    assert [formatting.section_is_continuous(place) for place in places] == [True, False]
    assert not formatting.section_is_continuous(1 << 31)


_STREAMS = word_streams("甲机密乙\x07\x07丙\r", characters=[("机密", STRUCK)], paragraphs=[("乙\x07\x07", ROW_END)])
_PAGES_AT = len(_STREAMS["WordDocument"]) - 1024


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(_PAGES_AT, _PAGES_AT + 1023), st.integers(0, 255)), max_size=20))
def test_pages_of_nonsense_hide_nothing_but_characters(changes):
    body = bytearray(_STREAMS["WordDocument"])
    for at, value in changes:
        body[at] = value
    file, formatting = _file(compound({**_STREAMS, "WordDocument": bytes(body)}))
    for chunk in file.text(*file.stories["main"]):
        assert len(formatting.visible(chunk)) == len(chunk.text)
        for index in range(len(chunk.text)):
            formatting.paragraph(chunk.place + index * chunk.width)
