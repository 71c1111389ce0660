"""The kernel's clocks and the boot's name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gapwatch_agent.clock import SystemClock, read_boot_id


def test_boottime_only_goes_forward_and_sleep_takes_time() -> None:
    clock = SystemClock()
    before = clock.boottime_ns()
    asyncio.run(clock.sleep(0.01))
    assert clock.boottime_ns() - before >= 10_000_000
    assert clock.wall_ns() > 1_700_000_000_000_000_000


def test_a_boot_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "boot_id").write_text("0f8fad5b-d9cb-469f-a165-70867728950e\n", encoding="ascii")
    assert read_boot_id(tmp_path / "boot_id").hex() == "0f8fad5bd9cb469fa16570867728950e"
    assert read_boot_id() == read_boot_id()
