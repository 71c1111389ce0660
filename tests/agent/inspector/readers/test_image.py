"""Pictures from end to end: words beside the pixels, marks in the pixels, and never a blank verdict."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import ocr, warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import image
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, StopReading
from support.pictures import (
    bitmap,
    gif,
    gif_comment,
    iptc,
    jpeg,
    jpeg_segment,
    photoshop,
    png,
    png_chunk,
    tiff,
    webp,
    xmp,
)

MARK = "机密★5年"
WITH_OCR = Limits(ocr=True)
needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the extra `ocr` is not installed")


def _examined(content, limits=None, name="x.png"):
    return examine(BytesSource(content), name, limits or Limits())


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (png(png_chunk(b"tEXt", b"Title\x00" + MARK.encode())), "Title"),
        (jpeg(jpeg_segment(0xED, photoshop(iptc(25, MARK.encode())))), "Keywords"),
        (jpeg(jpeg_segment(0xFE, MARK.encode("gb18030"))), "Comment"),
        (tiff((270, 2, MARK.encode())), "ImageDescription"),
        (gif(gif_comment(MARK.encode())), "Comment"),
        (webp((b"EXIF", tiff((270, 2, MARK.encode())))), "ImageDescription"),
    ],
)
def test_a_mark_beside_the_pixels_counts_without_the_extra(content, key):
    found = _examined(content)
    assert (found.type, found.inspected, found.reason) == ("image", "partial", "unsupported")
    assert (found.mark.axis, found.mark.level, found.mark.period) == ("state", "secret", "P5Y")
    assert {(item.part, item.zone) for item in found.mark.evidence} == {("property", "property")}
    (reading,) = image.read(BytesSource(content), Limits(), [].append)
    assert key in {fragment.key for fragment in reading}


def test_a_label_in_the_packet_is_one():
    guid = "2a3b4c5d-1111-4222-8333-444455556666"
    values = {"Enabled": "true", "Name": "机密"}
    name = "".join(f"<pdfx:MSIP_Label_{guid}_{k}>{v}</pdfx:MSIP_Label_{guid}_{k}>" for k, v in values.items())
    found = _examined(webp((b"XMP ", xmp(name))))
    assert found.mark.level == "secret"


@pytest.mark.parametrize("content", [png(), jpeg(), gif(), webp(), bitmap(), tiff((256, 3, b"\x01\x00"))])
def test_without_the_extra_no_picture_is_blank(content):
    found = _examined(content)
    assert (found.inspected, found.reason, found.mark.axis) == ("none", "unsupported", "")


@needs_ocr
def test_the_samples_say_their_marks_in_words_and_in_pixels():
    samples = [content for kind, content in warm.samples() if kind == "image"]
    assert len(samples) == 2
    parts = set()
    for content in samples:
        found = _examined(content, WITH_OCR)
        assert (found.inspected, found.reason, found.mark.level) == ("full", "", "secret")
        parts |= {(item.part, item.zone) for item in found.mark.evidence}
    assert ("document", "first_page_top") in parts
    assert ("property", "property") in parts


@needs_ocr
def test_a_picture_that_is_cut_off_is_damaged_and_read_as_far_as_it_goes():
    content = next(warm_content for kind, warm_content in warm.samples() if kind == "image")
    found = _examined(content[:-20], WITH_OCR)
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "damaged", "secret")


def test_a_medium_that_fails_while_pixels_are_read():
    class Failing(BytesSource):
        def read(self, offset, count):
            if offset > 100:
                raise StopReading("unreadable")
            return super().read(offset, count)

    file = image.SourceFile(Failing(bytes(500)))
    file.seek(200)
    with pytest.raises(OSError, match="unreadable"):
        file.read(10)
    assert file.stopped == "unreadable"


def test_a_source_as_a_file():
    file = image.SourceFile(BytesSource(b"0123456789"))
    assert file.readable()
    assert file.seekable()
    assert (file.read(4), file.tell(), file.seek(-2, 2), file.read(9), file.seek(-1, 1)) == (b"0123", 4, 8, b"89", 9)
    with pytest.raises(ValueError, match="before the file"):
        file.seek(-1)


@needs_ocr
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_of_any_kind_ends_in_texts_or_a_reason(data):
    content = bytearray(data.draw(st.sampled_from([c for kind, c in warm.samples() if kind == "image"])))
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(8, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    problems = []
    (reading,) = image.read(BytesSource(bytes(content)), WITH_OCR, problems.append)
    assert all(fragment.text for fragment in reading)
    assert set(problems) <= REASONS


@needs_ocr
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_picture_cut_off_anywhere_is_never_whole(data):
    content = data.draw(st.sampled_from([c for kind, c in warm.samples() if kind == "image"]))
    found = _examined(content[: data.draw(st.integers(12, len(content) - 5))], WITH_OCR)
    assert (found.type, found.reason) == ("image", "damaged")
