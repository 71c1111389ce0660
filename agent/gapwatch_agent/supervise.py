"""The plain supervisor (``gapwatch-agent run``) for machines without systemd units: starts the agent's processes, hears
their sd_notify messages, restarts what dies or stops moving, and stops them in order.

It speaks systemd's protocol to its children, so a process cannot tell the two apart and nothing is tested twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from gapwatch_agent.inspector import syscalls

log = logging.getLogger(__name__)

_BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_STEADY_S: Final = 30.0
"""A process that ran this long starts over at the first backoff step."""
_STOP_S: Final = 8.0
_CREDENTIALS: Final = struct.Struct("3i")
"""Who sent a message, by the kernel's word: pid, uid, gid."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the agent: its name, its command, and how long it may be silent before it counts as stuck."""

    name: str
    command: Sequence[str]
    watchdog_s: float = 20.0
    ready_s: float = 60.0


@dataclass(slots=True)
class _Running:
    program: Program
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    last_alive: float = 0.0
    restarts: int = 0


class Supervisor:
    """Keeps programs running until ``stop`` is set; the first listed is started first and stopped last."""

    def __init__(self, programs: Sequence[Program], runtime: Path, report: Callable[[str], None] = print) -> None:
        self._running = [_Running(program) for program in programs]
        self._runtime = runtime
        self._report = report
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask for an orderly stop."""
        self._stopping.set()

    def pids(self) -> dict[str, int]:
        """Process ids by name, of those that run."""
        return {r.program.name: r.process.pid for r in self._running if r.process and r.process.returncode is None}

    async def run(self) -> int:
        """Start everything, keep it running, stop in reverse order. Returns 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        tasks: list[asyncio.Task[None]] = []
        for running in self._running:
            tasks.append(asyncio.create_task(self._keep(running)))
            waits = [asyncio.create_task(running.ready.wait()), asyncio.create_task(self._stopping.wait())]
            await asyncio.wait(waits, timeout=running.program.ready_s, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        self._report(f"gapwatch-agent: {len(self._running)} processes, {self._states()}")
        await self._stopping.wait()
        for running in reversed(self._running):
            await self._end(running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return 0

    def _states(self) -> str:
        return ", ".join(f"{r.program.name} {'ready' if r.ready.is_set() else 'starting'}" for r in self._running)

    async def _keep(self, running: _Running) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            started = loop.time()
            try:
                with self._notify_socket(running) as address:
                    how = _describe(await self._run_once(running, address))
            except OSError as error:  # no memory, no process to be had, no runtime directory: it may pass
                how = f"not started: {error}"
            if self._stopping.is_set():
                return
            failures = 0 if loop.time() - started > _STEADY_S else failures + 1
            running.restarts += 1
            pause = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]
            self._report(f"gapwatch-agent: {running.program.name} ended ({how}); again in {pause} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run_once(self, running: _Running, address: str) -> int:
        loop = asyncio.get_running_loop()
        program = running.program
        environment = {**os.environ, "NOTIFY_SOCKET": address}
        process = await asyncio.create_subprocess_exec(
            *program.command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            # Ctrl-C at a terminal is for us alone: link has to outlive watch for the last events to be kept.
            start_new_session=True,
            # Were we killed, what we left behind would watch beside what the next supervisor starts: events twice.
            preexec_fn=partial(_end_with, os.getpid()),
        )
        running.process = process
        running.last_alive = loop.time() + program.ready_s
        ended = asyncio.create_task(process.wait())
        while not ended.done():
            await asyncio.wait([ended], timeout=1.0)
            silent_s = loop.time() - running.last_alive
            if not ended.done() and silent_s > program.watchdog_s:
                self._report(f"gapwatch-agent: {program.name} has not moved for {silent_s:.0f} s; killing it")
                process.kill()
        running.ready.clear()
        return await ended

    @contextlib.contextmanager
    def _notify_socket(self, running: _Running) -> Iterator[str]:
        loop = asyncio.get_running_loop()
        path = self._runtime / f"notify-{running.program.name}.sock"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        try:
            # Anybody may write, because a child may have given up our uid by the time it speaks; who did, we see.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            listener.bind(str(path))
            path.chmod(0o622)
            loop.add_reader(listener, self._hear, running, listener)
            yield str(path)
        finally:
            loop.remove_reader(listener)
            listener.close()
            path.unlink(missing_ok=True)

    def _hear(self, running: _Running, listener: socket.socket) -> None:
        try:
            data, ancillary, *_ = listener.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size))
        except BlockingIOError:
            return
        if not _is_of(running, ancillary):
            return
        if b"READY=1" in data.split(b"\n"):
            running.ready.set()
        running.last_alive = asyncio.get_running_loop().time()

    async def _end(self, running: _Running) -> None:
        process = running.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_S)
        except TimeoutError:
            self._report(f"gapwatch-agent: {running.program.name} did not stop in {_STOP_S:.0f} s; killing it")
            process.kill()
            await process.wait()


def _end_with(supervisor: int) -> None:
    """In the child before it becomes its program: stop in order when the supervisor is gone."""
    syscalls.die_with_parent(signal.SIGTERM)
    if os.getppid() != supervisor:
        os._exit(0)


def _is_of(running: _Running, ancillary: list[tuple[int, int, bytes]]) -> bool:
    """Whether a message came from the program or its like: a stranger must not feed a watchdog."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid, uid, _ = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])
            child = running.process.pid if running.process else -1
            return pid == child or uid in {0, os.geteuid()}
    return False


def _describe(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal
        return f"signal {-code}"


def programs(config_path: Path, *, privileged: bool) -> list[Program]:
    """The agent's processes in starting order. Without root there is no guard: nothing could be asked of it."""

    def program(name: str, watchdog_s: float, ready_s: float = 60.0) -> Program:
        command = [sys.executable, "-m", "gapwatch_agent", name, "--config", str(config_path)]
        return Program(name, command, watchdog_s, ready_s)

    guard = [program("guard", 5.0)] if privileged else []
    # Link reads a large spool through before it trusts it.
    return [*guard, program("inspector", 30.0), program("link", 20.0, 300.0), program("watch", 20.0)]
