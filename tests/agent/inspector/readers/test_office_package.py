"""Packages: relationships of both kinds, properties and labels, files inside, and what is missing or hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import office_package
from gapwatch_agent.inspector.readers.drawing_ml import Paragraphs
from gapwatch_agent.inspector.readers.office_package import Package
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive
from support.documents import zipped
from support.office_documents import OFFICE, STRICT, relations


def _package(members, limits=None):
    reasons = []
    limits = limits or Limits()
    archive = ZipArchive(BytesSource(zipped(members)), limits, reasons.append)
    return Package(archive, limits, reasons.append), reasons


@pytest.mark.parametrize("base", [OFFICE, STRICT])
def test_relationships_are_resolved_from_their_part(base):
    targets = [
        ("a", "drawing", "../drawings/Drawing1.xml"),
        ("b", "worksheet", "/xl/x.xml"),
        ("c", "hyperlink", "#表1!A1"),
        ("d", "image", "..\\media\\a%20b.png"),
    ]
    package, _ = _package({"xl/worksheets/_rels/sheet1.xml.rels": relations(targets, base)})
    assert [(item.id, item.kind, item.target) for item in package.relations("xl/worksheets/sheet1.xml")] == [
        ("a", "drawing", "xl/drawings/drawing1.xml"),
        ("b", "worksheet", "xl/x.xml"),
        ("c", "hyperlink", "xl/worksheets"),
        ("d", "image", "xl/media/a b.png"),
    ]
    assert package.related("xl/worksheets/sheet1.xml", "worksheet", "drawing") == [
        "xl/drawings/drawing1.xml",
        "xl/x.xml",
    ]


def test_targets_outside_the_file_are_left_out():
    outside = relations([("a", "oleObject", "../../../etc/passwd")]).replace("/>", ' TargetMode="External"/>', 1)
    climbing = relations([("a", "oleObject", "../../../etc/passwd")])
    package, _ = _package({"_rels/a.rels": outside, "_rels/b.rels": climbing})
    assert package.relations("a") == []
    assert package.related("b", "oleObject") == ["etc/passwd"]
    assert list(package.embedded(["a", "b"])) == []


def test_the_main_part_by_relationship_or_by_its_usual_name():
    root = relations([("a", "officeDocument", "odd/doc.xml")])
    assert _package({"_rels/.rels": root, "odd/doc.xml": "<d/>"})[0].main("word/document.xml") == "odd/doc.xml"
    assert (
        _package({"_rels/.rels": root, "word/document.xml": "<d/>"})[0].main("word/document.xml") == "word/document.xml"
    )
    assert _package({"_rels/.rels": root})[0].main("word/document.xml") == ""


def test_properties_are_found_by_relationship():
    members = {
        "_rels/.rels": relations([("a", "metadata/core-properties", "odd/core.xml")]),
        "odd/core.xml": '<c:p xmlns:c="c"><c:category>机密</c:category></c:p>',
        "docProps/custom.xml": '<P><property name="密级"><v>秘密</v></property></P>',
        "customXml/item1.xml": '<i xmlns="u"><Classification>secret</Classification></i>',
        "customXml/itemProps1.xml": "<i><Classification>no</Classification></i>",
    }
    package, reasons = _package(members)
    assert [(item.key, item.text) for item in package.properties()] == [
        ("密级", "秘密"),
        ("category", "机密"),
        ("Classification", "secret"),
    ]
    assert reasons == []


def test_properties_of_the_strict_kind_and_ones_whose_relationship_leads_nowhere():
    members = {
        "_rels/.rels": relations(
            [("a", "customProperties", "odd/custom.xml"), ("b", "core-properties", "none.xml")], STRICT
        ),
        "odd/custom.xml": '<P><property name="密级"><v>秘密</v></property></P>',
        "docProps/core.xml": "<P><title>甲</title></P>",
    }
    assert [item.text for item in _package(members)[0].properties()] == ["秘密", "甲"]


def test_embedded_files_by_folder_and_by_relationship():
    members = {
        "word/embeddings/oleObject1.bin": b"1",
        "word/afchunk.mht": b"2",
        "word/_rels/document.xml.rels": relations([("a", "aFChunk", "afchunk.mht"), ("b", "package", "none.xlsx")]),
    }
    package, _ = _package(members)
    found = [(item.name, b"".join(item.content())) for item in package.embedded(["word/document.xml"])]
    assert found == [("word/embeddings/oleObject1.bin", b"1"), ("word/afchunk.mht", b"2")]


def test_a_broken_part_does_not_hide_the_others_and_a_spent_budget_ends_all():
    limits = Limits(expansion_floor_bytes=MIB, expansion_factor_max=1)
    package, reasons = _package(
        {"a.xml": "<a><t>x", "b.xml": "<!DOCTYPE a><a/>", "c.xml": "<a>" + "x" * 2 * MIB}, limits
    )
    assert [list(package.part(name, Paragraphs("note", 0))) for name in ("a.xml", "b.xml", "none.xml")] == [[], [], []]
    assert reasons == ["damaged", "damaged"]
    with pytest.raises(StopReading, match="too_large"):
        list(package.part("c.xml", Paragraphs("note", 0)))


def test_a_second_member_of_the_same_name_is_another_reading():
    with pytest.warns(UserWarning, match="Duplicate"):
        content = _twice("a.xml", 6)
    reasons = []
    readings = office_package.readings(
        BytesSource(content), Limits(), reasons.append, lambda package: [b"".join(package.content("a.xml"))]
    )
    assert list(readings) == [[b"0"], [b"1"], [b"2"], [b"3"]]
    assert reasons == ["too_many"]


def _twice(name, count):
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(name, str(number))
    return buffer.getvalue()


@given(st.text(max_size=60))
def test_any_target_is_a_name_inside(target):
    escaped = target.encode("ascii", "xmlcharrefreplace").decode().replace("<", "").replace('"', "").replace("&", "")
    printable = "".join(letter for letter in escaped if letter >= " ")
    package, _ = _package({"_rels/a.rels": relations([("a", "x", printable)])})
    for name in package.related("a", "x"):
        assert not name.startswith(("/", "../"))
