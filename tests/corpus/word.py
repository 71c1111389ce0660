"""Word documents with a mark in every place a document has; written by python-docx."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from docx import Document
from docx.document import Document as Docx
from docx.enum.section import WD_SECTION
from docx.oxml import parse_xml

from corpus import bodies
from corpus.forms import Form

_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:o="urn:schemas-microsoft-com:office:office"'
)
_BOX = (
    f'<w:r {_SPACES}><w:pict><v:shape style="width:200pt;height:40pt" type="#_x0000_t202"><v:textbox><w:txbxContent>'
    "<w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)
_WATERMARK = (
    f'<w:r {_SPACES}><w:pict><v:shape id="PowerPlusWaterMarkObject1" o:spid="_x0000_s2049" type="#_x0000_t136"'
    ' style="position:absolute;width:400pt;height:120pt;rotation:315" fillcolor="silver" stroked="f">'
    '<v:textpath style="font-family:&quot;SimSun&quot;;font-size:1pt" string="{}"/></v:shape></w:pict></w:r>'
)
_CONTROL = (
    f"<w:sdt {_SPACES}><w:sdtPr><w:alias w:val='level'/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>{{}}</w:t></w:r></w:p>"
    "</w:sdtContent></w:sdt>"
)


def _first_line(document: Docx, form: Form) -> None:
    document.paragraphs[0].insert_paragraph_before(form.text)


def _after_copy_number(document: Docx, form: Form) -> None:
    document.paragraphs[0].insert_paragraph_before("000012")
    document.paragraphs[1].insert_paragraph_before(form.text)


def _split_runs(document: Docx, form: Form) -> None:
    line = document.paragraphs[0].insert_paragraph_before("")
    for character in form.text:
        line.add_run(character).bold = bool(ord(character) % 2)


def _header(document: Docx, form: Form) -> None:
    document.sections[0].header.paragraphs[0].text = form.text


def _footer(document: Docx, form: Form) -> None:
    document.sections[0].footer.paragraphs[0].text = form.text


def _first_header(document: Docx, form: Form) -> None:
    document.sections[0].different_first_page_header_footer = True
    document.sections[0].first_page_header.paragraphs[0].text = form.text


def _even_header(document: Docx, form: Form) -> None:
    document.settings.odd_and_even_pages_header_footer = True
    document.sections[0].even_page_header.paragraphs[0].text = form.text


def _second_section(document: Docx, form: Form) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.header.is_linked_to_previous = False
    section.header.paragraphs[0].text = form.text
    document.add_paragraph("附件一：统计表说明。")


def _cover_table(document: Docx, form: Form) -> None:
    label, _, value = form.text.replace(":", "：").partition("：")
    rows = (("项目名称", "综合管理平台"), (label if form.label else "密级", value if form.label else form.text))
    table = document.add_table(rows=0, cols=2)
    for cells in (*rows, ("编制单位", "综合管理部"), ("编制日期", "2026年3月")):
        row = table.add_row()
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.paragraphs[0]._p.addprevious(table._tbl)


def _text_box(document: Docx, form: Form) -> None:
    document.paragraphs[0]._p.append(parse_xml(_BOX.format(form.text)))


def _watermark(document: Docx, form: Form) -> None:
    document.sections[0].header.paragraphs[0]._p.append(parse_xml(_WATERMARK.format(form.text)))


def _control(document: Docx, form: Form) -> None:
    document.paragraphs[0]._p.addprevious(parse_xml(_CONTROL.format(form.text)))


def _keywords(document: Docx, form: Form) -> None:
    document.core_properties.keywords = form.text


PLACES: dict[str, Callable[[Docx, Form], None]] = {
    "first_line": _first_line,
    "after_copy_number": _after_copy_number,
    "split_runs": _split_runs,
    "header": _header,
    "footer": _footer,
    "first_header": _first_header,
    "even_header": _even_header,
    "second_section": _second_section,
    "cover_table": _cover_table,
    "text_box": _text_box,
    "watermark": _watermark,
    "control": _control,
    "keywords": _keywords,
}


def fits(place: str, form: Form) -> bool:
    """Whether such a mark stands in such a place: domain §3.3 knows no banner in a table of fields, no field in a
    watermark, and after a copy number every level is the state's.
    """
    if place == "cover_table":
        return form.label or (form.axis in {"state", "enterprise", "commercial"} and form.text[0] not in "（【受內")
    if place == "after_copy_number":
        return form.axis == "state"
    if place == "keywords":
        return form.axis == "state" and not form.label
    if place == "watermark":
        # The notice as a watermark is a template's, and a hint (§3.6).
        return not form.label and form.axis in {"state", "enterprise", "commercial"} and form.level != "internal"
    return True


def write(path: Path, place: str, form: Form | None, rng: random.Random) -> None:
    """A report with the mark in that place; ``form`` None writes one without."""
    document = Document()
    document.add_paragraph(bodies.title(rng))
    body = bodies.EXAM_BODY if form and form.axis == "exam" else bodies.paragraphs(rng)
    for text in body:
        document.add_paragraph(text)
    if form is not None:
        PLACES[place](document, form)
    document.save(str(path))
