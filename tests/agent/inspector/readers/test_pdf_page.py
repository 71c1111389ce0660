"""A page's text with its places, as pdfium sees it."""

from contextlib import contextmanager

import pytest
from pypdfium2_raw import bindings as pdfium

from gapwatch_agent.inspector.readers import pdf_library, pdf_page
from gapwatch_agent.inspector.readers.source import BytesSource
from support.pdf_documents import Page, Pdf, Text


@contextmanager
def _opened(page, **others):
    content = Pdf([page], **others).build()
    with pdf_library.opened(BytesSource(content), content) as document:
        loaded = pdfium.FPDF_LoadPage(document, 0)
        with pdf_page.opened(loaded, 1) as text:
            yield text
        pdfium.FPDF_ClosePage(loaded)


def test_places_are_points_from_the_upper_left_corner():
    with _opened(Page([Text("机密★", 100, 742, 20)])) as text:
        (line,) = text.placed().lines
    assert (line.text, line.left, line.baseline) == ("机密★", 100, 100)
    assert line.right == pytest.approx(160)
    assert 15 < line.size < 30


@pytest.mark.parametrize(
    ("turn", "x", "y", "matrix"),
    [
        (0, 50, 742, (1, 0, 0, 1)),
        (90, 100, 50, (0, 1, -1, 0)),
        (180, 545, 100, (-1, 0, 0, -1)),
        (270, 495, 792, (0, -1, 1, 0)),
    ],
)
def test_turned_pages(turn, x, y, matrix):
    with _opened(Page([Text("机密", x, y, matrix=matrix)], extra=f"/Rotate {turn}")) as text:
        (line,) = text.placed().lines
    assert (line.text, line.left, line.baseline, line.direction) == ("机密", 50, 100, "flat")


def test_without_places():
    with _opened(Page([Text("一二", 50, 700), Text("😀三", 50, 600)])) as text:
        assert text.plain() == "一二\n😀三"


def test_a_font_without_meanings_is_unreadable():
    with _opened(Page([Text("机密", 50, 700)]), unicode_map=False) as text:
        assert text.is_unreadable() or not text.text.strip()
    with _opened(Page([Text("机密", 50, 700)])) as text:
        assert not text.is_unreadable()


def test_probing_is_bounded(monkeypatch):
    monkeypatch.setattr(pdf_page, "_PROBED_CHARACTERS_MAX", 10)
    texts = [Text("斜的字", 50 + n, 700 - 20 * n, matrix=(0.7, 0.7, -0.7, 0.7)) for n in range(20)]
    with _opened(Page(texts)) as text:
        lines = text.placed()
    assert "".join(line.text for line in lines.lines).count("斜的字") == 20


@pytest.mark.parametrize(
    ("pieces", "line"),
    [
        ([("绝密", 50), ("长期", 110), ("★", 90)], "绝密★长期"),
        ([("密级：□绝密", 50), ("机密", 200), ("■", 180)], "密级：□绝密 ■机密"),
        ([("★", 90), ("绝密", 50), ("长期", 110)], "绝密★长期"),
        ([("绝密", 50), ("★", 90), ("长期", 110)], "绝密★长期"),
    ],
)
def test_stars_drawn_after_the_rest_of_their_line(pieces, line):
    texts = [Text(words, x, 700, 20) for words, x in pieces]
    with _opened(Page(texts)) as text:
        assert [found.text for found in text.placed().lines] == [line]
