"""Marks wherever a presentation can carry one, and presentations that are broken, hostile or merely odd."""

import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pptx
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded
from support.documents import zipped
from support.office_documents import element, raw_pptx, relations, shape, text_body

_LAYOUT = ("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")


def _examine(content, limits=None):
    return examine(BytesSource(content), "x.pptx", limits or Limits())


def _read(content):
    reasons = []
    found = [
        (item.name, 0, "", b"".join(item.content()))
        if isinstance(item, Embedded)
        else (item.part, item.page, item.zone, item.text)
        for reading in pptx.read(BytesSource(content), Limits(), reasons.append)
        for item in reading
    ]
    return found, reasons


def _evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("pptx", "full")
    return [(item.part, item.page, item.zone, item.text) for item in found.mark.evidence]


def test_the_top_of_the_first_slide_wherever_it_stands_in_the_file():
    slide = shape("某某系统汇报", placeholder="ctrTitle", top=2_400_000) + shape("机密★5年", top=200_000)
    assert _evidence(raw_pptx(slide)) == [("document", 1, "first_page_top", "机密★5年")]


def test_titles_first_then_from_top_to_bottom():
    slide = shape("丙", top=4_000_000) + shape("乙", top=1_800_000) + shape("甲", placeholder="title", top=2_000_000)
    assert [text for *_, text in _read(raw_pptx(slide))[0]] == ["甲", "乙", "丙"]


def test_margins_of_slides():
    slide = shape("秘密★1年", placeholder="ftr") + shape("机密", top=6_500_000) + shape("标题", placeholder="title")
    found = _evidence(raw_pptx(shape("甲"), slide))
    assert [(part, page) for part, page, *_ in found] == [("footer", 2), ("footer", 2)]


def test_a_mark_in_the_middle_of_a_later_slide_is_a_hint():
    found = _examine(raw_pptx(shape("甲"), shape("标题", placeholder="title") + shape("机密★5年", top=3_000_000)))
    assert (found.mark.axis, found.hints) == ("", 1)


def test_a_mark_at_the_top_of_a_later_slide():
    assert _evidence(raw_pptx(shape("甲"), shape("机密★5年", top=100_000)))[0][:3] == ("document", 2, "page_top")


def test_a_slanted_box_is_a_watermark():
    slide = shape("标题", placeholder="title") + shape("机密", top=3_000_000, turned=-2_700_000)
    assert _evidence(raw_pptx(slide))[0][:3] == ("watermark", 1, "watermark")


def test_masters_and_layouts_but_not_their_prompts():
    master = shape("机密★5年", top=100_000) + shape("单击此处编辑母版标题样式", placeholder="title", top=300_000)
    layout = shape("Click to edit Master text styles", placeholder="body") + shape("内部资料 注意保密", top=6_600_000)
    found, _ = _read(raw_pptx(shape("甲"), shape("乙"), master=master, layout=layout))
    assert [item[:2] + item[3:] for item in found] == [
        ("header", 0, "机密★5年"),
        ("footer", 0, "内部资料 注意保密"),
        ("document", 1, "甲"),
        ("document", 2, "乙"),
    ]


def test_a_layout_that_no_slide_uses_is_a_note_and_a_template_s_is_not():
    unused = {"ppt/slideLayouts/slideLayout2.xml": element("p:sldLayout", shape("机密★5年", top=0))}
    found, _ = _read(raw_pptx(shape("甲"), others=unused))
    assert found[-1] == ("note", 0, "", "机密★5年")
    assert _evidence(raw_pptx(layout=shape("机密★5年", top=0), kind="potx"))[0][0] == "header"


def test_a_placeholder_stands_where_its_layout_puts_it():
    layout = shape("x", placeholder="body", top=100_000) + shape("x", placeholder="title", top=3_000_000)
    slide = shape("标题", placeholder="title") + shape("正文", placeholder="body")
    found, _ = _read(raw_pptx(shape("甲"), slide, layout=layout))
    assert [(zone, text) for _, page, zone, text in found if page == 2] == [("body", "标题"), ("page_top", "正文")]


def test_groups_move_and_scale_what_is_in_them():
    group = (
        "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='0' y='6000000'/><a:ext cx='1' cy='800000'/><a:chOff x='0' y='0'/>"
        f"<a:chExt cx='1' cy='8000000'/></a:xfrm></p:grpSpPr>{shape('秘密', top=6_000_000)}</p:grpSp>"
    )
    assert _evidence(raw_pptx(shape("甲") + group))[0][:2] == ("footer", 1)


def test_tables():
    row = "".join(f"<a:tc><a:txBody>{text_body(text)}</a:txBody></a:tc>" for text in ("密级", "机密★3年"))
    frame = f"<p:graphicFrame><a:tbl><a:tr>{row}</a:tr></a:tbl></p:graphicFrame>"
    assert _evidence(raw_pptx(shape("甲", placeholder="title") + frame))[0][:3] == ("table", 1, "cover_table")


def test_split_runs_breaks_struck_text_and_numbers():
    body = (
        "<p:sp><p:txBody><a:p><a:r><a:t>机</a:t></a:r><a:r><a:t>密★</a:t></a:r>"
        "<a:r><a:rPr strike='sngStrike'/><a:t>1</a:t></a:r>"
        "<a:r><a:rPr strike='noStrike'/><a:t>5年</a:t></a:r><a:br/><a:r><a:t>副本</a:t></a:r>"
        "<a:fld type='slidenum'><a:rPr/><a:t>7</a:t></a:fld></a:p></p:txBody></p:sp>"
    )
    assert [text for *_, text in _read(raw_pptx(body))[0]] == ["机密★5年", "副本"]


def test_alternatives_are_read_once():
    def either(choice, fallback):
        inner = f"<mc:Choice>{choice}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>"
        return f"<mc:AlternateContent>{inner}</mc:AlternateContent>"

    slide = either(shape("甲"), shape("甲")) + either("<p:pic/>", shape("乙"))
    assert [text for *_, text in _read(raw_pptx(slide))[0]] == ["甲", "乙"]


def test_notes_and_comments_raise_nothing():
    targets = [
        _LAYOUT,
        ("rId2", "notesSlide", "../notesSlides/notesSlide1.xml"),
        ("rId3", "comments", "../comments/c.xml"),
    ]
    content = raw_pptx(
        shape("甲"),
        others={
            "ppt/slides/_rels/slide1.xml.rels": relations(targets),
            "ppt/notesSlides/notesSlide1.xml": element("p:notes", shape("机密★5年", placeholder="body")),
            "ppt/comments/c.xml": element("p:cmLst", "<p:cm><p:text>秘密★1年</p:text></p:cm>"),
        },
    )
    assert _read(content)[0][-2:] == [("note", 1, "", "机密★5年"), ("note", 1, "", "秘密★1年")]
    assert _examine(content).mark.axis == ""


def test_diagrams_charts_and_embedded_files():
    targets = [_LAYOUT, ("rId2", "diagramData", "../diagrams/data1.xml"), ("rId3", "chart", "../charts/chart1.xml")]
    content = raw_pptx(
        shape("甲"),
        others={
            "ppt/slides/_rels/slide1.xml.rels": relations(targets),
            "ppt/diagrams/data1.xml": element("dgm:dataModel", f"<dgm:t>{text_body('机密★5年')}</dgm:t>"),
            "ppt/charts/chart1.xml": element("c:chartSpace", f"<c:title>{text_body('图题')}</c:title>"),
            "ppt/embeddings/Sheet1.xlsx": b"PK",
        },
    )
    assert _read(content)[0][-3:] == [
        ("text_box", 1, "", "机密★5年"),
        ("text_box", 1, "", "图题"),
        ("ppt/embeddings/Sheet1.xlsx", 0, "", b"PK"),
    ]


def test_slides_come_in_the_order_they_are_shown():
    order = '<p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst>'
    content = raw_pptx(shape("乙"), shape("甲"), others={"ppt/presentation.xml": element("p:presentation", order)})
    assert [(page, text) for _, page, _, text in _read(content)[0]] == [(1, "甲"), (2, "乙")]


def test_properties():
    core = '<c:p xmlns:c="c"><c:category>机密★5年</c:category></c:p>'
    assert _evidence(raw_pptx(shape("甲"), others={"docProps/core.xml": core}))[0][0] == "property"


def test_tags_are_properties():
    others = {
        "ppt/slides/_rels/slide1.xml.rels": relations([_LAYOUT, ("rId2", "tags", "../tags/tag1.xml")]),
        "ppt/tags/tag1.xml": element("p:tagLst", '<p:tag name="密级" val="机密"/>'),
    }
    assert _evidence(raw_pptx(shape("甲"), others=others))[0][0] == "property"


def test_a_presentation_that_is_missing_is_damaged_and_its_slides_are_read():
    slides = {"ppt/slides/slide1.xml": element("p:sld", shape("机密★5年", top=0)), "ppt/presentation.xml": ""}
    found = _examine(zipped(slides))
    assert (found.type, found.inspected, found.reason, found.mark.axis) == ("pptx", "partial", "damaged", "state")


_SAMPLE = raw_pptx(
    shape("机密★5年", top=0) + shape("标题", placeholder="title"),
    shape("秘密", top=6_500_000),
    master=shape("机密", top=0),
)


def _is_a_verdict(found):
    assert found.reason in (REASONS | {""}) - {"crashed"}
    assert (found.inspected == "full") == (not found.reason)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, len(_SAMPLE) * 8 - 1), min_size=1, max_size=8), st.integers(0, len(_SAMPLE)))
def test_damaged_files_always_give_a_verdict(flips, end):
    damaged = bytearray(_SAMPLE)
    for bit in flips:
        damaged[bit // 8] ^= 1 << bit % 8
    _is_a_verdict(_examine(bytes(damaged)))
    _is_a_verdict(_examine(_SAMPLE[:end]))


_NOISE = [b"<p:sp>", b"</p:sp>", b'y="9e999"', b'cy="-1"', b"<p:grpSp>", b"<mc:Fallback>", b'Id="rId1"', b"\xff"]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 20), st.integers(0, 2000), st.one_of(st.binary(max_size=20), st.sampled_from(_NOISE)))
def test_damage_inside_a_part_always_gives_a_verdict(number, at, noise):
    source = zipfile.ZipFile(io.BytesIO(_SAMPLE))
    members = {name: source.read(name) for name in source.namelist()}
    name = list(members)[number % len(members)]
    body = members[name]
    members[name] = body[: at % len(body)] + noise + body[at % len(body) + len(noise) :]
    _is_a_verdict(_examine(zipped(members)))
