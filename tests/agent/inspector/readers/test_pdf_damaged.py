"""PDFs that are broken, hostile or too much."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf, pdf_library
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource
from support.pdf_documents import XMP, Page, Pdf, Text, document, lines, stream
from support.reading import read_all

PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"


def _examine(content):
    return examine(BytesSource(content), "x.pdf", Limits())


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda content: content[:-20],
        lambda content: content[: len(content) * 2 // 3],
        lambda content: b"%PDF-1.7\nnothing more",
    ],
)
def test_what_is_cut_off_or_broken_is_said(spoilt):
    found = _examine(spoilt(document("机密★5年", PROSE, packed=True, info={"Title": "机密★5年"})))
    assert found.reason == "damaged"
    assert found.inspected in {"partial", "none"}


def test_a_file_that_lost_its_end_still_shows_its_mark():
    sound = document("机密★5年", PROSE, info={"密级": "机密"})
    found = _examine(sound[: sound.index(b"xref")].replace(b"/Catalog", b"/Xatalog"))
    assert (found.mark.period, found.inspected, found.reason) == ("P5Y", "partial", "damaged")


def test_a_stream_that_does_not_unpack_is_said():
    content = bytearray(document("机密★5年", PROSE, packed=True))
    content[content.rindex(b"stream\n", 0, content.rindex(b"endstream")) + 20] ^= 0xFF
    assert _examine(bytes(content)).reason == "damaged"


def test_a_damaged_file_still_shows_its_properties():
    content = document("正文", info={"密级": "机密★3年"}).replace(
        b"/Type/Catalog/Pages 2 0 R", b"/Type/Xatalog/Xages 2 0 R"
    )
    found, _, reasons = read_all(pdf, content)
    assert reasons[-1] == "damaged"
    assert ("密级", "机密★3年") in [(item.key, item.text) for item in found]


def test_a_stream_that_would_fill_the_memory_is_refused():
    content = Pdf([Page(lines("正文"))], objects=[stream(bytes(40 << 20), packed=True)]).build()
    assert _examine(content).reason == "too_large"


def test_a_page_that_holds_itself_ends():
    form = stream(b"/X Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 20 0 R>>>>")
    page = Page(lines("机密★5年"), raw=b"/X Do\n", xobjects="/X 20 0 R")
    found, _, _ = read_all(pdf, Pdf([page], objects=[form]).build())
    assert [item.text for item in found] == ["机密★5年"]


def test_pages_beyond_the_time_are_said_and_the_last_one_is_read():
    content = Pdf([Page(lines(f"第{n}页的文字{'一' * n}")) for n in range(1, 9)]).build()
    found, _, reasons = read_all(pdf, content, Limits(cpu_s=0))
    assert reasons == ["timed_out"]
    assert [item.page for item in found] == [1, 2, 3, 4, 8]


def test_a_large_file_is_read_block_by_block(monkeypatch):
    monkeypatch.setattr(pdf_library, "IN_MEMORY_BYTES_MAX", 100)
    monkeypatch.setattr(pdf, "_LOADED_BYTES_MAX", 500)
    pages = [Page(lines(f"内部文件{n}", "一二三四五六七八"[n])) for n in range(8)]
    found = _examine(Pdf(pages, info={"密级": "机密"}).build())
    assert found.inspected == "full"
    assert ("property", "机密") in {(item.part, item.text) for item in found.mark.evidence}
    found, _, reasons = read_all(pdf, Pdf(pages).build())
    assert (found[-1].page, reasons) == (8, [])


SAMPLE = Pdf(
    [Page([*lines("机密★5年", "关于开展检查工作的通知"), Text("内部", 100, 300, 40, (0.7, 0.7, -0.7, 0.7))])] * 2,
    info={"密级": "机密"},
    xmp=XMP,
    packed=True,
).build()


@given(st.integers(0, len(SAMPLE)))
@settings(max_examples=150, deadline=None)
def test_cut_anywhere(end):
    content = SAMPLE[:end]
    _, _, reasons = read_all(pdf, content)
    assert set(reasons) <= REASONS
    # Only the very last bytes say nothing.
    assert reasons or end >= len(SAMPLE) - 2


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_bits_turned_anywhere(seed, count):
    flips = random.Random(seed)
    content = bytearray(SAMPLE)
    for _ in range(count):
        content[flips.randrange(len(content))] ^= 1 << flips.randrange(8)
    found, _, reasons = read_all(pdf, bytes(content))
    assert set(reasons) <= REASONS
    assert found or reasons


def test_fonts_without_any_text_are_damage():
    font = b"<</Type/FontDescriptor/FontFile2 99 0 R>>"
    assert _examine(Pdf([Page([])], objects=[font]).build()).reason == "damaged"
