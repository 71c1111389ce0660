"""Types are told by content, whatever the name says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.detect import TYPES, detect
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.compound_files import compounded
from support.documents import paragraph, raw_docx, zipped
from support.pictures import bitmap

CFB = bytes.fromhex("D0CF11E0A1B11AE1")
ENCRYPTED = CFB + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
MAIN = '<Types><Override PartName="/a.xml" ContentType="application/vnd.{}+xml"/></Types>'


def _zip_of(kind):
    return zipped({"[Content_Types].xml": MAIN.format(kind)})


def _old_tar():
    """A header of the first tar, which had a checksum and no magic."""
    block = bytearray(512)
    block[:5] = b"a.txt"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


SAMPLES = [
    (b"", "empty"),
    (b"plain text", "text"),
    ("机密".encode("gb18030"), "text"),
    ("plain text, in wide characters".encode("utf-16-le"), "text"),
    ("宽字符文本没有标记".encode("utf-16-be"), "text"),
    (b"%PDF-1.7\n", "pdf"),
    (b"junk before\n%PDF-1.4", "pdf"),
    (b"{\\rtf1 x}", "rtf"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "image"),
    (b"\xff\xd8\xff\xe0\x00", "image"),
    (b"BM text that begins like a bitmap", "text"),
    (bitmap(), "image"),
    (bitmap() + b"\xff" * 9000, "image"),
    (b"MZ\x00\x01\x02", "executable"),
    (b"\x7fELF\x02\x01", "executable"),
    (b"\x1f\x8b\x08\x00", "gzip"),
    (b"7z\xbc\xaf\x27\x1c\x00", "7z"),
    (b"Rar!\x1a\x07\x00", "rar"),
    (b"\0" * 257 + b"ustar\x0000", "tar"),
    (bytes(range(256)), "binary"),
    (CFB + b"\0" * 600, "cfb"),
    (ENCRYPTED, "encrypted_office"),
    (zipped({"a.txt": "x"}), "zip"),
    (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}), "odt"),
    (zipped({"OFD.xml": "<a/>"}), "ofd"),
    (raw_docx(paragraph("x")), "docx"),
    (zipped({"word/document.xml": "<a/>"}), "docx"),
    (_zip_of("openxmlformats-officedocument.spreadsheetml.sheet.main"), "xlsx"),
    (_zip_of("openxmlformats-officedocument.presentationml.presentation.main"), "pptx"),
    (_zip_of("ms-word.document.macroEnabled.main"), "docx"),
    (_zip_of("openxmlformats-officedocument.wordprocessingml.template.main"), "docx"),
    (b"PK\x03\x04 and nothing more", "zip"),
    (_zip_of("ms-excel.sheet.binary.macroEnabled.main"), "xlsb"),
    (_zip_of("ms-powerpoint.slideshow.macroEnabled.main"), "pptx"),
    (_zip_of("ms-excel.template.macroEnabled.main"), "xlsx"),
    (zipped({"mimetype": "application/vnd.oasis.opendocument.presentation-template"}), "odp"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image"),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "media"),
    (b"\x00\x00\x00\x18ftypheic\x00", "image"),
    (b"\x00\x00\x00\x18ftypisom\x00", "media"),
    (b"MSCF\x00\x00\x00\x00\x01", "cab"),
    (b"LZIP\x01\x0c\xff", "lzip"),
    (b"\0" * 32769 + b"CD001\x01", "iso"),
    (_old_tar(), "tar"),
    (compounded({"WordDocument": b"x", "1Table": b"y"}), "doc"),
    (compounded({"Workbook": b"x"}), "xls"),
    (compounded({"PowerPoint Document": b"x"}), "ppt"),
    (compounded({"__properties_version1.0": b"x"}), "msg"),
    (compounded({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted_office"),
    (compounded({"Contents": b"x"}), "cfb"),
    (b"<!DOCTYPE html><html></html>", "html"),
    (b"\xef\xbb\xbf<!-- a -->\n<HTML><body>", "html"),
    ("<html><body>x</body></html>".encode("utf-16"), "html"),
    (b'<?xml version="1.0"?><!-- a --><html xmlns="x">', "html"),
    (b'<?xml version="1.0"?><a/>', "xml"),
    (b"<office:document xmlns:office='x'>", "xml"),
    (b"if a<b and c>d: pass", "text"),
    (b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\nbody", "eml"),
    (b"Received: by x\n for y\nDate: today\n\nbody", "eml"),
    (b"Subject: a note\nDate: today\n\nnot a mail: nothing says where it comes from", "text"),
    (b"From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\nTo: c@d\n\nbody\n", "mbox"),
    (b"From here on 10:00 in 2024\nthe story goes on", "text"),
    ("宽字符文本".encode("utf-32-le") * 9, "text"),
]


@pytest.mark.parametrize(("content", "kind"), SAMPLES)
def test_every_type(content, kind):
    assert detect(BytesSource(content), Limits()) == kind


def test_encrypted_office_is_a_reason_and_unknown_types_still_have_a_name():
    found = examine(BytesSource(ENCRYPTED), "plan.docx", Limits())
    assert (found.inspected, found.reason, found.type) == ("none", "encrypted", "encrypted_office")
    found = examine(BytesSource(b"\x7fELF\x02\x01"), "【机密】x.pdf", Limits())
    assert (found.inspected, found.reason, found.mark.level) == ("none", "unsupported", "secret")


def test_a_failing_medium_is_no_type():
    class Broken:
        size = 10

        def read(self, _offset, _count):
            raise StopReading("unreadable")

    assert detect(Broken(), Limits()) == "binary"


@given(st.binary(max_size=700), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", CFB, b"%PDF-", b"\xff\xfe"]))
def test_any_bytes_have_a_type(content, magic):
    assert detect(BytesSource(magic + content), Limits()) in TYPES


def test_files_inside_a_package_do_not_say_what_it_is():
    main = "application/vnd.openxmlformats-officedocument.{}.main+xml"
    inside = "application/vnd.openxmlformats-officedocument.{}"
    for kind, other, expected in (
        ("presentationml.presentation", "spreadsheetml.sheet", "pptx"),
        ("presentationml.slideshow", "wordprocessingml.document", "pptx"),
        ("spreadsheetml.sheet", "wordprocessingml.document", "xlsx"),
    ):
        types = (
            f'<Types><Default Extension="x" ContentType="{inside.format(other)}"/>'
            f'<Override PartName="/main.xml" ContentType="{main.format(kind)}"/></Types>'
        )
        assert detect(BytesSource(zipped({"[Content_Types].xml": types})), Limits()) == expected
