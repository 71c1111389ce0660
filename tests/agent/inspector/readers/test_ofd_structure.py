"""Lists of an OFD package and where references lead: never out of it."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.ofd_structure import Package
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from gapwatch_agent.inspector.readers.zip_archive import ZipArchive
from support.documents import zipped


def _package(members, problems=None):
    report = [].append if problems is None else problems.append
    archive = ZipArchive(BytesSource(zipped(members)), Limits(), report)
    return Package(archive, Limits(), report)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Pages/P.xml", "doc_0/pages/p.xml"),
        ("./Pages/../Pages/P.xml", "doc_0/pages/p.xml"),
        ("/Doc_0/Pages/P.xml", "doc_0/pages/p.xml"),
        ("Doc_0\\Pages\\P.xml", "doc_0/pages/p.xml"),
        ("../OFD.xml", "ofd.xml"),
        (" OFD.xml ", "ofd.xml"),
    ],
)
def test_references_lead_to_members(reference, expected):
    assert _package({"OFD.xml": "", "Doc_0/Pages/P.xml": ""}).resolve("doc_0/document.xml", reference) == expected


@pytest.mark.parametrize("reference", ["../../x", "none.xml", "/", "a/" * 300])
def test_references_that_lead_nowhere_are_damage(reference):
    problems = []
    assert _package({"OFD.xml": ""}, problems).resolve("doc_0/document.xml", reference) == ""
    assert problems == ["damaged"]


def test_no_reference_is_no_damage():
    problems = []
    assert _package({"OFD.xml": ""}, problems).resolve("ofd.xml", "  ") == ""
    assert problems == []


def test_elements_know_their_parent_their_document_and_their_text():
    listed = '<o:OFD xmlns:o="x"><o:DocBody><o:A N="1"> t </o:A></o:DocBody><o:DocBody><o:A>u</o:A></o:DocBody></o:OFD>'
    found = _package({"l.xml": listed}).elements("l.xml")
    assert [(e.name, e.parent, e.group, e.get("N"), e.text) for e in found if e.name == "A"] == [
        ("A", "DocBody", 0, "1", "t"),
        ("A", "DocBody", 1, "", "u"),
    ]


def test_a_list_that_breaks_off_gives_what_it_has():
    problems = []
    found = _package({"l.xml": "<a><b>1</b><c>"}, problems).elements("l.xml")
    assert ([element.text for element in found], problems) == (["1"], ["damaged"])
    assert _package({}).elements("none.xml") == []


def test_a_spent_budget_is_not_swallowed():
    with pytest.raises(StopReading, match="too_large"):
        _package({"l.xml": "<a>" + " " * (40 << 20)}).elements("l.xml")
