"""The shapes of a drawing: text, place, placeholders, tables."""

import pytest

from gapwatch_agent.inspector.readers import ppt_shapes
from gapwatch_agent.inspector.readers.drawing_ml import NO_PLACE
from gapwatch_agent.inspector.readers.source import StopReading
from support.presentation_binaries import (
    BODY,
    MASTER_FOOTER,
    SLIDE_NUMBER,
    TITLE,
    comment,
    drawing,
    group,
    record,
    shape,
)


def _drawn(*shapes, outline=(), depth_max=256):
    data = drawing(*shapes)
    return ppt_shapes.drawn(data, 0, len(data), list(outline), depth_max)


def test_text_and_place():
    (found,) = _drawn(shape("一\r二\x0b三\r ", top=100, height=50)).shapes
    assert (found.lines, found.top, found.height, found.turned) == (["一", "二", "三"], 100, 50, False)


@pytest.mark.parametrize(
    ("angle", "turned"), [(0, False), (90, False), (180, False), (-90, False), (45, True), (-40, True)]
)
def test_turned_shapes(angle, turned):
    assert _drawn(shape("x", angle=angle)).shapes[0].turned is turned


def test_placeholders_and_the_texts_they_refer_to():
    found = _drawn(shape(placeholder=TITLE, outline=0), shape(placeholder=BODY, outline=9), outline=["标题"]).shapes
    assert [(item.placeholder, item.lines) for item in found] == [("title", ["标题"]), ("body", [])]
    found = _drawn(shape("*", placeholder=SLIDE_NUMBER), shape("机密", placeholder=MASTER_FOOTER)).shapes
    assert [(item.placeholder, item.lines) for item in found] == [("sldNum", []), ("ftr", ["机密"])]


def test_groups_have_coordinates_of_their_own():
    inner = group(shape("内", child=(500, 600)), frame=(0, 1000), top=1000, height=100)
    (found,) = _drawn(inner).shapes
    assert (found.top, found.height) == (1050, 10)
    (found,) = _drawn(group(shape("内", child=(5, 6)), frame=(0, 0))).shapes
    assert found.top == 5


def test_tables_are_groups_of_cells():
    cells = [
        shape("密级", child=(0, 10), left=0),
        shape("机密", child=(0, 10), left=50),
        shape("一\r二", child=(10, 20)),
    ]
    (found,) = _drawn(group(*reversed(cells), table=True, frame=(0, 1000), top=400)).shapes
    assert found.rows == [["密级", "机密"], ["一\x0b二"]]
    assert found.top == 400


def test_words_drawn():
    assert _drawn(shape(art="机密★1年")).word_art == ["机密★1年"]


def test_shapes_without_text_and_place():
    assert _drawn(shape()).shapes == []
    data = record(0x040C, b"", container=True)
    assert ppt_shapes.drawn(data, 0, len(data), [], 9).shapes == []
    assert NO_PLACE < 0


def test_groups_deeper_than_any_stop():
    inner = shape("x")
    for _ in range(50):
        inner = group(inner)
    assert _drawn(inner).shapes
    with pytest.raises(StopReading) as stopped:
        _drawn(inner, depth_max=20)
    assert stopped.value.reason == "too_deep"


def test_strings_at_any_depth():
    data = comment("批注一") + record(9, comment("批注二"), container=True)
    found = [texts[1] for _, texts in ppt_shapes.strings(data, 0, len(data), 0x2EE0, 9)]
    assert sorted(found) == ["批注一", "批注二"]
    with pytest.raises(StopReading):
        list(ppt_shapes.strings(data, 0, len(data), 0x2EE0, 1))
