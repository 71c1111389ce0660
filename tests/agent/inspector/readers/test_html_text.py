"""HTML laid out as lines: blocks, inline runs, tables, margins, boxes, struck text, properties, pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers.html_text import fragments
from gapwatch_agent.inspector.readers.html_tokens import tokens


def _read(text):
    return list(fragments(tokens(text)))


def _lines(text):
    return [(fragment.text, fragment.part) for fragment in _read(text)]


def _texts(text):
    return [fragment.text for fragment in _read(text)]


def test_blocks_make_lines_and_inline_elements_do_not():
    assert _texts("<p>机<b>密</b>\n<i>★</i>5年<p>二<div>三</div>四<h1>五</h1>") == ["机密 ★5年", "二", "三", "四", "五"]
    assert _texts("一<br>二<br/>三</br>四") == ["一\n二\n三\n四"]
    assert _texts("<ul><li>甲<li>乙</ul><dl><dt>丙<dd>丁</dl>") == ["甲", "乙", "丙", "丁"]


def test_white_space():
    assert _texts("<p>  a \n\t b  </p>") == ["a b"]
    assert _texts("<pre>机密★5年\r\n编号    密级\n</pre>") == ["机密★5年\n编号\t密级"]
    assert _texts("<p>机&nbsp;&nbsp;密</p>") == ["机\xa0\xa0密"]


def test_table_rows_with_and_without_end_tags():
    assert _lines("<table><tr><td>密级</td><td>机密</td></tr><tr><td>独</td></tr></table>") == [
        ("密级\t机密", "table"),
        ("独", "document"),
    ]
    assert _lines("<table><tr><td>密级<td>机密<tr><th>编号<th><p>一<p>二</table>后") == [
        ("密级\t机密", "table"),
        ("编号\t一\x0b二", "table"),
        ("后", "document"),
    ]


def test_a_table_in_a_layout_table():
    inner = "<table><tr><td>密级<td>机密</table>"
    assert _lines(f"<table><tr><td>前{inner}后</td></tr></table>") == [
        ("密级\t机密", "table"),
        ("前", "document"),
        ("后", "document"),
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("<header><p>机密</p></header>", "header"),
        ("<footer>机密</footer>", "footer"),
        ('<div title="header"><p>机密</p></div>', "header"),
        ("<div style='mso-element:header' id=h1><p class=MsoHeader>机密</p></div>", "header"),
        ("<div style='mso-element:footer'>机密</div>", "footer"),
        ("<div style='mso-element:footnote-list'>机密</div>", "note"),
        ("<div style='mso-element:comment-list'><div>机密</div></div>", "note"),
        ('<div class="page-watermark">机密</div>', "watermark"),
        ("<div id=水印1>机密</div>", "watermark"),
        ("<article><header>机密</header></article>", "document"),
        ("<v:textbox><p>机密</p></v:textbox>", "text_box"),
        ('<v:shape><v:textpath style="x" string="机密"/></v:shape>', "watermark"),
        ('<img src=x alt="机密">', "note"),
        ('<p style="display:none">机密</p>', "document"),
        ('<input value="机密">', "document"),
        ("<select><option>秘密<option selected>机密</select>", "document"),
    ],
)
def test_parts(text, part):
    assert _lines("<p>前</p>" + text + "<p>后") == [("前", "document"), ("机密", part), ("后", "document")]


@pytest.mark.parametrize(
    "text",
    [
        "<s>秘密</s>",
        "<del>秘密</del>",
        "<strike><b>秘密</b></strike>",
        '<span style="color:red;text-decoration: line-through">秘密<span>★</span></span>',
        "<ruby><rt>秘密</rt></ruby>",
        "<input type=hidden value=秘密>",
    ],
)
def test_what_is_not_shown_as_text(text):
    assert _texts(f"<p>机密{text}★5年</p>") == ["机密★5年"]


def test_boxes_of_a_form():
    form = "<p>密级：<input type=checkbox>绝密<input type=radio checked>机密</p>"
    assert _texts(form) == ["密级：□绝密☑机密"]


def test_properties():
    head = (
        "<title>\n 题 \n</title><meta name=密级 content=机密><meta property='og:title' content=x>"
        "<meta http-equiv=content-type content='text/html; charset=gbk'>"
    )
    assert [(f.key, f.text, f.part) for f in _read(head)] == [
        ("title", "题", "property"),
        ("密级", "机密", "property"),
        ("og:title", "x", "property"),
    ]


def test_properties_that_office_keeps_in_a_comment():
    office = (
        "<!--[if gte mso 9]><xml><o:DocumentProperties><o:Subject>由</o:Subject></o:DocumentProperties>"
        "<o:CustomDocumentProperties><o:_x5bc6__x7ea7_ dt:dt='string'>机密</o:_x5bc6__x7ea7_>"
        "<o:TitusGUID>g</o:TitusGUID></o:CustomDocumentProperties></xml><![endif]-->"
        "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View></w:WordDocument></xml><![endif]--><p>文"
    )
    assert [(f.key, f.text, f.part) for f in _read(office)] == [
        ("subject", "由", "property"),
        ("密级", "机密", "property"),
        ("TitusGUID", "g", "property"),
        ("", "文", "document"),
    ]


def test_pages():
    text = (
        '<p style="page-break-before:always">一<p style="page-break-before: always">二'
        '<br style="page-break-before:always">三<div style="break-after:page">四</div>五<header>头</header>'
    )
    assert [(f.text, f.page) for f in _read(text)] == [("一", 1), ("二", 2), ("三", 3), ("四", 3), ("五", 4), ("头", 0)]


def test_elements_that_overlap_or_never_end():
    assert _lines("<header>一<div>二</header>三") == [("一", "header"), ("二", "header"), ("三", "document")]
    assert _lines("<header><div>一") == [("一", "header")]
    assert _texts("<s>一<p>二</s>三") == ["三"]
    assert _lines("</td></tr></table></header>一<tr><td>二") == [("一", "document"), ("二", "document")]
    assert _lines("<table><tr><td>一<td>二") == [("一\t二", "table")]


@pytest.mark.parametrize(
    "piece", ["<table><tr><td>", "<header>", "<s>", "<div style='mso-element:header'>", "<title>", "<p>x"]
)
def test_nesting_without_end(piece):
    assert len(_read(piece * 20_000)) <= 20_001


def test_one_cell_that_holds_a_whole_book_is_not_kept():
    found = _read("<table><tr><td>" + "<p>字" * 40_000)
    assert sum(fragment.text.count("字") for fragment in found) == 40_000


_PIECES = [
    "<p>",
    "</p>",
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<s>",
    "</s>",
    "<header>",
    "</header>",
    "字",
    "<br>",
]
_PIECES += [
    "<div class=watermark>",
    "</div>",
    "<title>",
    "</title>",
    "<xml>",
    "<o:DocumentProperties>",
    "<o:x>",
    "</o:x>",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_nothing_is_too_odd(text):
    assert all(fragment.text.strip() for fragment in _read(text))
