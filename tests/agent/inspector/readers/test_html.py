"""HTML pages end to end: encodings declared, wrong and missing; marks where they stand; torn and hostile pages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import html
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource

PROSE = "<p>现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。</p>"
PAGE = f"<!DOCTYPE html><html><head>%s<title>题</title></head><body><p>机密★5年</p><p>标题</p>{PROSE}</body></html>"


def _read(content, limits=None):
    problems = []
    readings = [list(reading) for reading in html.read(BytesSource(content), limits or Limits(), problems.append)]
    return readings, problems


def _examine(content):
    return examine(BytesSource(content), "x", Limits())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("meta", ["", "<meta charset=%s>", '<meta http-equiv=x content="text/html; charset=%s">'])
def test_the_top_of_a_page_in_every_encoding(encoding, meta):
    text = PAGE % (meta % encoding if meta else "")
    content = text.replace("现将有关工作安排通知如下", "").replace("题", "").encode(encoding, errors="ignore")
    found = _examine(content)
    assert (found.type, found.inspected) == ("html", "full")
    evidence = found.mark.evidence[0]
    assert (found.mark.level, evidence.part, evidence.page, evidence.zone) == (
        "secret",
        "document",
        1,
        "first_page_top",
    )


@pytest.mark.parametrize("declared", ["iso-8859-1", "utf-8", "windows-1251", "nonsense", "utf-16"])
def test_an_encoding_that_is_declared_wrongly(declared):
    content = (PAGE % f"<meta charset={declared}>").encode("gb18030")
    assert _examine(content).mark.level == "secret"


def test_character_references_need_no_encoding():
    content = b"<html><body><p>&#26426;&#23494;&#9733;5&#24180;</p></body></html>"
    assert _examine(content).mark.level == "secret"


def test_marks_in_other_places():
    meta = "<html><meta name='密级' content='机密'><body>" + PROSE
    header = "<html><body><header>秘密★1年</header>" + PROSE
    assert [(e.part, e.zone) for e in _examine(meta.encode()).mark.evidence] == [("property", "property")]
    assert [(e.part, e.zone) for e in _examine(header.encode()).mark.evidence] == [("header", "header")]


def test_a_mark_in_a_comment_a_script_or_prose_is_none():
    for text in ("<!-- 机密★5年 -->", "<script>机密★5年</script>", "<style>机密★5年</style>"):
        found = _examine(f"<html><body>{text}{PROSE}".encode())
        assert (found.inspected, found.mark.level) == ("full", "")


def test_a_page_too_large_to_read_whole_is_read_at_both_ends():
    content = f"<html><body><p>机密★5年</p>{PROSE}".encode() + b"x" * (17 * MIB) + "<p>末</p>".encode()
    readings, problems = _read(content)
    assert problems == ["too_large"]
    assert next(fragment.text for fragment in readings[0]) == "机密★5年"
    assert (readings[0][-1].text, readings[0][-1].zone) == ("末", "page_bottom")


def test_tags_without_end_cost_a_share_of_the_time_only():
    content = f"<html><body><p>机密★5年</p>{PROSE}".encode() + b"<i></i>" * 50_000 + b"<p>x"
    readings, problems = _read(content, Limits(cpu_s=0))
    assert problems == ["timed_out"]
    assert [fragment.text for fragment in readings[0]][:1] == ["机密★5年"]
    assert "x" not in [fragment.text for fragment in readings[0]]


def test_what_a_page_declares():
    assert html.declared(b'<meta http-equiv=x content="text/html; charset=GB2312">') == "GB2312"
    assert html.declared(b"<?xml version='1.0' encoding='big5'?>") == "big5"
    assert html.declared(b"<p>" + b" " * 5000 + b"charset=x") == ""


_SAMPLE = (PAGE % "<meta charset=gbk>").encode("gbk")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_SAMPLE)))
def test_truncated_anywhere(length):
    found = _examine(_SAMPLE[:length])
    assert found.reason in REASONS - {"crashed"} | {""}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SAMPLE) - 1), st.integers(0, 7)), min_size=1, max_size=20))
def test_flipped_bits(flips):
    content = bytearray(_SAMPLE)
    for position, bit in flips:
        content[position] ^= 1 << bit
    readings, problems = _read(bytes(content))
    assert (any(readings), problems) == (True, [])
