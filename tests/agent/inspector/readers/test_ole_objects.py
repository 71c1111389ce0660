"""Files that compound documents carry."""

import struct

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ole_objects
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound


def packaged(name, content):
    """A file put into a document as it is."""
    raw = name.encode("gbk") + b"\0"
    head = struct.pack("<H", 2) + raw + b"C:\\" + raw + struct.pack("<HHI", 0, 3, len(raw)) + raw
    body = head + struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body


def _embedded(streams, outer=""):
    file = CompoundFile(
        BytesSource(compound({f"_1/{path}": content for path, content in streams.items()})), Limits(), print
    )
    return [(found.name, b"".join(found.content())) for found in ole_objects.embedded(file, file.find("_1"), outer)]


def test_a_packaged_file_keeps_its_name():
    assert _embedded({"\x01Ole10Native": packaged("秘密.txt", b"x" * 9000)}) == [("秘密.txt", b"x" * 9000)]


def test_the_name_in_unicode_is_the_better_one():
    def wide(text):
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    content = packaged("?.txt", b"x") + wide("C:\\x") + wide("机密★1年-方案.txt") + wide("D:\\y")
    assert _embedded({"\x01Ole10Native": content}) == [("机密★1年-方案.txt", b"x")]


def test_other_native_data_are_given_whole():
    assert _embedded({"\x01Ole10Native": b"\x05\0\0\0hello"}) == [("_1", b"hello")]
    assert _embedded({"\x01Ole10Native": b""}) == [("_1", b"")]


def test_a_length_beyond_the_stream_ends_with_it():
    content = packaged("a", b"12345").replace(b"\x05\0\0\0", b"\xff\xff\xff\xff")
    assert _embedded({"\x01Ole10Native": content}) == [("a", b"12345")]


def test_office_packages():
    assert _embedded({"Package": b"PK..", "\x01CompObj": b"y"}, "ObjectPool") == [("ObjectPool/_1", b"PK..")]
    assert _embedded({"CONTENTS": b"%PDF"}) == [("_1", b"%PDF")]


def test_a_document_in_a_storage_becomes_a_file():
    ((name, content),) = _embedded({"WordDocument": b"w" * 600, "Data/x": b"d"})
    assert name == "_1"
    file = CompoundFile(BytesSource(content), Limits(), print)
    assert file.content("Data", "x", bytes_max=9) == b"d"


def test_formulas_and_charts_are_no_files():
    assert _embedded({"Equation Native": b"e", "\x01CompObj": b"y"}) == []
