"""Marks wherever an Outlook message can carry one; torn and hostile messages."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import msg
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, Embedded, StopReading
from support.compound_documents import compound, message
from support.word_binaries import word, word_streams

SUBJECT, HEADERS, BODY, RTF, HTML, CLASS = 0x0037, 0x007D, 0x1000, 0x1009, 0x1013, 0x001A
PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"


def _examined(texts, **options):
    return examine(BytesSource(compound(message(texts, **options))), "x.msg", Limits())


def _only_evidence(texts, **options):
    found = _examined(texts, **options)
    assert (found.type, found.inspected) == ("msg", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


def packed_rtf(content):
    return struct.pack("<II4sI", len(content) + 12, len(content), b"MELA", 0) + content


@pytest.mark.parametrize("wide", [True, False])
def test_subject_and_body(wide):
    mark, evidence = _only_evidence({SUBJECT: "机密★5年"}, wide=wide)
    assert (mark.period, evidence.part) == ("P5Y", "property")
    _, evidence = _only_evidence({SUBJECT: "通知", BODY: f"机密★5年\r\n通知\r\n{PROSE}"}, wide=wide)
    assert (evidence.part, evidence.zone) == ("document", "first_page_top")


def test_the_other_forms_of_the_body():
    page = f"<html><body><p>机密★5年</p><p>{PROSE}</p></body></html>"
    assert _only_evidence({BODY: PROSE}, binaries={HTML: page.encode()})[0].period == "P5Y"
    assert _only_evidence({BODY: PROSE, HTML: page})[0].period == "P5Y"
    content = b"{\\rtf1\\ansi\\ansicpg936 \\'bb\\'fa\\'c3\\'dc\\'a1\\'ef5\\'c4\\'ea\\par x\\par}"
    assert _only_evidence({BODY: PROSE}, binaries={RTF: packed_rtf(content)})[0].period == "P5Y"


def test_labels_as_named_properties_and_as_headers():
    label = "MSIP_Label_12345678-1234-1234-1234-123456789abc"
    pairs = f"{label}_Enabled=true; {label}_Name=Secret"
    for found in (
        _examined({}, named={"msip_labels": pairs}),
        _examined({HEADERS: f"X: x\r\nmsip_labels: {pairs}\r\n"}),
    ):
        assert [item.key for item in found.labels] == [f"{label}_Enabled", f"{label}_Name"]
    assert _only_evidence({}, named={"密级": "机密"})[1].part == "property"


def test_attached_files_and_messages():
    content = word("机密★1年\r正文\r")
    assert _only_evidence({SUBJECT: "x"}, attachments=[("a.doc", content)])[1].part == "attachment"
    inner = message({BODY: "机密★1年\r\n正文"}, head_bytes=24)
    assert _only_evidence({SUBJECT: "x"}, attachments=[("转发", inner)])[1].part == "attachment"
    assert (
        _only_evidence({SUBJECT: "x"}, attachments=[("对象", word_streams("机密★1年\r正文\r"))])[1].part == "attachment"
    )


def test_protected_mails_are_encrypted():
    found = _examined({SUBJECT: "x"}, attachments=[("message.rpmsg", b"\x76\xe8\x04\x60")])
    assert (found.inspected, found.reason) == ("partial", "encrypted")
    enveloped = bytes.fromhex("300b06092a864886f70d010703")
    found = _examined({SUBJECT: "x", CLASS: "IPM.Note.SMIME"}, attachments=[("smime.p7m", enveloped)])
    assert (found.inspected, found.reason) == ("partial", "encrypted")


def test_a_mail_inside_a_signature():
    mail = b"From: a@example.org\r\nMIME-Version: 1.0\r\nSubject: =?utf-8?B?5py65a+G4piFNeW5tA==?=\r\n\r\nx"

    def element(tag, *contents):
        inner = b"".join(contents)
        return bytes([tag, 0x82]) + len(inner).to_bytes(2, "big") + inner

    data = element(0x30, bytes.fromhex("06092a864886f70d010701"), element(0xA0, element(0x04, mail)))
    signed = element(0x30, bytes.fromhex("020101"), element(0x31), data)
    content = element(0x30, bytes.fromhex("06092a864886f70d010702"), element(0xA0, signed))
    found = _examined({SUBJECT: "x", CLASS: "IPM.Note.SMIME"}, attachments=[("smime.p7m", content)])
    assert found.mark.period == "P5Y"


def test_an_empty_message():
    found = _examined({})
    assert (found.type, found.inspected, found.mark.axis) == ("msg", "full", "")


_SAMPLES = [content for kind, content in warm.samples() if kind == "msg"]


@pytest.mark.parametrize("content", _SAMPLES)
def test_the_samples(content):
    found = examine(BytesSource(content), "x", Limits())
    assert found.inspected == "full"
    assert {item.part for item in found.mark.evidence} >= {"document", "property"}


def _outcome(content):
    reports, count = [], 0
    try:
        for reading in msg.read(BytesSource(content), Limits(), reports.append):
            for item in reading:
                count += 1
                if isinstance(item, Embedded):
                    sum(map(len, item.content()))
    except StopReading as stop:
        reports.append(stop.reason)
    assert set(reports) <= REASONS
    assert count < 10_000
    return reports or count


@pytest.mark.parametrize("kept", range(0, len(_SAMPLES[-1]), 397))
def test_a_torn_message_has_a_reason_or_lost_nothing(kept):
    assert _outcome(_SAMPLES[-1][:kept])


_RICH = compound(
    message(
        {SUBJECT: "一", HEADERS: "X-Label: y\r\n", BODY: "二"},
        binaries={HTML: "<p>三</p>".encode(), RTF: packed_rtf(b"{\\rtf1 x}")},
        attachments=[("a", b"x"), ("b", message({BODY: "四"}, head_bytes=24))],
        named={"密级": "机密"},
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_RICH) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_raise_nothing(changes):
    content = bytearray(_RICH)
    for at, value in changes:
        content[at] = value
    _outcome(bytes(content))
