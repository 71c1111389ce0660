"""Signs of damage in a PDF's bytes."""

import base64
import zlib

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf_damage
from gapwatch_agent.inspector.readers.pdf_objects import Raw
from support.pdf_documents import document


def _raw(content):
    return Raw(content, whole=True)


def test_ends():
    sound = document("正文")
    assert not pdf_damage.is_cut_off(_raw(sound))
    assert not pdf_damage.is_cut_off(_raw(sound + b"\r\n\0\0\0"))
    assert pdf_damage.is_cut_off(_raw(sound[:-10]))
    assert pdf_damage.is_cut_off(_raw(sound.replace(b"startxref", b"startxxxx")))


def test_streams_that_do_not_unpack():
    sound = document("正文", packed=True)
    assert not pdf_damage.has_broken_streams(_raw(sound), Limits())
    packed = zlib.compress(b"x" * 1000)
    for entries, broken in (("", True), ("/Subtype/Image", False), ("/Length1 5", True)):
        torn = (
            b"9 0 obj\n<<%s/Filter/FlateDecode>>stream\n" % entries.encode()
            + packed[:-6]
            + b"\xff" * 6
            + b"\nendstream"
        )
        assert pdf_damage.has_broken_streams(_raw(torn), Limits()) is broken
    assert not pdf_damage.has_broken_streams(_raw(b"/Encrypt 5 0 R " + torn), Limits())


def test_packed_data_in_letters():
    packed = zlib.compress(b"x" * 1000)
    for data, broken in ((packed, False), (packed[:-5] + b"\xff" * 5, True)):
        letters = base64.a85encode(data) + b"~>"
        content = b"9 0 obj\n<</Filter [ /ASCII85Decode /FlateDecode ]>>stream\n" + letters + b"endstream"
        assert pdf_damage.has_broken_streams(_raw(content), Limits()) is broken
    assert pdf_damage.has_broken_streams(_raw(content[:-20]), Limits())


def test_objects_without_a_trace():
    sound = document("正文")
    assert not pdf_damage.has_lost_objects(_raw(sound))
    # Wrong offsets are common and cost nothing.
    assert not pdf_damage.has_lost_objects(_raw(b"%junk before\n" + sound))
    assert pdf_damage.has_lost_objects(_raw(sound.replace(b"4 0 obj", b"4 0 0bj")))
    assert not pdf_damage.has_lost_objects(Raw(sound.replace(b"4 0 obj", b"4 0 0bj"), whole=False))


def test_pages_without_a_catalogue_get_one():
    sound = document("正文")
    torn = sound[: sound.index(b"1001 0 obj")]
    mended = pdf_damage.mended(_raw(torn))
    assert mended.startswith(torn)
    assert b"/Kids[1000 0 R]" in mended
    assert pdf_damage.mended(_raw(b"%PDF-1.7 /Type/Page")) == b""
