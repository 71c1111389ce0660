"""Time as a port (C15), so that waits, windows and event times can be tested without waiting.

``boottime_ns`` is CLOCK_BOOTTIME: it counts through suspend and nobody can set it. ``wall_ns`` is evidence only.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What anything that waits or stamps is given."""

    def boottime_ns(self) -> int:
        """Nanoseconds since boot, suspend included."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 UTC by the host's own clock."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that much boottime."""
        ...


class SystemClock:
    """The kernel's clocks."""

    def boottime_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wall_ns(self) -> int:
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def read_boot_id(path: Path = Path("/proc/sys/kernel/random/boot_id")) -> bytes:
    """The 16 bytes that name this boot."""
    return bytes.fromhex(path.read_text(encoding="ascii").strip().replace("-", ""))
