"""How moments are written."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console import times
from gapwatch_collector.console.words import translator

SECOND = 1_000_000_000
MOMENT = 1_790_000_000_123_000_000


def test_exact_time_carries_its_offset() -> None:
    assert times.exact(MOMENT, UTC) == "2026-09-21 14:13:20 +00:00"
    assert times.exact(MOMENT, timezone(timedelta(hours=8)), milliseconds=True) == "2026-09-21 22:13:20.123 +08:00"
    assert times.exact(MOMENT, timezone(-timedelta(hours=3, minutes=30))).endswith("-03:30")


def test_machines_read_utc() -> None:
    assert times.machine_readable(MOMENT) == "2026-09-21T14:13:20.123Z"


@pytest.mark.parametrize(
    ("spread_ns", "text"),
    [
        (0, ""),
        (-5, ""),
        (1, "± 1 ms"),
        (40_000_000, "± 40 ms"),
        (2_500_000_000, "± 2.5 s"),
        (300 * SECOND, "± 5 min"),
        (7200 * SECOND, "± 2 h"),
        (3 * 86_400 * SECOND, "± 3 d"),
    ],
)
def test_uncertainty_reads_in_its_own_size(spread_ns, text) -> None:
    assert times.uncertainty(spread_ns) == text


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "刚刚", "just now"),
        (-50, "刚刚", "just now"),
        (59, "59 秒前", "59 s ago"),
        (60, "1 分钟前", "1 min ago"),
        (7200, "2 小时前", "2 h ago"),
        (86_400 * 3, "3 天前", "3 d ago"),
    ],
)
def test_age_in_both_languages(seconds, zh, en) -> None:
    now = MOMENT + seconds * SECOND
    assert times.relative(MOMENT, now, translator("zh")) == zh
    assert times.relative(MOMENT, now, translator("en")) == en


@given(st.integers(0, 250_000_000_000 * SECOND // 1000), st.integers(-720, 720))
def test_any_moment_can_be_written(moment, minutes) -> None:
    zone = timezone(timedelta(minutes=minutes))
    assert times.exact(moment, zone)[10] == " "
    assert times.machine_readable(moment).endswith("Z")
