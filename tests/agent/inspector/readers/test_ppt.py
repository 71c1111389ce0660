"""Marks wherever a binary presentation can carry one; encrypted, torn and hostile presentations."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ppt
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.compound_documents import compound, user_properties
from support.presentation_binaries import (
    CENTRE_TITLE,
    MASTER_FOOTER,
    MASTER_TITLE,
    TITLE,
    comment,
    group,
    margins,
    master,
    notes,
    presentation,
    presentation_streams,
    record,
    shape,
    slide,
)  # fmt: skip
from support.word_binaries import word


def _fragments(content):
    found = []
    for reading in ppt.read(BytesSource(content), Limits(), print):
        found += [(f.part, f.page, f.text) for f in reading if not isinstance(f, Embedded)]
    return found


def _only_evidence(content):
    found = examine(BytesSource(content), "x.ppt", Limits())
    assert (found.type, found.inspected) == ("ppt", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


def test_the_top_of_the_first_slide():
    mark, evidence = _only_evidence(presentation([slide(shape("机密★5年", top=100), shape("汇报", top=2000))]))
    assert (mark.period, evidence.part, evidence.page, evidence.zone) == ("P5Y", "document", 1, "first_page_top")


def test_the_top_and_the_bottom_of_later_slides():
    first = slide(shape("汇报", top=2000))
    _, evidence = _only_evidence(presentation([first, slide(shape("秘密★1年", top=100))]))
    assert (evidence.page, evidence.zone) == (2, "page_top")
    _, evidence = _only_evidence(presentation([first, slide(shape("秘密★1年", top=4100))]))
    assert (evidence.page, evidence.part) == (2, "footer")


def test_titles_whose_text_is_in_the_outline():
    content = presentation([slide(shape(placeholder=TITLE, outline=0, top=300))], outlines={0: ["机密★1年"]})
    assert _only_evidence(content)[1].page == 1


def test_masters_are_on_every_slide():
    one = slide(shape("汇报"))
    for top, part in ((100, "header"), (4200, "footer"), (2000, "text_box")):
        _, evidence = _only_evidence(presentation([one], masters=[master(shape("机密★1年", top=top, height=60))]))
        assert (evidence.part, evidence.page) == (part, 0)
    footer = shape("内部资料 注意保密", placeholder=MASTER_FOOTER, top=4200)
    assert _only_evidence(presentation([one], masters=[master(footer)]))[1].part == "footer"
    prompt = shape("机密★1年", placeholder=MASTER_TITLE, top=100)
    assert examine(BytesSource(presentation([one], masters=[master(prompt)])), "x", Limits()).mark.axis == ""


def test_placeholders_stand_where_their_master_puts_them():
    title = shape("机密★1年", placeholder=TITLE, top=-1)
    assert _only_evidence(presentation([slide(title)], masters=[master(shape("x", placeholder=MASTER_TITLE, top=300))]))


@pytest.mark.parametrize(("where", "page"), [("document", 0), ("slide", 1)])
def test_headers_and_footers(where, page):
    kept = margins(footer="机密★1年", instance=3 if where == "document" else 0)
    one = slide(shape("汇报"), more=kept if where == "slide" else b"")
    _, evidence = _only_evidence(presentation([one], more=kept if where == "document" else b""))
    assert (evidence.part, evidence.page) == ("footer", page)


def test_margins_of_handouts_and_those_switched_off_are_notes():
    one = slide(shape("汇报"))
    for kept in (margins(header="机密★1年", instance=4), margins(footer="机密★1年", instance=3, flags=0)):
        assert ("note", 0, "机密★1年") in _fragments(presentation([one], more=kept))


def test_watermarks():
    for art in (shape(art="机密★1年"), shape("机密★1年", angle=45)):
        assert _only_evidence(presentation([slide(art)]))[1].part == "watermark"
        assert _only_evidence(presentation([slide()], masters=[master(art)]))[1].part == "watermark"


def test_tables_and_groups():
    cells = [shape("密级", child=(0, 10), left=0), shape("机密★1年", child=(0, 10), left=50)]
    content = presentation(
        [slide(shape("项目", top=300, placeholder=CENTRE_TITLE), group(*cells, table=True, top=500))]
    )
    assert ("table", 1, "密级\t机密★1年") in _fragments(content)
    assert _only_evidence(content)[1].part == "table"
    grouped = group(shape("机密★1年", child=(0, 100)), frame=(0, 1000), top=10, height=1000)
    assert _only_evidence(presentation([slide(grouped)]))[1].zone == "first_page_top"


def test_notes_and_comments_are_no_marks():
    content = presentation([slide(more=comment("机密★1年"))], notes_pages=[notes(256, shape("机密★1年"), shape("*"))])
    assert examine(BytesSource(content), "x", Limits()).mark.axis == ""
    assert _fragments(content) == [("note", 1, "机密★1年"), ("note", 1, "机密★1年")]


def test_slides_that_an_edit_replaced_do_not_count():
    content = presentation([slide(shape("新", top=2000))], before=[slide(shape("机密★1年", top=100))])
    assert _fragments(content) == [("document", 1, "新")]


def test_of_an_encrypted_presentation_the_properties_are_read():
    streams = presentation_streams([slide()])
    user = streams["Current User"]
    streams["Current User"] = user[:12] + bytes.fromhex("DFC4D1F3") + user[16:]
    streams["\x05DocumentSummaryInformation"] = user_properties({"密级": "机密"})
    found = examine(BytesSource(compound(streams)), "x", Limits())
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "encrypted", "secret")


@pytest.mark.parametrize("packed", [True, False])
def test_embedded_files_are_given(packed):
    inner = word("机密★1年\r正文\r")
    content = struct.pack("<I", len(inner)) + zlib.compress(inner) if packed else inner
    found = examine(BytesSource(presentation([slide()], objects=[record(0x1011, content, int(packed))])), "x", Limits())
    assert found.mark.evidence[0].part == "attachment"


def test_an_embedded_file_without_its_checksum_is_whole():
    inner = word("机密★1年\r正文\r")
    content = struct.pack("<I", len(inner)) + zlib.compress(inner)[:-4]
    found = examine(BytesSource(presentation([slide()], objects=[record(0x1011, content, 1)])), "x", Limits())
    assert (found.inspected, found.mark.period) == ("full", "P1Y")


def test_an_embedded_file_that_does_not_unpack_is_damage():
    for content in (b"\x63\0\0\0no zlib", b"\x63\0\0\0" + zlib.compress(b"x" * 99)[:-9]):
        found = examine(BytesSource(presentation([slide()], objects=[record(0x1011, content, 1)])), "x", Limits())
        assert found.inspected == "partial"


def test_a_presentation_torn_before_its_edit_gives_its_slides():
    streams = presentation_streams([slide(shape("汇报", top=2000)), slide(shape("机密★1年", top=100))])
    body = streams["PowerPoint Document"]
    content = compound({"PowerPoint Document": body[: body.rindex(bytes.fromhex("7217"), 0, len(body) - 30) - 2]})
    found = examine(BytesSource(content), "x", Limits())
    assert (found.inspected, found.mark.evidence[0].page) == ("partial", 2)


_SAMPLE = next(content for kind, content in warm.samples() if kind == "ppt")


def test_the_sample():
    found = examine(BytesSource(_SAMPLE), "x", Limits())
    assert found.inspected == "full"
    assert {item.part for item in found.mark.evidence} == {"document", "footer", "property"}


def _outcome(content):
    reports, count = [], 0
    try:
        for reading in ppt.read(BytesSource(content), Limits(), reports.append):
            for item in reading:
                count += 1
                if isinstance(item, Embedded):
                    sum(map(len, item.content()))
    except StopReading as stop:
        reports.append(stop.reason)
    assert set(reports) <= REASONS
    assert count < 100_000
    return reports or count


@pytest.mark.parametrize("kept", range(0, len(_SAMPLE), 397))
def test_a_torn_presentation_has_a_reason_or_lost_nothing(kept):
    assert _outcome(_SAMPLE[:kept])


_STREAMS = presentation_streams(
    [slide(shape("一"), group(shape("二", child=(0, 9)), table=True), more=comment("三")), slide(shape(art="四"))],
    masters=[master(shape("五"))], notes_pages=[notes(256, shape("六"))], more=margins("七", "八", 3),
    objects=[record(0x1011, b"\0\0\0\0" + zlib.compress(b"x"), 1)], before=[slide(shape("旧"))],
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_raise_nothing(changes):
    body = bytearray(_STREAMS["PowerPoint Document"])
    for at, value in changes:
        body[int(at * len(body))] = value
    _outcome(compound({**_STREAMS, "PowerPoint Document": bytes(body)}))
