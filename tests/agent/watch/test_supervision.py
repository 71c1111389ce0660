"""A crashing sensor is restarted and told of; the others do not notice."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from gapwatch_agent.watch.supervision import Supervisor
from gapwatch_proto.events import Gap, SensorState
from support.clock import FakeClock
from support.eventually import eventually
from support.scripted_sensor import ScriptedSensor


@contextlib.asynccontextmanager
async def supervised(*sensors):
    clock, said, changes = FakeClock(), [], []
    supervisor = Supervisor(sensors, lambda event: said.append(event.payload), clock, lambda: changes.append(1))
    task = asyncio.create_task(supervisor.run())
    try:
        yield supervisor, clock, said, changes
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def passing(clock, holds):
    """Time passes until something holds."""

    def step():
        clock.advance(0.5)
        return holds()

    await eventually(step)


def told(said):
    return [(s.sensor.name, s.sensor.state, s.reason) for s in said if isinstance(s, SensorState)]


def test_each_sensor_is_told_of_once_it_runs():
    async def scenario():
        async with supervised(ScriptedSensor("a"), ScriptedSensor("b")) as (supervisor, clock, said, changes):
            waiting = asyncio.create_task(supervisor.started())
            await passing(clock, waiting.done)
            assert told(said) == [("a", "running", "started"), ("b", "running", "started")]
            assert len(changes) == 2
            assert [health.state for health in supervisor.health()] == ["running", "running"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "death", [RuntimeError("no\nway"), BaseException("panic"), asyncio.CancelledError(), SystemExit(3)]
)
def test_a_crash_is_a_state_then_a_gap_and_the_others_go_on(death, caplog):
    async def scenario():
        bad, good = ScriptedSensor("bad", death), ScriptedSensor("good")
        async with supervised(bad, good) as (_, clock, said, _):
            await passing(clock, lambda: any(isinstance(payload, Gap) for payload in said))
            await passing(clock, lambda: told(said)[-1][:2] == ("bad", "running"))
            gap = next(payload for payload in said if isinstance(payload, Gap))
            assert (gap.source, gap.reason, gap.count) == ("bad", "sensor_restarted", -1)
            assert gap.to_boottime_ns > gap.from_boottime_ns
            assert (bad.runs, good.runs) == (2, 1)
            assert [state for name, state, _ in told(said) if name == "bad"][-2:] == ["stopped", "running"]
            assert [state for name, state, _ in told(said) if name == "good"] == ["running"]
            crash = next(s for s in said if isinstance(s, SensorState) and s.sensor.state == "stopped")
            assert crash.sensor.missing.startswith(("crashed: ", "crashed: cancelled"))

    asyncio.run(scenario())


def test_a_sensor_that_keeps_crashing_is_tried_ever_more_seldom():
    async def scenario():
        bad = ScriptedSensor("bad", *(OSError("again") for _ in range(100)))
        async with supervised(bad) as (_, clock, _, _):
            for _ in range(240):
                clock.advance(0.5)
                await asyncio.sleep(0.001)
            assert 4 <= bad.runs <= 7  # 120 s: after 1, 2, 5, 15 and 60 s

    asyncio.run(scenario())


def test_a_sensor_with_nothing_to_watch_is_left_alone():
    async def scenario():
        done = ScriptedSensor("done", None)
        async with supervised(done) as (supervisor, clock, said, _):
            waiting = asyncio.create_task(supervisor.started())
            await passing(clock, waiting.done)
            for _ in range(50):
                clock.advance(5)
                await asyncio.sleep(0)
            assert done.runs == 1
            assert told(said)[-1][:2] == ("done", "stopped")
            assert not [payload for payload in said if isinstance(payload, Gap)]

    asyncio.run(scenario())


def test_a_change_of_health_is_told():
    async def scenario():
        sensor = ScriptedSensor("a")
        async with supervised(sensor) as (_, clock, said, _):
            await passing(clock, lambda: told(said))
            sensor.state, sensor.missing = "degraded", "half of it"
            await passing(clock, lambda: len(told(said)) == 2)
            assert told(said)[1] == ("a", "degraded", "changed")

    asyncio.run(scenario())


def test_stopping_stops_the_sensors():
    async def scenario():
        sensor = ScriptedSensor("a")
        async with supervised(sensor):
            await eventually(lambda: sensor.state == "running")
        assert sensor.state == "stopped"

    asyncio.run(scenario())
