"""Plain rows of a sheet read past the parser: the same fragments as with it, and nothing that is not plain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import odf_rows, xml_stream
from gapwatch_agent.inspector.readers.odf_xml import Content
from support.odf_documents import flat, paragraph, style, table


class _Counting(Content):
    """Content that knows how many rows were given to it ready made."""

    def __init__(self):
        super().__init__()
        self.given = 0

    def rows(self, rows):
        kept = list(rows)
        self.given += len(kept)
        super().rows(kept)


def _both(content, step=97):
    """(fragments, rows read past the parser), having compared them with what the parser alone gives."""
    problems = []
    chunks = [content[at : at + step] for at in range(0, len(content), step)]
    quick = _Counting()
    found = list(xml_stream.fragments(odf_rows.through(chunks, quick), quick, 256, problems.append))
    assert found == list(xml_stream.fragments([content], Content(), 256, problems.append))
    assert problems == []
    return found, quick.given


def _sheet(*rows, automatic=""):
    return flat(table(*rows) + table(("末", "页")), kind="spreadsheet", automatic=automatic)


def test_plain_rows_are_read_past_the_parser():
    rows = [
        ("姓名", "年龄"),
        ("", ""),
        ("独", ""),
        ("甲 &amp; 乙", "&#49;"),
        (paragraph("一") + paragraph("二"), "三"),
    ] * 9
    found, given = _both(_sheet(*rows))
    assert given > 20
    assert [(f.text, f.part, f.page) for f in found[:4]] == [
        ("姓名\t年龄", "table", 1),
        ("独", "document", 1),
        ("甲 & 乙\t1", "table", 1),
        ("一\x0b二\t三", "table", 1),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "<office:annotation><text:p>批</text:p></office:annotation>",
        "<text:p>机<text:span>密</text:span></text:p>",
        "<text:p>一<text:tab/>二</text:p>",
        "<text:p><![CDATA[</table:table-row>]]></text:p>",
        '<text:p text:style-name="a>b">字</text:p>',
        "<!-- <text:p>不</text:p> --><text:p>字</text:p>",
        "<draw:frame><draw:text-box><text:p>框</text:p></draw:text-box></draw:frame>",
        "<table:table><table:table-row><table:table-cell><text:p>内</text:p></table:table-cell></table:table-row></table:table>",
    ],
)
def test_what_is_not_plain_goes_through_the_parser(cell):
    _both(_sheet(("甲", "乙"), (cell, "丙"), ("丁", "戊")))


def test_struck_text_anywhere_leaves_all_rows_to_the_parser():
    struck = style("ce1", "table-cell", properties='<style:text-properties style:text-line-through-style="solid"/>')
    assert _both(_sheet(*[("甲", "乙")] * 50, automatic=struck))[1] == 0


def test_tables_of_a_text_are_not_rows_of_a_sheet():
    assert _both(flat(table(*[("甲", "乙")] * 50)))[1] == 0


def test_a_row_without_end_is_not_held_for_ever():
    content = _sheet(("".join(paragraph("字" * 100) for _ in range(5000)),))
    assert _both(content, step=1 << 16)[1] >= 0


_CELLS = st.sampled_from(
    ["", "字", "a&lt;b", paragraph("一") + paragraph(""), "<text:p/>", paragraph("<text:s/>x"), " "]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=1, max_size=4).map(tuple), max_size=12), st.integers(20, 2000))
def test_the_same_fragments_as_with_the_parser(rows, step):
    _both(_sheet(*rows), step)
