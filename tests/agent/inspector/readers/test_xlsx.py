"""Marks wherever a workbook can carry one, and workbooks that are broken, hostile or merely odd."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import xlsx
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded
from support.documents import zipped
from support.office_documents import (
    STRICT,
    element,
    inline,
    package,
    raw_xlsx,
    relations,
    shared,
    text_body,
    worksheet,
)


def _examine(content, limits=None):
    return examine(BytesSource(content), "x.xlsx", limits or Limits())


def _read(content, limits=None):
    """(part, page, text) of every fragment, and the reasons given."""
    reasons = []
    found = [
        (item.name, 0, b"".join(item.content())) if isinstance(item, Embedded) else (item.part, item.page, item.text)
        for reading in xlsx.read(BytesSource(content), limits or Limits(), reasons.append)
        for item in reading
    ]
    return found, reasons


def _evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("xlsx", "full")
    return [(item.part, item.page, item.zone, item.text) for item in found.mark.evidence]


def test_the_first_rows():
    content = raw_xlsx(worksheet(shared(0), shared(1)), strings=["机密★5年", "设备台账"])
    assert _evidence(content) == [("document", 1, "first_page_top", "机密★5年")]


def test_a_cover_sheet_s_label_and_value_in_cells_of_their_own():
    content = raw_xlsx(worksheet(shared(0), inline("密级", "机密★10年")), strings=["设备台账"])
    assert _evidence(content)[0][:3] == ("table", 1, "cover_table")


def test_strings_of_every_kind():
    rich = '<c t="inlineStr"><is><r><t>机密</t></r><r><rPr/><t>★5年</t></r><rPh><t>jimi</t></rPh></is></c>'
    formula = '<c r="A1" t="str"><f>"秘"&amp;"密"</f><v>秘密★1年</v></c>'
    rows = worksheet(rich, formula, inline("a&amp;b &#26426;&lt;"), '<c t="s"><v>1</v></c>', "<c><v>12.5</v></c>")
    strings = ["<si><r><t>甲</t></r></si>", "<si><r><t>绝密</t></r><r><t>★长期</t></r><rPh><t>x</t></rPh></si>"]
    found, reasons = _read(raw_xlsx(rows, strings=strings))
    texts = [text for part, _, text in found if part == "document"]
    assert (texts, reasons) == (["机密★5年", "秘密★1年", "a&b 机<", "绝密★长期", "12.5"], [])


def test_margins_of_every_kind_come_before_the_rows():
    after = (
        '<headerFooter><oddHeader>&amp;L&amp;"黑体,Bold"&amp;14&amp;K00-024机密★5年&amp;C&amp;F&amp;R第&amp;P页</oddHeader>'
        "<evenFooter>&amp;C内部资料 注意保密</evenFooter><firstHeader>绝密★长期</firstHeader></headerFooter>"
    )
    found, _ = _read(raw_xlsx(worksheet(inline("设备台账"), after=after)))
    assert [item for item in found if item[0] != "property"] == [
        ("header", 1, "机密★5年"),
        ("header", 1, "第页"),
        ("footer", 1, "内部资料 注意保密"),
        ("header", 1, "绝密★长期"),
        ("document", 1, "设备台账"),
    ]


def test_every_sheet_is_a_page_hidden_and_chart_sheets_too():
    chart_sheet = element("chartsheet", "<headerFooter><oddHeader>秘密★1年</oddHeader></headerFooter>")
    content = raw_xlsx(worksheet(inline("甲")), worksheet(inline("机密★5年")), chart_sheet)
    pages = [(part, page) for part, page, text in _read(content)[0] if "密" in text]
    assert pages == [("document", 2), ("header", 3)]
    assert _examine(content).mark.level == "secret"


def test_sheets_come_in_the_workbook_s_order_and_unlisted_ones_after():
    content = raw_xlsx(
        worksheet(inline("一")),
        others={
            "xl/workbook.xml": element("workbook", '<sheets><sheet name="乙" r:id="rIdX"/></sheets>'),
            "xl/_rels/workbook.xml.rels": relations([("rIdX", "worksheet", "/xl/odd/place.xml")]),
            "xl/odd/place.xml": worksheet(inline("二")),
        },
    )
    assert [text for part, _, text in _read(content)[0] if part == "document"] == ["二", "一"]


def test_what_floats_over_the_cells():
    drawing = element(
        "xdr:wsDr",
        f"<xdr:sp><xdr:txBody>{text_body('机密★5年', '副本')}</xdr:txBody></xdr:sp>"
        '<xdr:sp><xdr:nvSpPr><xdr:cNvPr name="水印 1"/></xdr:nvSpPr>'
        f"<xdr:txBody>{text_body('秘密')}</xdr:txBody></xdr:sp>",
    )
    vml = (
        '<xml><v:shape><v:textpath string="绝密★长期"/></v:shape><v:shape><v:textbox><div>按钮<br>二</div></v:textbox>'
        '<x:ClientData ObjectType="Button"/></v:shape><v:shape><v:textbox><div>批注</div></v:textbox>'
        '<x:ClientData ObjectType="Note"/></v:shape></xml>'
    )
    content = raw_xlsx(
        worksheet(inline("设备台账")),
        others={
            "xl/worksheets/_rels/sheet1.xml.rels": relations(
                [
                    ("rId1", "drawing", "../drawings/drawing1.xml"),
                    ("rId2", "vmlDrawing", "../drawings/vmlDrawing1.vml"),
                ]
            ),
            "xl/drawings/drawing1.xml": drawing,
            "xl/drawings/_rels/drawing1.xml.rels": relations(
                [("rId1", "chart", "../charts/chart1.xml"), ("rId2", "diagramData", "../diagrams/data1.xml")]
            ),
            "xl/drawings/vmlDrawing1.vml": vml.replace("<xml>", '<xml xmlns:v="v" xmlns:x="x">'),
            "xl/charts/chart1.xml": element("c:chartSpace", f"<c:title>{text_body('秘密★1年')}</c:title>"),
            "xl/charts/_rels/chart1.xml.rels": relations([("rId1", "chartUserShapes", "../drawings/drawing2.xml")]),
            "xl/drawings/drawing2.xml": element("c:userShapes", f"<c:sp>{text_body('图内')}</c:sp>"),
            "xl/diagrams/data1.xml": element("dgm:dataModel", f"<dgm:t>{text_body('节点')}</dgm:t>"),
        },
    )
    found, reasons = _read(content)
    assert reasons == []
    assert [(part, text) for part, _, text in found if part in {"text_box", "watermark"}] == [
        ("text_box", "机密★5年\n副本"),
        ("watermark", "秘密"),
        ("text_box", "秘密★1年"),
        ("text_box", "图内"),
        ("text_box", "节点"),
        ("watermark", "绝密★长期"),
        ("text_box", "按钮\n二"),
    ]


def test_comments_are_notes_and_raise_nothing():
    content = raw_xlsx(
        worksheet(inline("设备台账")),
        others={
            "xl/worksheets/_rels/sheet1.xml.rels": relations(
                [("rId1", "comments", "../comments1.xml"), ("rId2", "threadedComment", "../threadedComments/t.xml")]
            ),
            "xl/comments1.xml": element(
                "comments", "<comment><text><r><t>机密</t></r><r><t>★5年</t></r></text></comment>"
            ),
            "xl/threadedComments/t.xml": element(
                "ThreadedComments", "<threadedComment><text>秘密★1年</text></threadedComment>"
            ),
        },
    )
    assert [item for item in _read(content)[0] if item[0] == "note"] == [
        ("note", 1, "机密★5年"),
        ("note", 1, "秘密★1年"),
    ]
    assert _examine(content).mark.axis == ""


def test_names_and_properties():
    content = raw_xlsx(
        worksheet(inline("设备台账")),
        defined='<definedName name="密级">"机密★5年"</definedName><definedName name="区域">表1!$A$1</definedName>',
        others={
            "docProps/core.xml": '<c:p xmlns:c="c"><c:category>机密</c:category></c:p>',
            "docProps/app.xml": "<P><Manager>甲</Manager><Pages>3</Pages></P>",
            "docProps/custom.xml": '<P><property name="密级"><v>秘密</v></property></P>',
        },
    )
    keys = [
        (item.key, item.text)
        for reading in xlsx.read(BytesSource(content), Limits(), lambda _: None)
        for item in reading
        if item.part == "property"
    ]
    assert keys == [("密级", "秘密"), ("category", "机密"), ("Manager", "甲"), ("sheet", "表1"), ("密级", "机密★5年")]
    assert _evidence(content)[0][:2] == ("property", 0)


def test_labels_kept_as_xml():
    label = '<LabelInfo xmlns:clbl="x"><clbl:label id="{1}" enabled="1" name="机密"/></LabelInfo>'
    content = raw_xlsx(
        worksheet(inline("台账")), others={"docMetadata/LabelInfo.xml": label.replace("LabelInfo", "clbl:labelList")}
    )
    assert any(part == "property" for part, _, _ in _read(content)[0])


def test_embedded_files_come_last():
    content = raw_xlsx(
        worksheet(inline("甲")),
        others={"xl/embeddings/oleObject1.bin": b"\xd0\xcf", "xl/embeddings/Book.xlsx": b"PK"},
    )
    assert _read(content)[0][-2:] == [
        ("xl/embeddings/oleObject1.bin", 0, b"\xd0\xcf"),
        ("xl/embeddings/Book.xlsx", 0, b"PK"),
    ]


def test_the_strict_kind():
    content = raw_xlsx(worksheet(shared(0)), strings=["机密★5年"], base=STRICT)
    assert _evidence(content)[0][3] == "机密★5年"


def test_other_prefixes_and_encodings():
    prefixed = (
        '<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>机密★5年</x:t></x:is></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    wide = worksheet(inline("秘密★1年")).replace("UTF-8", "UTF-16").encode("utf-16")
    found, reasons = _read(raw_xlsx(prefixed, wide))
    assert ([text for part, _, text in found if part == "document"], reasons) == (["机密★5年", "秘密★1年"], [])


def test_long_sheets_keep_every_row():
    rows = worksheet(
        *[shared(0, number % 7) for number in range(5000)],
        after="<headerFooter><oddHeader>机密★5年</oddHeader></headerFooter>",
    )
    found, reasons = _read(raw_xlsx(rows, strings=[f"值{n}" for n in range(7)]))
    table = [text for part, _, text in found if part == "table"]
    assert (len(table), table[4999], reasons) == (5000, f"值0\t值{4999 % 7}", [])
    assert ("header", 1, "机密★5年") in found


def test_a_line_break_in_a_cell_does_not_break_its_row():
    found, _ = _read(raw_xlsx(worksheet(inline("甲\n乙", "丙"), inline("丁\n戊"))))
    assert [text for part, _, text in found if part != "property"] == ["甲\x0b乙\t丙", "丁\n戊"]


def test_a_workbook_that_is_missing_is_damaged_and_its_sheets_are_read():
    content = zipped({"xl/worksheets/sheet1.xml": worksheet(inline("机密★5年")), "xl/workbook.xml": ""})
    found = _examine(content)
    assert (found.type, found.inspected, found.reason, found.mark.axis) == ("xlsx", "partial", "damaged", "state")


def test_a_string_that_is_not_there_is_damage():
    found, reasons = _read(raw_xlsx(worksheet(shared(0, 7), shared(9)), strings=["甲"]))
    assert reasons == ["damaged"]
    assert ("document", 1, "甲") in found


def test_a_few_strings_named_often_are_bounded():
    cells = shared(*[0] * 2000)
    content = raw_xlsx(worksheet(inline("机密★5年"), *[cells] * 200), strings=["字" * 10_000])
    found = _examine(content, Limits(expansion_floor_bytes=4 * MIB, expansion_factor_max=1))
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "too_large", "state")


def test_strings_past_the_bound_of_memory_are_lines():
    strings = [f"{number:04}" + "字" * 200 for number in range(2000)]
    content = raw_xlsx(worksheet(shared(0), shared(1999)), strings=strings)
    found, reasons = _read(content, Limits(memory_bytes=MIB))
    texts = {text[:4] for part, _, text in found if part == "document"}
    assert {"0000", "1999"} <= texts
    assert set(reasons) == {"too_large", "damaged"}


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_a_workbook_cut_short_says_so(cut):
    content = raw_xlsx(worksheet(*[inline("机密★5年", str(n)) for n in range(2000)]))
    found = _examine(content[: int(len(content) * cut)])
    assert (found.inspected, found.reason) in {("partial", "damaged"), ("none", "damaged")}


def test_a_macro_workbook_and_a_template():
    for kind in ("ms-excel.sheet.macroEnabled.main+xml", "ms-excel.template.macroEnabled.main+xml"):
        types = f'<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.{kind}"/></Types>'
        source = zipfile.ZipFile(io.BytesIO(raw_xlsx(worksheet(inline("机密★5年")))))
        members = {name: source.read(name) for name in source.namelist()} | {"[Content_Types].xml": types}
        assert _evidence(zipped(members))[0][3] == "机密★5年"


_SAMPLE = raw_xlsx(
    worksheet(
        shared(0),
        shared(1, 2),
        inline("a&amp;b", "c"),
        after="<headerFooter><oddHeader>&amp;L秘密</oddHeader></headerFooter>",
    ),
    strings=["机密★5年", "密级", "<si><r><t>机密</t></r></si>"],
    others={"docProps/core.xml": '<c:p xmlns:c="c"><c:category>机密</c:category></c:p>'},
)


def _is_a_verdict(found):
    assert found.reason in REASONS | {""}
    assert (found.inspected == "full") == (not found.reason)
    assert found.reason != "crashed"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, len(_SAMPLE) * 8 - 1), min_size=1, max_size=8))
def test_flipped_bits_always_give_a_verdict(flips):
    damaged = bytearray(_SAMPLE)
    for bit in flips:
        damaged[bit // 8] ^= 1 << bit % 8
    _is_a_verdict(_examine(bytes(damaged)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_SAMPLE)), st.integers(0, 200))
def test_cut_and_stitched_files_always_give_a_verdict(start, length):
    _is_a_verdict(_examine(_SAMPLE[:start]))
    _is_a_verdict(_examine(_SAMPLE[:start] + _SAMPLE[start + length :]))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"]
    ),
    st.integers(0, 2000),
    st.one_of(
        st.binary(min_size=1, max_size=20),
        st.sampled_from([b"<row>", b"</row>", b"<!--", b"<si>", b"</c><v>9", b"&#0;"]),
    ),
)
def test_damage_inside_a_part_always_gives_a_verdict(name, at, noise):
    source = zipfile.ZipFile(io.BytesIO(_SAMPLE))
    members = {member: source.read(member) for member in source.namelist()}
    body = members[name]
    members[name] = body[: at % len(body)] + noise + body[at % len(body) + len(noise) :]
    _is_a_verdict(_examine(zipped(members)))


def test_a_package_of_another_main_part():
    content = package(
        "xlsx", "odd/book.xml", {"odd/book.xml": element("workbook", '<sheets><sheet name="机密★5年"/></sheets>')}
    )
    assert ("property", 0, "机密★5年") in _read(content)[0]


def test_a_sheet_that_is_listed_and_not_there_is_damage():
    book = element("workbook", '<sheets><sheet name="一" r:id="rId1"/></sheets>')
    rels = relations([("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "worksheet", "worksheets/none.xml")])
    content = raw_xlsx(worksheet(inline("甲")), others={"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": rels})
    found, reasons = _read(content)
    assert ("document", 1, "甲") in found
    assert reasons == ["damaged"]
