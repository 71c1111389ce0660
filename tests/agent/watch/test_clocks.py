"""Sleep and clock steps become gaps."""

from __future__ import annotations

from gapwatch_agent.watch.clocks import ClockWatch, Reading

S = 1_000_000_000


class Clocks:
    def __init__(self):
        self.boottime, self.monotonic, self.wall = 100 * S, 90 * S, 10_000 * S
        self.watch = ClockWatch(lambda: Reading(int(self.boottime), int(self.monotonic), int(self.wall)))

    def run(self, seconds, *, awake=True, step=0.0):
        self.boottime += seconds * S
        self.monotonic += seconds * S if awake else 0
        self.wall += (seconds + step) * S
        return [(gap.reason, gap.detail) for gap in self.watch.look()]


def test_time_that_just_passes_is_nothing():
    clocks = Clocks()
    assert [clocks.run(2) for _ in range(5)] == [[]] * 5


def test_sleep():
    clocks = Clocks()
    assert clocks.run(3600, awake=False) == [("suspended", "the machine slept 3600.0 s")]
    assert clocks.run(2) == []


def test_a_step_either_way_is_told_once():
    clocks = Clocks()
    assert clocks.run(2, step=-86400) == [("clock_step", "the wall clock was moved by -86400.0 s")]
    assert clocks.run(2) == []
    assert clocks.run(2, step=3) == [("clock_step", "the wall clock was moved by +3.0 s")]


def test_many_small_steps_are_one_large_one():
    clocks = Clocks()
    told = [clocks.run(2, step=0.9) for _ in range(6)]
    assert [len(gaps) for gaps in told] == [0, 0, 1, 0, 0, 1]


def test_the_gap_says_from_when_to_when():
    clocks = Clocks()
    clocks.boottime += 50 * S
    (gap,) = clocks.watch.look()[:1]
    assert (gap.source, gap.from_boottime_ns, gap.to_boottime_ns, gap.count) == ("watch.clock", 100 * S, 150 * S, -1)
