"""One record a file, members after it."""

import json
import os

from gapwatch_agent.inspector import scan_record
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.scan import Scanned
from gapwatch_agent.inspector.verdict import Verdict, uninspected
from gapwatch_proto.events import Hint, Inspection, Label

FIELDS = [
    *("path", "type", "size", "sha256", "inspected", "reason", "axis", "level", "level_text", "period", "period_text"),
    *("confidence", "evidence", "labels", "hints", "fingerprint"),
]


def test_every_field_in_order_and_null_where_nothing_is_to_be_said():
    plain = scan_record.record("a", uninspected("encrypted", 3))
    assert list(plain) == FIELDS
    assert (plain["inspected"], plain["reason"], plain["size"]) == ("none", "encrypted", 3)
    assert {key for key, value in plain.items() if value is None} == {
        *("type", "sha256", "axis", "level", "level_text", "period", "period_text", "fingerprint")
    }


def test_a_mark_with_all_that_belongs_to_it():
    inspection = Inspection(
        *("full", "", "docx", find_marks([Fragment("机密★5年")]).mark, 1),
        *((Label("purview", "k", "v"),), (Hint("malformed", "document", 1, "body", "绝秘"),), b"\1\2"),
    )
    found = scan_record.record("a", Verdict(inspection, "0" * 64, 9))
    assert (found["axis"], found["level"], found["level_text"]) == ("state", "secret", "机密")
    assert (found["period"], found["period_text"]) == ("P5Y", "5年")
    assert found["evidence"][0] == {
        "part": "document", "page": 0, "zone": "first_page_top", "text": "机密★5年", "grammar": "level_star_period",
    }  # fmt: skip
    assert found["labels"] == [{"carrier": "purview", "key": "k", "value": "v"}]
    assert found["hints"][0]["kind"] == "malformed"
    assert found["fingerprint"] == "AQI="


def test_members_stand_under_the_file(tmp_path):
    scanned = Scanned("/x/outer.zip", Verdict(), (Verdict(member="in/a.txt"), Verdict(member="b.zip!c.txt")))
    assert [found["path"] for found in scan_record.records(scanned)] == [
        "/x/outer.zip",
        "/x/outer.zip!in/a.txt",
        "/x/outer.zip!b.zip!c.txt",
    ]


def test_a_name_that_is_not_text_still_makes_good_json():
    line = json.dumps(scan_record.record(scan_record.shown(os.fsdecode(b"a\xff")), Verdict()), ensure_ascii=False)
    line.encode("utf-8")
    assert json.loads(line)["path"] == r"a\xff"
