"""The guard process: answers every permission event at once, then tells ``watch`` who opened what (contract C11).

One thread, one poll loop over the fanotify groups (one a medium), the listener and the connections. Between reading an
event and answering it nothing happens that can wait: /proc is read by readlink and read, no path is statted, nothing is
logged. What cannot be sent is kept in a bounded backlog, then dropped and counted. If this process dies, the kernel
closes the groups and lets every opener go.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.errors import PeerError
from gapwatch_agent.guard import messages, protected
from gapwatch_agent.guard.peer import Peer
from gapwatch_agent.kernel import fanotify, procfs, realtime
from gapwatch_agent.kernel.fanotify import FanEvent

MARKS_MAX: Final = 64
PEERS_MAX: Final = 8
GATHERED_MAX: Final = 32
_POLL_MS: Final = 500
_FDS_WANTED: Final = 4096
"""If the kernel cannot give an event its descriptor, it refuses the open: there must always be enough."""


class Guard:
    """State of the process: groups by descriptor, connections, counters. ``turn`` is one round of the loop."""

    def __init__(self, listener: socket.socket, allowed_uids: frozenset[int]) -> None:
        self._listener = listener
        self._allowed_uids = allowed_uids
        self._poll = select.poll()
        self._groups: dict[int, Peer] = {}
        self._peers: dict[int, Peer] = {}
        self._own_pid = os.getpid()
        self._own_fds = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._exempt: frozenset[int] = frozenset({self._own_pid})
        self._whos = procfs.WhoCache()
        # The encoded form of the last captures: one process opens many files.
        self._encoded: dict[procfs.Who, bytes] = {}
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._gathered_for: Peer | None = None
        self._answered = 0
        self._captured = 0
        self._dropped = 0
        listener.setblocking(False)
        self._poll.register(listener, select.POLLIN)

    def watch_descriptor(self, fd: int) -> None:
        """Wake the loop also when this descriptor is readable (a stop signal)."""
        self._poll.register(fd, select.POLLIN)

    def turn(self, timeout_ms: int = _POLL_MS) -> bool:
        """Wait for something and handle it, permission events first. False when nothing happened."""
        ready = self._poll.poll(timeout_ms)
        for fd, _ in ready:
            if fd in self._groups:
                self._answer(fd)
        self._send_gathered()
        for fd, flags in ready:
            peer = self._peers.get(fd)
            if fd == self._listener.fileno():
                self._accept()
            elif peer is not None:
                self._serve(peer, flags)
        return bool(ready)

    def status(self) -> messages.Status:
        """The counters now."""
        return messages.Status(self._answered, self._captured, self._dropped, len(self._groups), len(self._exempt) - 1)

    def close(self) -> None:
        """Let go of everything; whoever is held goes on."""
        for peer in list(self._peers.values()):
            self._forget(peer)
        self._whos.close()
        os.close(self._own_fds)
        self._listener.close()

    # --- permission events ------------------------------------------------------------------------------------------

    def _answer(self, group: int) -> None:
        try:
            events = fanotify.read(group)  # up to 64 at once
        except (OSError, ValueError):
            # What the kernel sent cannot be read: only letting the whole group go frees whoever it holds.
            self._let_go(group)
            return
        # Everybody goes on before anything is told.
        captured = [self._answer_one(group, event) for event in events if event.fd >= 0]
        peer = self._groups[group]
        for opened in captured:
            if opened is not None:
                self._report(peer, opened)

    def _let_go(self, group: int) -> None:
        peer = self._groups[group]
        key = next(key for key, known in peer.groups.items() if known == group)
        self._drop_group(group)
        body = {"key": key, "ok": False, "error": "its events could not be read"}
        peer.offer(Message(messages.MARKED, messages.encode(body)))
        self._follow(peer)

    def _answer_one(self, group: int, event: FanEvent) -> messages.Opened | None:
        exempt = event.pid in self._exempt
        opened = None
        try:
            if not exempt:
                opened = self._capture(event)
        except Exception:  # noqa: BLE001 (whatever went wrong here, the opener must be let go)
            self._dropped += 1
        finally:
            # Closed before the answer, so that the opener's next act may already be an unmount. The kernel matches the
            # answer by number alone, and nothing is opened in between.
            with contextlib.suppress(OSError):
                os.close(event.fd)
            with contextlib.suppress(OSError):
                os.write(group, fanotify.response(event.fd))
            self._answered += 1
        return opened

    def _capture(self, event: FanEvent) -> messages.Opened:
        identity = os.fstat(event.fd)
        try:
            path = os.readlink(str(event.fd), dir_fd=self._own_fds)
        except OSError:
            path = ""
        return messages.Opened(
            pid=event.pid,
            dev=identity.st_dev,
            ino=identity.st_ino,
            path=path,
            boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            wall_ns=time.time_ns(),
            who=self._whos.who(event.pid),
            sources=procfs.open_files(event.pid),
        )

    def _report(self, peer: Peer, opened: messages.Opened) -> None:
        who = b""
        if opened.who is not None:
            who = self._encoded.get(opened.who, b"")
            if not who:
                if len(self._encoded) >= 64:
                    self._encoded.clear()
                who = self._encoded[opened.who] = messages.encode_who(opened.who)
        self._captured += 1
        body = messages.encode_opened(opened, who)
        gathered = self._gathered
        if gathered and (
            self._gathered_for is not peer
            or len(gathered) >= GATHERED_MAX
            or self._gathered_bytes + len(body) + len(gathered) > channel.MESSAGE_BYTES_MAX
        ):
            self._send_gathered()
        if not self._gathered:
            self._gathered_for = peer
        self._gathered.append(body)
        self._gathered_bytes += len(body)

    def _send_gathered(self) -> None:
        """Captures of one turn in one message. None waits for a later turn: it must arrive before the file's close."""
        gathered, peer = self._gathered, self._gathered_for
        if not gathered or peer is None:
            return
        self._gathered, self._gathered_bytes, self._gathered_for = [], 0, None
        if peer.fileno() in self._peers:
            if not peer.offer(Message(messages.OPENED, b"\n".join(gathered))):
                self._dropped += len(gathered)
            self._follow(peer)

    # --- connections ------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        try:
            who = channel.require_peer(connection, self._allowed_uids)
        except (PeerError, OSError):
            connection.close()
            return
        if len(self._peers) >= PEERS_MAX:
            connection.close()
            return
        peer = Peer(connection, who.pid)
        self._peers[peer.fileno()] = peer
        self._poll.register(peer.fileno(), select.POLLIN)
        self._renew_exemptions()

    def _serve(self, peer: Peer, flags: int) -> None:
        try:
            if flags & select.POLLOUT:
                peer.flush()
            if flags & ~select.POLLOUT:
                message = channel.receive(peer.connection)
                if message is None:
                    self._forget(peer)
                    return
                try:
                    self._obey(peer, message)
                finally:
                    fanotify.close_all(message.fds)
        except BlockingIOError:
            return
        except (PeerError, OSError):
            self._forget(peer)
            return
        self._follow(peer)

    def _obey(self, peer: Peer, message: Message) -> None:
        if message.type == messages.WATCH:
            key = messages.decode_key(message.body)
            complaint = self._mark(peer, key, message.fds)
            body = {"key": key, "ok": not complaint, "error": complaint}
            peer.offer(Message(messages.MARKED, messages.encode(body)))
        elif message.type == messages.RELEASE:
            group = peer.groups.pop(messages.decode_key(message.body), None)
            if group is not None:
                self._drop_group(group)
        elif message.type == messages.EXEMPT:
            peer.exempt = frozenset(messages.decode_pids(message.body))
            self._renew_exemptions()
        elif message.type == messages.STATUS_WANTED:
            peer.offer(Message(messages.STATUS, messages.encode(self.status()._asdict())))
        else:
            raise PeerError(f"guard does not know messages of type {message.type}")

    def _mark(self, peer: Peer, key: str, fds: tuple[int, ...]) -> str:
        """Mark and return nothing, or return why not."""
        if key in peer.groups:
            return ""
        if len(fds) != 1:
            return "exactly one directory must come along"
        if len(self._groups) >= MARKS_MAX:
            return f"{MARKS_MAX} filesystems are marked already"
        try:
            complaint = protected.of_directory(fds[0], fanotify.filesystem_type(fds[0]))
            if not complaint:
                peer.groups[key] = group = _permission_group(fds[0])
                self._groups[group] = peer
                self._poll.register(group, select.POLLIN)
        except OSError as error:
            return error.strerror or str(error)
        return complaint

    def _drop_group(self, group: int) -> None:
        peer = self._groups.pop(group, None)
        if peer is not None:
            peer.groups = {key: kept for key, kept in peer.groups.items() if kept != group}
            self._poll.unregister(group)
            os.close(group)

    def _forget(self, peer: Peer) -> None:
        for group in list(peer.groups.values()):
            self._drop_group(group)
        if self._peers.pop(peer.fileno(), None) is not None:
            self._poll.unregister(peer.fileno())
        peer.connection.close()
        self._renew_exemptions()

    def _follow(self, peer: Peer) -> None:
        """Be woken for writing only while something waits to be written."""
        if peer.waiting != peer.polled_for_writing and peer.fileno() in self._peers:
            self._poll.modify(peer.fileno(), select.POLLIN | (select.POLLOUT if peer.waiting else 0))
            peer.polled_for_writing = peer.waiting

    def _renew_exemptions(self) -> None:
        pids = {self._own_pid}
        for peer in self._peers.values():
            pids |= peer.exempt | {peer.pid}
        self._exempt = frozenset(pids)


def run(socket_path: Path, *, ready: Callable[[], None], alive: Callable[[], None]) -> int:
    """The process's life until SIGTERM or SIGINT; returns 0.

    ``ready`` is called once when connections are accepted, ``alive`` at least every second while the loop moves.
    Raises OSError when the socket cannot be made.
    """
    for outcome in (realtime.spare_from_oom(), realtime.lock_memory(), realtime.schedule_fifo()):
        if not outcome.granted:
            print(f"guard: {outcome.wish} was not granted: {outcome.reason}", file=sys.stderr)
    _raise_descriptor_limit()
    guard = Guard(channel.listen(socket_path), frozenset({0, os.geteuid()}))
    try:
        with _stop_signals() as stopped:
            guard.watch_descriptor(stopped)
            ready()
            # Nothing here makes reference cycles; a collection would only hold up an answer.
            gc.collect()
            gc.freeze()
            gc.disable()  # _turn_until collects when nothing happens
            _turn_until(guard, stopped, alive)
    finally:
        guard.close()
        gc.enable()
        socket_path.unlink(missing_ok=True)
    return 0


def _turn_until(guard: Guard, stopped: int, alive: Callable[[], None]) -> None:
    told = collected = time.monotonic()
    while True:
        now = time.monotonic()
        if now - told >= 0.5:
            alive()
            told = now
        if not guard.turn() and now - collected >= 60:
            gc.collect()
            collected = now
        with contextlib.suppress(BlockingIOError):
            if os.read(stopped, 1):
                return


@contextlib.contextmanager
def _stop_signals() -> Iterator[int]:
    """A descriptor that becomes readable when the process is asked to stop."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def stop(_number: int, _frame: object) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(writer, b"x")

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not the main thread: a test's; it is stopped in another way
        before = {}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _permission_group(directory: int) -> int:
    """A group that is asked about every open on the directory's filesystem. Raises OSError."""
    group = fanotify.init(fanotify.CLASS_CONTENT | fanotify.CLOEXEC | fanotify.NONBLOCK)
    try:
        fanotify.mark_filesystem(group, directory, fanotify.OPEN_PERM)
    except OSError:
        os.close(group)
        raise
    return group


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FDS_WANTED if hard == resource.RLIM_INFINITY else min(_FDS_WANTED, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
