"""Words beside the pixels, in every place of every format; files that are broken, hostile or merely odd."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import image_metadata
from gapwatch_agent.inspector.readers.image_tags import TOTAL_BYTES_MAX, VALUE_BYTES_MAX
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource
from support.pictures import (
    EMPTY_XMP_HEAD,
    bitmap,
    gif,
    gif_comment,
    gif_xmp,
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
LABEL = "<pdfx:MSIP_Label_2a_Name>机密</pdfx:MSIP_Label_2a_Name>"


def _read(content):
    problems = []
    found = [(f.key, f.text) for f in image_metadata.fragments(BytesSource(content), Limits(), problems.append)]
    return found, problems


def _values(content):
    found, problems = _read(content)
    assert problems == []
    return found


def _international(key, value, *, packed=False, other=b""):
    text = zlib.compress(value) if packed else value
    return png_chunk(b"iTXt", key + b"\x00" + bytes((packed, 0)) + b"zh\x00" + other + b"\x00" + text)


def test_png_texts_of_all_three_kinds():
    content = png(
        png_chunk(b"tEXt", b"Title\x00" + MARK.encode()),
        png_chunk(b"zTXt", b"Description\x00\x00" + zlib.compress(MARK.encode("gb18030"))),
        _international(b"Comment", MARK.encode()),
        _international(b"Author", MARK.encode(), packed=True, other="密级".encode()),
    )
    found = _values(content)
    for key in ("Title", "Description", "Comment", "Author", "密级"):
        assert (key, MARK) in found


def test_png_exif_and_xmp():
    content = png(
        png_chunk(b"eXIf", tiff((270, 2, MARK.encode() + b"\x00"))), _international(b"XML:com.adobe.xmp", xmp(LABEL))
    )
    found = _values(content)
    assert ("ImageDescription", MARK) in found
    assert ("MSIP_Label_2a_Name", "机密") in found


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("iptc", photoshop(iptc(105, MARK.encode()))[14:], ("Headline", MARK)),
        ("iptc", iptc(105, MARK.encode()), ("Headline", MARK)),
        ("exif", b"Exif\x00\x00" + tiff((270, 2, MARK.encode())), ("ImageDescription", MARK)),
        ("xmp", xmp(LABEL), ("MSIP_Label_2a_Name", "机密")),
        ("APP1", EMPTY_XMP_HEAD + xmp(LABEL), ("MSIP_Label_2a_Name", "机密")),
    ],
)
def test_png_profiles_written_as_hexadecimal(name, raw, expected):
    value = f"\n{name}\n{len(raw):8}\n".encode() + raw.hex().encode() + b"\n"
    content = png(png_chunk(b"zTXt", f"Raw profile type {name}".encode() + b"\x00\x00" + zlib.compress(value)))
    assert expected in _values(content)


def test_jpeg_segments():
    content = jpeg(
        jpeg_segment(0xE1, b"Exif\x00\x00" + tiff((40091, 1, MARK.encode("utf-16-le")), order=">")),
        jpeg_segment(0xE1, EMPTY_XMP_HEAD + xmp(LABEL)),
        jpeg_segment(0xED, photoshop(iptc(25, MARK.encode()) + iptc(120, "说明".encode()))),
        jpeg_segment(0xFE, MARK.encode("gb18030")),
    )
    found = _values(content)
    for expected in (("Title", MARK), ("MSIP_Label_2a_Name", "机密"), ("Keywords", MARK), ("Comment", MARK)):
        assert expected in found


def test_a_packet_that_goes_on_in_further_segments_in_any_order():
    packet = xmp(LABEL)
    half = len(packet) // 2

    def more(offset, piece):
        head = b"http://ns.adobe.com/xmp/extension/\x00" + b"A" * 32 + struct.pack(">II", len(packet), offset)
        return jpeg_segment(0xE1, head + piece)

    assert ("MSIP_Label_2a_Name", "机密") in _values(jpeg(more(half, packet[half:]), more(0, packet[:half])))


def test_gif_comments_and_packets():
    found = _values(gif(gif_comment(("x" * 300 + "\n" + MARK).encode()), gif_xmp(xmp(LABEL))))
    assert found[0] == ("Comment", "x" * 300 + "\n" + MARK)
    assert ("MSIP_Label_2a_Name", "机密") in found


def test_webp_chunks():
    content = webp((b"EXIF", tiff((270, 2, MARK.encode() + b"\x00"))), (b"XMP ", xmp(LABEL)))
    found = _values(content)
    assert ("ImageDescription", MARK) in found
    assert ("MSIP_Label_2a_Name", "机密") in found


def test_a_bitmap_has_no_place_for_words():
    assert _values(bitmap()) == []


@pytest.mark.parametrize(
    "content",
    [
        png()[:-20],
        jpeg()[:8],
        jpeg()[:20] + b"rubbish",
        gif()[:30],
        gif()[:10],
        webp((b"EXIF", tiff((270, 2, MARK.encode()))))[:-9],
        tiff((270, 2, MARK.encode()))[:-5],
        b"II*\x00\x08",
        png(png_chunk(b"zTXt", b"Title\x00\x00not packed")),
        png(png_chunk(b"tEXt", b"Raw profile type exif\x00\nexif\n 4\nnot hexadecimal")),
        jpeg(jpeg_segment(0xE1, EMPTY_XMP_HEAD + xmp(LABEL)[:-60])),
    ],
)
def test_what_breaks_off_is_damaged(content):
    assert "damaged" in _read(content)[1]


def test_a_text_that_unpacks_to_more_than_is_read_is_cut_and_said_to_be():
    bomb = zlib.compress(MARK.encode() + b"\n" + b"x" * (VALUE_BYTES_MAX * 4))
    found, problems = _read(png(png_chunk(b"zTXt", b"Title\x00\x00" + bomb)))
    assert problems == ["too_large"]
    assert found[0][1].startswith(MARK)


def test_all_texts_together_have_one_budget():
    bomb = png_chunk(b"zTXt", b"Title\x00\x00" + zlib.compress(b"x" * VALUE_BYTES_MAX))
    found, problems = _read(png(*[bomb] * (TOTAL_BYTES_MAX // VALUE_BYTES_MAX + 20)))
    assert set(problems) == {"too_large"}
    assert len(found) <= TOTAL_BYTES_MAX // VALUE_BYTES_MAX


def test_too_many_segments():
    assert _read(b"\xff\xd8" + b"\xff" * 30_000)[1] == ["too_many"]


WHOLE = (
    png(
        png_chunk(b"tEXt", b"Title\x00" + MARK.encode()),
        png_chunk(b"zTXt", b"Description\x00\x00" + zlib.compress(MARK.encode())),
        _international(b"XML:com.adobe.xmp", xmp(LABEL)),
        png_chunk(b"eXIf", tiff((270, 2, MARK.encode()), (34665, 4, struct.pack("<I", 8)))),
    ),
    jpeg(
        jpeg_segment(0xE1, b"Exif\x00\x00" + tiff((37510, 7, b"UNICODE\x00" + MARK.encode("utf-16-le")))),
        jpeg_segment(0xE1, EMPTY_XMP_HEAD + xmp(LABEL)),
        jpeg_segment(0xED, photoshop(iptc(25, MARK.encode()))),
        jpeg_segment(0xFE, MARK.encode()),
    ),
    tiff((270, 2, MARK.encode()), (700, 1, xmp(LABEL)), (33723, 7, iptc(120, MARK.encode())), order=">"),
    gif(gif_comment(MARK.encode()), gif_xmp(xmp(LABEL))),
    webp((b"EXIF", tiff((270, 2, MARK.encode()))), (b"XMP ", xmp(LABEL))),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_damage_of_any_kind_ends_in_texts_or_a_reason(content, data):
    broken = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    found, problems = _read(bytes(broken[:cut]))
    assert set(problems) <= REASONS
    assert all(len(text) <= 5000 for _, text in found)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"II*\x00", b"MM\x00*", b"GIF89a", b"RIFF____WEBP"]),
    st.binary(),
)
def test_noise_behind_a_magic(magic, noise):
    _, problems = _read(magic + noise)
    assert set(problems) <= REASONS
