"""OFD: marks wherever one can stand, several documents and versions, and packages that are broken or hostile."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ofd
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.ofd_documents import body, document, entry, package, page, text, wrapped

PROSE = text("现将有关工作安排通知如下，请各单位结合实际认真贯彻执行。", y=120)
TILTED = 'CTM="0.707 -0.707 0.707 0.707 0 0"'


def _read(content, limits=None):
    problems, items = [], []
    try:
        for reading in ofd.read(BytesSource(content), limits or Limits(), problems.append):
            items.extend(reading)
    except StopReading as stop:
        problems.append(stop.reason)
    return items, problems


def _examine(content):
    return examine(BytesSource(content), "x", Limits())


def _evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("ofd", "full")
    assert len(found.mark.evidence) == 1
    evidence = found.mark.evidence[0]
    return found.mark.level, evidence.part, evidence.page, evidence.zone


def test_the_top_of_the_first_page():
    content = package(page(text("000001", y=20), text("机密★5年", y=30), PROSE))
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")


def test_a_mark_written_character_by_character():
    marks = [text(c, x=20 + 5.6 * i, y=30, identifier=str(i)) for i, c in enumerate("机密★5年")]
    assert _evidence(package(page(*marks, PROSE))) == ("secret", "document", 1, "first_page_top")


def test_what_stands_in_one_line_is_one_line_whatever_the_order():
    objects = [text("编号", x=20, y=40), PROSE, text("号", x=90, y=60), text("机密", x=60, y=40)]
    texts = [item.text for item in _read(package(page(*objects)))[0] if item.part == "document"]
    assert texts[0] == "编号\t机密"


def test_the_middle_of_a_page_is_no_place_for_a_bare_level():
    items, _ = _read(package(page(text("机密", y=150), PROSE)))
    assert Fragment("机密", page=1, zone="first_page") in items


def test_headers_that_run_and_the_top_of_a_later_page():
    pages = [page(text("秘密★1年", y=10), text(f"正文{number}", y=100 + number)) for number in (1, 2, 3)]
    mark = _examine(package(*pages)).mark
    assert {(e.part, e.page, e.zone) for e in mark.evidence} >= {("header", 0, "header")}
    later = package(page(PROSE), page(text("秘密★1年", y=20), text("正文", y=100)))
    assert _evidence(later) == ("confidential", "document", 2, "page_top")


def test_custom_data_and_other_properties():
    info = (
        "<ofd:Title>题</ofd:Title><ofd:Keywords><ofd:Keyword>甲</ofd:Keyword></ofd:Keywords>"
        '<ofd:CustomDatas><ofd:CustomData Name="密级">机密</ofd:CustomData></ofd:CustomDatas>'
    )
    content = package(page(PROSE), info=info)
    found = {(item.key, item.text) for item in _read(content)[0] if item.part == "property"}
    assert found >= {("title", "题"), ("keywords", "甲"), ("密级", "机密")}
    assert _evidence(content) == ("secret", "property", 0, "property")


def test_extensions_are_properties():
    members = {
        "Doc_0/Extensions.xml": wrapped(
            "Extensions", '<ofd:Extension><ofd:Property Name="密级">秘密</ofd:Property></ofd:Extension>'
        )
    }
    content = package(page(PROSE), lists="<ofd:Extensions>Extensions.xml</ofd:Extensions>", members=members)
    assert _evidence(content) == ("confidential", "property", 0, "property")


def test_a_template_is_part_of_each_page_that_uses_it():
    template = page(text("密级：", x=20, y=30))
    content = package(page(text("机密", x=60, y=30), PROSE, templates=["t0"]), templates=[template])
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")


def test_a_template_that_uses_itself():
    template = page(text("机密★5年", y=30), templates=["t0"])
    content = package(page(PROSE, templates=["t0"] * 50), templates=[template])
    assert _examine(content).mark.level == "secret"


def test_a_tilted_watermark_on_the_pages():
    mark = text("机密", x=60, y=150, size=20, attributes=TILTED)
    content = package(page(mark, PROSE), page(mark, PROSE))
    assert _evidence(content) == ("secret", "watermark", 1, "watermark")


def _annotated(inner, **options):
    members = {
        "Doc_0/Annots/Annotations.xml": wrapped(
            "Annotations", '<ofd:Page PageID="p0"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>'
        ),
        "Doc_0/Annots/Page_0/Annotation.xml": wrapped("PageAnnot", inner),
    }
    lists = "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
    return package(page(PROSE), lists=lists, members=members, **options)


def test_a_watermark_annotation():
    glyphs = "".join(text(c, x=10 * i, y=10 * i, size=10, attributes=TILTED) for i, c in enumerate("秘密"))
    appearance = f'<ofd:Appearance Boundary="0 0 210 297">{glyphs}</ofd:Appearance>'
    annot = f'<ofd:Annot ID="1" Type="Watermark">{appearance}</ofd:Annot>'
    assert _evidence(_annotated(annot + annot)) == ("confidential", "watermark", 1, "watermark")


def test_a_stamp_is_an_annotation_and_a_remark_is_a_note():
    annot = (
        '<ofd:Annot ID="1" Type="Stamp"><ofd:Remark>批注</ofd:Remark>'
        f'<ofd:Appearance Boundary="20 20 40 10">{text("机密★5年", x=0, y=0)}</ofd:Appearance></ofd:Annot>'
    )
    items, problems = _read(_annotated(annot))
    assert Fragment("机密★5年", "annotation", 1) in items
    assert Fragment("批注", "note", 1) in items
    assert problems == []


def test_custom_tags_that_name_the_level():
    members = {
        "Doc_0/CustomTags/CustomTags.xml": wrapped(
            "CustomTags", '<ofd:CustomTag NameSpace="公文"><ofd:FileLoc>Tag.xml</ofd:FileLoc></ofd:CustomTag>'
        ),
        "Doc_0/CustomTags/Tag.xml": (
            '<公文 xmlns:ofd="http://www.ofdspec.org/2016"><密级><ofd:ObjectRef PageRef="p0">7</ofd:ObjectRef>'
            '<ofd:ObjectRef PageRef="p0">8</ofd:ObjectRef></密级><题><ofd:ObjectRef>9</ofd:ObjectRef></题></公文>'
        ),
    }
    objects = [text("机", y=150, identifier="7"), text("题", y=90, identifier="9"), text("密", y=170, identifier="8")]
    lists = "<ofd:CustomTags>CustomTags/CustomTags.xml</ofd:CustomTags>"
    items, problems = _read(package(page(*objects), lists=lists, members=members))
    assert [item for item in items if item.part == "property" and item.key == "密级"] == [
        Fragment("机密", "property", 1, key="密级")
    ]
    assert problems == []


def test_a_composite_unit():
    drawn = f"<ofd:Content>{text('机密★5年', x=0, y=0)}</ofd:Content>"
    unit = f'<ofd:CompositeGraphicUnit ID="5">{drawn}</ofd:CompositeGraphicUnit>'
    placed = '<ofd:CompositeObject ID="6" Boundary="20 30 80 10" ResourceID="5"/>'
    content = package(
        page(placed, PROSE),
        resources="<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>",
        members={"Doc_0/PublicRes.xml": wrapped("Res", unit)},
    )
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")


def test_attachments_are_handed_on():
    members = {
        "Doc_0/Attachs/Attachments.xml": wrapped(
            "Attachments", '<ofd:Attachment ID="1" Name="附件.docx"><ofd:FileLoc>a.docx</ofd:FileLoc></ofd:Attachment>'
        ),
        "Doc_0/Attachs/a.docx": b"content",
    }
    lists = "<ofd:Attachments>/Doc_0/Attachs/Attachments.xml</ofd:Attachments>"
    items, _ = _read(package(page(PROSE), lists=lists, members=members))
    found = [(item.name, b"".join(item.content())) for item in items if isinstance(item, Embedded)]
    assert found == [("附件.docx", b"content")]


def test_pictures_are_handed_on_where_there_is_nothing_else():
    media = '<ofd:MultiMedia ID="4" Type="Image"><ofd:MediaFile>a.png</ofd:MediaFile></ofd:MultiMedia>'
    members = {
        "Doc_0/DocumentRes.xml": wrapped("Res", media).replace("<ofd:Res ", '<ofd:Res BaseLoc="Res" '),
        "Doc_0/Res/a.png": b"png",
    }
    resources = "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
    scan = package(page('<ofd:ImageObject ResourceID="4"/>'), resources=resources, members=members)
    assert [item.name for item in _read(scan)[0] if isinstance(item, Embedded)] == ["Doc_0/Res/a.png"]
    illustrated = package(page(PROSE), resources=resources, members=members)
    assert [item for item in _read(illustrated)[0] if isinstance(item, Embedded)] == []


def test_every_document_of_a_package_is_read():
    members = {
        "OFD.xml": entry(body(), body("Doc_1/Document.xml")),
        "Doc_1/Document.xml": document(1),
        "Doc_1/Pages/Page_0/Content.xml": page(text("绝密★长期", y=30), PROSE),
    }
    assert _evidence(package(page(PROSE), members=members)) == ("top_secret", "document", 1, "first_page_top")


def test_every_version_of_a_document_is_read():
    versions = '<ofd:Versions><ofd:Version ID="1" Index="1" BaseLoc="Doc_0/Versions/V1.xml"/></ofd:Versions>'
    members = {
        "OFD.xml": entry(body(versions=versions)),
        "Doc_0/Versions/V1.xml": wrapped("DocVersion", "<ofd:DocRoot>/Doc_0/Document_1.xml</ofd:DocRoot>"),
        "Doc_0/Document_1.xml": document(1).replace("Page_0", "Page_9"),
        "Doc_0/Pages/Page_9/Content.xml": page(text("机密★5年", y=30), PROSE),
    }
    assert _evidence(package(page(PROSE), members=members)) == ("secret", "document", 1, "first_page_top")


def test_a_page_replaced_by_a_later_member_of_its_name():
    buffer = io.BytesIO(package(page(PROSE)))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("Doc_0/Pages/Page_0/Content.xml", page(text("机密★5年", y=30), PROSE))
    assert _examine(buffer.getvalue()).mark.level == "secret"


@pytest.mark.parametrize("reference", ["../../../etc/passwd", "Pages/none.xml", "..\\x.xml", "/" * 2000, "./" * 2000])
def test_references_that_lead_nowhere(reference):
    listed = document(1).replace("Pages/Page_0/Content.xml", reference)
    content = package(page(text("机密★5年", y=30)), members={"Doc_0/Document.xml": listed})
    assert _read(content)[1] == ["damaged"]


def test_pages_are_read_without_their_lists():
    content = package(page(text("机密★5年", y=30), PROSE), members={"OFD.xml": "<torn", "Doc_0/Document.xml": ""})
    found = _examine(content)
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "damaged", "secret")


def test_an_encrypted_package():
    members = {"Encryptions.xml": wrapped("Encryptions", ""), "Doc_0/Pages/Page_0/Content.xml": b"\x01\x02\x03"}
    info = '<ofd:CustomDatas><ofd:CustomData Name="密级">机密</ofd:CustomData></ofd:CustomDatas>'
    _, problems = _read(package(page(PROSE), info=info, members=members))
    assert problems == ["damaged", "encrypted"]


def test_a_page_that_is_a_cipher():
    cipher = bytes((index * 89 + 7) % 251 | 0x80 for index in range(512))
    found = _examine(package(page(text("机密★5年", y=30), PROSE), cipher, page(PROSE)))
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "encrypted", "secret")


def test_the_same_page_over_and_over_spends_the_budget():
    listed = document(3000).replace("Pages/Page_0", "P")
    for number in range(3000):
        listed = listed.replace(f"Pages/Page_{number}/Content.xml", "Pages/Page_0/Content.xml")
    content = package(page(text("字" * 20_000, y=100)), members={"Doc_0/Document.xml": listed})
    assert "too_large" in _read(content)[1]


def test_more_objects_than_a_page_holds():
    content = package(page(*(text("字", x=i % 200, y=i // 200) for i in range(0, 100_000, 2)), PROSE * 3))
    items, problems = _read(content)
    assert items
    assert set(problems) <= {"too_many", "too_large"}


_SAMPLE = package(
    page(text("机密★5年", y=30, deltas="g 3 5.6 2.8"), PROSE, templates=["t0"]),
    page(text("正文", y=100)),
    templates=[page(text("密级：", x=60, y=40))],
    info="<ofd:Title>题</ofd:Title>",
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


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["Boundary", "CTM", "Size", "DeltaX", "DeltaY", "X", "Y", "Alpha"]))
def test_numbers_that_are_none(value, name):
    plain = "".join(c for c in value if c.isprintable() and c not in "<>&\"'")
    code = f'<ofd:TextCode {name}="{plain}">字字</ofd:TextCode>'
    items, problems = _read(package(page(f'<ofd:TextObject {name}="{plain}">{code}</ofd:TextObject>')))
    assert problems == []
    assert [item.text for item in items if item.part != "property"] != []
