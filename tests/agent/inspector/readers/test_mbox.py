"""Mailboxes: every message is a page, attachments carry the message's number."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import Examination, Terms
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import mbox
from gapwatch_agent.inspector.readers.source import BytesSource
from support.mails import mail, multipart, part

LINE = b"From sender@example.invalid Mon Jan  1 00:00:00 2024\n"
HTML = "<p>秘密★1年</p><p>通知</p>".encode()


def _box(*mails):
    return b"".join(LINE + one + b"\n\n" for one in mails)


def _examine(content, limits=None):
    members = {}
    examination = Examination(
        limits or Limits(), Terms(sum_up=False), on_member=lambda found: members.update({found.path: found.inspection})
    )
    return examination.examine(BytesSource(content), "x"), members


def test_the_top_of_every_message_is_the_top_of_a_page():
    found, _ = _examine(_box(*[mail(body=b"text\n")] * 5, mail(body="机密★5年\n通知\n".encode())))
    assert (found.type, found.inspected, found.mark.axis) == ("mbox", "full", "state")
    assert (found.mark.evidence[0].page, found.mark.evidence[0].zone) == (6, "page_top")


def test_attachments_and_alternatives():
    alternatives = multipart("alternative", part(b"plain"), part(HTML, "text/html; charset=utf-8"))
    attached = multipart("mixed", part(b"a"), part("机密★5年".encode(), "application/octet-stream; name=a.txt"))
    found, members = _examine(_box(*(mail(content_type=kind, body=body) for kind, body in (alternatives, attached))))
    assert list(members) == ["2/a.txt"]
    assert {entry.text for entry in found.mark.evidence} == {"机密★5年", "秘密★1年"}


def test_a_line_that_only_begins_like_a_message():
    content = _box(mail(body=b"text\nFrom here on\n\n>From there\n"), mail(body=b"two\n"))
    readings = [list(reading) for reading in mbox.read(BytesSource(content), Limits(), lambda _: None)]
    assert {item.page for item in readings[0]} == {1, 2}


def test_too_many_messages_are_cut():
    found, _ = _examine(_box(*[mail(body=b"text\n")] * 30), Limits(members_max=10))
    assert (found.inspected, found.reason) == ("partial", "too_many")


@given(st.lists(st.sampled_from([LINE, b"\n", b"A: b\n", b"x\n", b"\r\n", b"Subject: y\n", b"From "]), max_size=30))
def test_any_lines_end(lines):
    for reading in mbox.read(BytesSource(b"".join(lines)), Limits(), lambda _: None):
        for item in reading:
            assert item.page <= len(lines) + 1
