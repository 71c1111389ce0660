"""Workbooks and presentations with a mark in every place they have; written by xlsxwriter and python-pptx."""

from __future__ import annotations

import random
from pathlib import Path

import xlsxwriter
from pptx import Presentation
from pptx.util import Emu, Inches

from corpus import bodies
from corpus.forms import Form

SHEET_PLACES = ("first_cell", "sheet_header", "sheet_footer", "labelled_cells", "text_box", "second_sheet")
SLIDE_PLACES = ("first_box", "footer_box", "top_of_later_slide", "master", "labelled_table")


def fits(place: str, form: Form) -> bool:
    """Whether such a mark stands in such a place."""
    if place.startswith("labelled"):
        return not form.label and form.axis in {"state", "enterprise"} and form.text[0] not in "（【受內"
    if place in {"second_sheet", "top_of_later_slide"}:
        # A single bare word at the top of a later page is as often a heading.
        return form.axis == "state" or form.label
    return True


def write_workbook(path: Path, place: str, form: Form | None, rng: random.Random) -> None:
    """A table of figures with the mark in that place."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("数据")
        start = 0
        if form and place == "first_cell":
            sheet.write_string(0, 0, form.text)
            start = 1
        if form and place == "labelled_cells":
            sheet.write_row(0, 0, ["项目名称", "综合管理平台"])
            sheet.write_row(1, 0, ["密级", form.text])
            start = 3
        if form and place == "sheet_header":
            sheet.set_header(f"&L{form.text}&C&A&R第&P页")
        if form and place == "sheet_footer":
            sheet.set_footer(f"&L{form.text}&R&P/&N")
        sheet.write_row(start, 0, ["序号", "部门", "数量", "备注"])
        for row in range(30):
            sheet.write_row(start + 1 + row, 0, [row + 1, rng.choice(bodies.SUBJECTS), rng.randrange(900), "无"])
        if form and place == "text_box":
            sheet.insert_textbox(0, 5, form.text)
        if form and place == "second_sheet":
            other = book.add_worksheet("附表")
            other.write_string(0, 0, form.text)
            other.write_row(1, 0, ["序号", "部门", "数量"])


def write_slides(path: Path, place: str, form: Form | None, rng: random.Random) -> None:
    """A presentation of four slides with the mark in that place."""
    show = Presentation()
    for number in range(4):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = bodies.title(rng)
        box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(8), Inches(3))
        box.text_frame.text = bodies.paragraphs(rng, 2)[1]
        if form is None:
            continue
        wanted = {"first_box": number == 0, "footer_box": True, "top_of_later_slide": number == 2}.get(place, False)
        if wanted:
            top = Inches(7.0) if place == "footer_box" else Emu(0)
            slide.shapes.add_textbox(Emu(0), top, Inches(5), Inches(0.4)).text_frame.text = form.text
        if place == "labelled_table" and number == 0:
            table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(6), Inches(1)).table
            for at, text in enumerate(("项目名称", "平台", "密级", form.text)):
                table.cell(at // 2, at % 2).text = text
    if form is not None and place == "master":
        source = show.slides[0].shapes.add_textbox(Emu(0), Emu(0), Inches(5), Inches(0.4))
        source.text_frame.text = form.text
        show.slide_masters[0].shapes._spTree.append(source._element)
    show.save(str(path))
