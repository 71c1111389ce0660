"""Plain text: every candidate encoding, no guessing; heads, tails, pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import text
from gapwatch_agent.inspector.readers.source import BytesSource

BODY = "\n关于开展检查工作的通知\n现将有关事项通知如下，请遵照执行。\n"
TRADITIONAL = "\n關於開展檢查工作的通知\n現將有關事項通知如下,請遵照執行。\n"


def _examine(content, limits=None):
    return examine(BytesSource(content), "x", limits or Limits())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312"]
)
def test_simplified_text_in_every_encoding(encoding):
    found = _examine(("机密★5年" + BODY).encode(encoding))
    assert (found.type, found.inspected) == ("text", "full")
    assert (found.mark.axis, found.mark.level, found.mark.period) == ("state", "secret", "P5Y")


@pytest.mark.parametrize("encoding", ["big5", "cp950", "big5hkscs", "utf-8", "utf-16-le"])
def test_traditional_text_in_every_encoding(encoding):
    found = _examine(("機密★5年" + TRADITIONAL).encode(encoding))
    assert (found.mark.axis, found.mark.period) == ("state", "P5Y")


@pytest.mark.parametrize("encoding", ["ascii", "utf-16-le", "utf-16-be"])
def test_foreign_banners_in_every_encoding(encoding):
    found = _examine("SECRET//NOFORN\nbody of the report\nSECRET//NOFORN\n".encode(encoding))
    assert (found.mark.axis, found.mark.level) == ("foreign", "secret")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\u2028"])
def test_line_ends_of_every_kind(ending):
    assert _examine(("机密★5年" + BODY).replace("\n", ending).encode()).mark.axis == "state"


def test_form_feeds_begin_pages():
    found = _examine(("封面\f秘密★1年" + BODY).encode())
    assert (found.mark.evidence[0].page, found.mark.evidence[0].zone) == (2, "page_top")


def test_the_tail_of_a_large_text_is_read():
    limits = Limits(text_head_bytes=1024, text_tail_bytes=256)
    filler = "正文内容。\n" * 1000
    found = _examine((filler + "工作秘密，不得外传\n").encode(), limits)
    assert (found.mark.axis, found.mark.evidence[0].zone) == ("work", "page_bottom")
    assert found.inspected == "full"


def test_the_tail_of_a_large_utf_16_text_keeps_its_alignment():
    limits = Limits(text_head_bytes=1024, text_tail_bytes=255)
    found = _examine(("正文内容。\n" * 1001 + "工作秘密，不得外传\n").encode("utf-16-le"), limits)
    assert found.mark.axis == "work"


def test_a_text_without_any_candidate_is_read_once_for_its_content():
    readings = [list(reading) for reading in text.read(BytesSource(b"plain words\n" * 100), Limits(), lambda _: None)]
    assert [[fragment.text for fragment in reading] for reading in readings] == [["plain words\n" * 100]]
    assert _examine(b"plain words\n").inspected == "full"


@given(st.binary(max_size=300))
def test_any_bytes_get_a_verdict(content):
    found = _examine(content)
    assert found.reason != "crashed"
    assert (found.inspected == "full") == (not found.reason)


@given(st.binary(max_size=60), st.sampled_from(("utf-8", "gb18030", "utf-16-le", "utf-16-be")))
def test_noise_behind_a_mark_does_not_hide_it(noise, encoding):
    content = "密级：机密★5年\n关于工作的通知\n\n\n".encode(encoding, errors="ignore") + noise.replace(b"\0", b"")
    reading = text.read(BytesSource(content), Limits(), lambda _: None)
    texts = [fragment.text for fragments in reading for fragment in fragments]
    assert any("机密" in found or "密" in found for found in texts)
