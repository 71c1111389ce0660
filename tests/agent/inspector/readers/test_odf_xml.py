"""OpenDocument XML to fragments: every element that holds, splits, hides or numbers text; flat documents whole."""

from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.odf_xml import Content
from support.odf_documents import flat, master, paragraph, rows, style, table, text_box


def _read(body, **options):
    problems = []
    found = list(xml_stream.fragments([flat(body, **options)], Content(), 256, problems.append))
    assert problems == []
    return found


def _texts(body, **options):
    return [(fragment.text, fragment.part, fragment.page) for fragment in _read(body, **options)]


def test_split_spans_spaces_tabs_and_line_breaks():
    body = paragraph("机", "<text:span>密<text:span>★</text:span></text:span>", '5<text:s text:c="2"/>年<text:tab/>x')
    assert _texts(body) == [("机密★5  年\tx", "document", 1)]
    assert _texts(paragraph("一<text:line-break/>二")) == [("一\n二", "document", 1)]
    assert _texts(paragraph('一<text:s text:c="999999"/>二<text:s text:c="x"/>'))[0][0] == "一 二 "


def test_headings_lists_sections_and_fields():
    body = (
        '<text:section text:display="none"><text:h text:outline-level="1">题</text:h></text:section>'
        f"<text:list><text:list-item>{paragraph('<text:number>1.</text:number>甲')}</text:list-item></text:list>"
        + paragraph("<text:title>名</text:title>", '<text:hidden-text text:string-value="隐"/>')
    )
    assert [text for text, _, _ in _texts(body)] == ["题", "甲", "名隐"]


def test_deleted_text_is_not_there():
    deleted = f"<text:changed-region><text:deletion>{paragraph('机密★5年')}</text:deletion></text:changed-region>"
    assert _texts(f"<text:tracked-changes>{deleted}</text:tracked-changes>" + paragraph("文")) == [
        ("文", "document", 1)
    ]


def test_struck_text_is_not_there():
    automatic = style("T1", "text", properties='<style:text-properties style:text-line-through-style="solid"/>')
    automatic += style("P9", properties='<style:text-properties style:text-line-through-style="solid"/>')
    body = paragraph('<text:span text:style-name="T1">秘密★1年</text:span>机密★5年')
    body += paragraph("绝密★长期", style="P9") + paragraph("后")
    assert [text for text, _, _ in _texts(body, automatic=automatic)] == ["机密★5年", "后"]


def test_notes_and_comments_stand_beside_the_text():
    body = f"<text:note-body>{paragraph('脚')}</text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{body}</text:note>"
    comment = f"<office:annotation><dc:creator>a</dc:creator>{paragraph('批')}</office:annotation>"
    assert _texts(paragraph("前", note, comment, "后")) == [
        ("脚", "note", 1),
        ("批", "note", 1),
        ("前后", "document", 1),
    ]


def test_boxes_and_shapes():
    box = text_box(paragraph("一"), paragraph("二"))
    shape = f"<draw:custom-shape>{paragraph('三')}<draw:enhanced-geometry draw:type='rectangle'/></draw:custom-shape>"
    described = "<draw:frame><svg:title>名</svg:title><svg:desc>图</svg:desc></draw:frame>"
    assert _texts(paragraph("前", box, shape, described, "后")) == [
        ("一\n二", "text_box", 1),
        ("三", "text_box", 1),
        ("名", "note", 0),
        ("图", "note", 0),
        ("前后", "document", 1),
    ]


def test_watermarks_by_geometry_and_by_name():
    shape = (
        f"<draw:custom-shape>{paragraph('机密')}<draw:enhanced-geometry draw:type='fontwork-plain-text'/>"
        "</draw:custom-shape>"
    )
    path = f"<draw:custom-shape>{paragraph('秘密')}<draw:enhanced-geometry draw:text-path='true'/></draw:custom-shape>"
    named = text_box(paragraph("绝密"), attributes='draw:name="PowerPlusWaterMarkObject3"')
    masters = master(f"<style:header>{paragraph('头', shape, path, named)}</style:header>")
    assert _texts(paragraph("文"), masters=masters)[:4] == [
        ("机密", "watermark", 0),
        ("秘密", "watermark", 0),
        ("绝密", "watermark", 0),
        ("头", "header", 0),
    ]


def test_a_box_in_a_margin_is_of_the_margin():
    masters = master(f"<style:footer>{paragraph(text_box(paragraph('机密★5年')))}</style:footer>")
    assert _texts("", masters=masters) == [("机密★5年", "footer", 0)]


def test_table_rows():
    inner = table(("甲", "乙"))
    body = table(("密级", "机密"), ("一格",), ("", ""), (paragraph("一") + paragraph("二"), "三"), (inner, "外"))
    assert _texts(body) == [
        ("密级\t机密", "table", 1),
        ("一格", "document", 1),
        ("一\x0b二\t三", "table", 1),
        ("甲\t乙", "table", 1),
        ("外", "document", 1),
    ]


def test_pages_by_breaks():
    automatic = style("P1", properties='<style:paragraph-properties fo:break-before="page"/>')
    automatic += style("P2", properties='<style:paragraph-properties fo:break-after="page"/>')
    body = (
        paragraph("一", style="P1")
        + paragraph("二", style="P1")
        + paragraph("三<text:soft-page-break/>三")
        + paragraph("四", style="P2")
        + "<text:soft-page-break/>"
        + paragraph("五")
        + "<text:soft-page-break/>"
        + paragraph("六")
    )
    assert [(text, page) for text, _, page in _texts(body, automatic=automatic)] == [
        ("一", 1),
        ("二", 2),
        ("三三", 2),
        ("四", 3),
        ("五", 4),
        ("六", 5),
    ]


def test_sheets_are_pages_and_repetition_is_read_once():
    many = 'table:number-columns-repeated="16384"'
    first = (
        f"<table:table-row><table:table-cell {many}>{paragraph('甲')}</table:table-cell></table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell {many}/></table:table-row>'
        '<table:table-row><table:table-cell office:string-value="乙"/></table:table-row>'
    )
    shapes = f"<table:shapes>{text_box(paragraph('框'))}</table:shapes>"
    comment = f"<office:annotation>{paragraph('批')}</office:annotation>" + paragraph("丙")
    body = f"<table:table>{shapes}{first}</table:table>" + table((comment, "", "丁"))
    assert _texts(body, kind="spreadsheet") == [
        ("框", "text_box", 1),
        ("甲", "document", 1),
        ("乙", "document", 1),
        ("批", "note", 2),
        ("丙\t丁", "table", 2),
    ]


def test_help_of_a_validated_cell_is_a_note():
    helped = f"<table:help-message>{paragraph('选')}</table:help-message>"
    validation = f"<table:content-validation>{helped}</table:content-validation>"
    body = f"<table:content-validations>{validation}</table:content-validations>" + table(("1",))
    assert ("选", "note", 0) in _texts(body, kind="spreadsheet")


def test_slides():
    placed = text_box(paragraph("题"), attributes='presentation:class="title"')
    grid = f"<draw:frame><table:table>{rows(('密级', '机密'))}</table:table></draw:frame>"
    notes = f"<presentation:notes>{text_box(paragraph('备'))}</presentation:notes>"
    body = (
        '<presentation:footer-decl presentation:name="f">脚</presentation:footer-decl>'
        '<presentation:header-decl presentation:name="h">头</presentation:header-decl>'
        f"<draw:page>{placed}{text_box(paragraph('框'))}{grid}{notes}</draw:page><draw:page>{placed}</draw:page>"
    )
    foot = text_box(paragraph("固定", "<presentation:footer/>"), attributes='presentation:class="footer"')
    assert _texts(body, kind="presentation", masters=master(foot)) == [
        ("固定", "footer", 0),
        ("脚", "footer", 0),
        ("头", "header", 0),
        ("题", "document", 1),
        ("框", "text_box", 1),
        ("密级\t机密", "table", 1),
        ("备", "note", 0),
        ("题", "document", 2),
    ]


def test_controls_of_a_form():
    forms = (
        "<office:forms><form:form><form:fixed-text form:label='机密★5年'/><form:text form:current-value='填'/>"
        "<form:option form:label='选'/></form:form></office:forms>"
    )
    assert _texts(forms + paragraph("文")) == [
        ("机密★5年", "text_box", 1),
        ("填", "text_box", 1),
        ("文", "document", 1),
    ]


def test_properties():
    meta = (
        "<dc:title>题</dc:title><dc:subject>由</dc:subject><meta:keyword>甲</meta:keyword>"
        '<meta:user-defined meta:name="密级" meta:value-type="string">机密</meta:user-defined>'
        '<meta:document-statistic meta:page-count="1"/>'
    )
    assert [(fragment.key, fragment.text) for fragment in _read("", meta=meta)] == [
        ("title", "题"),
        ("subject", "由"),
        ("keywords", "甲"),
        ("密级", "机密"),
    ]


def test_a_picture_in_a_flat_document_is_not_text():
    picture = "<draw:frame><draw:image><office:binary-data>QUJD</office:binary-data></draw:image></draw:frame>"
    assert _texts(paragraph("前", picture, "后")) == [("前后", "document", 1)]


def test_one_cell_that_holds_a_whole_book_is_not_kept():
    body = table(("".join(paragraph("字" * 1000) for _ in range(2000)), "x"))
    found = _read(body)
    assert sum(fragment.text.count("字") for fragment in found) == 2_000_000
    assert max(len(fragment.text) for fragment in found) <= 3 << 16
