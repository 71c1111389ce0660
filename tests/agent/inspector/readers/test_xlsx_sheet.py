"""Rows of a worksheet by either way of reading them: whole blocks at once, element by element."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.source import StopReading
from gapwatch_agent.inspector.readers.xlsx_sheet import ROW_BYTES_MAX, Cells, Sheet, margins_first
from gapwatch_agent.inspector.readers.xlsx_strings import lanes
from support.office_documents import inline, shared, worksheet

_STRINGS = [b"zero", "一".encode(), b"two\nlines", b""]


def _read(content, *, blocks, chunk=1 << 16, bytes_left=1 << 30):
    cells = Cells(list(_STRINGS), bytes_left, lambda _: None)
    sheet = Sheet(1, cells)
    raw = content.encode()
    chunks = [raw[at : at + chunk] for at in range(0, len(raw), chunk)]
    fed = lanes(chunks, sheet, b"<row", b"</row>") if blocks else chunks
    return [(item.part, item.text) for item in xml_stream.fragments(fed, sheet, 50, lambda _: None)]


_CELL = st.one_of(
    st.integers(0, 5).map(shared),
    st.text(alphabet="机密a1 \t", max_size=6).map(inline),
    st.sampled_from(["&amp;", "&#26426;", "&#38;lt;", "_x0041_", "&lt;v&gt;"]).map(inline),
    st.integers(-9, 9).map(lambda number: f'<c r="B2" s="3"><v>{number}</v></c>'),
    st.sampled_from(
        [
            "<c/>",
            '<c r="A1" s="1"/>',
            '<c t="str"><f>A1&lt;2</f><v>x</v></c>',
            "<c t='s' ><v>1</v></c>",
            '<c t="s"><v xml:space="preserve">1</v></c>',
            '<c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c>',
            '<c t="b"><v>1</v></c>',
            '<c r="A1">\n <f t="shared" si="0"/>\n <v>3</v>\n</c>',
            '<c\n t="s"\n><v>0</v></c>',
            '<c t = "s"><v>0</v></c>',
            '<c t="inlineStr"> <is> <t/> </is> </c>',
            '<c t="str"><f>"a"</f><v/></c>',
            "<!-- <row> --><c><v>7</v></c>",
        ]
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(_CELL, max_size=5).map("".join), max_size=6), st.integers(20, 300))
def test_blocks_give_what_elements_give(rows, chunk):
    content = worksheet(*rows)
    assert _read(content, blocks=True, chunk=chunk) == _read(content, blocks=False)


def test_rows_that_are_empty_elements():
    content = worksheet(inline("a")).replace("<sheetData>", '<sheetData><row r="1" ht="20"/>')
    assert _read(content, blocks=True) == [("document", "a")]


def test_a_row_longer_than_any_real_one_is_divided():
    cell = "x" * 3000
    for blocks in (True, False):
        found = _read(worksheet(inline(*[cell] * 50)), blocks=blocks)
        assert len(found) > 1
        assert all(len(text) <= ROW_BYTES_MAX + 3000 for _, text in found)
        assert sum(text.count("x") for _, text in found) == 150_000


def test_text_without_end_is_too_large():
    found = []
    sheet = Sheet(1, Cells([b"x" * 1000], 5000, lambda _: None))
    chunks = lanes([worksheet(*[shared(0)] * 9).encode()], sheet, b"<row", b"</row>")
    with pytest.raises(StopReading, match="too_large"):
        found.extend(xml_stream.fragments(chunks, sheet, 50, lambda _: None))
    assert len(found) == 5


def test_margins_stand_before_short_sheets_and_after_long_ones():
    for count, first in ((3, "header"), (5000, "document")):
        sheet = Sheet(1, Cells([], 1 << 30, lambda _: None))
        content = worksheet(*[inline("a")] * count, after="<headerFooter><oddHeader>h</oddHeader></headerFooter>")
        rows = xml_stream.fragments([content.encode()], sheet, 50, lambda _: None)
        parts = [item.part for item in margins_first(rows, sheet.margins)]
        assert parts[0] == first
        assert sorted(parts) == sorted(["header", *["document"] * count])


def test_space_without_end_costs_no_more_than_its_length():
    spaces = " " * 300_000
    assert _read(worksheet(f"<c>{spaces}<x/></c><c>{spaces}<v>1</v></c><c><f>{spaces}</c>"), blocks=True) == [
        ("document", "1")
    ]
