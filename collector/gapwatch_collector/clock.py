"""Time as a port (C15): the collector's clock is the truth that agents anchor to, and tests advance it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What anything that waits or stamps is given."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that much time."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
