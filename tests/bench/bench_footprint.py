"""What the agent takes of a workstation while nothing happens: each process's memory and processor time.

A real zone on this machine, an empty medium mounted and watched; left alone until it has settled, then looked at for
half a minute. Memory is PSS, which divides a shared page among all who map it, and so flatters on a machine where
others (the collector here) run the same Python: ``alone_total_mb`` counts every page frame of the agent's processes
once, as a workstation would find it where nobody else runs Python.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.development_zone import development_zone
from support.loop_media import loop_medium
from support.processes import cpu_ns, frames_bytes, pss_bytes

SETTLE_S = 20
WINDOWS = 6
WINDOW_S = 5
NAMES = ("guard", "watch", "link", "inspector")
SUPERVISOR = "supervisor"
"""It stands in for systemd and runs on no workstation that has it, so its part is told apart."""


def run() -> dict[str, float]:
    """Megabytes (10^6 bytes) and percent of one core; totals are the four processes', without the supervisor.

    ``cpu_percent`` is the whole time's, ``cpu_quiet_percent`` the median of the windows: the difference is what others
    on the machine made the sensors do.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as folder,
        loop_medium(Path(folder)) as medium,
        development_zone([medium.node]) as zone,
    ):
        time.sleep(SETTLE_S)
        named = zone.processes()
        assert set(named) == {*NAMES, SUPERVISOR}, named
        windows = [_window(named) for _ in range(WINDOWS)]
        assert zone.processes() == named, "a process was started again while it was measured"
        return _memory(named) | _processor(windows)


def _memory(named: Mapping[str, Sequence[int]]) -> dict[str, float]:
    each = {name: pss_bytes(pids) / 1e6 for name, pids in named.items()}
    total = sum(each[name] for name in NAMES)
    return {f"{name}_mb": value for name, value in each.items()} | {
        "pss_total_mb": total,
        "pss_total_with_supervisor_mb": total + each[SUPERVISOR],
        "alone_total_mb": frames_bytes(pid for name in NAMES for pid in named[name]) / 1e6,
    }


def _window(named: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Percent of a core by process over one window."""
    begun, before = time.monotonic_ns(), {name: cpu_ns(pids) for name, pids in named.items()}
    time.sleep(WINDOW_S)
    passed = time.monotonic_ns() - begun
    return {name: (cpu_ns(pids) - before[name]) / passed * 100 for name, pids in named.items()}


def _processor(windows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    each = {name: statistics.mean(window[name] for window in windows) for name in windows[0]}
    totals = [sum(window[name] for name in NAMES) for window in windows]
    return {f"{name}_cpu_percent": value for name, value in each.items()} | {
        "cpu_percent": statistics.mean(totals),
        "cpu_quiet_percent": statistics.median(totals),
        "cpu_with_supervisor_percent": statistics.mean(sum(window.values()) for window in windows),
    }
