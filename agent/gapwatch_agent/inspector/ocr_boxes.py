"""From a map of where text probably is to the boxes of its lines: connected areas, their tilt, their full size. Pure.

Loaded only with the OCR extra (needs numpy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_THRESHOLD: Final = 0.3
_SCORE_MIN: Final = 0.45
_SIDE_MIN: Final = 3
"""In pixels of the map; smaller areas are specks."""
_GROWTH: Final = 1.6
"""The detector is trained on lines shrunk towards their middle; by this much they are grown again."""
BOXES_MAX: Final = 400
_TILT_RATIO_MIN: Final = 5.0
_TILTED_MIN: Final = 3


@dataclass(frozen=True, slots=True)
class Area:
    """A connected area of a map: its bounds in pixels (``right`` and ``bottom`` exclusive), mean score, slope."""

    left: int
    top: int
    right: int
    bottom: int
    score: float
    slope: float

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def areas(scores: NDArray[np.float32]) -> list[Area]:
    """The areas where text is likely, the largest first when there are too many."""
    labels, count = _labelled(scores > _THRESHOLD)
    if count == 0:
        return []
    rows, columns = np.nonzero(labels >= 0)
    names = labels[rows, columns]
    sizes = np.bincount(names, minlength=count)
    found = []
    order = np.argsort(names, kind="stable")
    ends = np.cumsum(sizes)
    for name in np.argsort(-sizes, kind="stable")[: BOXES_MAX * 2]:
        members = order[ends[name] - sizes[name] : ends[name]]
        area = _area(scores, rows[members], columns[members])
        if min(area.width, area.height) >= _SIDE_MIN and area.score >= _SCORE_MIN:
            found.append(area)
    return found[:BOXES_MAX]


def tilt(found: list[Area]) -> float:
    """How far the lines sink to the right (pixels a pixel): the median of the long ones; 0 where there are too few."""
    slopes = sorted(area.slope for area in found if area.width >= _TILT_RATIO_MIN * area.height / _tilted(area))
    return slopes[len(slopes) // 2] if len(slopes) >= _TILTED_MIN else 0.0


def _tilted(area: Area) -> float:
    """How much higher than its line a tilted area's bounds are."""
    rise = abs(area.slope) * area.width
    return max(area.height / max(area.height - rise, 1.0), 1.0)


def grown(area: Area) -> tuple[float, float, float, float]:
    """The line's bounds, in the map's pixels: left, top, right, bottom; may lie outside the map."""
    growth = area.width * area.height * _GROWTH / (2 * (area.width + area.height))
    return area.left - growth, area.top - growth, area.right + growth, area.bottom + growth


def _area(scores: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Area:
    across = columns - columns.mean()
    spread = float((across * across).sum())
    slope = float((across * (rows - rows.mean())).sum()) / spread if spread else 0.0
    return Area(
        int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1,
        float(scores[rows, columns].mean()), slope,
    )  # fmt: skip


def _labelled(bitmap: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Each pixel's area (eight neighbours), -1 outside all; and how many there are."""
    height, width = bitmap.shape
    padded = np.zeros((height, width + 2), dtype=np.int8)
    padded[:, 1:-1] = bitmap
    steps = np.diff(padded, axis=1)
    start_rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    parents = list(range(len(starts)))
    firsts = np.searchsorted(start_rows, np.arange(height + 1)).tolist()
    start_list, end_list = starts.tolist(), ends.tolist()
    for row in range(1, height):
        _join(parents, start_list, end_list, (firsts[row - 1], firsts[row], firsts[row + 1]))
    roots: dict[int, int] = {}
    labels = np.full(bitmap.shape, -1, dtype=np.int64)
    for index, row in enumerate(start_rows.tolist()):
        label = roots.setdefault(_root(parents, index), len(roots))
        labels[row, start_list[index] : end_list[index]] = label
    return labels, len(roots)


def _join(parents: list[int], starts: list[int], ends: list[int], bounds: tuple[int, int, int]) -> None:
    """Join the runs of one row (second half of ``bounds``) with those of the row above that they touch."""
    above, end_above = bounds[0], bounds[1]
    for here in range(bounds[1], bounds[2]):
        while above < end_above and ends[above] < starts[here]:
            above += 1
        touching = above
        while touching < end_above and starts[touching] <= ends[here]:
            one, other = _root(parents, touching), _root(parents, here)
            parents[max(one, other)] = min(one, other)
            touching += 1


def _root(parents: list[int], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = parents[index]
    return index
