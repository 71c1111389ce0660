"""Time that passed unseen: the machine slept, or somebody set its clock (C3, C15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gapwatch_proto.events import Gap

SUSPENDED_S_MIN: Final = 1.0
STEP_S_MIN: Final = 2.0
LOOK_S: Final = 2.0
"""How often the clocks are compared."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All three clocks at one moment. Monotonic stands still while the machine sleeps, boottime does not."""

    boottime_ns: int
    monotonic_ns: int
    wall_ns: int


class ClockWatch:
    """Compares readings. The wall clock is held against boottime, so many small steps count as much as one large."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self._last = read()
        self._offset_ns = self._last.wall_ns - self._last.boottime_ns

    def look(self) -> list[Gap]:
        """What happened to time since the last look."""
        before, now = self._last, self._read()
        self._last = now
        gaps = []
        asleep_s = ((now.boottime_ns - before.boottime_ns) - (now.monotonic_ns - before.monotonic_ns)) / 1e9
        if asleep_s > SUSPENDED_S_MIN:
            gaps.append(_gap("suspended", before, now, f"the machine slept {asleep_s:.1f} s"))
        step_s = (now.wall_ns - now.boottime_ns - self._offset_ns) / 1e9
        if abs(step_s) > STEP_S_MIN:
            self._offset_ns = now.wall_ns - now.boottime_ns
            gaps.append(_gap("clock_step", before, now, f"the wall clock was moved by {step_s:+.1f} s"))
        return gaps


def _gap(reason: str, before: Reading, now: Reading, detail: str) -> Gap:
    return Gap(
        source="watch.clock",
        reason=reason,
        count=0 if reason == "clock_step" else -1,  # a step hides nothing; what happened in sleep nobody knows
        from_boottime_ns=before.boottime_ns,
        to_boottime_ns=now.boottime_ns,
        detail=detail,
    )
