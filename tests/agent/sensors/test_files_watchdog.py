"""The fallback observes closes and renames on an ordinary folder, without any process."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE, MOVED_IN, Observation
from gapwatch_agent.sensors.files_watchdog import MISSING, FileObservers


def test_closes_and_renames_are_observed_without_a_process(tmp_path: Path) -> None:
    dev = tmp_path.stat().st_dev

    async def scenario() -> list[Observation]:
        seen: list[Observation] = []
        observers = FileObservers(SystemClock(), seen.extend)
        try:
            assert observers.add(dev, -1, str(tmp_path)) == MISSING
            (tmp_path / "a\n\udcff").write_bytes(b"123")
            os.mkfifo(tmp_path / "fifo")
            end = time.monotonic() + 10
            while not seen:
                assert time.monotonic() < end
                await asyncio.sleep(0.01)
            (tmp_path / "a\n\udcff").rename(tmp_path / "b")
            while len(seen) < 2:
                assert time.monotonic() < end
                await asyncio.sleep(0.01)
            observers.remove(dev)
            observers.remove(dev)
            return seen
        finally:
            observers.close()

    closed, moved = asyncio.run(scenario())[:2]
    assert (closed.action, closed.path, closed.size, closed.pid) == (CLOSED_WRITE, str(tmp_path / "a\n\udcff"), 3, 0)
    assert (moved.action, moved.path, moved.ino) == (MOVED_IN, str(tmp_path / "b"), closed.ino)
