"""The judgement never raises; every failure is a reason."""

import pytest

from gapwatch_agent.inspector import examine as examining
from gapwatch_agent.inspector.examine import examine, sha256_of
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading


def _reader(*steps):
    def read(_source, _limits, _report):
        def fragments():
            for step in steps:
                if isinstance(step, BaseException):
                    raise step
                yield Fragment(step)

        yield fragments()

    return read


@pytest.mark.parametrize(
    ("steps", "inspected", "reason", "axis"),
    [
        (["机密★5年"], "full", "", "state"),
        (["机密★5年", StopReading("too_many")], "partial", "too_many", "state"),
        ([StopReading("encrypted")], "none", "encrypted", "enterprise"),
        ([MemoryError()], "none", "too_large", "enterprise"),
        ([RecursionError()], "none", "too_deep", "enterprise"),
        ([ValueError()], "none", "crashed", "enterprise"),
    ],
)
def test_what_a_reader_does_becomes_a_verdict(monkeypatch, steps, inspected, reason, axis):
    monkeypatch.setattr(examining, "READERS", {"text": _reader(*steps)})
    found = examine(BytesSource(b"x"), "[机密]x", Limits())
    assert (found.inspected, found.reason, found.mark.axis) == (inspected, reason, axis)


def test_a_medium_that_fails_has_no_hash():
    class Broken:
        size = 4

        def read(self, offset, _count):
            if offset:
                raise StopReading("unreadable")
            return b"ab"

    assert sha256_of(Broken()) == ""
    assert sha256_of(BytesSource(b"")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_empty_file_is_fully_inspected():
    found = examine(BytesSource(b""), "x", Limits())
    assert (found.type, found.inspected, found.reason) == ("empty", "full", "")
