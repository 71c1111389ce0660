"""Records of binary workbooks, their strings and numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import biff
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound
from support.workbook_binaries import old_string, record, string, strings_record

_RICH = b"\x02\x00\x0d\x01\x00\x06\x00\x00\x00" + "机密".encode("utf-16-le") + b"runs" + b"phonet"


def _records(content, wanted, continued=()):
    file = CompoundFile(BytesSource(compound({"Book": content})), Limits(), print)
    stream = file.open(file.find("Book"))
    return list(biff.records(stream, frozenset(wanted), frozenset(continued)))


def test_wanted_records_with_their_places():
    content = record(1, b"a") + record(2, b"b" * 8000) * 20 + record(1, b"c")
    assert _records(content, {1}) == [(0, 1, [b"a"]), (5 + 20 * 8004, 1, [b"c"])]


def test_records_across_the_window():
    sizes = [8224, 1, 0, 5000, 8000] * 20
    content = b"".join(record(1 + number % 3, bytes([number]) * size) for number, size in enumerate(sizes))
    found = _records(content, {1, 2, 3}, {2})
    assert [(kind, parts) for _, kind, parts in found] == [
        (1 + number % 3, [bytes([number]) * size]) for number, size in enumerate(sizes)
    ]
    assert [place for place, _, _ in found] == [sum(sizes[:number]) + 4 * number for number in range(len(sizes))]
    assert len(_records(content, {3})) == len(sizes) // 3


def test_what_continues_a_record_comes_with_it():
    content = record(1, b"a") + record(0x3C, b"b") + record(0x3C, b"c") + record(2, b"") + record(0x3C, b"d")
    assert _records(content, {1, 2}, {1}) == [(0, 1, [b"a", b"b", b"c"]), (15, 2, [b""])]


def test_a_record_longer_than_the_stream_ends_with_it():
    assert _records(record(1, b"abc")[:-1], {1}) == [(0, 1, [b"ab"])]


def test_strings_of_both_generations():
    assert biff.text(string("机密"), 0) == "机密"
    assert biff.text(string("abc", "<B"), 0, length_bytes=1) == "abc"
    assert biff.text(old_string("机密"), 0, codepage=936) == "机密"
    assert biff.text(b"", 0) == biff.text(b"\xff\xff\x01", 0) == ""


def test_text_over_several_records_says_its_width_anew():
    assert biff.spread_text([b"\x01" + "机密".encode("utf-16-le"), b"\x001", b"\x00ignored"], 3) == "机密1"
    assert biff.spread_text([b""], 3) == ""


@pytest.mark.parametrize("cut", [0, 9, 11, 14, 20, 33, 64])
def test_shared_strings_wherever_they_are_cut(cut):
    strings = ["机密★5年", "plain text", "", "尾"]
    parts = _records(strings_record(strings, cut), {0xFC}, {0xFC})[0][2]
    assert list(biff.shared_strings(parts)) == ["机密★5年", "plain text", "", "尾"]


def test_formatting_and_readings_behind_a_string_are_passed_over():
    assert list(biff.shared_strings([bytes(8) + _RICH + string("尾")])) == ["机密", "尾"]
    for cut in range(len(_RICH) - 10, len(_RICH) + 3):
        parts = [bytes(8) + (_RICH + string("尾"))[:cut], (_RICH + string("尾"))[cut:]]
        assert list(biff.shared_strings(parts)) == ["机密", "尾"]
    parts = [bytes(8) + _RICH[:11], b"\x01" + _RICH[11:] + string("尾")]
    assert list(biff.shared_strings(parts)) == ["机密", "尾"]


def test_a_string_whose_width_changes_at_the_cut():
    parts = [bytes(8) + b"\x04\x00\x00ab", b"\x01" + "机密".encode("utf-16-le") + string("x")]
    assert list(biff.shared_strings(parts)) == ["ab机密", "x"]


def test_numbers_as_they_are_shown():
    assert [biff.number(raw) for raw in (bytes(8), bytes.fromhex("000000000000f83f"), b"")] == ["0", "1.5", "0"]
    assert biff.short_number(7 << 2 | 2) == "7"
    assert biff.short_number((-1200 << 2 | 2) & 0xFFFFFFFF) == "-1200"
    assert biff.short_number(325 << 2 | 3) == "3.25"
    assert biff.short_number(0x3FF80000) == "1.5"


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_any_bytes_end(parts):
    assert sum(map(len, biff.shared_strings(parts))) <= sum(map(len, parts))
