"""Marks wherever a Word document can carry one, and documents that are broken, hostile or merely odd."""

import io
import zipfile

import docx
import pytest
from docx.enum.text import WD_BREAK
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import docx as reader
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded
from support.documents import paragraph, part, raw_docx, run, table, zipped
from support.office_documents import STRICT, element, package, relations, text_body, with_members

PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"


def _examine(content, name="x.docx", limits=None):
    return examine(BytesSource(content), name, limits or Limits())


def _saved(document):
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _only_evidence(content):
    found = _examine(content)
    assert found.inspected == "full"
    assert found.type == "docx"
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


def test_the_top_of_the_first_page():
    document = docx.Document()
    for text in ("机密★5年", "关于开展检查工作的通知", PROSE):
        document.add_paragraph(text)
    mark, evidence = _only_evidence(_saved(document))
    assert (mark.axis, mark.level, mark.period) == ("state", "secret", "P5Y")
    assert (evidence.part, evidence.page, evidence.zone) == ("document", 1, "first_page_top")


def test_headers_and_footers_of_every_section():
    document = docx.Document()
    document.add_paragraph(PROSE)
    section = document.add_section()
    section.header.is_linked_to_previous = False
    section.header.paragraphs[0].text = "秘密"
    section.footer.is_linked_to_previous = False
    section.footer.paragraphs[0].text = "内部资料 注意保密"
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = "绝密★长期"
    mark = _examine(_saved(document)).mark
    assert mark.level == "top_secret"
    assert {(item.part, item.text) for item in mark.evidence} == {
        ("header", "绝密★长期"),
        ("header", "秘密"),
        ("footer", "内部资料 注意保密"),
    }


def test_a_mark_split_into_runs():
    mark, _ = _only_evidence(raw_docx(paragraph("机", "密", "★", "5", "年") + paragraph(PROSE)))
    assert mark.period == "P5Y"


def test_a_wingdings_star():
    star = '<w:r><w:sym w:font="Wingdings" w:char="F0AB"/></w:r>'
    for written in (star, "\uf0ab"):
        mark, _ = _only_evidence(raw_docx(paragraph("机密", written, "5年") + paragraph(PROSE)))
        assert (mark.axis, mark.period) == ("state", "P5Y")


def test_a_text_box_with_its_fallback_is_one_mark():
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{paragraph('机密★1年')}</w:txbxContent></v:textbox></w:pict></w:r>"
    body = paragraph(box, box) + paragraph(PROSE)
    mark, evidence = _only_evidence(raw_docx(body))
    assert (mark.period, evidence.part, evidence.zone) == ("P1Y", "text_box", "text_box")


def test_a_vml_watermark_in_the_header():
    header = '<w:p><w:r><w:pict><v:shape><v:textpath style="x" string="机密"/></v:shape></w:pict></w:r></w:p>'
    _, evidence = _only_evidence(raw_docx(paragraph(PROSE), header1=header))
    assert (evidence.part, evidence.zone) == ("watermark", "watermark")


def test_a_cover_table():
    document = docx.Document()
    document.add_paragraph("某某系统设计说明书")
    rows = document.add_table(2, 4)
    for column, text in enumerate(("编号", "2026-001", "密级", "机密★10年")):
        rows.cell(0, column).text = text
    mark, evidence = _only_evidence(_saved(document))
    assert (mark.period, evidence.part, evidence.zone) == ("P10Y", "table", "cover_table")


def test_core_and_custom_properties():
    custom = '<Properties xmlns:vt="v"><property name="密级"><vt:lpwstr>秘密</vt:lpwstr></property></Properties>'
    mark, evidence = _only_evidence(raw_docx(paragraph(PROSE), custom=custom))
    assert (mark.level, evidence.part) == ("confidential", "property")
    document = docx.Document()
    document.core_properties.category = "机密★5年"
    assert _only_evidence(_saved(document))[1].part == "property"


def test_pages_end_at_breaks():
    document = docx.Document()
    document.add_paragraph(PROSE)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("机密★5年")
    document.add_paragraph(PROSE)
    _, evidence = _only_evidence(_saved(document))
    assert (evidence.page, evidence.zone) == (2, "page_top")


def test_a_rendered_break_after_an_explicit_one_is_the_same_page():
    body = (
        paragraph("封面", '<w:r><w:br w:type="page"/></w:r>')
        + paragraph("<w:r><w:lastRenderedPageBreak/><w:t>秘密★1年</w:t></w:r>")
        + paragraph(PROSE)
    )
    assert _only_evidence(raw_docx(body))[1].page == 2


def test_sections_start_pages_unless_continuous():
    def section(kind):
        return f'<w:sectPr><w:type w:val="{kind}"/></w:sectPr>'

    for kind, page in (("nextPage", 2), ("continuous", 1)):
        body = paragraph("封面", properties=section(kind)) + paragraph("秘密★1年") + paragraph(PROSE)
        assert _only_evidence(raw_docx(body))[1].page == page


@pytest.mark.parametrize("struck", ["<w:strike/>", '<w:dstrike w:val="true"/>'])
def test_a_struck_mark_is_no_mark_and_the_new_one_beside_it_is(struck):
    body = paragraph(run("机密★5年", struck)) + paragraph("秘密★1年") + paragraph(PROSE)
    assert _only_evidence(raw_docx(body))[0].level == "confidential"


def test_moved_and_deleted_text_is_no_mark_hidden_text_is():
    moved = f"<w:p><w:moveFrom>{run('机密★5年')}</w:moveFrom></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>机密★5年</w:delText></w:r></w:del></w:p>"
    assert _examine(raw_docx(moved + deleted + paragraph(PROSE))).mark.axis == ""
    assert _examine(raw_docx(paragraph(run("机密★5年", "<w:vanish/>")) + paragraph(PROSE))).mark.axis == "state"


def test_a_layout_table_of_one_cell_is_text():
    assert _only_evidence(raw_docx(table(["机密★5年"]) + paragraph(PROSE)))[1].zone == "first_page_top"


def test_a_form_s_choice_and_an_unfilled_form():
    assert _examine(raw_docx(table(["密级", "□绝密 ☑机密 □秘密"]))).mark.level == "secret"
    assert _examine(raw_docx(table(["密级", "□绝密 □机密 □秘密"]))).mark.axis == ""


def test_a_quotation_in_the_body_is_a_hint():
    found = _examine(raw_docx(paragraph(PROSE) + paragraph("机密★5年") + paragraph(PROSE) * 4))
    assert (found.mark.axis, found.hints) == ("", 1)


def test_parts_are_found_by_name_when_the_content_types_are_gone():
    content = raw_docx(paragraph(PROSE), header1=paragraph("机密★5年"))
    source = zipfile.ZipFile(io.BytesIO(content))
    members = {name: source.read(name) for name in source.namelist() if not name.startswith("[")}
    assert _examine(zipped(members)).mark.axis == "state"


def test_a_second_member_of_the_same_name_is_read_too():
    clean, marked = raw_docx(paragraph(PROSE)), raw_docx(paragraph("机密★5年"))
    buffer = io.BytesIO(clean)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("word/document.xml", zipfile.ZipFile(io.BytesIO(marked)).read("word/document.xml"))
    assert _examine(buffer.getvalue()).mark.axis == "state"


def test_a_document_cut_short_still_gives_its_mark():
    content = raw_docx(paragraph("机密★5年") + paragraph(PROSE) * 2000)
    found = _examine(content[: len(content) * 2 // 3])
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "damaged", "state")


def test_a_bomb_costs_the_rest_and_not_the_mark():
    limits = Limits(expansion_floor_bytes=MIB, expansion_factor_max=10)
    body = paragraph("机密★5年") + paragraph("一" * 4000) * 1000
    found = _examine(raw_docx(body), limits=limits)
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "too_large", "state")


def test_nesting_without_end_is_too_deep():
    body = paragraph("机密★5年") + "<w:sdt>" * 5000 + "</w:sdt>" * 5000
    found = _examine(raw_docx(body))
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "too_deep", "state")


def test_entities_are_refused():
    content = raw_docx("")
    laughs = '<!DOCTYPE d [<!ENTITY a "机密★5年"><!ENTITY b "&a;&a;&a;">]><w:document xmlns:w="w">&b;</w:document>'
    source = zipfile.ZipFile(io.BytesIO(content))
    found = _examine(zipped({"[Content_Types].xml": source.read("[Content_Types].xml"), "word/document.xml": laughs}))
    assert (found.inspected, found.reason) == ("none", "damaged")


def _texts(content):
    """(part, text) of every fragment but properties."""
    readings = reader.read(BytesSource(content), Limits(), lambda _: None)
    return [
        ("embedded", item.name) if isinstance(item, Embedded) else (item.part, item.text)
        for reading in readings
        for item in reading
    ]


def _either(choice, fallback):
    alternatives = f"<mc:Choice>{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>"
    return f"<w:p><w:r><mc:AlternateContent>{alternatives}</mc:AlternateContent></w:r></w:p>"


def _box(text, name="Text Box 1", turn=0):
    return (
        f'<w:drawing><wp:docPr name="{name}"/><wps:wsp><a:xfrm rot="{turn}"/><wps:txbx><w:txbxContent>{paragraph(text)}'
        "</w:txbxContent></wps:txbx></wps:wsp></w:drawing>"
    )


def test_drawn_boxes_and_watermarks_are_read_once():
    vml = '<w:pict><v:shape><v:textpath string="机密"/></v:shape></w:pict>'
    header = _either(_box("机密", "PowerPlusWaterMarkObject1"), vml) + _either(_box("秘密★1年"), vml)
    body = _either(_box("绝密", turn=-2_700_000), "") + _either("<w:drawing/>", vml) + paragraph(PROSE)
    assert _texts(raw_docx(body, header1=header)) == [
        ("watermark", "机密"),
        ("header", "秘密★1年"),
        ("watermark", "绝密"),
        ("watermark", "机密"),
        ("document", PROSE),
    ]


def test_a_slanted_vml_box():
    shape = '<v:shape id="x" style="position:absolute;rotation:315;width:9pt"><v:textbox><w:txbxContent>'
    body = f"<w:p><w:r><w:pict>{shape}{paragraph('机密')}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
    assert _only_evidence(raw_docx(body + paragraph(PROSE)))[1].part == "watermark"


def test_a_control_s_prompt_and_choices_are_no_text_but_its_value_is():
    def control(properties, text):
        return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{paragraph(text)}</w:sdtContent></w:sdt>"

    choices = '<w:dropDownList><w:listItem w:displayText="绝密" w:value="绝密★长期"/></w:dropDownList>'
    body = (
        control("<w:showingPlcHdr/>" + choices, "机密★1年")
        + control('<w:showingPlcHdr w:val="0"/>' + choices, "秘密★2年")
        + control('<w:dataBinding w:xpath="/x"/>', control("", "机密★3年"))
    )
    assert _texts(raw_docx(body)) == [("document", "秘密★2年"), ("document", "机密★3年")]


def test_fields_give_their_result():
    def field(code, data="", result=""):
        return (
            f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar><w:instrText>{code}</w:instrText></w:r>'
            f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        )

    def box(checked):
        return f'<w:ffData><w:checkBox><w:default w:val="0"/><w:checked w:val="{checked}"/></w:checkBox></w:ffData>'

    levels = '<w:listEntry w:val="公开"/><w:listEntry w:val="机密"/>'
    chosen = f'<w:ffData><w:ddList><w:result w:val="1"/>{levels}</w:ddList></w:ffData>'
    body = (
        paragraph(field("DOCPROPERTY 机密★9年", result=run("机密★5年")))
        + paragraph("密级：", field("FORMCHECKBOX", box(0)), "绝密 ", field("FORMCHECKBOX", box(1)), "机密")
        + paragraph("密级：", field("FORMDROPDOWN", chosen))
        + paragraph(field("FORMDROPDOWN", chosen, run("机密")))
        + '<w:p><w:fldSimple w:instr="TITLE">'
        + run("秘密★1年")
        + "</w:fldSimple></w:p>"
    )
    texts = [text for _, text in _texts(raw_docx(body))]
    assert texts == ["机密★5年", "密级：☐绝密 ☒机密", "密级：机密", "机密", "秘密★1年"]


def test_inserted_text_counts_and_deleted_or_phonetic_text_does_not():
    body = (
        f"<w:p><w:ins>{run('机密')}</w:ins><w:del>{run('★1年')}</w:del>{run('★5年')}</w:p>"
        f"<w:p><w:r><w:ruby><w:rt>{run('ji')}</w:rt><w:rubyBase>{run('机')}</w:rubyBase></w:ruby></w:r>{run('密')}</w:p>"
    )
    assert [text for _, text in _texts(raw_docx(body))] == ["机密★5年", "机密"]


def test_building_blocks_are_notes():
    content = with_members(
        raw_docx(paragraph(PROSE)),
        {
            "word/glossary/document.xml": part("glossaryDocument", paragraph("机密★5年")),
            "word/glossary/header1.xml": part("hdr", paragraph("机密")),
        },
    )
    assert _texts(content)[1:] == [("note", "机密★5年")]
    assert _examine(content).mark.axis == ""


def test_files_inside_and_other_content_of_the_body():
    content = with_members(
        raw_docx(paragraph(PROSE) + '<w:altChunk r:id="rId1"/>'),
        {
            "word/_rels/document.xml.rels": relations(
                [("rId1", "aFChunk", "chunk.html"), ("rId2", "diagramData", "d.xml")]
            ),
            "word/chunk.html": "<p>机密★5年</p>",
            "word/d.xml": element("dgm:dataModel", text_body("节点")),
            "word/embeddings/oleObject1.bin": b"1",
            "word/settings.xml": '<s xmlns:w="w"><w:docVar w:name="密级" w:val="机密"/></s>',
        },
    )
    assert _texts(content) == [
        ("property", "机密"),
        ("document", PROSE),
        ("text_box", "节点"),
        ("embedded", "word/embeddings/oleObject1.bin"),
        ("embedded", "word/chunk.html"),
    ]


def test_the_strict_kind():
    content = package(
        "xlsx",
        "word/main.xml",
        {
            "word/main.xml": '<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main">'
            + paragraph("机密★5年")
            + "</w:document>"
        },
        STRICT,
    )
    assert ("document", "机密★5年") in _texts(content)


_SAMPLE = raw_docx(
    paragraph("机密★5年") + table(["密级", "机密"]) + paragraph(PROSE) * 20,
    header1=paragraph("秘密"),
    core='<c:p xmlns:c="c"><c:category>机密</c:category></c:p>',
)


def _is_a_verdict(found):
    assert found.inspected in {"full", "partial", "none"}
    assert found.reason in REASONS | {""}
    assert (found.inspected == "full") == (not found.reason)
    assert found.reason != "crashed"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SAMPLE) * 8 - 1)), min_size=1, max_size=8))
def test_flipped_bits_always_give_a_verdict(flips):
    damaged = bytearray(_SAMPLE)
    for (bit,) in flips:
        damaged[bit // 8] ^= 1 << bit % 8
    _is_a_verdict(_examine(bytes(damaged)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_SAMPLE)), st.integers(0, 200))
def test_cut_and_stitched_files_always_give_a_verdict(start, length):
    _is_a_verdict(_examine(_SAMPLE[:start]))
    _is_a_verdict(_examine(_SAMPLE[:start] + _SAMPLE[start + length :]))
    _is_a_verdict(_examine(b"x" * length + _SAMPLE))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=20))
def test_damage_inside_a_part_always_gives_a_verdict(at, noise):
    source = zipfile.ZipFile(io.BytesIO(_SAMPLE))
    members = {name: source.read(name) for name in source.namelist()}
    body = members["word/document.xml"]
    members["word/document.xml"] = body[: at % len(body)] + noise + body[at % len(body) + len(noise) :]
    _is_a_verdict(_examine(zipped(members)))


def test_headers_by_relationship_alone_and_missing_ones():
    rels = relations([("a", "header", "odd.xml"), ("b", "footer", "none.xml")])
    members = {"word/_rels/document.xml.rels": rels, "word/odd.xml": part("hdr", paragraph("机密★5年"))}
    found = _examine(with_members(raw_docx(paragraph(PROSE)), members))
    assert (found.inspected, found.reason, found.mark.evidence[0].part) == ("partial", "damaged", "header")
