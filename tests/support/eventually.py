"""Waiting in tests: polling with a deadline, never a bare sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Return when ``holds`` is true; fail with what it last gave when it never becomes true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    while not (got := holds()):
        assert loop.time() < deadline, f"still {got!r} after {seconds} s"
        await asyncio.sleep(0.005)
