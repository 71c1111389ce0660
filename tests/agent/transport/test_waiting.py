"""Waiting for several things at once."""

from __future__ import annotations

import asyncio

import pytest

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.transport.waiting import before, first_to_end
from support.clock import FakeClock


async def turns() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_result_in_time_and_a_complaint_when_late() -> None:
    async def scenario() -> None:
        clock = FakeClock()
        gate = asyncio.Event()

        async def work() -> str:
            await gate.wait()
            return "done"

        late = asyncio.create_task(before(clock, 30, work(), "nothing came"))
        await turns()
        clock.advance(29)
        await turns()
        assert not late.done()
        clock.advance(2)
        with pytest.raises(UnavailableError, match="nothing came within 30 s"):
            await late
        gate.set()
        assert await before(clock, 30, work(), "nothing came") == "done"

    asyncio.run(scenario())


def test_the_first_to_end_ends_the_others() -> None:
    async def scenario() -> None:
        ended: list[str] = []

        async def for_ever() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("cancelled")

        async def fail() -> None:
            raise UnavailableError("broken")

        with pytest.raises(UnavailableError, match="broken"):
            await first_to_end(for_ever(), fail(), for_ever())
        assert ended == ["cancelled", "cancelled"]

    asyncio.run(scenario())
