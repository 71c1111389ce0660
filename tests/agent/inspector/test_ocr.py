"""OCR as the readers use it: on only where asked for and installed, bounded in time and pages, alive in the cage."""

import io
import itertools
import subprocess
import sys
from dataclasses import replace

import pytest

from gapwatch_agent.inspector import ocr
from gapwatch_agent.inspector.limits import MIB, Limits

numpy = pytest.importorskip("numpy")
pytest.importorskip("onnxruntime")

from gapwatch_agent.inspector.child import Nursery  # noqa: E402 - after the extra was looked for
from gapwatch_agent.inspector.scan import inspect_with  # noqa: E402
from support.scanned_pages import Page, encoded, render  # noqa: E402

ON = Limits(ocr=True, cpu_s=60, wall_s=90.0, ocr_cpu_s=50.0)
UNMARKED = Page(dpi=120)


def _read(content, limits=ON):
    problems = []
    reading = ocr.start(limits, problems.append)
    assert reading is not None
    return list(reading.picture(io.BytesIO(content))), problems


@pytest.fixture(name="caged")
def _caged(tmp_path):
    """Examines bytes in a child, as the agent does."""
    nursery = Nursery(ON)

    def inspect(content):
        path = tmp_path / "scan.bin"
        path.write_bytes(content)
        return inspect_with(nursery, path).inspection

    yield inspect
    nursery.close()


def _tiff(*pages):
    images = [render(page).convert("1") for page in pages]
    return encoded(images[0], "TIFF", compression="group4", save_all=True, append_images=images[1:])


def test_off_unless_asked_for():
    assert ocr.available()
    assert ocr.start(Limits(), [].append) is None


def test_nothing_large_is_imported_where_it_is_off():
    script = (
        "import sys\n"
        "from gapwatch_agent.inspector import warm\n"
        "warm.warm_up()\n"
        "print(sorted({'numpy', 'onnxruntime', 'PIL', 'rapidocr'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_of_the_models_package_nothing_is_run():
    script = "import sys; from gapwatch_agent.inspector import ocr; print(ocr.load(), 'rapidocr' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


def test_pages_of_a_fax():
    found, problems = _read(_tiff(Page("机密★5年", dpi=150), UNMARKED, Page(bottom="内部资料 注意保密", dpi=150)))
    assert problems == []
    marks = {(f.text.replace(" ", ""), f.page, f.zone) for f in found}
    assert ("机密★5年", 1, "first_page_top") in marks
    assert ("内部资料注意保密", 3, "page_bottom") in marks


def test_more_pages_than_are_read():
    _, problems = _read(_tiff(UNMARKED, UNMARKED, UNMARKED), replace(ON, ocr_pages_max=2))
    assert problems == ["too_many"]


def test_time_that_is_up():
    found, problems = _read(_tiff(UNMARKED), replace(ON, ocr_cpu_s=0.0))
    assert (found, problems) == ([], ["timed_out"])


def test_what_is_no_picture():
    assert _read(b"\xff\xd8\xff no picture") == ([], ["damaged"])


def test_rendered_pixels():
    page = render(Page("秘密★启封前", dpi=120)).convert("L")
    problems = []
    reading = ocr.start(ON, problems.append)
    found = list(reading.pixels(page.tobytes(), *page.size, 1))
    assert ("秘密★启封前", "first_page_top") in {(f.text, f.zone) for f in found}
    assert problems == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_in_the_cage(kind, caged):
    found = caged(encoded(render(Page("绝密★长期", dpi=120)), kind))
    assert (found.type, found.inspected, found.reason) == ("image", "full", "")
    assert (found.mark.axis, found.mark.level, found.mark.period) == ("state", "top_secret", "long_term")


def test_a_scanned_pdf_in_the_cage(caged):
    pages = [render(page) for page in (UNMARKED, Page("秘密★10年", dpi=120, at_mm=(28, 20)))]
    found = caged(encoded(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=120))
    assert (found.type, found.inspected, found.reason) == ("pdf", "full", "")
    ((part, page, zone, text),) = [(e.part, e.page, e.zone, e.text) for e in found.mark.evidence]
    assert (part, page, zone, text) == ("document", 2, "page_top", "秘密★10年")


def test_page_after_page_takes_no_more_memory(tmp_path):
    """In a child as the agent has it, with room for little more than one page takes."""
    nursery = Nursery(replace(ON, memory_bytes=112 * MIB))
    path = tmp_path / "scan.tiff"
    path.write_bytes(_tiff(*[Page("秘密", dpi=150, at_mm=(28, 20))] * 24))
    found = inspect_with(nursery, path).inspection
    nursery.close()
    assert (found.inspected, found.reason, found.mark.level) == ("full", "", "confidential")


_LITTLE_MEMORY = """
import sys
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.scan import inspect_with
found = inspect_with(Nursery(Limits(ocr=True, memory_bytes=24 * MIB)), sys.argv[1]).inspection
print(found.inspected, found.reason)
"""


def test_a_page_that_needs_too_much_memory_is_too_large(tmp_path):
    """From a parent of its own: this one has memory to spare that was others' before."""
    path = tmp_path / "scan.png"
    path.write_bytes(encoded(render(UNMARKED)))
    done = subprocess.run([sys.executable, "-c", _LITTLE_MEMORY, path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["none", "too_large"]


def test_in_the_cage_at_600_dpi(caged):
    """The most memory a page takes: A4 in colour, decoded whole."""
    found = caged(encoded(render(Page("绝密★长期", dpi=600)), "PNG", compress_level=1))
    assert (found.inspected, found.reason, found.mark.level) == ("full", "", "top_secret")


MARKS = {
    "机密★5年": "state",
    "秘密": "enterprise",
    "绝密★长期": "state",
    "機密★10年": "state",
    "絕密★長期": "state",
    "机　密": "enterprise",
    "SECRET//NOFORN": "foreign",
    "内部资料 注意保密": "work",
    "核心商密★3年": "commercial",
}
WEAR = (
    {},
    {"dpi": 300},
    {"rotate": 1.5, "noise": 25},
    {"quality": 25},
    {"ink": (210, 30, 40)},
    {"ink": (150, 150, 150)},
    {"noise": 40, "quality": 50, "rotate": -0.8},
)
"""Resolutions, a page askew, grain, a poor JPEG, red and faint ink."""


@pytest.mark.parametrize(("mark", "wear"), list(zip(MARKS, itertools.cycle(WEAR), strict=False)))
def test_marks_on_worn_pages(mark, wear):
    found, problems = _read(encoded(render(replace(Page(mark), **wear)), "JPEG", quality=85))
    assert problems == []
    wanted = "".join(mark.split())
    assert wanted in {"".join(f.text.split()) for f in found if f.zone == "first_page_top"}


@pytest.mark.parametrize(
    "page", [UNMARKED, Page(title="机密性与保密协议管理办法"), Page(title="秘密花园", at_mm=(28, 150))]
)
def test_ordinary_pages_are_not_marked(page, caged):
    found = caged(encoded(render(page), "JPEG"))
    assert (found.inspected, found.reason, found.mark.axis) == ("full", "", "")
