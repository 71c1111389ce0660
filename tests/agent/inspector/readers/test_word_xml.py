"""WordprocessingML to fragments, piece by piece."""

import pytest

from gapwatch_agent.inspector.readers import word_xml, xml_stream
from support.documents import paragraph, part, table


def _read(inner, kind="document"):
    content = part("document", inner).encode()
    return list(xml_stream.fragments([content], word_xml.Body(kind), 64, lambda _: None))


def test_runs_join_and_paragraphs_part():
    assert [item.text for item in _read(paragraph("a", "b") + paragraph("c"))] == ["ab", "c"]


def test_rows_are_one_fragment_with_tabs():
    found = _read(table(["密级", "机密"], ["", "一个"]))
    assert [(item.part, item.text) for item in found] == [("table", "密级\t机密"), ("document", "一个")]


def test_tabs_breaks_and_hyphens_are_kept():
    inner = "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>"
    assert _read(inner)[0].text == "a\tb\nc-d"


def test_tab_stops_are_no_text():
    assert _read(paragraph("a", properties='<w:tabs><w:tab w:val="left"/></w:tabs>'))[0].text == "a"


@pytest.mark.parametrize("kind", ["header", "footer", "note"])
def test_other_parts_have_no_pages(kind):
    found = _read(paragraph("a", '<w:r><w:br w:type="page"/></w:r>') + table(["a", "b"]), kind)
    assert {(item.part, item.page) for item in found} == {(kind, 0)}


def test_a_page_break_before_a_paragraph_starts_a_page_once_there_is_one():
    breaking = "<w:pageBreakBefore/>"
    found = _read(paragraph("a", properties=breaking) + paragraph("b", properties=breaking))
    assert [item.page for item in found] == [1, 2]


def test_elements_that_end_without_beginning_do_no_harm():
    body = word_xml.Body("document")
    for name in ("tr", "txbxContent", "p", "tc", "r"):
        body.end(name)
    assert body.take() == []


def test_a_paragraph_without_end_is_handed_out_in_pieces():
    assert sum(len(item.text) for item in _read(paragraph(*["x" * 1000] * 200))) == 200_000


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"), ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>")],
)
def test_a_row_or_box_without_end_is_handed_out_in_pieces(opening, closing):
    found = _read(opening + paragraph("字" * 60_000) * 60 + closing)
    assert sum(item.text.count("字") for item in found) == 60_000 * 60
    assert max(len(item.text) for item in found) < 3 << 20


def test_a_row_of_cells_without_end_keeps_its_text():
    found = _read(
        "<w:tbl><w:tr>" + "<w:tc/>" * 40_000 + "<w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    assert [item.text.strip("\t") for item in found] == ["a"]
