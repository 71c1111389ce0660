"""The inspector process: a warm parent that listens on inspector.sock and gives every file a child of its own.

One thread, one loop. A request is INSPECT {"name"} with one descriptor; its answer is VERDICT. One request at a time on
a connection, four connections and four children at once. The parent reads no byte of any file.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent import channel
from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector import child as children
from gapwatch_agent.inspector import syscalls, verdict
from gapwatch_agent.inspector.child import Child, Nursery
from gapwatch_agent.inspector.examine import Terms
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.verdict import Verdict, uninspected

INSPECT: Final = 30
VERDICT: Final = 31
CONNECTIONS_MAX: Final = 4
_NAME_CHARACTERS_MAX: Final = 4096
_BEAT_S: Final = 5.0
_ROOT: Final = 0

_log = logging.getLogger(__name__)


def run(
    socket_path: Path,
    limits: Limits,
    *,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
    idle_exit_s: float | None = None,
    terms: Terms | None = None,
) -> int:
    """Listen at ``socket_path`` and serve; ``ready`` is called once requests are taken. Returns the exit code."""
    try:
        serve(channel.listen(socket_path), limits, ready=ready, alive=alive, idle_exit_s=idle_exit_s, terms=terms)
    finally:
        socket_path.unlink(missing_ok=True)
    return 0


def serve(
    listener: socket.socket,
    limits: Limits,
    *,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
    idle_exit_s: float | None = None,
    terms: Terms | None = None,
) -> None:
    """Serve a listener, which is closed at the end, until SIGTERM or SIGINT or until nothing was asked for
    ``idle_exit_s``. ``alive`` is called whenever the loop has turned (at least every few seconds).
    """
    nursery = Nursery(limits, terms or Terms())
    for layer in children.layers(nursery):
        if not layer.in_force:
            _log.warning("the cage stands without %s: %s", layer.name, layer.detail)
    syscalls.give_back_memory()
    nursery.settle()
    service = Service(listener, nursery, idle_exit_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    ready()
    try:
        service.loop(alive)
    finally:
        service.close()


@dataclass(slots=True)
class _Job:
    """A file being inspected for a connection. ``found`` waits for the second child's hash."""

    connection: socket.socket
    fd: int
    slot: int
    child: Child
    found: Verdict | None = None


class Service:
    """The loop and what it holds: a listener, connections, jobs."""

    def __init__(self, listener: socket.socket, nursery: Nursery, idle_exit_s: float | None = None) -> None:
        self._listener = listener
        self._nursery = nursery
        self._idle_exit_s = idle_exit_s
        self._selector = selectors.DefaultSelector()
        self._jobs: dict[socket.socket, _Job] = {}
        self._connections: set[socket.socket] = set()
        self._last_request = time.monotonic()
        self._stopping = False
        self._accepting = False
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._woken)
        listener.setblocking(False)
        self._accept_more()

    def stop(self) -> None:
        """Ask the loop to end; safe from a signal handler."""
        self._stopping = True
        os.write(self._wake_write, b"x")

    def loop(self, alive: Callable[[], None]) -> None:
        """Serve until stopped or idle for long enough."""
        while not self._stopping and not self._is_idle():
            for key, _ in self._selector.select(self._timeout_s()):
                # What came before in this turn may have closed it (and its number may belong to another by now).
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
            self._end_overdue()
            alive()

    def close(self) -> None:
        """End every child, close every descriptor."""
        for job in list(self._jobs.values()):
            self._selector.unregister(job.child.answer_fd)
            job.child.kill()
            job.child.reap()
            os.close(job.fd)
        self._jobs.clear()
        for connection in list(self._connections):
            connection.close()
        self._selector.close()
        self._listener.close()
        self._nursery.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    # --- waiting

    def _timeout_s(self) -> float:
        now = time.monotonic()
        ends = [job.child.deadline for job in self._jobs.values()]
        if self._idle_exit_s and not self._jobs:
            ends.append(self._last_request + self._idle_exit_s)
        return max(min([now + _BEAT_S, *ends]) - now, 0.0)

    def _is_idle(self) -> bool:
        if not self._idle_exit_s or self._jobs:
            return False
        return time.monotonic() - self._last_request >= self._idle_exit_s

    def _woken(self) -> None:
        os.read(self._wake_read, 64)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for job in list(self._jobs.values()):
            if job.child.deadline <= now:
                job.child.kill()
                self._child_ended(job)

    # --- connections

    def _accept_more(self) -> None:
        wanted = len(self._connections) < CONNECTIONS_MAX
        if wanted and not self._accepting:
            self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        elif self._accepting and not wanted:
            self._selector.unregister(self._listener)
        self._accepting = wanted

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it left again, or we are out of descriptors: the listener stays
            return
        try:
            channel.require_peer(connection, frozenset({_ROOT, os.geteuid()}))
        except (PeerError, OSError) as error:
            _log.warning("turned a connection away: %s", error)
            connection.close()
            return
        connection.setblocking(False)
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._request(connection))
        self._accept_more()

    def _drop(self, connection: socket.socket) -> None:
        job = self._jobs.pop(connection, None)
        if job is not None:
            self._selector.unregister(job.child.answer_fd)
            job.child.kill()
            job.child.reap()
            os.close(job.fd)
        self._selector.unregister(connection)
        self._connections.discard(connection)
        connection.close()
        self._accept_more()

    def _request(self, connection: socket.socket) -> None:
        try:
            message = channel.receive(connection)
            if message is None:
                self._drop(connection)
                return
            self._begin(connection, message)
        except BlockingIOError:
            return
        except (PeerError, OSError) as error:
            _log.warning("dropped a connection: %s", error)
            self._drop(connection)

    def _begin(self, connection: socket.socket, message: channel.Message) -> None:
        for fd in message.fds[1:]:
            os.close(fd)
        try:
            name = _name_of(message, busy=connection in self._jobs)
        except PeerError:
            for fd in message.fds[:1]:
                os.close(fd)
            raise
        self._last_request = time.monotonic()
        fd = message.fds[0]
        slot = min(set(range(CONNECTIONS_MAX)) - {job.slot for job in self._jobs.values()})
        try:
            started = self._nursery.start(fd, name, slot)
        except OSError as error:
            _log.warning("no child could be started: %s", error)
            os.close(fd)
            self._answer(connection, uninspected("crashed"))
            return
        job = _Job(connection, fd, slot, started)
        self._jobs[connection] = job
        self._selector.register(started.answer_fd, selectors.EVENT_READ, lambda: self._child_spoke(job))

    # --- children

    def _child_spoke(self, job: _Job) -> None:
        if not job.child.read():
            self._child_ended(job)

    def _child_ended(self, job: _Job) -> None:
        ended = job.child
        self._selector.unregister(ended.answer_fd)
        found = ended.reap()
        if job.found is not None:
            found = children.with_hash(job.found, found)
        elif children.needs_hash(ended, found) and self._hash(job, found):
            return
        del self._jobs[job.connection]
        os.close(job.fd)
        self._last_request = time.monotonic()
        if found.inspection.reason in {"crashed", "timed_out"}:
            _log.warning("a file was not inspected: %s after %s", found.inspection.reason, _lived(ended))
        self._answer(job.connection, found)

    def _hash(self, job: _Job, found: Verdict) -> bool:
        """Start the second child that only hashes; False when it could not be started."""
        deadline = job.child.deadline
        try:
            job.child = self._nursery.start(job.fd, "", job.slot, work=children.hash_and_answer)
        except OSError:
            return False
        job.child.deadline = deadline
        job.found = found
        self._selector.register(job.child.answer_fd, selectors.EVENT_READ, lambda: self._child_spoke(job))
        return True

    def _answer(self, connection: socket.socket, found: Verdict) -> None:
        try:
            channel.send(connection, channel.Message(VERDICT, verdict.encode(found)))
        except OSError as error:
            _log.warning("could not answer: %s", error)
            self._drop(connection)


def _name_of(message: channel.Message, *, busy: bool) -> str:
    """The request's file name. Raises PeerError for anything that is not one INSPECT with one descriptor."""
    if busy:
        raise PeerError("a second request before the first was answered")
    if message.type != INSPECT or not message.fds:
        raise PeerError(f"expected INSPECT with a descriptor, got message {message.type} with {len(message.fds)}")
    try:
        fields = json.loads(message.body)
        name = fields["name"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PeerError("INSPECT is not JSON with a name") from error
    if not isinstance(name, str):
        raise PeerError("INSPECT names no file")
    return name[-_NAME_CHARACTERS_MAX:]


def _lived(ended: Child) -> str:
    lived_s = time.monotonic() - (ended.deadline - ended.limits.wall_s)
    return f"{lived_s:.1f} s"
