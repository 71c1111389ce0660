"""Tags of TIFF and EXIF, IPTC datasets: spellings, byte orders, encodings nobody names; loops and lies."""

import struct

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import image_tags
from gapwatch_agent.inspector.readers.image_tags import TOTAL_BYTES_MAX, VALUE_BYTES_MAX, Walk
from gapwatch_agent.inspector.readers.source import BytesSource
from support.pictures import iptc, photoshop, tiff

MARK = "机密★5年"


def _walk(problems):
    return Walk(problems.append, lambda raw: iter([Fragment(raw.decode(), "property", key="xmp")]))


def _tags(content):
    problems = []
    found = [(f.part, f.key, f.text) for f in image_tags.tiff(BytesSource(content), _walk(problems))]
    assert all(part == "property" for part, _, _ in found)
    return [(key, text) for _, key, text in found], problems


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("tag", "kind", "value", "expected"),
    [
        (269, 2, MARK.encode() + b"\x00", ("DocumentName", MARK)),
        (270, 2, MARK.encode(), ("ImageDescription", MARK)),
        (285, 2, "秘密".encode() + b"\x00", ("PageName", "秘密")),
        (270, 2, b"abc", ("ImageDescription", "abc")),
        (40091, 1, MARK.encode("utf-16-le") + b"\x00\x00", ("Title", MARK)),
        (40094, 1, "内部资料".encode("utf-16-le"), ("Keywords", "内部资料")),
        (37510, 7, b"UNICODE\x00" + MARK.encode("utf-16-be"), ("UserComment", MARK)),
        (37510, 7, b"UNICODE\x00" + MARK.encode("utf-16-le"), ("UserComment", MARK)),
        (37510, 7, b"ASCII\x00\x00\x00SECRET//NOFORN", ("UserComment", "SECRET//NOFORN")),
        (37510, 7, bytes(8) + MARK.encode("gb18030"), ("UserComment", MARK)),
        (37510, 7, MARK.encode(), ("UserComment", MARK)),
        (700, 1, b"<packet/>", ("xmp", "<packet/>")),
        (33723, 7, iptc(120, MARK.encode()), ("Caption", MARK)),
        (34377, 7, photoshop(iptc(5, MARK.encode()))[14:], ("Title", MARK)),
    ],
)
def test_a_tag(order, tag, kind, value, expected):
    found, problems = _tags(tiff((256, 3, b"\x01\x00"), (tag, kind, value), order=order))
    assert expected in found
    assert problems == []


def test_iptc_that_was_swapped_with_its_longs():
    raw = iptc(120, MARK.encode())
    raw += bytes(-len(raw) % 4)
    swapped = struct.pack(f"<{len(raw) // 4}I", *struct.unpack(f">{len(raw) // 4}I", raw))
    assert _tags(tiff((33723, 4, swapped)))[0] == [("Caption", MARK)]


def test_the_next_directory_and_the_one_of_exif():
    first = tiff((270, 2, b"first"), (34665, 4, b"\x00\x00\x00\x00"))
    inner = tiff((37510, 7, b"ASCII\x00\x00\x00inner"))[8:]
    # The inner directory was laid out as if it began at 8.
    inner_at = len(first)
    shifted = inner[:10] + struct.pack("<I", struct.unpack_from("<I", inner, 10)[0] - 8 + inner_at) + inner[14:]
    content = first[:30] + struct.pack("<I", inner_at) + first[34:] + shifted
    assert _tags(content)[0] == [("ImageDescription", "first"), ("UserComment", "inner")]


def test_directories_that_follow_one_another_in_a_circle_are_read_once():
    found, problems = _tags(tiff((270, 2, b"once"), following=8))
    assert found == [("ImageDescription", "once")]
    assert problems == []


def test_directories_without_end_are_too_many():
    one = b"\x00\x00"
    content = b"II*\x00\x08\x00\x00\x00"
    for number in range(400):
        content += one + struct.pack("<I", 8 + (number + 1) * 6)
    assert _tags(content)[1] == ["too_many"]


def test_a_value_pointed_to_again_and_again_is_not_read_without_end():
    head = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 1000)
    behind = 8 + 2 + 1000 * 12 + 4
    entries = b"".join(struct.pack("<HHII", 270, 2, VALUE_BYTES_MAX, behind) for _ in range(1000))
    found, problems = _tags(head + entries + bytes(4) + b"x" * VALUE_BYTES_MAX)
    assert set(problems) == {"too_large"}
    assert len(found) <= TOTAL_BYTES_MAX // VALUE_BYTES_MAX


@pytest.mark.parametrize("content", [b"II*\x00", b"II*\x00\xff\xff\xff\x7f", b"MM\x00*\x00\x00\x00\x08\x00\x05", b"EP"])
def test_a_directory_that_is_not_there_is_damaged(content):
    assert _tags(content) == ([], ["damaged"])


def test_texts_in_every_encoding_they_may_be_in():
    def texts(raw):
        return [f.text for f in image_tags.texts("Comment", raw)]

    assert texts(MARK.encode()) == [MARK]
    assert MARK in texts(MARK.encode("gb18030"))
    assert "機密" in texts("機密".encode("cp950"))
    assert "TRÈS SECRET" in texts("TRÈS SECRET".encode("latin-1"))
    assert texts(b"  \x00") == []


def test_iptc_with_a_long_length_and_iptc_that_ends_early():
    value = MARK.encode()
    long = b"\x1c\x02\x78\x80\x04" + struct.pack(">I", len(value)) + value
    assert [f.text for f in image_tags.iptc(long)] == [MARK]
    assert list(image_tags.iptc(long[:6])) == []
    assert list(image_tags.photoshop(b"8BIM\x04\x04")) == []
