"""When a record happened: anchors, the hello of this boot, and what is said when neither is known (C15)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.ingest.event_time import (
    DRIFT_PPM,
    HELLO_UNCERTAINTY_NS,
    UNCERTAINTY_MAX_NS,
    UNKNOWN_UNCERTAINTY_NS,
    Tie,
    Timeline,
    anchored,
    from_wall_clock,
)
from gapwatch_collector.model import AnchorPoint

HOST, THIS_BOOT, EARLIER, UNKNOWN = b"h" * 16, b"t" * 16, b"e" * 16, b"u" * 16
SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND
UPTIME = 10_000 * SECOND
ANYTIME = st.integers(0, 2**62)


@dataclass(frozen=True)
class At:
    boot_id: bytes
    boottime_ns: int
    wall_ns: int = 0


def timeline(*anchors: AnchorPoint) -> Timeline:
    stored = {anchor.boot_id: anchor for anchor in anchors}
    return Timeline(HOST, THIS_BOOT, Tie(UPTIME, NOW, HELLO_UNCERTAINTY_NS), stored.get)


def anchor(boot_id: bytes, boottime_ns: int, collector_ns: int, round_trip_ns: int = 1_000_000) -> AnchorPoint:
    return AnchorPoint(HOST, boot_id, boottime_ns, collector_ns, round_trip_ns)


def test_the_hello_ties_this_boot() -> None:
    (time,) = timeline().place([At(THIS_BOOT, UPTIME - 100 * SECOND)], NOW)
    assert time == (NOW - 100 * SECOND, HELLO_UNCERTAINTY_NS + 100 * SECOND * DRIFT_PPM // 1_000_000)


def test_an_anchor_is_more_certain_than_the_hello() -> None:
    line = timeline()
    assert line.learn(anchor(THIS_BOOT, UPTIME - 50 * SECOND, NOW - 49 * SECOND), NOW)
    (time,) = line.place([At(THIS_BOOT, UPTIME - 60 * SECOND)], NOW)
    assert time == (NOW - 59 * SECOND, 1_000_000 + 10 * SECOND * DRIFT_PPM // 1_000_000)


def test_an_earlier_boot_goes_by_its_own_last_anchor() -> None:
    (time,) = timeline(anchor(EARLIER, 500 * SECOND, NOW - 86_400 * SECOND)).place([At(EARLIER, 700 * SECOND)], NOW)
    assert time.event_ns == NOW - 86_200 * SECOND


def test_an_unknown_boot_lies_between_its_neighbours() -> None:
    line = timeline(anchor(EARLIER, 0, NOW - 90_000 * SECOND))
    wall = NOW - 50_000 * SECOND
    times = line.place([At(EARLIER, 0), At(UNKNOWN, 5, wall), At(UNKNOWN, 6, NOW + 10**18), At(THIS_BOOT, UPTIME)], NOW)
    began = NOW - UPTIME
    assert [time.event_ns for time in times] == [NOW - 90_000 * SECOND, wall, began, NOW]
    assert times[1].uncertainty_ns == began - wall if began - wall > 40_000 * SECOND else 40_000 * SECOND
    assert times[2].uncertainty_ns >= HELLO_UNCERTAINTY_NS


def test_without_any_neighbour_the_wall_clock_is_hardly_believed() -> None:
    (time,) = timeline().place([At(UNKNOWN, 5, 7)], NOW)
    assert time.event_ns == 7
    assert time.uncertainty_ns >= UNKNOWN_UNCERTAINTY_NS


@pytest.mark.parametrize(
    "told",
    [
        anchor(THIS_BOOT, UPTIME, NOW + SECOND),
        anchor(THIS_BOOT, UPTIME, 0),
        anchor(THIS_BOOT, UPTIME, NOW - 1, round_trip_ns=-1),
        anchor(THIS_BOOT, UPTIME, NOW - 1, round_trip_ns=3600 * SECOND),
        anchor(THIS_BOOT, UPTIME, NOW - 900 * SECOND),
    ],
)
def test_anchors_that_cannot_be_true_are_not_used(told: AnchorPoint) -> None:
    line = timeline()
    assert not line.learn(told, NOW)
    assert line.place([At(THIS_BOOT, UPTIME)], NOW)[0].event_ns == NOW


def test_the_hello_is_kept_for_a_boot_that_has_no_anchor_yet() -> None:
    kept = timeline().hello_anchor()
    assert kept == AnchorPoint(HOST, THIS_BOOT, UPTIME, NOW, HELLO_UNCERTAINTY_NS)
    assert timeline(anchor(THIS_BOOT, 1, NOW - UPTIME)).hello_anchor() is None


@given(moments=st.lists(st.tuples(st.sampled_from([THIS_BOOT, EARLIER, UNKNOWN]), ANYTIME, ANYTIME), max_size=20))
def test_whatever_the_clocks_said_a_time_is_given_that_every_database_holds(moments: list) -> None:
    line = timeline(anchor(EARLIER, 500, NOW - 86_400 * SECOND))
    times = line.place([At(*moment) for moment in moments], NOW)
    assert len(times) == len(moments)
    for time in times:
        assert 0 <= time.event_ns <= NOW
        assert 0 <= time.uncertainty_ns <= UNCERTAINTY_MAX_NS


@given(boottime=st.integers(0, 2**50), apart=st.integers(-(2**40), 2**40))
def test_boot_time_differences_carry_over_exactly(boottime: int, apart: int) -> None:
    time = anchored(Tie(boottime, NOW, 5), boottime + apart)
    assert time.event_ns - NOW == apart
    assert time.uncertainty_ns == 5 + abs(apart) * DRIFT_PPM // 1_000_000


@given(wall=st.integers(-(2**62), 2**62), floor=st.one_of(st.none(), st.integers(0, NOW)), width=st.integers(0, NOW))
def test_a_bounded_wall_clock_stays_within_its_bounds(wall: int, floor: int | None, width: int) -> None:
    ceiling = (floor or 0) + width
    time = from_wall_clock(wall, floor, ceiling)
    assert (floor or 0) <= time.event_ns <= ceiling


def test_many_boots_are_remembered_within_a_bound() -> None:
    line = timeline()
    for number in range(500):
        line.place([At(number.to_bytes(16, "big"), 1, 1)], NOW)
    assert len(line._ties) <= 64
