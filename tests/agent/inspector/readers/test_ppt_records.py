"""The record tree of a presentation and its edits."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ppt_records
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.ppt_records import DOCUMENT, SLIDE, Presentation
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.compound_documents import compound
from support.presentation_binaries import presentation_streams, record, shape, slide, string, text


def _opened(streams):
    reports = []
    return Presentation(CompoundFile(BytesSource(compound(streams)), Limits(), reports.append), reports.append), reports


def test_records_follow_each_other_and_end_with_their_parent():
    data = record(1, b"ab", 3) + record(2, record(3, b"c"), container=True) + b"\0\0\0\0\xff\0\0\0tail"
    found = list(ppt_records.children(data, 0, len(data)))
    assert [(item.kind, item.instance, item.is_container) for item in found] == [
        (1, 3, False),
        (2, 0, True),
        (0, 0, False),
    ]
    assert found[-1].end == len(data)
    assert [item.kind for item in ppt_records.inside(data, found[1])] == [3]


def test_text_atoms():
    for atom in (text("机密"), string("机密", 1)):
        (found,) = ppt_records.children(atom, 0, len(atom))
        assert ppt_records.text_of(atom, found) == "机密"
    atom = text("café", wide=False)
    assert ppt_records.text_of(atom, next(ppt_records.children(atom, 0, len(atom)))) == "café"
    assert ppt_records.text_of(atom, next(ppt_records.children(record(9, b""), 0, 8))) is None


def test_the_newest_edit_hides_what_it_replaced():
    found, reports = _opened(presentation_streams([slide(shape("新"))], before=[slide(shape("旧旧旧"))]))
    (number,) = found.numbers(SLIDE)
    content = found.content(found.place(number))
    assert "新".encode("utf-16-le") in content
    assert "旧".encode("utf-16-le") not in content
    assert found.head(found.document)[1] == DOCUMENT
    assert reports == []


def test_without_an_edit_everything_counts():
    streams = presentation_streams([slide(), slide()], lost=True)
    body = streams["PowerPoint Document"]
    cut = body.rindex(bytes.fromhex("7217"), 0, len(body) - 30) - 2
    found, reports = _opened({**streams, "PowerPoint Document": body[:cut]})
    assert not found.is_listed
    assert len(found.numbers(SLIDE)) == 2
    assert found.head(found.document)[1] == DOCUMENT
    assert reports == ["damaged"]


def test_without_a_word_on_the_newest_edit_it_is_the_last():
    found, reports = _opened(presentation_streams([slide(shape("新"))], before=[slide(shape("旧旧旧"))], lost=True))
    assert found.is_listed
    assert len(found.numbers(SLIDE)) == 1
    assert reports == ["damaged"]


def test_encrypted_presentations():
    streams = presentation_streams([slide()])
    user = streams["Current User"]
    encrypted = user[:12] + bytes.fromhex("DFC4D1F3") + user[16:]
    for changed in ({"Current User": encrypted}, {"PowerPoint Document": record(0x2F14, b"")}):
        with pytest.raises(StopReading) as stopped:
            _opened({**streams, **changed})
        assert stopped.value.reason == "encrypted"


def test_no_presentation():
    with pytest.raises(StopReading):
        _opened({"Other": b"x"})


def test_edits_that_point_at_themselves_end():
    streams = presentation_streams([slide()])
    body = bytearray(streams["PowerPoint Document"])
    last = int.from_bytes(streams["Current User"][16:20], "little")
    body[last + 16 : last + 20] = last.to_bytes(4, "little")
    found, _ = _opened({**streams, "PowerPoint Document": bytes(body)})
    assert len(found.numbers(SLIDE)) == 1


def test_a_record_said_to_be_many_is_stopped():
    found, _ = _opened(presentation_streams([slide(shape("x" * 20_000))]))
    (number,) = found.numbers(SLIDE)
    with pytest.raises(StopReading) as stopped:
        [found.content(found.place(number)) for _ in range(1000)]
    assert stopped.value.reason == "too_large"


def test_nothing_stands_where_nothing_is():
    found, reports = _opened(presentation_streams([slide()]))
    assert found.place(12345) == -1
    assert found.head(-1) == found.head(1 << 40) == (0, 0, 0)
    assert found.content(-1) == b""
    assert reports == []
