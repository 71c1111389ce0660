"""Office 2003's XML: headers inside section properties, comments, custom properties, sheets and their margins."""

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.office_2003_xml import WordDocument, Workbook

_WORD = 'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" xmlns:aml="a" xmlns:o="o" xmlns:v="v"'
_EXCEL = (
    'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:o="o"'
)
_PROPERTIES = (
    "<o:DocumentProperties><o:Title>题</o:Title><o:Author></o:Author></o:DocumentProperties>"
    '<o:CustomDocumentProperties><o:_x5BC6__x7EA7_ dt="string">机密</o:_x5BC6__x7EA7_></o:CustomDocumentProperties>'
)


def _read(handler, content):
    problems = []
    found = list(xml_stream.fragments([content.encode()], handler, 256, problems.append))
    assert problems == []
    return found


def _word(body):
    return _read(WordDocument(), f"<w:wordDocument {_WORD}>{_PROPERTIES}<w:body>{body}</w:body></w:wordDocument>")


def _run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def _paragraph(*runs):
    return f"<w:p>{''.join(runs)}</w:p>"


def _workbook(sheets, styles=""):
    content = f"<Workbook {_EXCEL}>{_PROPERTIES}<Styles>{styles}</Styles>{sheets}</Workbook>"
    return [fragment for fragment in _read(Workbook(), content) if fragment.part != "property"]


def test_properties_and_text():
    assert _word(_paragraph(_run("机"), _run("密★5年"))) == [
        Fragment("题", "property", key="title"),
        Fragment("机密", "property", key="密级"),
        Fragment("机密★5年", "document", 1),
    ]


def test_headers_and_footers_stand_in_section_properties():
    margins = f"<w:hdr w:type='odd'>{_paragraph(_run('秘密'))}</w:hdr><w:ftr>{_paragraph(_run('内部'))}</w:ftr>"
    section = f"<w:p><w:pPr><w:sectPr>{margins}</w:sectPr></w:pPr>{_run('文')}</w:p>{_paragraph(_run('后'))}"
    assert [(f.text, f.part, f.page) for f in _word(section)[2:]] == [
        ("秘密", "header", 0),
        ("内部", "footer", 0),
        ("文", "document", 1),
        ("后", "document", 2),
    ]


def test_comments_notes_and_deletions():
    comment = (
        f'<aml:annotation w:type="Word.Comment"><aml:content>{_paragraph(_run("批"))}</aml:content></aml:annotation>'
    )
    deleted = (
        '<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>删</w:delText></w:r>'
        "</aml:content></aml:annotation>"
    )
    inserted = f'<aml:annotation w:type="Word.Insertion"><aml:content>{_run("入")}</aml:content></aml:annotation>'
    note = f"<w:r><w:footnote>{_paragraph(_run('脚'))}</w:footnote></w:r>"
    found = _word(_paragraph(_run("文"), comment, deleted, inserted, note, _run("划", "<w:strike/>")))
    assert [(f.text, f.part) for f in found[2:]] == [("批", "note"), ("脚", "note"), ("文入", "document")]


def test_watermarks_and_boxes():
    shape = '<w:r><w:pict><v:shape><v:textpath string="机密"/></v:shape></w:pict></w:r>'
    found = _word(f"<w:sectPr><w:hdr>{_paragraph(shape)}</w:hdr></w:sectPr>")
    assert [(f.text, f.part) for f in found[2:]] == [("机密", "watermark")]


def test_sheets_rows_and_gaps():
    first = '<Row><Cell><Data ss:Type="String">机密★3年</Data></Cell></Row><Row/>'
    noted = '<Cell ss:Index="4"><Data>一&#10;二</Data><Comment><Data>批</Data></Comment></Cell>'
    rows = f'{first}<Row><Cell><Data>姓名</Data></Cell>{noted}<Cell ss:Index="99999999999"/></Row>'
    sheets = "".join(f"<Worksheet><Table>{inner}</Table></Worksheet>" for inner in (rows, first))
    assert _workbook(sheets) == [
        Fragment("机密★3年", page=1),
        Fragment("批", "note", 1),
        Fragment("姓名\t一\x0b二", "table", 1),
        Fragment("机密★3年", page=2),
    ]


def test_margins_of_a_sheet():
    setup = '<PageSetup><x:Header x:Data="&amp;L机密★1年&amp;C&amp;A"/><x:Footer x:Data="第&amp;P页"/></PageSetup>'
    options = f"<x:WorksheetOptions>{setup}</x:WorksheetOptions>"
    assert _workbook(f"<Worksheet><Table/>{options}</Worksheet>") == [
        Fragment("机密★1年", "header", 1),
        Fragment("第页", "footer", 1),
    ]


def test_struck_cells_say_nothing():
    styles = '<Style ss:ID="s1"><Font ss:StrikeThrough="1"/></Style><Style ss:ID="s2"><Font ss:Bold="1"/></Style>'
    row = '<Row><Cell ss:StyleID="s1"><Data>秘密</Data></Cell><Cell ss:StyleID="s2"><Data>机密</Data></Cell></Row>'
    assert _workbook(f"<Worksheet><Table>{row}</Table></Worksheet>", styles) == [Fragment("机密", page=1)]
