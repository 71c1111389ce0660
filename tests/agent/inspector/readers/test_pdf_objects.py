"""What is found in a PDF's bytes without pdfium."""

import zlib

from gapwatch_agent.inspector.readers import pdf_objects
from gapwatch_agent.inspector.readers.pdf_objects import Raw
from gapwatch_agent.inspector.readers.source import BytesSource
from support.pdf_documents import XMP, document, stream


def _raw(content):
    return Raw(content, whole=True)


def test_the_last_object_of_a_number_counts():
    raw = _raw(b"7 0 obj<</A(old)>>endobj 17 0 obj<</A(other)>>endobj 7 0 obj<</A(new)>>endobj 27 0 obj 1 endobj")
    assert raw.object(7).startswith(b"<</A(new)>>")
    assert raw.object(17).startswith(b"<</A(other)>>")
    assert raw.object(8) == b""


def _packed(numbers):
    head = b" ".join(b"%d %d" % (number, offset) for number, offset in numbers.items()) + b" "
    return b"5 0 obj\n" + stream(
        head + b"<</Title(x)>> <</Metadata 9 0 R>>", f"/Type/ObjStm/N 2/First {len(head)}", packed=True
    )


def test_objects_packed_into_a_stream():
    raw = _raw(_packed({3: 0, 4: 14}) + b"\nendobj\n6 0 obj<</Type/XRef/Root 4 0 R/Info 3 0 R>>")
    assert raw.info() == {b"Title": b"x"}
    assert raw.object(4).startswith(b"<</Metadata 9 0 R>>")
    assert raw.object(99) == b""


def test_packets_of_a_file_without_a_catalogue_lie_open():
    packet = XMP[XMP.index("<x:") : XMP.index("<?xpacket end")].encode()
    assert list(_raw(b"junk " + XMP.encode() + b" junk").packets()) == [packet]
    assert list(_raw(b"<x:xmpmeta" * 1000).packets()) == []


def test_the_document_s_own_packet_is_preferred():
    content = document("正文", xmp=XMP) + b"<x:xmpmeta>picture</x:xmpmeta>"
    (packet,) = _raw(content).packets()
    assert b"SECRET" in packet


def test_unpacking_is_bounded():
    data, sound = pdf_objects.inflated(zlib.compress(bytes(10 << 20)), 0, 1000)
    assert (data, sound) == (bytes(1000), False)
    assert pdf_objects.inflated(zlib.compress(b"abc") + b"rest", 0, 1000) == (b"abc", True)
    assert pdf_objects.inflated(b"no such thing", 0, 1000) == (b"", False)


def test_of_a_large_file_both_ends_are_searched(monkeypatch):
    monkeypatch.setattr(pdf_objects, "_WINDOW_BYTES", 400)
    content = document("正文", info={"密级": "机密"})
    raw = pdf_objects.load(BytesSource(content), whole=False)
    assert not raw.whole
    assert len(raw.content) == 801
