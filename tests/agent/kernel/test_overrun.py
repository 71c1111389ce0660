"""Reading a kernel queue to its end, overruns and all."""

from __future__ import annotations

from gapwatch_agent.kernel.overrun import ROUNDS_MAX, OverrunError, read_all


def reading(*rounds):
    waiting = list(rounds)

    def read():
        batch = waiting.pop(0) if waiting else []
        if isinstance(batch, OverrunError):
            raise batch
        return batch

    return read


def test_everything_in_order():
    assert read_all(reading([1, 2], [3])) == ([1, 2, 3], None)
    assert read_all(reading()) == ([], None)


def test_what_came_before_and_after_an_overrun_is_kept():
    error = OverrunError("full")
    assert read_all(reading([1], error, [2])) == ([1, 2], error)


def test_an_endless_storm_is_read_in_turns():
    found, overrun = read_all(lambda: [0])
    assert (len(found), overrun) == (ROUNDS_MAX, None)
