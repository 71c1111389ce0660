"""The judgement never raises; every failure is a reason."""

import pytest

from gapwatch_agent.inspector import examine as examining
from gapwatch_agent.inspector.examine import Examination, Terms, examine, sha256_of
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, StopReading


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
        (["机密★5年", ValueError()], "partial", "crashed", "state"),
        (["机密★5年", MemoryError()], "partial", "too_large", "state"),
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


MARKED = "机密★5年\n关于工作的通知\n".encode()


def _carrying(kind, members, monkeypatch):
    """Every text that begins with ``box`` is a file of that type and holds ``members``."""

    def read(_source, _limits, _report):
        yield iter([Embedded(name, lambda content=content: iter([content])) for name, content in members])

    readers = dict(examining.READERS)
    monkeypatch.setattr(examining, "READERS", readers | {kind: read})
    real = examining.detect.detect

    def detect(source, limits):
        return kind if source.read(0, 3) == b"box" else real(source, limits)

    monkeypatch.setattr(examining.detect, "detect", detect)


def _examined(limits=None, **terms):
    found = []
    own = Examination(limits or Limits(), Terms(**terms), found.append).examine(BytesSource(b"box"), "a.box")
    return own, {member.path: member for member in found}


def test_members_of_an_archive_have_verdicts_of_their_own(monkeypatch):
    _carrying("zip", [("in/a.txt", MARKED), ("b.txt", b"plain"), ("【秘密】c.bin", b"\0\1")], monkeypatch)
    own, members = _examined(sum_up=False)
    assert own.mark.axis == ""
    assert (own.inspected, own.reason) == ("partial", "unsupported")
    assert members["in/a.txt"].inspection.mark.level == "secret"
    assert (members["in/a.txt"].size, len(members["in/a.txt"].sha256)) == (len(MARKED), 64)
    assert members["b.txt"].inspection.inspected == "full"
    assert members["【秘密】c.bin"].inspection.mark.level == "confidential"


def test_the_sensor_gets_an_archive_summed_up(monkeypatch):
    _carrying("zip", [("b.txt", b"plain"), ("in/a.txt", MARKED)], monkeypatch)
    own, _ = _examined()
    assert (own.mark.axis, own.mark.level, own.inspected) == ("state", "secret", "full")
    assert {evidence.part for evidence in own.mark.evidence} == {"attachment"}


def test_a_document_is_as_marked_as_its_attachments(monkeypatch):
    _carrying("eml", [("a.txt", MARKED), ("tool", b"\x7fELF\2\1\0")], monkeypatch)
    own, members = _examined(sum_up=False)
    assert (own.mark.level, own.inspected, len(members)) == ("secret", "full", 2)


def test_files_in_files_end_somewhere(monkeypatch):
    _carrying("zip", [("again.zip", b"box")], monkeypatch)
    own, members = _examined(sum_up=False)
    assert (own.inspected, own.reason) == ("none", "too_deep")
    assert max(path.count("!") for path in members) == Limits().nesting_max
    assert len(members) == Limits().nesting_max + 1


def test_a_quine_that_doubles_is_counted(monkeypatch):
    _carrying("zip", [("a.zip", b"box"), ("b.zip", b"box")], monkeypatch)
    own, members = _examined(Limits(members_max=50), sum_up=False)
    assert own.reason
    assert len(members) <= 60


def test_all_members_share_one_budget(monkeypatch):
    _carrying("zip", [(f"{number}.txt", b"x" * 1000) for number in range(100)], monkeypatch)
    own, members = _examined(Limits(expansion_floor_bytes=10_000, expansion_factor_max=1), sum_up=False)
    assert (own.inspected, own.reason, len(members)) == ("partial", "too_large", 10)


def test_a_large_member_is_read_as_far_as_there_is_room(monkeypatch):
    def read(_source, _limits, _report):
        yield iter([Embedded("a.txt", lambda: iter([MARKED] + [b"x\n" * 500] * 10))])

    _carrying("zip", [], monkeypatch)
    examining.READERS["zip"] = read
    own, members = _examined(Limits(member_bytes_max=1500), sum_up=False)
    found = members["a.txt"]
    assert (found.inspection.inspected, found.inspection.reason) == ("partial", "too_large")
    assert (found.inspection.mark.level, found.sha256) == ("secret", "")
    assert own.reason == "too_large"


def test_what_cannot_be_had_is_named_and_says_why(monkeypatch):
    def read(_source, _limits, _report):
        yield iter([Embedded("【机密】a.docx", list, "encrypted")])

    _carrying("zip", [], monkeypatch)
    examining.READERS["zip"] = read
    own, members = _examined(sum_up=False)
    assert (own.inspected, own.reason) == ("none", "encrypted")
    found = members["【机密】a.docx"].inspection
    assert (found.inspected, found.reason, found.mark.level) == ("none", "encrypted", "secret")


def test_a_long_reading_says_first_what_its_first_page_says(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(examining.time, "monotonic", lambda: now[0])

    def read(_source, _limits, _report):
        def fragments():
            yield Fragment("机密★5年", page=1)
            for number in range(500):
                now[0] += 0.01
                yield Fragment(f"line {number}", page=2 + number // 40)

        yield fragments()

    monkeypatch.setattr(examining, "READERS", {"text": read})
    words = []
    own = Examination(Limits(), Terms(), on_first_word=words.append).examine(BytesSource(b"x"), "a")
    assert own.inspected == "full"
    assert [(word.inspected, word.reason, word.mark.level) for word in words] == [("partial", "timed_out", "secret")]
