"""Running one sensor in a test and looking at what it says."""

from __future__ import annotations

import asyncio
import contextlib

from gapwatch_proto.events import Event
from gapwatch_proto.kinds import Kind
from support.eventually import eventually


class Said:
    """What a sensor emitted so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def of(self, *kinds: Kind):
        """Payloads of these kinds, in order."""
        return [event.payload for event in self.events if event.kind in kinds]

    def kinds(self):
        return [event.kind.name for event in self.events]

    async def until(self, kind: Kind, count: int = 1, seconds: float = 30.0):
        """Wait for ``count`` events of a kind and return their payloads."""
        try:
            await eventually(lambda: len(self.of(kind)) >= count, seconds)
        except AssertionError:
            raise AssertionError(f"{len(self.of(kind))} of {count} {kind.name}; said: {self.kinds()}") from None
        return self.of(kind)


@contextlib.asynccontextmanager
async def sensing(sensor):
    """The sensor runs; a crash of it fails the test."""
    said = Said()
    task = asyncio.create_task(sensor.run(said.events.append))
    try:
        await eventually(lambda: task.done() or sensor.health().state != "stopped")
        yield said
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
