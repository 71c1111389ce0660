"""``watch``'s line to guard: keeps it connected, marks again what should be marked, hands captures over.

Guard may die at any moment; the kernel then lets go of everything it held. The client comes back within a second of
guard's return, marks every medium again and tells its owner both times, so that the time without captures is reported.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Final, Protocol

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import PeerError
from gapwatch_agent.guard import messages
from gapwatch_agent.guard.messages import Marked, Opened, Status

_RETRY_S: Final = 0.2
_REPLY_S: Final = 2.0
_STATUS_S: Final = 30.0
_MESSAGES_A_TURN: Final = 256


class GuardListener(Protocol):
    """What the client tells its owner."""

    def opened(self, opened: Opened) -> None:
        """A file on a marked filesystem was opened."""
        ...

    def guard_present(self, present: bool) -> None:
        """Guard answered for the first time or again, or went away."""
        ...

    def guard_status(self, status: Status) -> None:
        """Guard's counters, now and then."""
        ...


class GuardClient:
    """Wanted marks by key; ``run`` keeps them in force for as long as it runs."""

    def __init__(self, socket_path: Path, clock: Clock, listener: GuardListener) -> None:
        self._socket_path = socket_path
        self._clock = clock
        self._listener = listener
        self._connection: socket.socket | None = None
        self._wanted: dict[str, Path] = {}
        self._marked: dict[str, Marked] = {}
        self._replies: dict[str, asyncio.Future[Marked]] = {}
        self._lost = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Guard is there."""
        return self._connection is not None

    def marked(self, key: str) -> Marked:
        """What guard last said about a key."""
        return self._marked.get(key, Marked(key, ok=False, error="guard is away"))

    async def run(self) -> None:
        """Connect, and again after every loss, until cancelled."""
        try:
            while True:
                if self._connect():
                    with contextlib.suppress(OSError, PeerError):
                        await self._attend()
                    self._disconnect()
                await self._clock.sleep(_RETRY_S)
        finally:
            self._disconnect()

    async def watch(self, key: str, directory: Path) -> Marked:
        """Have the filesystem of ``directory`` marked, now if guard is there, else as soon as it is."""
        self._wanted[key] = directory
        if self._connection is None:
            return self.marked(key)
        reply = self._replies.setdefault(key, asyncio.get_running_loop().create_future())
        try:
            self._ask(key, directory)
            return await asyncio.wait_for(asyncio.shield(reply), _REPLY_S)
        except TimeoutError:
            return Marked(key, ok=False, error=f"guard did not answer in {_REPLY_S:.0f} s")
        except (OSError, PeerError) as error:
            return Marked(key, ok=False, error=str(error))
        finally:
            self._replies.pop(key, None)

    def release(self, key: str) -> None:
        """Have a mark taken away."""
        self._wanted.pop(key, None)
        self._marked.pop(key, None)
        self._say(Message(messages.RELEASE, messages.encode({"key": key})))

    def drain(self) -> None:
        """Take in what guard has sent up to now, so that a capture is known before the close it belongs to."""
        connection = self._connection
        if connection is None:
            return
        try:
            for _ in range(_MESSAGES_A_TURN):
                message = channel.receive(connection)
                if message is None:
                    self._lost.set()
                    return
                self._hear(message)
        except BlockingIOError:
            return
        except (OSError, PeerError):
            self._lost.set()

    def _connect(self) -> bool:
        try:
            connection = channel.connect(self._socket_path)
        except OSError:
            return False
        connection.setblocking(False)
        self._connection = connection
        self._lost.clear()
        asyncio.get_running_loop().add_reader(connection, self.drain)
        return True

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        asyncio.get_running_loop().remove_reader(connection)
        connection.close()
        self._marked.clear()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_result(Marked("", ok=False, error="guard went away"))
        self._listener.guard_present(present=False)

    async def _attend(self) -> None:
        self._say(Message(messages.EXEMPT, messages.encode({"pids": [os.getpid()]})))
        self._listener.guard_present(present=True)
        while not self._lost.is_set():
            self._ask_for_missing()
            self._say(Message(messages.STATUS_WANTED))
            lost = asyncio.ensure_future(self._lost.wait())
            pause = asyncio.ensure_future(self._clock.sleep(_STATUS_S))
            try:
                await asyncio.wait([lost, pause], return_when=asyncio.FIRST_COMPLETED)
            finally:
                lost.cancel()
                pause.cancel()

    def _ask_for_missing(self) -> None:
        """Ask for every wanted mark that is not in force; what was refused for good is refused again."""
        for key, directory in list(self._wanted.items()):
            if self.marked(key).ok:
                continue
            try:
                self._ask(key, directory)
            except OSError as error:  # the medium is on its way out
                self._marked[key] = Marked(key, ok=False, error=error.strerror or str(error))

    def _ask(self, key: str, directory: Path) -> None:
        if self._connection is None:
            raise PeerError("guard is away")
        # Opened anew each time and closed at once: an open directory would keep the medium busy.
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            channel.send(self._connection, Message(messages.WATCH, messages.encode({"key": key}), (fd,)))
        finally:
            os.close(fd)

    def _say(self, message: Message) -> None:
        if self._connection is None:
            return
        try:
            channel.send(self._connection, message)
        except OSError:
            self._lost.set()

    def _hear(self, message: Message) -> None:
        for fd in message.fds:
            os.close(fd)
        if message.type == messages.OPENED:
            for opened in messages.decode_captures(message.body):
                self._listener.opened(opened)
        elif message.type == messages.MARKED:
            marked = messages.decode_marked(message.body)
            self._marked[marked.key] = marked
            reply = self._replies.get(marked.key)
            if reply is not None and not reply.done():
                reply.set_result(marked)
        elif message.type == messages.STATUS:
            self._listener.guard_status(messages.decode_status(message.body))
