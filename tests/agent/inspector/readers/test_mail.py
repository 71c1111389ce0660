"""Mails: where marks and labels stand in them, what is attached, what is encrypted, what is broken."""

import binascii
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import Examination, Terms
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import mail as reader
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, StopReading
from support.mails import mail, multipart, multipart_part, part

BODY = "机密★5年\n关于开展检查工作的通知\n现将有关事项通知如下。\n"
HTML = "<html><body><p>机密★5年</p><p>关于开展检查工作的通知</p></body></html>"
ATTACHED = part(b"x" * 100, "application/octet-stream", disposition='attachment; filename="a.bin"', encoding="base64")


ENVELOPED = bytes.fromhex("300B06092A864886F70D010703")
PGP_MIME = multipart(
    "encrypted", part(b"Version: 1", "application/pgp-encrypted"), part(b"A", "application/octet-stream")
)


def _examine(content, limits=None):
    members = {}
    examination = Examination(
        limits or Limits(), Terms(sum_up=False), on_member=lambda found: members.update({found.path: found.inspection})
    )
    return examination.examine(BytesSource(content), "x"), members


def _read(content, limits=None):
    """([fragments of each reading], [(name, content or reason)], problems)."""
    problems, readings, files = [], [], []
    for reading in reader.read(BytesSource(content), limits or Limits(), problems.append):
        fragments = []
        for item in reading:
            if isinstance(item, Fragment):
                fragments.append(item)
            else:
                files.append((item.name, _content(item)))
        readings.append(fragments)
    return readings, files, problems


def _content(embedded):
    if embedded.reason:
        return embedded.reason
    try:
        return b"".join(embedded.content())
    except StopReading as stop:
        return stop.reason


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "8bit"),
        ("gb2312", "8bit"),
        ("gbk", "base64"),
        ("gb18030", "base64"),
        ("iso-8859-1", "8bit"),
        ("us-ascii", "8bit"),
        ("utf-16", "base64"),
        ("x-made-up", "base64"),
        ("", "8bit"),
    ],
)
def test_a_mark_in_a_body_of_any_charset(charset, encoding):
    real = charset if charset.startswith(("utf", "gb")) else "gb18030"
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    content = mail(content_type=kind, body=BODY.encode("gb18030" if real == "gb2312" else real), encoding=encoding)
    found, _ = _examine(content)
    assert (found.type, found.inspected, found.mark.axis, found.mark.period) == ("eml", "full", "state", "P5Y")
    assert (found.mark.evidence[0].part, found.mark.evidence[0].zone) == ("document", "first_page_top")


def test_a_mark_in_quoted_printable():
    body = binascii.b2a_qp(BODY.encode())
    assert _examine(mail(body=body, encoding="quoted-printable"))[0].mark.axis == "state"


@pytest.mark.parametrize("order", [1, -1])
def test_every_alternative_is_looked_at(order):
    plain, html = part("见网页版。\n".encode()), part(HTML.encode(), "text/html; charset=utf-8")
    kind, body = multipart("alternative", *(plain, html)[::order])
    found, _ = _examine(mail(content_type=kind, body=body))
    assert (found.mark.axis, found.mark.evidence[0].zone) == ("state", "first_page_top")


def test_an_html_body_in_the_charset_of_its_part():
    found, _ = _examine(mail(content_type="text/html; charset=gbk", body=HTML.encode("gbk")))
    assert found.mark.axis == "state"


@pytest.mark.parametrize(
    "subject",
    [
        "机密".encode(),
        "机密".encode("gb18030"),
        b"=?gb2312?B?" + binascii.b2a_base64("机密".encode("gbk"), newline=False) + b"?=",
        b"=?utf-8?Q?=E6=9C=BA=E5=AF?=\r\n =?utf-8?Q?=86?=",
    ],
)
def test_a_mark_as_the_subject(subject):
    found, _ = _examine(mail(fields=b"Subject: " + subject + b"\r\n", body=b"text\n"))
    assert (found.mark.level, found.mark.evidence[0].part) == ("secret", "property")


def test_labels_keep_their_keys():
    fields = (
        "msip_labels: MSIP_Label_0a-1b_Enabled=true; MSIP_Label_0a-1b_Name=Secret;\r\n"
        " MSIP_Label_0a-1b_SetDate=2024-01-01T00:00:00Z\r\n"
        "X-Protective-Marking: VER=2018.6, SEC=PROTECTED\r\nX-Classification: SECRET\r\nClassification: 机密\r\n"
        "X-TITUS-Category: Internal\r\nX-Gmail-Labels: Inbox\r\nX-Spam-Class: none\r\nSensitivity: Private\r\n"
    )
    readings, _, _ = _read(mail(fields=fields))
    found = {fragment.key: fragment.text for fragment in readings[0] if fragment.part == "property"}
    assert found == {
        "MSIP_Label_0a-1b_Enabled": "true",
        "MSIP_Label_0a-1b_Name": "Secret",
        "MSIP_Label_0a-1b_SetDate": "2024-01-01T00:00:00Z",
        "X-Protective-Marking": "VER=2018.6, SEC=PROTECTED",
        "X-Classification": "SECRET",
        "Classification": "机密",
        "X-TITUS-Category": "Internal",
    }
    assert [fragment.text for fragment in readings[0] if fragment.part == "note"] == ["Sensitivity: Private"]


def test_attachments_have_their_own_verdicts():
    kind, body = multipart(
        "mixed",
        part(b"see attached\n"),
        part(BODY.encode(), "application/octet-stream", disposition="attachment; filename*=utf-8''%E4%B8%80.txt"),
        part(mail(body=BODY.encode()), "message/rfc822"),
        part(
            b"begin 644 b.txt\n" + binascii.b2a_uu(b"text") + b"end\n", 'application/x; name="b.txt"', encoding="x-uue"
        ),
    )
    found, members = _examine(mail(content_type=kind, body=body))
    assert {path: one.mark.axis for path, one in members.items()} == {
        "一.txt": "state",
        "message-2.eml": "state",
        "b.txt": "",
    }
    assert (found.inspected, found.mark.axis, found.mark.evidence[0].part) == ("full", "state", "attachment")


def test_files_written_into_a_text_are_files():
    body = b"before\nbegin 644 a.txt\n" + binascii.b2a_uu(b"hello") + b"`\nend\nafter\nbegin 644 b.txt\nno end"
    readings, files, _ = _read(mail(body=body))
    assert files == [("a.txt", b"hello")]
    assert "before" in readings[0][0].text
    assert "after" in readings[0][0].text


@pytest.mark.parametrize(
    "content",
    [
        mail(content_type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", body=b"AAAA"),
        mail(content_type="application/pkcs7-mime; name=smime.p7m", body=ENVELOPED, encoding="base64"),
        mail(body=b"-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n"),
        mail(content_type="application/x-microsoft-rpmsg-message; name=message.rpmsg", body=b"AAAA"),
        mail(content_type=PGP_MIME[0], body=PGP_MIME[1]),
    ],
)
def test_what_is_encrypted_is_said(content):
    found, _ = _examine(content)
    assert (found.type, found.inspected, found.reason) == ("eml", "partial", "encrypted")


def test_a_signature_is_no_attachment():
    kind, body = multipart("signed", part(BODY.encode()), part(b"AAAA", "application/pkcs7-signature; name=smime.p7s"))
    _, files, problems = _read(mail(content_type=kind, body=body))
    assert (files, problems) == ([], [])


def test_a_web_archive_is_its_page():
    kind, body = multipart("related", part(HTML.encode(), "text/html"), part(b"\x89PNG", "image/png"))
    found, members = _examine(mail(content_type=f'{kind}; type="text/html"', body=body))
    assert found.mark.axis == "state"
    assert list(members) == ["part-1.png"]


# --- broken and hostile


def test_a_missing_end_is_damage_and_the_text_is_read():
    kind, body = multipart("mixed", part(BODY.encode()), end=False)
    found, _ = _examine(mail(content_type=kind, body=body))
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "damaged", "state")


def test_a_boundary_that_never_comes_leaves_a_text():
    found, _ = _examine(mail(content_type="multipart/mixed; boundary=other", body=BODY.encode()))
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "damaged", "state")


def test_broken_base64_is_damage_and_what_is_there_is_read():
    kind, body = multipart("mixed", part(BODY.encode()), ATTACHED.replace(b"eHh4eHh4", b"e"))
    found, _ = _examine(mail(content_type=kind, body=body))
    assert found.mark.axis == "state"


def test_parts_in_parts_end_somewhere():
    inner = part(BODY.encode())
    for number in range(60):
        inner = multipart_part("mixed", inner, boundary=f"b{number}")
    _, _, problems = _read(b"From: a\r\n" + inner)
    assert problems[0] == "too_deep"


def test_too_many_parts_are_cut():
    kind, body = multipart("mixed", *([ATTACHED] * 50))
    _, files, problems = _read(mail(content_type=kind, body=body), Limits(members_max=20))
    assert len(files) == 20
    assert problems == ["too_many"]


def test_a_large_attachment_is_streamed():
    kind, body = multipart("mixed", part(BODY.encode()), ATTACHED.replace(b"eHh4", b"eHh4" * 2_000_000 + b"\n", 1))
    content = mail(content_type=kind, body=body)
    tracemalloc.start()
    size = 0
    for reading in reader.read(BytesSource(content), Limits(), lambda _: None):
        for item in reading:
            if isinstance(item, Embedded):
                size += sum(map(len, item.content()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 5 * MIB
    assert peak < 4 * MIB


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=3)), max_size=8), st.integers(0, 1 << 16)
)
def test_any_damage_ends_in_a_verdict(patches, cut):
    alternatives = multipart_part("alternative", part(BODY.encode()), part(HTML.encode(), "text/html"), boundary="in")
    kind, body = multipart("mixed", alternatives, ATTACHED)
    content = bytearray(mail(fields="Subject: =?gbk?B?u/rD3A==?=\r\n", content_type=kind, body=body))
    for at, patch in patches:
        start = at % len(content)
        content[start : start + len(patch)] = patch
    found, members = _examine(bytes(content[: len(content) - cut % len(content)]))
    for one in (found, *members.values()):
        assert one.reason != "crashed"
        assert (one.inspected == "full") == (not one.reason)
