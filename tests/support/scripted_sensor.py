"""A sensor that does what the test tells it to."""

from __future__ import annotations

import asyncio

from gapwatch_proto.events import SensorHealth


class ScriptedSensor:
    """Each run takes the next act: an exception to die of, None to return, or "watch" to go on until cancelled."""

    def __init__(self, name: str, *acts: object) -> None:
        self.name = name
        self.acts = list(acts)
        self.state, self.missing, self.runs = "stopped", "", 0
        self.emit = None

    def health(self) -> SensorHealth:
        return SensorHealth(self.name, "script", self.state, self.missing)

    async def run(self, emit) -> None:
        self.runs += 1
        self.emit = emit
        self.state = "running"
        act = self.acts.pop(0) if self.acts else "watch"
        try:
            await asyncio.sleep(0)
            if isinstance(act, BaseException):
                raise act
            if act == "watch":
                await asyncio.Event().wait()
        finally:
            self.state = "stopped"
