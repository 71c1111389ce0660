"""Outlines that loop, pages that are pictures, files inside."""

import pytest
from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf_extras, pdf_library
from gapwatch_agent.inspector.readers.source import BytesSource
from support.pdf_documents import Page, Pdf, lines, stream


def test_an_outline_that_holds_itself_ends():
    outline = b"<</Type/Outlines/First 21 0 R/Last 21 0 R/Count 1>>"
    item = b"<</Title(x)/Parent 20 0 R/First 21 0 R/Next 21 0 R>>"
    content = Pdf([Page(lines("正文"))], objects=[outline, item], catalog="/Outlines 20 0 R").build()
    with pdf_library.opened(BytesSource(content), content) as document:
        found = list(pdf_extras.outline(document))
    assert 1 <= len(found) <= 2000
    assert {item.text for item in found} == {"x"}


_IMAGE = stream(b"\x80", "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")


@pytest.mark.parametrize(("size", "expected"), [(595, True), (100, False)])
def test_a_picture_is_a_good_part_of_the_page(size, expected):
    raw = b"q %d 0 0 %d 0 0 cm /X Do Q" % (size, size)
    content = Pdf([Page([], raw=raw, xobjects="/X 20 0 R")], objects=[_IMAGE]).build()
    with pdf_library.opened(BytesSource(content), content) as document:
        page = pdfium.FPDF_LoadPage(document, 0)
        assert pdf_extras.holds_picture(page) is expected
        pdfium.FPDF_ClosePage(page)


def test_a_page_too_large_is_rendered_smaller():
    content = Pdf([Page([], box=(5000, 5000))]).build()
    with pdf_library.opened(BytesSource(content), content) as document:
        page = pdfium.FPDF_LoadPage(document, 0)
        image = pdf_extras.render(page, 1)
        pdfium.FPDF_ClosePage(page)
    assert image.dpi < 200
    assert len(image.pixels) == image.width * image.height <= 12_000_000


def test_too_many_files_inside_are_said(monkeypatch):
    monkeypatch.setattr(pdf_extras, "_ATTACHMENTS_MAX", 1)
    names = "/Names<</EmbeddedFiles<</Names[(a) 20 0 R(b) 20 0 R]>>>>"
    file = b"<</Type/Filespec/F(a.txt)/EF<</F 21 0 R>>>>"
    content = Pdf([Page([])], objects=[file, stream(b"x", "/Type/EmbeddedFile")], catalog=names).build()
    reasons = []
    with pdf_library.opened(BytesSource(content), content) as document:
        assert len(list(pdf_extras.attachments(document, Limits(), reasons.append))) == 1
    assert reasons == ["too_many"]
