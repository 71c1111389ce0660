"""The watch process from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.sensors import Sensor
from gapwatch_agent.watch import host
from gapwatch_agent.watch.clocks import LOOK_S, ClockWatch, Reading
from gapwatch_agent.watch.pipeline import Pipeline
from gapwatch_agent.watch.supervision import Supervisor
from gapwatch_proto.events import AgentStopped, Event, Payload
from gapwatch_proto.kinds import Kind

ALIVE_S: Final = 5.0
"""How often it is asked whether work moves."""
DRAIN_S_MAX: Final = 5.0
"""How long a stop waits for the last events to become durable."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """``state_dir`` keeps the marker that tells a crash from an orderly stop."""

    state_dir: Path
    agent_version: str


def _nothing() -> None:
    pass


async def run(
    sensors: Sequence[Sensor],
    pipeline: Pipeline,
    settings: WatchSettings,
    clock: Clock,
    *,
    ready: Callable[[], None] = _nothing,
    alive: Callable[[], None] = _nothing,
    stop: asyncio.Event | None = None,
    monotonic_ns: Callable[[], int] = time.monotonic_ns,
) -> None:
    """Watch until SIGTERM or SIGINT arrives (or ``stop`` is set).

    Calls ``ready`` once the sensors are up, and ``alive`` every few seconds while the loop turns and the pipeline moves
    (C11: a watchdog is fed by work, not by a timer).
    """
    stop = stop or asyncio.Event()
    marker = host.RunMarker(settings.state_dir)

    def say(kind: Kind, payload: Payload) -> None:
        pipeline.emit(Event(kind, payload, clock.boottime_ns(), clock.wall_ns()))

    say(Kind.AGENT_STARTED, host.describe(settings.agent_version, clean=marker.begin()))
    supervisor = Supervisor(sensors, pipeline.emit, clock, pipeline.sensors_changed)
    pipeline.watch_sensors(supervisor.health)
    clocks = ClockWatch(lambda: Reading(clock.boottime_ns(), monotonic_ns(), clock.wall_ns()))
    with _stopping_on_signals(stop):
        async with _running(pipeline.run()) as sending:
            works = (
                supervisor.run(),
                _compare_clocks(clocks, say, clock),
                _announce(supervisor, pipeline, ready, alive, clock),
            )
            async with _running(*works) as watching:
                await _first_of(stop, *watching, *sending)
            say(Kind.AGENT_STOPPED, AgentStopped("signal"))
            async with _running(pipeline.drained(), clock.sleep(DRAIN_S_MAX)) as either:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if pipeline.unsent:
        # Nobody took them in time. The next start must not call this a clean stop (C3).
        _log.error("%d events could not be handed to link before the stop and are lost", pipeline.unsent)
        return
    marker.end()


async def _announce(
    supervisor: Supervisor, pipeline: Pipeline, ready: Callable[[], None], alive: Callable[[], None], clock: Clock
) -> None:
    await supervisor.started()
    ready()
    seen = pipeline.progress
    alive()
    while True:
        await clock.sleep(ALIVE_S)
        if pipeline.progress != seen:
            alive()
        else:
            _log.warning("the pipeline does not move; the watchdog is not fed")
        seen = pipeline.progress


async def _compare_clocks(clocks: ClockWatch, say: Callable[[Kind, Payload], None], clock: Clock) -> None:
    while True:
        await clock.sleep(LOOK_S)
        for gap in clocks.look():
            say(Kind.GAP, gap)


@contextlib.asynccontextmanager
async def _running(*works: Coroutine[None, None, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first_of(stop: asyncio.Event, *tasks: asyncio.Task[None]) -> None:
    """Return when asked to stop. A task of ours that ends before is a bug: its error comes out here."""
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
            raise RuntimeError("a part of the watch process ended by itself")
    finally:
        stopping.cancel()


@contextlib.contextmanager
def _stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
