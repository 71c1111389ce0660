"""OpenDocument packages: marks wherever one can stand, objects, encryption, and packages that are broken or hostile."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import odf
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.documents import zipped
from support.odf_documents import manifest, master, package, paragraph, table, text_box

PROSE = paragraph("现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。")
ENCRYPTED = '<manifest:encryption-data manifest:checksum="x"/>'


def _read(content, limits=None):
    problems, items = [], []
    try:
        for reading in odf.read(BytesSource(content), limits or Limits(), problems.append):
            items.extend(reading)
    except StopReading as stop:
        problems.append(stop.reason)
    return items, problems


def _examine(content):
    return examine(BytesSource(content), "x", Limits())


def _evidence(content):
    found = _examine(content)
    assert found.inspected == "full"
    assert len(found.mark.evidence) == 1
    evidence = found.mark.evidence[0]
    return found.mark.level, evidence.part, evidence.page, evidence.zone


def test_properties_margins_and_body_in_this_order():
    content = package(
        paragraph("机密★5年") + PROSE,
        meta='<dc:title>题</dc:title><meta:user-defined meta:name="密级">机密</meta:user-defined>',
        masters=master("<style:header>" + paragraph("秘密") + "</style:header>"),
    )
    items, problems = _read(content)
    assert items[:4] == [
        Fragment("题", "property", key="title"),
        Fragment("机密", "property", key="密级"),
        Fragment("秘密", "header"),
        Fragment("机密★5年", "document", page=1),
    ]
    assert problems == []


@pytest.mark.parametrize(("kind", "type_name"), [("text", "odt"), ("text-template", "odt")])
def test_the_top_of_a_text_and_of_its_template(kind, type_name):
    content = package(paragraph("机密★5年") + PROSE, kind=kind)
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")
    assert _examine(content).type == type_name


@pytest.mark.parametrize("margin", ["header", "header-left", "header-first", "footer", "footer-left", "footer-first"])
def test_margins_of_every_master_page(margin):
    masters = master() + master(f"<style:{margin}>{paragraph('秘密★1年')}</style:{margin}>", name="Second")
    part = margin.partition("-")[0]
    assert _evidence(package(PROSE, masters=masters)) == ("confidential", part, 0, part)


def test_the_regions_of_a_sheet_header():
    regions = "".join(
        f"<style:region-{side}>{paragraph(text)}</style:region-{side}>"
        for side, text in (("left", "机密★3年"), ("center", "表"), ("right", "右"))
    )
    content = package(table(("1", "2")), kind="spreadsheet", masters=master(f"<style:header>{regions}</style:header>"))
    assert _evidence(content) == ("secret", "header", 0, "header")


def test_a_sheet():
    content = package(table(("机密★3年",), ("姓名", "年龄"), ("甲", "1")), kind="spreadsheet")
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")
    assert _examine(content).type == "ods"
    form = package(table(("密级", "机密"), ("编号", "1")), kind="spreadsheet")
    assert _evidence(form) == ("secret", "table", 1, "cover_table")


def test_a_slide_and_its_master():
    slide = f"<draw:page>{text_box(paragraph('工作汇报'), attributes=_PLACED)}</draw:page>"
    content = package(slide, kind="presentation", masters=master(text_box(paragraph("机密★2年"))))
    assert _evidence(content) == ("secret", "text_box", 0, "text_box")
    assert _examine(content).type == "odp"


_PLACED = 'presentation:class="title"'
_OUTLINE = 'presentation:class="outline"'


def test_what_later_slides_speak_of_is_no_mark():
    said = (("培训", paragraph("讲义")), ("绝密", paragraph("重要")), ("标注", paragraph("机密★5年")))
    slides = [
        text_box(paragraph(title), attributes=_PLACED) + text_box(text, attributes=_OUTLINE) for title, text in said
    ]
    pages = "".join(f"<draw:page>{slide}</draw:page>" for slide in slides)
    assert _examine(package(pages, kind="presentation")).mark.axis == ""


def test_a_property_alone():
    meta = '<meta:user-defined meta:name="密级" meta:value-type="string">机密</meta:user-defined>'
    assert _evidence(package(PROSE, meta=meta)) == ("secret", "property", 0, "property")


def test_an_object_that_is_a_document_is_handed_on_as_its_own_package():
    inner = package(paragraph("机密★5年") + PROSE)
    content = package(PROSE, **_unpacked(inner, "Object 1/"), **{"META-INF/manifest.xml": _objects("text")})
    items, problems = _read(content)
    embedded = [item for item in items if isinstance(item, Embedded)]
    assert [item.name for item in embedded] == ["Object 1"]
    handed_on = b"".join(embedded[0].content())
    assert _evidence(handed_on) == ("secret", "document", 1, "first_page_top")
    assert problems == []


def test_a_chart_is_no_document():
    inner = package(PROSE)
    content = package(PROSE, **_unpacked(inner, "Object 1/"), **{"META-INF/manifest.xml": _objects("chart")})
    assert [item for item in _read(content)[0] if isinstance(item, Embedded)] == []


def test_files_inside_are_handed_on_and_furniture_is_not():
    others = {"Object 2": b"ole", "Versions/Version1": b"old", "Pictures/a.png": b"png", "Thumbnails/t.png": b"png"}
    content = package(PROSE, **others)
    embedded = {item.name: b"".join(item.content()) for item in _read(content)[0] if isinstance(item, Embedded)}
    assert embedded == {"Object 2": b"ole", "Versions/Version1": b"old"}


def test_an_encrypted_package():
    entries = [(name, "text/xml", ENCRYPTED) for name in ("content.xml", "styles.xml", "meta.xml")]
    members = {"META-INF/manifest.xml": manifest(*entries), "content.xml": b"\x01\x02", "styles.xml": b"\x03"}
    items, problems = _read(package(PROSE, **members))
    assert (items, problems) == ([], ["encrypted"])
    found = _examine(package(PROSE, **members))
    assert (found.inspected, found.reason) == ("none", "encrypted")


def test_properties_in_clear_beside_encrypted_content_are_read():
    meta = '<meta:user-defined meta:name="密级">机密</meta:user-defined>'
    members = {"META-INF/manifest.xml": manifest(("content.xml", "text/xml", ENCRYPTED)), "content.xml": b"\x01"}
    found = _examine(package(PROSE, meta=meta, **members))
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "encrypted", "secret")


def test_a_wholly_encrypted_package():
    assert _read(package(PROSE, **{"encrypted-package": b"\x01"}))[1] == ["encrypted"]


def test_content_that_is_missing_or_breaks_off():
    assert _read(zipped({"mimetype": "application/vnd.oasis.opendocument.text"}))[1] == ["damaged"]
    whole = package(paragraph("机密★5年") + PROSE)
    assert "damaged" in _read(whole[: len(whole) - 40])[1]


def test_a_second_member_of_the_same_name_is_read_too():
    whole = package(PROSE)
    assert _examine(whole).mark.level == ""
    # Two readings: each program takes another one.
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = _with_second_content("机密★5年")
    assert _examine(content).mark.level == "secret"


def _with_second_content(text):
    first = zipfile.ZipFile(io.BytesIO(package(PROSE))).read("content.xml")
    second = zipfile.ZipFile(io.BytesIO(package(paragraph(text)))).read("content.xml")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", first)
        archive.writestr("content.xml", second)
    return buffer.getvalue()


def test_a_part_that_unpacks_without_end_stops_the_reading():
    content = package(paragraph("机密★5年") + " " * (40 << 20))
    items, problems = _read(content)
    assert Fragment("机密★5年", "document", page=1) in items
    assert problems == ["too_large"]


def test_nesting_without_end():
    deep = "<text:section>" * 300 + paragraph("x") + "</text:section>" * 300
    assert _read(package(deep))[1] == ["too_deep"]


def test_a_document_type_is_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><office:document-content>&b;</office:document-content>'
    assert _read(package(PROSE, **{"content.xml": bomb}))[1] == ["damaged"]


def _unpacked(content, folder):
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {folder + name: archive.read(name) for name in archive.namelist() if not name.startswith("META-INF")}


def _objects(kind):
    return manifest(("Object 1/", f"application/vnd.oasis.opendocument.{kind}", ""))


_SAMPLE = package(
    paragraph("机密★5年") + PROSE + table(("密级", "机密"), ("编号", "3")),
    masters=master("<style:header>" + paragraph("秘密") + "</style:header>"),
    meta="<dc:title>题</dc:title>",
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_SAMPLE) - 1))
def test_truncated_anywhere(length):
    _, problems = _read(_SAMPLE[:length])
    assert problems
    assert set(problems) <= REASONS - {"crashed"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 7)), min_size=1, max_size=8))
def test_flipped_bits(flips):
    content = bytearray(_SAMPLE)
    for position, bit in flips:
        content[position] ^= 1 << bit
    _, problems = _read(bytes(content))
    assert set(problems) <= REASONS - {"crashed"}
