"""pdfium as it is used: nothing is searched on the machine, sources and documents are let go of."""

import pytest
from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector.readers import pdf_library
from gapwatch_agent.inspector.readers.pdf_library import NotOpenedError
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.pdf_documents import document

CONTENT = document("机密★5年", info={"Title": "标题"})


@pytest.mark.parametrize("content", [CONTENT, b""])
def test_opened_from_memory_or_block_by_block(content):
    with pdf_library.opened(BytesSource(CONTENT), content) as opened:
        assert pdfium.FPDF_GetPageCount(opened) == 1
        assert pdf_library.metadata(opened, b"Title") == "标题"
        assert pdf_library.metadata(opened, b"Subject") == ""
        with pdf_library.opened(BytesSource(CONTENT), b"") as inner:
            assert pdfium.FPDF_GetPageCount(inner) == 1
        assert pdf_library.deciphered(opened, 1 << 20).startswith(b"%PDF-")
        assert pdf_library.deciphered(opened, 100) == b""
    assert pdf_library._SOURCES == {}


def test_what_is_no_pdf_is_refused():
    with pytest.raises(NotOpenedError) as refused, pdf_library.opened(BytesSource(b"x"), b"x"):
        pass
    assert refused.value.reason == "damaged"


class _Failing:
    size = len(CONTENT)

    def read(self, offset, count):
        raise StopReading("unreadable")


def test_a_medium_that_fails_is_no_crash():
    with pytest.raises(NotOpenedError), pdf_library.opened(_Failing(), b""):
        pass


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("机密\0".encode("utf-16-le"), "机密"),
        (b"\0\0", ""),
        (b"", ""),
        (bytes(pdf_library.STRING_BYTES_MAX + 2), ""),
    ],
)
def test_strings(raw, expected):
    def call(buffer, size):
        if buffer is not None:
            memoryview(buffer).cast("B")[:size] = raw
        return len(raw)

    assert pdf_library.text_of(call) == expected
