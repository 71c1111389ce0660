"""The inspector's door: a small process that listens, and has the warm parent started when somebody asks for something.

The parent of all children carries every reader of documents; on most machines most hours nobody copies anything. So it
ends when idle and this process, which loads none of that, waits in its stead. The watchdog is fed for the parent only
while the parent itself says that its loop turns.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from gapwatch_agent import channel
from gapwatch_agent.inspector import syscalls

_BEAT_S: Final = 5.0
_SILENCE_MAX_S: Final = 20.0
"""A parent that has not turned its loop for so long is stuck; then the watchdog is not fed any more."""
_STARTING_MAX_S: Final = 60.0
_STOP_S: Final = 5.0
_PAUSE_AFTER_FAILURE_S: Final = 0.5

_log = logging.getLogger(__name__)

Serve = Callable[[socket.socket, Callable[[], None]], None]
"""Serves the listener until idle or SIGTERM, calling the second argument whenever its loop has turned."""


def run(
    socket_path: Path,
    serve: Serve,
    *,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
) -> int:
    """Keep the door until SIGTERM or SIGINT. Returns the exit code."""
    door = _Door(channel.listen(socket_path), serve)
    ready()
    try:
        door.keep(alive)
    finally:
        door.close()
        socket_path.unlink(missing_ok=True)
    return 0


class _Door:
    """A listener and, while there is work, the process that serves it."""

    def __init__(self, listener: socket.socket, serve: Serve) -> None:
        self._listener = listener
        self._serve = serve
        self._pid = 0
        self._watch = -1
        self._beats = -1
        self._patience_until_s = 0.0
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    def keep(self, alive: Callable[[], None]) -> None:
        """Wait at the door."""
        while not self._stopping:
            spoke = self._wait()
            if self._pid:
                self._hear(spoke)
            elif self._listener.fileno() in spoke:
                self._open()
            if not self._pid or time.monotonic() < self._patience_until_s:
                alive()

    def _wait(self) -> set[int]:
        poll = select.poll()
        watched = (self._watch, self._beats) if self._pid else (self._listener.fileno(),)
        for fd in (self._wake_read, *watched):
            poll.register(fd, select.POLLIN)
        return {fd for fd, _ in poll.poll(_BEAT_S * 1000)}

    def _open(self) -> None:
        beats, said = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        pid = os.fork()
        if pid == 0:
            self._become(said)
        os.close(said)
        self._pid, self._beats, self._watch = pid, beats, os.pidfd_open(pid)
        self._patience_until_s = time.monotonic() + _STARTING_MAX_S

    def _become(self, said: int) -> NoReturn:
        """In the new process: serve, never return."""
        status = 1
        try:
            syscalls.die_with_parent(signal.SIGKILL)
            os.close(self._wake_read)
            os.close(self._wake_write)

            def beat() -> None:
                with contextlib.suppress(BlockingIOError):
                    os.write(said, b"x")

            self._serve(self._listener, beat)
            status = 0
        except BaseException:  # noqa: BLE001 - the door's own code must not run here
            _log.exception("the inspector failed")
        finally:
            os._exit(status)

    def _hear(self, spoke: set[int]) -> None:
        if self._beats in spoke and os.read(self._beats, 4096):
            self._patience_until_s = time.monotonic() + _SILENCE_MAX_S
        if self._watch in spoke:
            status = self._bury()
            if status:
                _log.warning("the inspector ended with %s", status)
                time.sleep(_PAUSE_AFTER_FAILURE_S)

    def _bury(self) -> int:
        """Take leave of a process that has ended: its exit code, negative a signal."""
        _, status = os.waitpid(self._pid, 0)
        os.close(self._watch)
        os.close(self._beats)
        self._pid, self._watch, self._beats = 0, -1, -1
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End what is being served, close every descriptor."""
        if self._pid:
            os.kill(self._pid, signal.SIGTERM)
            poll = select.poll()
            poll.register(self._watch, select.POLLIN)
            if not poll.poll(_STOP_S * 1000):
                os.kill(self._pid, signal.SIGKILL)
            self._bury()
        self._listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
