"""What a file owes to the files inside it."""

import pytest

from gapwatch_agent.inspector.carrier import Load
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_proto.events import Inspection

PLAIN = Inspection("full", "", "text")


def marked(words, inspected="full", reason=""):
    return Inspection(inspected, reason, "text", find_marks([Fragment(words)]).mark)


def loaded(*inspections):
    load = Load()
    for inspection in inspections:
        load.add(inspection)
    return load


def test_nothing_inside_changes_nothing():
    assert loaded().on_document(PLAIN) == loaded().on_archive(PLAIN, sum_up=True) == PLAIN


def test_the_highest_mark_of_all_leads_and_every_place_is_evidence():
    found = loaded(marked("秘密★1年"), PLAIN, marked("绝密★长期")).on_document(marked("机密★5年"))
    assert (found.mark.level, found.mark.period) == ("top_secret", "long_term")
    assert [evidence.part for evidence in found.mark.evidence] == ["attachment", "attachment", "document"]


def test_an_archive_keeps_to_itself_unless_asked_to_sum_up():
    load = loaded(marked("秘密★1年"))
    assert load.on_archive(PLAIN, sum_up=False).mark.axis == ""
    assert load.on_archive(PLAIN, sum_up=True).mark.level == "confidential"


@pytest.mark.parametrize(
    ("inside", "document", "archive"),
    [
        ([Inspection("none", "unsupported")], ("full", ""), ("none", "unsupported")),
        ([PLAIN, Inspection("none", "unsupported")], ("full", ""), ("partial", "unsupported")),
        ([Inspection("none", "encrypted")], ("partial", "encrypted"), ("none", "encrypted")),
        ([PLAIN, Inspection("partial", "damaged")], ("partial", "damaged"), ("partial", "damaged")),
        (
            [Inspection("none", "unsupported"), Inspection("none", "crashed")],
            ("partial", "crashed"),
            ("none", "crashed"),
        ),
    ],
)
def test_doubt_about_what_is_inside(inside, document, archive):
    load = loaded(*inside)
    on_document, on_archive = load.on_document(PLAIN), load.on_archive(PLAIN, sum_up=False)
    assert (on_document.inspected, on_document.reason) == document
    assert (on_archive.inspected, on_archive.reason) == archive


def test_a_reason_of_its_own_comes_first():
    own = Inspection("partial", "damaged", "zip")
    assert loaded(Inspection("none", "encrypted")).on_archive(own, sum_up=False) == own
