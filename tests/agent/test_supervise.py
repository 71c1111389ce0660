"""The plain supervisor: brings back what dies, kills what is stuck, stops in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gapwatch_agent.supervise import Program, Supervisor, programs

CHILD = """
import os, signal, sys, time
sys.path.insert(0, {agent!r})
from gapwatch_agent.sd_notify import Notifier
name, log, mode = sys.argv[1:4]
def say(word):
    with open(log, "a") as out: out.write(f"{{name}} {{word}} {{os.getpid()}}\\n")
notifier = Notifier()
def stop(*_):
    say("stopped"); notifier.stopping(); sys.exit(0)
signal.signal(signal.SIGTERM, stop)
say("started"); notifier.ready()
while True:
    time.sleep(0.05)
    if mode == "lively": notifier.alive()
"""


class Scene:
    def __init__(self, tmp_path: Path) -> None:
        import gapwatch_agent

        agent = str(Path(gapwatch_agent.__file__).parents[1])
        self.script, self.log, self.runtime = tmp_path / "child.py", tmp_path / "log", tmp_path
        self.script.write_text(CHILD.format(agent=agent), encoding="utf-8")
        self.log.touch()
        self.reports: list[str] = []

    def program(self, name: str, mode: str = "lively", watchdog_s: float = 20) -> Program:
        return Program(name, [sys.executable, str(self.script), name, str(self.log), mode], watchdog_s)

    def said(self, name: str, word: str) -> list[int]:
        lines = [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [int(pid) for who, what, pid in lines if (who, what) == (name, word)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.05)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_killed_process_comes_back_and_all_stop_in_reverse_order(scene: Scene) -> None:
    async def act() -> int:
        supervisor = Supervisor([scene.program("one"), scene.program("two")], scene.runtime, scene.reports.append)
        running = asyncio.create_task(supervisor.run())
        await scene.until(lambda: bool(scene.said("two", "started")))
        os.kill(scene.said("one", "started")[0], signal.SIGKILL)
        await scene.until(lambda: len(scene.said("one", "started")) == 2)
        await scene.until(lambda: set(supervisor.pids()) == {"one", "two"})
        supervisor.stop()
        return await running

    assert asyncio.run(act()) == 0
    order = [line.split()[0] for line in scene.log.read_text(encoding="utf-8").splitlines() if "stopped" in line]
    assert order == ["two", "one"]
    assert any("one ended (signal SIGKILL)" in report for report in scene.reports)


def test_a_stuck_process_is_killed_and_started_again(scene: Scene) -> None:
    async def act() -> None:
        supervisor = Supervisor([scene.program("mute", "mute", 0.5)], scene.runtime, scene.reports.append)
        running = asyncio.create_task(supervisor.run())
        await scene.until(lambda: len(scene.said("mute", "started")) == 2)
        supervisor.stop()
        await running

    asyncio.run(act())
    assert any("mute has not moved" in report for report in scene.reports)


def test_the_order_of_the_processes() -> None:
    assert [p.name for p in programs(Path("/c"), privileged=True)] == ["guard", "inspector", "link", "watch"]
    assert [p.name for p in programs(Path("/c"), privileged=False)] == ["inspector", "link", "watch"]
    assert programs(Path("/c"), privileged=True)[0].command[1:] == ["-m", "gapwatch_agent", "guard", "--config", "/c"]
