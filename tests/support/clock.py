"""Clocks that tests advance by hand; both programs' Clock ports are filled."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class FakeClock:
    """Stands still until ``advance``; sleepers wake in order."""

    def __init__(self, start_ns: int = 1_790_000_000_000_000_000, boottime_ns: int = 1_000_000_000) -> None:
        self._wall_ns, self._boottime_ns = start_ns, boottime_ns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now_ns(self) -> int:
        return self._wall_ns

    def wall_ns(self) -> int:
        return self._wall_ns

    def boottime_ns(self) -> int:
        return self._boottime_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._boottime_ns + int(seconds * 1e9)
        heapq.heappush(self._sleepers, (due, next(self._order), future))
        await future

    def advance(self, seconds: float) -> None:
        """Move both clocks and wake whoever is due (they run when the loop next turns)."""
        step = int(seconds * 1e9)
        self._wall_ns += step
        self._boottime_ns += step
        while self._sleepers and self._sleepers[0][0] <= self._boottime_ns:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    def step_wall(self, seconds: float) -> None:
        """Somebody set the host's wall clock; boottime does not move."""
        self._wall_ns += int(seconds * 1e9)
