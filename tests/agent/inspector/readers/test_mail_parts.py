"""Where parts are: nesting, missing delimiters, windows."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import mail_parts
from gapwatch_agent.inspector.readers.source import BytesSource
from support.mails import mail, multipart, multipart_part, part


def _split(content):
    problems = []
    message = mail_parts.split(BytesSource(content), 0, len(content), Limits(), problems.append)
    return [(one.around, content[one.start : one.end]) for one in message.parts], problems


def test_a_mail_without_parts_is_one():
    assert _split(b"A: b\n\nbody") == ([((), b"body")], [])
    assert _split(b"A: b\r\n\r\n") == ([((), b"")], [])
    assert _split(b"\nno header") == ([((), b"no header")], [])


def test_parts_in_parts_in_order():
    inner = multipart_part("alternative", part(b"one"), part(b"two\r\n"), boundary="in")
    kind, body = multipart("mixed", inner, part(b"three"))
    found, problems = _split(mail(content_type=kind, body=b"preamble\r\n" + body + b"epilogue"))
    assert [content for _, content in found] == [b"one", b"two\r\n", b"three"]
    assert [[kind for kind, _ in around] for around, _ in found] == [["mixed", "alternative"]] * 2 + [["mixed"]]
    assert problems == []


def test_an_outer_delimiter_ends_the_parts_inside():
    inner = multipart_part("alternative", part(b"one"), boundary="in").replace(b"--in--\r\n", b"")
    kind, body = multipart("mixed", inner, part(b"two"))
    found, _ = _split(mail(content_type=kind, body=body))
    assert [content for _, content in found] == [b"one\r\n", b"two"]


def test_a_delimiter_at_the_edge_of_a_window():
    for size in range((1 << 20) - 20, (1 << 20) + 4, 3):
        kind, body = multipart("mixed", part(b"-" * size), part(b"two"))
        found, problems = _split(mail(content_type=kind, body=body))
        assert [len(content) for _, content in found] == [size, 3]
        assert problems == []


@given(
    st.lists(
        st.sampled_from(
            [b"--a", b"--a--", b"--b", b"--", b"\n", b"\r\n", b"x", b"Content-Type: multipart/x; boundary=b\n\n"]
        )
    )
)
def test_any_lines_end(lines):
    found, problems = _split(b"Content-Type: multipart/mixed; boundary=a\n\n" + b"\n".join(lines))
    assert len(found) <= len(lines) + 1
    assert set(problems) <= {"damaged"}
