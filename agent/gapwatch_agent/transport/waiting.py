"""Waiting for several things at once without leaving any of them behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import TypeVar

import grpc

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import AgentError, UnavailableError

T = TypeVar("T")


async def before(clock: Clock, seconds: float, work: Awaitable[T], complaint: str) -> T:
    """The result of ``work``, or UnavailableError when the clock runs out first."""
    task = asyncio.ensure_future(work)
    limit = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({task, limit}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise UnavailableError(f"{complaint} within {seconds:.0f} s")
        return task.result()
    finally:
        await _cancel(task, limit)


async def first_to_end(*work: Awaitable[None]) -> None:
    """Run side by side until one ends or raises, then end the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _cancel(*tasks)


async def _cancel(*tasks: asyncio.Future[T] | asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, AgentError, grpc.RpcError, asyncio.InvalidStateError):
            await task
