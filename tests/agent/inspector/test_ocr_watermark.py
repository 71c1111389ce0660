"""Large faint words across a page, under or over its text; pages that have none cost a glance and give nothing."""

import io

import pytest

numpy = pytest.importorskip("numpy")
pytest.importorskip("onnxruntime")
Image = pytest.importorskip("PIL.Image")

from gapwatch_agent.inspector import ocr_watermark  # noqa: E402 - after the extra was looked for
from support.ocr_engine import engine  # noqa: E402
from support.scanned_pages import Page, encoded, render, watermarked  # noqa: E402


def _grey(image):
    return numpy.asarray(image).min(axis=2)


def _read(image):
    return [line.text for line in ocr_watermark.lines(engine(), _grey(image)) if line.is_watermark]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("机密", {}),
        ("绝密★长期", {"grey": 225}),
        ("内部资料", {"degrees": -45.0}),
        ("秘密", {"degrees": 0.0, "grey": 170}),
        ("SECRET", {"degrees": 33.0}),
    ],
)
def test_words_across_a_page_of_text(text, settings):
    assert text in _read(watermarked(render(Page(dpi=120)), text, **settings))


def test_a_poor_jpeg_of_one():
    page = watermarked(render(Page(dpi=200)), "机密")
    assert "机密" in _read(Image.open(io.BytesIO(encoded(page, "JPEG", quality=40))))


class _Unasked:
    def areas(self, *_arguments):
        raise AssertionError("a page without anything faint is not looked at")


@pytest.mark.parametrize("page", [Page(dpi=120), Page("机密★5年", dpi=200)])
def test_pages_without_one_are_not_looked_at(page):
    assert ocr_watermark.lines(_Unasked(), _grey(render(page))) == []


def test_blank_and_grey_paper():
    for value in (0, 128, 255):
        assert ocr_watermark.lines(_Unasked(), numpy.full((400, 300), value, dtype=numpy.uint8)) == []


def test_grain_is_no_writing():
    assert _read(render(Page(dpi=120, noise=40))) == []
