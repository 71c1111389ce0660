"""The verdict across a process border: exact, closed, bounded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector import verdict
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.verdict import Verdict
from gapwatch_proto.events import Inspection

GOOD = Verdict(Inspection("full", "", "text", find_marks([Fragment("机密★5年")]).mark, 3), "0" * 64, 12)


def test_it_comes_back_as_it_was():
    assert verdict.decode(verdict.encode(GOOD)) == GOOD
    assert verdict.decode(verdict.encode(verdict.uninspected("crashed"))).inspection.reason == "crashed"


@pytest.mark.parametrize(
    "change",
    [
        {"inspected": "maybe"},
        {"inspected": "none"},
        {"reason": "damaged"},
        {"type": "exe"},
        {"sha256": "0" * 63},
        {"sha256": "Z" * 64},
        {"size": -1},
        {"size": True},
        {"hints": 1.5},
        {"hints": 10**9},
        {"extra": 1},
        {"mark": None},
        {"mark": []},
    ],
)
def test_anything_else_is_refused(change):
    with pytest.raises(PeerError):
        verdict.decode(json.dumps(verdict.as_dict(GOOD) | change).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"axis": "secret"},
        {"axis": ""},
        {"level": "huge"},
        {"level_text": "x" * 65},
        {"period": 5},
        {"confidence": 2},
        {"confidence": "high"},
        {"evidence": [{}] * 17},
        {"evidence": [{"part": "body", "page": 1, "zone": "body", "text": "", "grammar": ""}]},
        {"evidence": [{"part": "header", "page": 1, "zone": "header", "text": "", "grammar": "Not a name"}]},
    ],
)
def test_a_mark_that_is_none_is_refused(change):
    fields = verdict.as_dict(GOOD)
    fields["mark"] |= change
    with pytest.raises(PeerError):
        verdict.decode(json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"x" * 40_000, b"[" * 30_000])
def test_noise_is_refused(body):
    with pytest.raises(PeerError):
        verdict.decode(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_understood(body):
    with pytest.raises(PeerError):
        verdict.decode(body)
