"""The file information block and the piece table."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.doc_structure import STORIES, WordFile, plex
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.compound_documents import compound
from support.word_binaries import word, word_streams

_TEXT = "机密★5年\rthe “quoted” text\r😀尾\r"


def _file(content, limits=None):
    reports = []
    limits = limits or Limits()
    return WordFile(CompoundFile(BytesSource(content), limits, reports.append), limits, reports.append), reports


def _text(file, story="main"):
    joined = "".join(chunk.text for chunk in file.text(*file.stories[story]))
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


@pytest.mark.parametrize(("cuts", "narrow"), [((), ()), ((3, 7, 20), ()), ((7, 24), (1,))])
def test_pieces_in_the_order_of_the_text_wherever_they_are_stored(cuts, narrow):
    text = _TEXT.replace("😀", "")
    file, reports = _file(word(text, cuts=cuts, narrow=narrow))
    assert _text(file) == text
    assert reports == []


def test_a_character_of_two_units_keeps_the_places_behind_it():
    streams = word_streams("x" * 9)
    body = bytearray(streams["WordDocument"])
    body[0x800 : 0x800 + 18] = "甲😀乙丙丁戊己\r".encode("utf-16-le")
    file, _ = _file(compound({**streams, "WordDocument": bytes(body)}))
    (chunk,) = file.text(0, 9)
    assert len(chunk.text) == 9
    assert _text(file) == "甲😀乙丙丁戊己\r"


def test_long_texts_come_in_chunks_that_know_their_place():
    file, _ = _file(word("0123456789" * 10_000))
    chunks = list(file.text(5, 90_005))
    assert len(chunks) == 3
    assert all(chunk.place == chunks[0].place + 2 * (chunk.first - 5) for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == ("0123456789" * 10_000)[5:90_005]


def test_stories_follow_each_other():
    file, _ = _file(word("正文\r", footnotes="脚注\r", comments="批注\r", endnotes="尾注\r"))
    assert {name: _text(file, name) for name in STORIES} == {
        "main": "正文\r", "footnotes": "脚注\r", "headers": "", "macros": "", "comments": "批注\r",
        "endnotes": "尾注\r", "boxes": "", "header_boxes": "",
    }  # fmt: skip


@pytest.mark.parametrize("flags", [0x0100, 0x8100])
def test_encrypted(flags):
    with pytest.raises(StopReading) as stopped:
        _file(word("x\r", flags=flags))
    assert stopped.value.reason == "encrypted"


def test_what_is_no_document_of_a_known_kind():
    for version, reason in ((0x21, "unsupported"), (0, "unsupported")):
        with pytest.raises(StopReading) as stopped:
            _file(word("x\r", version=version))
        assert stopped.value.reason == reason
    for streams in ({"Other": b"x"}, {"WordDocument": b"\xec\xa5"}):
        with pytest.raises(StopReading) as stopped:
            _file(compound(streams))
        assert stopped.value.reason == "damaged"


def test_without_its_table_the_text_is_taken_as_it_lies():
    streams = word_streams(_TEXT.replace("😀", ""), margins=("页眉\r",) * 6)
    del streams["1Table"]
    file, reports = _file(compound(streams))
    assert _text(file).startswith("机密★5年\rthe")
    assert "页眉" in _text(file)
    assert "damaged" in reports


def test_pieces_that_name_the_same_bytes_again_and_again_are_stopped():
    streams = word_streams("x" * 200_000, cuts=tuple(range(100, 20_000, 100)))
    table = bytearray(streams["1Table"])
    file, _ = _file(
        compound({**streams, "1Table": bytes(table)}), Limits(expansion_floor_bytes=1, expansion_bytes_max=100_000)
    )
    with pytest.raises(StopReading) as stopped:
        _text(file)
    assert stopped.value.reason == "too_large"


def test_a_plex_has_one_place_more_than_items():
    assert plex(b"", 4) == ([], 4)
    assert plex(bytes(4) + b"\x01\0\0\0" + b"item", 4) == ([0, 1], 8)
