"""The plain supervisor: brings back what dies, kills what is stuck, stops in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
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


SUPERVISOR = """
import asyncio, pathlib, sys
from gapwatch_agent.supervise import Program, Supervisor
script, log, runtime, *names = sys.argv[1:]
programs = [Program(name, [sys.executable, script, name, log, "lively"]) for name in names]
asyncio.run(Supervisor(programs, pathlib.Path(runtime)).run())
"""

STRANGER = """
import os, socket, sys, time
os.setgroups([]); os.setgid(65534); os.setuid(65534)
line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
while True:
    try:
        line.sendto(b"WATCHDOG=1", sys.argv[1])
    except (FileNotFoundError, ConnectionRefusedError):
        pass
    time.sleep(0.05)
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

    @contextlib.contextmanager
    def supervisor(self, *names: str) -> Iterator[subprocess.Popen[bytes]]:
        """A supervisor in a process of its own, once all its programs have started."""
        places = (str(self.script), str(self.log), str(self.runtime))
        process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, *places, *names], start_new_session=True)
        try:
            asyncio.run(self.until(lambda: all(self.said(name, "started") for name in names)))
            yield process
        finally:
            process.kill()
            process.wait()

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
    ready_s = {p.name: p.ready_s for p in programs(Path("/c"), privileged=True)}
    assert ready_s["link"] >= 300  # a start cut short while a large spool is checked would never end


def test_ctrl_c_at_a_terminal_still_stops_in_order(scene: Scene) -> None:
    with scene.supervisor("one", "two") as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    order = [line.split()[0] for line in scene.log.read_text(encoding="utf-8").splitlines() if "stopped" in line]
    assert order == ["two", "one"]


def test_what_a_killed_supervisor_started_ends_too(scene: Scene) -> None:
    with scene.supervisor("one", "two") as process:
        process.kill()
        asyncio.run(scene.until(lambda: bool(scene.said("one", "stopped") and scene.said("two", "stopped"))))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_a_stranger_cannot_feed_the_watchdog(scene: Scene) -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)

        async def act() -> None:
            program = scene.program("mute", "mute", 0.5)
            supervisor = Supervisor([program], Path(directory), scene.reports.append)
            running = asyncio.create_task(supervisor.run())
            await scene.until(lambda: len(scene.said("mute", "started")) == 2)
            supervisor.stop()
            await running

        address = f"{directory}/notify-mute.sock"
        with subprocess.Popen([sys.executable, "-ISc", STRANGER, address]) as stranger:
            asyncio.run(act())
            stranger.kill()
    assert any("mute has not moved" in report for report in scene.reports)


def test_a_program_that_cannot_be_started_is_tried_again(scene: Scene, tmp_path: Path) -> None:
    async def act() -> None:
        program = Program("late", [str(tmp_path / "late"), str(scene.script), "late", str(scene.log), "lively"])
        supervisor = Supervisor([program], scene.runtime, scene.reports.append)
        running = asyncio.create_task(supervisor.run())
        await scene.until(lambda: any("late ended (not started" in report for report in scene.reports))
        (tmp_path / "late").symlink_to(sys.executable)
        await scene.until(lambda: bool(scene.said("late", "started")))
        supervisor.stop()
        await running

    asyncio.run(act())
