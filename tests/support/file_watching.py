"""The file sensor with everything around it real but the inspector: a guard process of its own, a collector of events,
and an inspector that answers by a rule a test can read.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.clock import SystemClock
from gapwatch_agent.enrich.inspection import INSPECT, VERDICT
from gapwatch_agent.sensors.files import FilesLimits, FilesSensor
from gapwatch_proto.events import Event, FileActivity, Medium

BOOT_ID = bytes(range(16))
MEDIUM = Medium(serial_number="0123456789", filesystem_id="F00D-CAFE", filesystem_type="ext4")
ROOT = Path(__file__).parents[2]
GUARD = (
    "import sys; from pathlib import Path; from gapwatch_agent.guard import run; "
    "sys.exit(run(Path(sys.argv[1]), ready=lambda: print('ready', flush=True), alive=lambda: None))"
)


class GuardProcess:
    """A guard of our own that can be killed and started again."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'agent'}:{ROOT / 'proto'}"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", GUARD, str(self.socket_path)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process.stdout.close()
        return code

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill(signal.SIGTERM)


class FakeInspector:
    """A real socket server in threads. A file that contains ``MARK`` is marked; ``mishap`` may do something else first.

    ``mishap`` is given the name and returns True when the connection shall be closed without an answer.
    """

    def __init__(self, socket_path: Path) -> None:
        self.mishap: Callable[[str], bool] = lambda _name: False
        self.names: list[str] = []
        self._listener = channel.listen(socket_path)
        threading.Thread(target=self._accept, daemon=True).start()

    def slow(self) -> None:
        """What a slow file costs; for use in ``mishap``."""
        time.sleep(0.05)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(2)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection) -> None:
        with connection, contextlib.suppress(OSError):
            while (message := channel.receive(connection)) is not None:
                assert message.type == INSPECT
                name = json.loads(message.body)["name"]
                self.names.append(name)
                with os.fdopen(message.fds[0], "rb") as file:
                    content = file.read()
                if self.mishap(name):
                    return
                mark = {"axis": "state", "level": "confidential", "level_text": "机密"} if b"MARK" in content else None
                body = {
                    "inspected": "full",
                    "reason": "",
                    "type": "text/plain",
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "size": len(content),
                    "hints": 0,
                    "mark": mark,
                }
                channel.send(connection, Message(VERDICT, json.dumps(body).encode()))


class Watching:
    """A running sensor and what it said."""

    def __init__(self, sensor: FilesSensor, guard: GuardProcess | None, inspector: FakeInspector | None) -> None:
        self.sensor = sensor
        self.guard = guard
        self.inspector = inspector
        self.events: list[Event] = []

    @property
    def files(self) -> list[FileActivity]:
        return [event.payload for event in list(self.events) if isinstance(event.payload, FileActivity)]

    def named(self, name: str) -> list[FileActivity]:
        return [activity for activity in self.files if activity.file.name == name]

    async def until(self, condition: Callable[[], object], within_s: float = 15.0) -> None:
        end = time.monotonic() + within_s
        while not condition():
            said = [(e.kind.name, e.payload) for e in self.events][-4:]
            assert time.monotonic() < end, f"not within {within_s} s; {len(self.events)} events, last {said}"
            await asyncio.sleep(0.01)

    @property
    def opened(self) -> int:
        """Files that are read already or lie opened before the inspector."""
        return len(self.inspector.names) + self.sensor._parts.reporter._ready.qsize()

    async def file(self, name: str) -> FileActivity:
        """The first event about a file of this name, waited for."""
        await self.until(lambda: self.named(name))
        return self.named(name)[0]

    async def quiet(self) -> None:
        """Wait until nothing is left to be inspected, for two looks in a row."""
        calm = 0
        end = time.monotonic() + 60
        while calm < 5:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
            calm = calm + 1 if self.sensor.idle else 0


@contextlib.asynccontextmanager
async def watching(
    folder: Path,
    *,
    limits: FilesLimits | None = None,
    with_guard: bool = True,
    with_inspector: bool = True,
    delivered: Callable[[], bool] = lambda: True,
) -> AsyncIterator[Watching]:
    """A files sensor running on sockets and state in ``folder`` (used again, it finds what the one before it left)."""
    guard = GuardProcess(folder / "guard.sock") if with_guard else None
    inspector = FakeInspector(folder / "inspector.sock") if with_inspector else None
    sensor = FilesSensor(
        folder / "guard.sock",
        folder / "inspector.sock",
        folder,
        SystemClock(),
        BOOT_ID,
        limits or FilesLimits(settle_s=0.2),
        delivered=delivered,
    )
    watch = Watching(sensor, guard, inspector)
    task = asyncio.create_task(sensor.run(watch.events.append))
    try:
        await watch.until(lambda: sensor.health().mechanism and sensor.health().state != "stopped")
        if guard:
            await watch.until(lambda: "guard" not in sensor.health().missing)
        yield watch
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if inspector:
            inspector.close()
        if guard:
            guard.stop()


async def run_command(*command: str | Path) -> int:
    """Run a command to its end without holding the loop; its pid."""
    process = await asyncio.create_subprocess_exec(*map(str, command))
    assert await process.wait() == 0, command
    return process.pid
