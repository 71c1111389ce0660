"""A page lying any way is turned upright and level; running text is found, not read; time that runs out is said."""

import pytest

numpy = pytest.importorskip("numpy")
pytest.importorskip("onnxruntime")

from gapwatch_agent.inspector.ocr_page import PageReader  # noqa: E402 - after the extra was looked for
from support.ocr_engine import engine  # noqa: E402
from support.scanned_pages import Page, render  # noqa: E402

MARKED = Page("机密★5年", "内部资料 注意保密", dpi=120)


def _page(turns=0, **changes):
    image = render(Page(**{"mark": MARKED.mark, "bottom": MARKED.bottom, "dpi": MARKED.dpi, **changes}))
    return numpy.ascontiguousarray(numpy.rot90(numpy.asarray(image).min(axis=2), turns))


def _read(page, *, first=True):
    lines, complete = PageReader(engine(), lambda: False).read(page, first=first)
    assert complete
    return lines


@pytest.mark.parametrize("turns", range(4))
def test_a_page_turned_any_way(turns):
    lines = {line.text: line.box for line in _read(_page(turns))}
    assert 0.15 < lines["机密★5年"].middle < 0.21
    assert lines["机密★5年"].left < 0.2
    bottom = next(box for text, box in lines.items() if "".join(text.split()) == "内部资料注意保密")
    assert bottom.middle > 0.9


@pytest.mark.parametrize("degrees", [-3.0, 2.0])
def test_a_page_that_lay_askew(degrees):
    lines = _read(_page(rotate=degrees))
    assert "机密★5年" in [line.text for line in lines]
    assert any(line.is_prose for line in lines)


def test_running_text_is_found_but_not_read():
    lines = _read(_page())
    prose = [line for line in lines if line.is_prose]
    assert len(prose) >= 8
    assert {line.text for line in prose} == {""}
    assert "关于做好年度工作的通知" in [line.text for line in lines]


def test_of_later_pages_only_top_and_bottom_are_read():
    texts = [line.text for line in _read(_page(at_mm=(28, 20)), first=False)]
    assert "机密★5年" in texts
    assert "关于做好年度工作的通知" not in texts


def test_blank_pages_and_noise():
    assert _read(numpy.full((1400, 1000), 255, dtype=numpy.uint8)) == []
    noise = numpy.random.default_rng(5).integers(0, 255, (1400, 1000)).astype(numpy.uint8)
    assert all(line.score < 0.9 for line in _read(noise))


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (20, 20)])
def test_pages_of_any_shape(shape):
    assert isinstance(_read(numpy.zeros(shape, dtype=numpy.uint8)), list)


def test_time_that_runs_out():
    answers = iter([False, False] + [True] * 100)
    lines, complete = PageReader(engine(), lambda: next(answers)).read(_page(), first=True)
    assert not complete
    assert len(lines) == 2
