"""Connected areas of a map of likelihoods: their bounds, scores, slopes; patterns made to be hard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

numpy = pytest.importorskip("numpy")

from gapwatch_agent.inspector import ocr_boxes  # noqa: E402 - after the extra was looked for


def _map(*rectangles, size=(60, 200)):
    scores = numpy.zeros(size, dtype=numpy.float32)
    for left, top, right, bottom in rectangles:
        scores[top:bottom, left:right] = 0.9
    return scores


def _bounds(scores):
    return sorted((a.left, a.top, a.right, a.bottom) for a in ocr_boxes.areas(scores))


def test_nothing():
    assert ocr_boxes.areas(_map()) == []


def test_separate_areas_and_their_scores():
    rectangles = [(10, 5, 60, 12), (10, 20, 40, 28), (100, 5, 150, 12)]
    assert _bounds(_map(*rectangles)) == sorted(rectangles)
    assert ocr_boxes.areas(_map(*rectangles))[0].score == pytest.approx(0.9)


def test_areas_that_meet_below_or_at_a_corner_are_one():
    assert _bounds(_map((10, 5, 20, 20), (30, 5, 40, 20), (10, 20, 40, 25))) == [(10, 5, 40, 25)]
    assert _bounds(_map((10, 5, 20, 10), (20, 10, 30, 15))) == [(10, 5, 30, 15)]


def test_specks_and_doubtful_areas_are_left_out():
    doubtful = _map((10, 5, 60, 12)) / 2.5
    assert ocr_boxes.areas(doubtful) == []
    assert ocr_boxes.areas(_map((10, 5, 12, 7))) == []


def test_growth_is_about_the_height_of_a_line():
    (area,) = ocr_boxes.areas(_map((50, 20, 150, 30)))
    left, top, right, bottom = ocr_boxes.grown(area)
    assert (left, top) == pytest.approx((50 - 7.27, 20 - 7.27), abs=0.01)
    assert (right, bottom) == pytest.approx((150 + 7.27, 30 + 7.27), abs=0.01)


def test_the_tilt_of_long_lines():
    scores = numpy.zeros((120, 300), dtype=numpy.float32)
    for top in (10, 40, 70):
        for column in range(20, 280):
            middle = top + round(column * 0.03)
            scores[middle : middle + 6, column] = 0.9
    assert ocr_boxes.tilt(ocr_boxes.areas(scores)) == pytest.approx(0.03, abs=0.004)


def test_short_lines_have_no_say_in_the_tilt():
    assert ocr_boxes.tilt(ocr_boxes.areas(_map((10, 5, 22, 12), (30, 5, 42, 12), (60, 20, 70, 28)))) == 0.0


def test_a_chessboard_is_bounded():
    scores = numpy.indices((400, 400)).sum(axis=0) % 6 < 3
    found = ocr_boxes.areas(scores.astype(numpy.float32))
    assert len(found) <= ocr_boxes.BOXES_MAX


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=1, max_size=12))
def test_every_pixel_belongs_to_the_area_of_its_neighbours(rows):
    bitmap = numpy.array(rows)
    labels, count = ocr_boxes._labelled(bitmap)
    assert ((labels >= 0) == bitmap).all()
    assert set(labels[bitmap].tolist()) == set(range(count))
    height, width = bitmap.shape
    for row, column in numpy.argwhere(bitmap).tolist():
        around = labels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        assert set(around[around >= 0].tolist()) == {labels[row, column]}
    assert height * width == bitmap.size
