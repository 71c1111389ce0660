"""Sensors side by side: each in its own task, restarted with backoff when it crashes, the others untouched.

A crash is reported twice: as a SensorState (what cannot be seen now) and, once it runs again, as a Gap (from when to
when nothing was seen).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.sensors import Emit, Sensor
from gapwatch_proto.events import Event, Gap, Payload, SensorHealth, SensorState
from gapwatch_proto.kinds import Kind

BACKOFF_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
STABLE_S: Final = 120.0
"""A sensor that ran this long before it crashed begins its backoff anew."""
LOOK_S: Final = 1.0
"""How often the sensors' own account of their health is compared with what was last reported."""
READY_S_MAX: Final = 10.0
"""How long start-up waits for sensors to come up before it says ready without them."""

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs sensors until cancelled and reports what they can see."""

    def __init__(
        self,
        sensors: Sequence[Sensor],
        emit: Emit,
        clock: Clock,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._sensors = tuple(sensors)
        self._emit = emit
        self._clock = clock
        self._on_change = on_change
        self._reported: dict[str, tuple[str, str, str]] = {}
        self._crashed: dict[str, str] = {}

    def health(self) -> tuple[SensorHealth, ...]:
        """Every sensor's account; one that crashed says so."""
        return tuple(self._health(sensor) for sensor in self._sensors)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for sensor in self._sensors:
                tasks.create_task(self._keep_running(sensor), name=f"sensor {sensor.name}")
            while True:
                self.look()
                await self._clock.sleep(LOOK_S)

    async def started(self) -> None:
        """Return when no sensor is still on its way up, or when that has taken too long."""
        waited_s = 0.0
        while waited_s < READY_S_MAX and any(
            sensor.health().state == "stopped" and sensor.name not in self._crashed for sensor in self._sensors
        ):
            await self._clock.sleep(0.05)
            waited_s += 0.05
        self.look()

    def look(self) -> None:
        """Report every sensor whose health is not what was last reported."""
        for health in self.health():
            state = (health.state, health.mechanism, health.missing)
            before = self._reported.get(health.name)
            if state == before or (before is None and health.state == "stopped" and not health.missing):
                continue
            self._reported[health.name] = state
            self._say(Kind.SENSOR_STATE, SensorState(health, "started" if before is None else "changed"))
            self._on_change()

    def _health(self, sensor: Sensor) -> SensorHealth:
        why = self._crashed.get(sensor.name)
        health = sensor.health()
        return replace(health, state="stopped", missing=why) if why is not None else health

    async def _keep_running(self, sensor: Sensor) -> None:
        failures = 0
        while True:
            began_ns = self._clock.boottime_ns()
            why = await self._run_once(sensor)
            ended_ns = self._clock.boottime_ns()
            if why is None:
                self._crashed[sensor.name] = "nothing to watch on this machine"
                self.look()
                return
            if ended_ns - began_ns > STABLE_S * 1e9:
                failures = 0
            self._crashed[sensor.name] = f"crashed: {why}"[:256]
            self.look()
            await self._clock.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1
            del self._crashed[sensor.name]
            self._say(
                Kind.GAP,
                Gap(
                    source=sensor.name,
                    reason="sensor_restarted",
                    from_boottime_ns=ended_ns,
                    to_boottime_ns=self._clock.boottime_ns(),
                    detail=f"crashed: {why}"[:256],
                ),
            )

    async def _run_once(self, sensor: Sensor) -> str | None:
        """Run a sensor to its end: why it crashed, or None when it had nothing to watch."""
        task = asyncio.create_task(self._run_caught(sensor), name=f"run {sensor.name}")
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():  # it is we who are being stopped
                task.cancel()
                with contextlib.suppress(BaseException):
                    await task
        if task.cancelled():
            return "cancelled from within"
        error = task.result()
        if error is None:
            return None
        _log.error("sensor %s crashed", sensor.name, exc_info=error)
        return _describe(error)

    async def _run_caught(self, sensor: Sensor) -> BaseException | None:
        """What a sensor died of. SystemExit too: out of a task it would end the whole process."""
        try:
            await sensor.run(self._emit)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, the other sensors go on
            return error
        return None

    def _say(self, kind: Kind, payload: Payload) -> None:
        self._emit(Event(kind, payload, self._clock.boottime_ns(), self._clock.wall_ns()))


def _describe(error: BaseException) -> str:
    """The first plain exception inside (task groups wrap theirs)."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
