"""Keeping a process quick and alive: real-time priority, memory that stays, last in line for the OOM killer.

Each call says honestly whether it worked; none raises, because a guard without them is still better than none.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Final, NamedTuple

_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4

_libc = ctypes.CDLL(None, use_errno=True)


class Outcome(NamedTuple):
    """Whether a wish was granted; ``reason`` is empty when it was."""

    wish: str
    granted: bool
    reason: str = ""


def schedule_fifo(priority: int = 5) -> Outcome:
    """SCHED_FIFO for this process, not for its children."""
    wish = f"SCHED_FIFO {priority}"
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(priority))
    except OSError as error:
        return Outcome(wish, granted=False, reason=os.strerror(error.errno or 0))
    granted = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
    return Outcome(wish, granted, "" if granted else "the kernel kept another policy")


def lock_memory() -> Outcome:
    """Pages stay once they were touched (MCL_ONFAULT: what is never touched is never loaded)."""
    wish = "mlockall"
    if _libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return Outcome(wish, granted=True)
    return Outcome(wish, granted=False, reason=os.strerror(ctypes.get_errno()))


def spare_from_oom(adjustment: int = -900, path: Path = Path("/proc/self/oom_score_adj")) -> Outcome:
    """Ask the OOM killer to take others first (-1000 never .. 1000 first)."""
    wish = f"oom_score_adj {adjustment}"
    try:
        path.write_text(str(adjustment), encoding="ascii")
        now = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        return Outcome(wish, granted=False, reason=str(error))
    return Outcome(wish, now == adjustment, "" if now == adjustment else f"it is {now}")
