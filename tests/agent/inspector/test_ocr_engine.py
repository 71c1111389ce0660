"""Both models by themselves; and that the runtime sends nothing anywhere and keeps no thread."""

import subprocess
import sys
from pathlib import Path

import pytest

numpy = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

from PIL import Image, ImageDraw  # noqa: E402 - after the extra was looked for

from gapwatch_agent.inspector import ocr_engine  # noqa: E402
from gapwatch_agent.inspector.ocr_engine import Band  # noqa: E402
from gapwatch_agent.inspector.ocr_lines import Box  # noqa: E402
from support.ocr_engine import engine  # noqa: E402
from support.scanned_pages import font  # noqa: E402

WHOLE = Band(0.0, 1.0, 0.0, 1.0)


def _written(text, size=(1000, 120), at=(40, 30), **settings):
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).text(at, text, fill=0, font=font(18, 150, **settings))
    return numpy.asarray(image)


@pytest.mark.parametrize(
    "text",
    ["机密★5年", "绝密★长期", "秘密★启封前", "工作秘密", "TOP SECRET//SI//NOFORN", "NATO RESTRICTED", "密级：机密"],
)
def test_lines_are_read(text):
    found = engine().line(_written(text), Box(0.03, 0.1, 0.97, 0.9))
    assert "".join(found.text.split()) == "".join(text.split())
    assert found.score > 0.9


@pytest.mark.parametrize("text", ["絕密★長期", "機密★10年", "祕密"])
def test_traditional_characters_are_read(text):
    assert engine().line(_written(text, traditional=True), Box(0.03, 0.1, 0.97, 0.9)).text == text


def test_lines_are_found_where_they_stand():
    page = numpy.full((600, 1000), 255, dtype=numpy.uint8)
    page[200:320] = _written("机密★5年")
    (area,), (width, height) = engine().areas(page, WHOLE)
    assert 30 / 1000 < area.left / width < 80 / 1000
    assert 210 / 600 < area.top / height < area.bottom / height < 300 / 600
    assert engine().areas(page, Band(0.6, 1.0, 0.6, 1.0))[0] == []


def test_nothing_says_nothing():
    found = engine().line(numpy.full((40, 400), 255, dtype=numpy.uint8), Box(0.0, 0.0, 1.0, 1.0))
    assert found.text == ""


@pytest.mark.parametrize("box", [Box(1.0, 0.2, 1.0, 0.8), Box(0.2, 1.0, 0.8, 1.0), Box(-0.1, -0.2, 1.3, 1.1)])
def test_a_box_at_the_edge_lies_on_the_page(box):
    assert engine().line(numpy.full((40, 400), 255, dtype=numpy.uint8), box).text == ""


def test_a_tilt_is_taken_out_only_where_it_matters_and_is_one():
    page = numpy.full((100, 300), 255, dtype=numpy.uint8)
    for column in range(300):
        page[40 + column // 20, column] = 0
    assert ocr_engine.straightened(page, 0.001) is page
    assert ocr_engine.straightened(page, 2.0) is page
    level = ocr_engine.straightened(page, 0.05)
    assert numpy.count_nonzero((level < 200).any(axis=1)) < 8


def test_the_runtime_has_no_way_to_send_anything():
    folder = Path(onnxruntime.__file__).parent / "capi"
    libraries = sorted(folder.glob("*.so*"))
    assert libraries
    for library in libraries:
        assert b"getaddrinfo" not in library.read_bytes(), f"{library.name} can look up hosts"


def test_loading_and_reading_start_no_thread():
    script = (
        "import os, sys; sys.path[:0] = [sys.argv[1]]\n"
        "from support.ocr_engine import engine\n"
        "import numpy\n"
        "from gapwatch_agent.inspector.ocr_page import PageReader\n"
        "PageReader(engine(), lambda: False).read(numpy.zeros((400, 300), dtype=numpy.uint8), first=True)\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    tests = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script, str(tests)], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
