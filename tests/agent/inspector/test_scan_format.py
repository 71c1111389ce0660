"""docs/scan-format.md names every word a record may hold, and no other."""

import re
from pathlib import Path

import pytest

from gapwatch_agent.inspector.fragments import PARTS, ZONES
from gapwatch_agent.inspector.hints import HINT_KINDS
from gapwatch_agent.inspector.machine_labels import CARRIERS
from gapwatch_agent.inspector.marks import AXIS_ORDER, LEVEL_ORDER
from gapwatch_agent.inspector.readers.detect import TYPES
from gapwatch_agent.inspector.readers.source import REASONS
from gapwatch_agent.inspector.scan_record import record
from gapwatch_agent.inspector.verdict import Verdict

DOCUMENT = (Path(__file__).parents[3] / "docs" / "scan-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("`type`", TYPES),
        ("`reason`", REASONS),
        ("`part`", PARTS),
        ("`zone`", ZONES),
        ("`hints[].kind`", HINT_KINDS),
        ("`labels[].carrier`", CARRIERS),
    ],
)
def test_closed_lists(title, words):
    listed = re.search(rf"^{re.escape(title)}:\n(.*)$", DOCUMENT, re.MULTILINE)
    assert sorted(re.findall(r"`(.+?)`", listed[1])) == sorted(words)


def test_fields_in_their_order():
    assert re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE) == list(record("", Verdict()))


def test_axes_and_levels():
    assert all(axis in DOCUMENT for axis in AXIS_ORDER)
    assert f"`{' '.join(LEVEL_ORDER)}`" in DOCUMENT
