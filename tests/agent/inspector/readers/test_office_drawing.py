"""What lies over a part, followed by relationships."""

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import office_drawing
from gapwatch_agent.inspector.readers.office_package import Package
from gapwatch_agent.inspector.readers.source import BytesSource
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive
from support.documents import zipped
from support.office_documents import element, relations, text_body


def _package(members):
    reasons = []
    return Package(
        ZipArchive(BytesSource(zipped(members)), Limits(), reasons.append), Limits(), reasons.append
    ), reasons


def test_drawings_with_their_charts_and_vml():
    package, reasons = _package(
        {
            "x/_rels/sheet.xml.rels": relations([("a", "drawing", "d.xml"), ("b", "vmlDrawing", "v.vml")]),
            "x/d.xml": element("xdr:wsDr", f"<xdr:sp>{text_body('甲', '乙')}</xdr:sp>"),
            "x/_rels/d.xml.rels": relations([("a", "chart", "c.xml")]),
            "x/c.xml": element("c:chart", text_body("丙")),
            "x/v.vml": element(
                "xml", '<v:shape><v:textpath string="丁"/></v:shape><v:shape><v:textbox>戊<br></v:textbox>'
            ),
        }
    )
    found = [(item.part, item.page, item.text) for item in office_drawing.over(package, "x/sheet.xml", 4)]
    assert found == [
        ("text_box", 4, "甲\n乙"),
        ("text_box", 4, "丙"),
        ("watermark", 4, "丁"),
        ("text_box", 4, "戊"),
    ]
    # The unfinished shape of the VML drawing is still read, and said to be damaged.
    assert reasons == ["damaged"]


def test_drawings_that_name_each_other_are_read_once():
    circle = relations([("a", "chart", "c.xml"), ("b", "chartUserShapes", "c.xml"), ("c", "drawing", "c.xml")])
    package, _ = _package({"c.xml": element("c:chart", text_body("丙")), "_rels/c.xml.rels": circle})
    assert len(list(office_drawing.over(package, "c.xml", 1))) < 8
