"""The watch process from start to stop, against a link that is a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.watch import host, process
from gapwatch_agent.watch.pipeline import Pipeline, PipelineSettings
from gapwatch_agent.watch.process import WatchSettings
from gapwatch_proto.events import AgentStarted, AgentStopped, Gap, SensorState
from support.clock import FakeClock
from support.eventually import eventually
from support.fake_link import FakeLink
from support.scripted_sensor import ScriptedSensor


@contextlib.asynccontextmanager
async def watching(tmp_path, link, *sensors, clock=None, monotonic_ns=lambda: 0):
    clock = clock or SystemClock()
    calls, stop = [], asyncio.Event()
    pipeline = Pipeline(PipelineSettings(link.path, bytes(16)), clock)
    running = process.run(
        sensors, pipeline, WatchSettings(tmp_path, "1.0"), clock,
        ready=lambda: calls.append("ready"), alive=lambda: calls.append("alive"), stop=stop, monotonic_ns=monotonic_ns,
    )  # fmt: skip
    task = asyncio.create_task(running)
    try:
        yield calls, stop, task
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


def linked(tmp_path):
    link = FakeLink(tmp_path / "link.sock")
    link.start()
    return link


def test_started_first_then_sensors_then_ready_and_stopped_last(tmp_path):
    async def scenario():
        link = linked(tmp_path)
        async with watching(tmp_path, link, ScriptedSensor("a"), monotonic_ns=SystemClock().boottime_ns) as (calls, *_):
            await eventually(lambda: calls)
            await eventually(lambda: len(link.kept) >= 2)
            assert calls[:2] == ["ready", "alive"]
            await eventually(lambda: link.healths and link.healths[-1][0]["state"] == "running")
        await link.kill()
        kinds = [type(payload) for payload in link.payloads()]
        assert kinds == [AgentStarted, SensorState, AgentStopped]
        assert link.payloads()[0].clean
        assert link.payloads()[-1].reason == "signal"

    asyncio.run(scenario())


def test_sigterm_is_an_orderly_stop_and_a_kill_is_not(tmp_path):
    async def scenario():
        link = linked(tmp_path)
        async with watching(tmp_path, link, ScriptedSensor("a")) as (calls, _, task):
            await eventually(lambda: calls)
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(task, 10)
        (tmp_path / "watch.state").write_bytes(b"running\n")  # as a kill -9 would leave it
        async with watching(tmp_path, link, ScriptedSensor("a")) as (calls, *_):
            await eventually(lambda: calls)
        await link.kill()
        starts = [payload.clean for payload in link.payloads() if isinstance(payload, AgentStarted)]
        assert sorted(starts) == [False, True]
        assert sum(isinstance(payload, AgentStopped) for payload in link.payloads()) == 2

    asyncio.run(scenario())


def test_alive_is_said_only_while_the_pipeline_moves(tmp_path):
    class Stuck(Pipeline):
        async def run(self):
            await asyncio.Event().wait()

        async def drained(self):
            """Nothing to wait for."""

    async def scenario():
        clock, calls, stop = FakeClock(), [], asyncio.Event()
        pipeline = Stuck(PipelineSettings(tmp_path / "none", bytes(16)), clock)
        task = asyncio.create_task(
            process.run((), pipeline, WatchSettings(tmp_path, "1"), clock, alive=lambda: calls.append(1), stop=stop)
        )
        await eventually(lambda: calls)
        for _ in range(20):
            clock.advance(5)
            await asyncio.sleep(0.001)
        assert len(calls) == 1
        stop.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())


def test_alive_goes_on_while_there_is_no_link(tmp_path):
    async def scenario():
        clock = FakeClock()
        async with watching(tmp_path, FakeLink(tmp_path / "none"), clock=clock) as (calls, stop, task):

            def step():
                clock.advance(1)
                return calls.count("alive") > 3

            await eventually(step)
            stop.set()

            def stopped():
                clock.advance(process.DRAIN_S_MAX)  # there is nobody to take the last events
                return task.done()

            await eventually(stopped)
        assert not host.RunMarker(tmp_path).begin()  # what was in memory is lost: that was no clean stop

    asyncio.run(scenario())


def test_a_clock_step_and_sleep_become_gaps(tmp_path):
    async def scenario():
        link, clock = linked(tmp_path), FakeClock()
        async with watching(tmp_path, link, clock=clock, monotonic_ns=lambda: 0) as (calls, *_):
            await eventually(lambda: calls)
            clock.step_wall(3600)

            def step():
                clock.advance(2)
                return {gap.reason for gap in link.payloads() if isinstance(gap, Gap)} == {"suspended", "clock_step"}

            await eventually(step)
        await link.kill()

    asyncio.run(scenario())
