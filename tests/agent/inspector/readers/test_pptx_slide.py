"""What a slide's shapes are by their kind and height."""

import pytest

from gapwatch_agent.inspector.readers.drawing_ml import Shape
from gapwatch_agent.inspector.readers.pptx_slide import Backdrop, Slide


def _one(shape, page=1, frames=None):
    (found,) = Slide(page, 1000, frames or {}).place([shape])
    return found.part, found.zone


@pytest.mark.parametrize(
    ("page", "top", "expected"),
    [
        (1, 50, ("document", "first_page_top")),
        (1, 500, ("document", "first_page")),
        (1, 940, ("footer", "")),
        (2, 50, ("document", "page_top")),
        (2, 170, ("document", "body")),
        (2, 940, ("footer", "")),
        (2, -1.0, ("document", "")),
    ],
)
def test_height_decides(page, top, expected):
    assert _one(Shape(top=top, height=40, lines=["x"]), page) == expected


def test_kinds_decide_before_height():
    assert _one(Shape("ftr", top=0, height=1, lines=["x"])) == ("footer", "")
    assert _one(Shape("hdr", lines=["x"])) == ("header", "")
    assert _one(Shape(top=0, height=1, turned=True, lines=["x"])) == ("watermark", "")
    assert _one(Shape("title", turned=True, top=0, height=1, lines=["a title"])) == ("document", "first_page_top")


def test_a_title_of_one_word_is_a_subject():
    for page, zone in ((1, "first_page"), (2, "body")):
        for top in (10, -1.0):
            assert _one(Shape("title", top=top, height=40, lines=["机密"]), page) == ("document", zone)
    assert _one(Shape("title", top=10, height=40, lines=["机密★5年"]), 2) == ("document", "page_top")


def test_a_long_text_leaves_the_top():
    found = Slide(1, 1000, {}).place([Shape(top=0, height=300, lines=list("abcdefgh"))])
    assert [item.zone for item in found] == ["first_page_top"] * 6 + ["first_page"] * 2


def test_frames_by_index_and_by_kindred_kind():
    frames = {("title", ""): (0.0, 10.0), ("body", "2"): (900.0, 10.0), ("body", ""): (500.0, 10.0)}
    assert _one(Shape("ctrTitle", lines=["a title"]), frames=frames)[1] == "first_page_top"
    assert _one(Shape("obj", "2", lines=["x"]), frames=frames)[1] == "page_bottom"
    assert _one(Shape("obj", "9", lines=["x"]), frames=frames)[1] == "first_page"


def test_a_backdrop_s_shapes_are_on_every_page():
    shapes = [
        Shape(top=10, height=10, lines=["h"]),
        Shape(top=950, height=10, lines=["f"]),
        Shape(top=500, height=10, lines=["b"]),
        Shape(name="水印", top=500, height=10, lines=["w"]),
        Shape("title", top=5, height=6, lines=["prompt"]),
        Shape("ftr", lines=["g"]),
    ]
    backdrop = Backdrop(1000)
    assert [(item.part, item.page) for item in backdrop.place(shapes)] == [
        ("header", 0),
        ("footer", 0),
        ("text_box", 0),
        ("watermark", 0),
        ("footer", 0),
    ]
    assert backdrop.frames["title", ""] == (5, 6)
    assert {item.part for item in Backdrop(1000, "note").place(shapes)} == {"note"}
