"""The local socket ``watch`` hands its events over, and the group commit behind it.

Events are appended together, up to 256 or after 20 ms, and answered with KEPT once they survive power loss. While the
spool cannot take them they stay here (bounded; then the socket is no longer read) and unanswered with their sender.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gapwatch_agent import channel
from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import AgentError, PeerError, UnavailableError
from gapwatch_agent.link.intake import Word, number_body, read_event, read_instance, read_sensors
from gapwatch_agent.spool.port import NewRecord
from gapwatch_agent.spool.thread import SpoolThread
from gapwatch_proto.events import SensorHealth

_log = logging.getLogger(__name__)

GROUP_EVENTS_MAX: Final = 256
GROUP_BYTES_MAX: Final = 1024 * 1024
GROUP_WAIT_S: Final = 0.02
_PENDING_MAX: Final = 1024
_RETRY_S: Final = 1.0
_SESSIONS_MAX: Final = 4


class Listener:
    """Listens on ``path`` and serves each connection until it ends."""

    def __init__(
        self,
        path: Path,
        allowed_uids: frozenset[int],
        spool: SpoolThread[Any],
        clock: Clock,
        trouble: Callable[[str], None],
    ) -> None:
        """``trouble`` is told when events cannot be kept, and with an empty text when they can again."""
        self._path, self._allowed_uids = path, allowed_uids
        self._spool, self._clock, self._trouble = spool, clock, trouble
        self._sessions: set[asyncio.Task[None]] = set()
        self._sensors: dict[asyncio.Task[None] | None, tuple[SensorHealth, ...]] = {}
        self._last_sensors: tuple[SensorHealth, ...] = ()

    def sensors(self) -> tuple[SensorHealth, ...]:
        """As last reported; all ``stopped`` while nobody is connected who could say otherwise."""
        if self._sessions:
            return self._last_sensors
        return tuple(
            SensorHealth(s.name, s.mechanism, "stopped", "watch is not connected", s.events, s.dropped)
            for s in self._last_sensors
        )

    def watched(self) -> bool:
        """Whether ``watch`` is connected."""
        return bool(self._sessions)

    async def serve(self, ready: Callable[[], None]) -> None:
        """Accept until cancelled; ``ready`` is called once the socket listens.

        Raises UnavailableError when it cannot.
        """
        # Who may speak is decided by uid: watch is root without the right to override file modes.
        try:
            listener = channel.listen(self._path, mode=0o666)
        except OSError as error:
            raise UnavailableError(f"cannot listen on {self._path}: {error.strerror}") from error
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        ready()
        try:
            while True:
                connection, _ = await loop.sock_accept(listener)
                self._welcome(connection)
        finally:
            listener.close()
            for session in list(self._sessions):
                session.cancel()
            await asyncio.gather(*self._sessions, return_exceptions=True)

    def _welcome(self, connection: socket.socket) -> None:
        try:
            peer = channel.require_peer(connection, self._allowed_uids)
        except PeerError as error:
            _log.warning("a stranger on %s was turned away: %s", self._path, error)
            connection.close()
            return
        if len(self._sessions) >= _SESSIONS_MAX:
            _log.warning("pid %d was turned away: %d connections are open already", peer.pid, _SESSIONS_MAX)
            connection.close()
            return
        task = asyncio.create_task(self._session(connection))
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)

    async def _session(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        session = Session(connection, self._spool, self._clock, self._trouble, self._heard)
        try:
            await session.run()
        except AgentError as error:
            _log.warning("the connection on %s was ended: %s", self._path, error)
        except OSError as error:
            _log.info("the connection on %s broke: %s", self._path, error)
        finally:
            connection.close()

    def _heard(self, sensors: tuple[SensorHealth, ...]) -> None:
        self._last_sensors = sensors


class Session:
    """One connection of ``watch``."""

    def __init__(
        self,
        connection: socket.socket,
        spool: SpoolThread[Any],
        clock: Clock,
        trouble: Callable[[str], None],
        heard: Callable[[tuple[SensorHealth, ...]], None],
    ) -> None:
        self._connection, self._spool, self._clock = connection, spool, clock
        self._trouble, self._heard = trouble, heard
        self._instance = b""
        self._pending: deque[tuple[int, NewRecord]] = deque()
        self._changed = asyncio.Event()
        self._room = asyncio.Event()

    async def run(self) -> None:
        """Returns when the peer closes; raises PeerError for what is not our protocol, OSError when it broke."""
        committing = asyncio.create_task(self._commit())
        reading = asyncio.create_task(self._read())
        try:
            done, _ = await asyncio.wait({committing, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (committing, reading):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, AgentError, OSError):
                    await task

    async def _read(self) -> None:
        while (message := await self._receive()) is not None:
            if message.fds:
                raise PeerError("descriptors have no place on this socket")
            match message.type:
                case Word.EVENT:
                    await self._take(message.body)
                case Word.HELLO:
                    self._instance = read_instance(message.body)
                    self._pending.clear()
                    await self._send(Word.HELLO_REPLY, await self._spool.last_number(self._instance))
                case Word.SENSORS:
                    self._heard(read_sensors(message.body))
                case other:
                    raise PeerError(f"message type {other} is not known on this socket")

    async def _take(self, body: bytes) -> None:
        if not self._instance:
            raise PeerError("an event came before hello")
        number, record = read_event(body)
        if self._pending and number <= self._pending[-1][0]:
            raise PeerError(f"event {number} came after event {self._pending[-1][0]}")
        self._pending.append((number, record))
        self._changed.set()
        while len(self._pending) >= _PENDING_MAX:
            self._room.clear()
            await self._room.wait()

    async def _commit(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if len(self._pending) < GROUP_EVENTS_MAX:
                await self._clock.sleep(GROUP_WAIT_S)
            while self._pending:
                await self._commit_group(self._instance)

    async def _commit_group(self, instance: bytes) -> None:
        group: list[tuple[int, NewRecord]] = []
        size = 0
        for number, record in self._pending:
            size += len(record.payload)
            if group and (len(group) == GROUP_EVENTS_MAX or size > GROUP_BYTES_MAX):
                break
            group.append((number, record))
        numbers = [number for number, _ in group]
        try:
            await self._spool.append([record for _, record in group], source=instance, numbers=numbers)
        except UnavailableError as error:
            self._trouble(str(error))
            await self._clock.sleep(_RETRY_S)
            return
        self._trouble("")
        while self._pending and self._pending[0][0] <= numbers[-1]:
            self._pending.popleft()
        self._room.set()
        await self._send(Word.KEPT, numbers[-1])

    async def _receive(self) -> channel.Message | None:
        while True:
            try:
                return channel.receive(self._connection)
            except BlockingIOError:
                await self._until(asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)

    async def _send(self, word: Word, number: int) -> None:
        while True:
            try:
                channel.send(self._connection, channel.Message(word, number_body(number)))
            except BlockingIOError:
                await self._until(asyncio.get_running_loop().add_writer, asyncio.get_running_loop().remove_writer)
            else:
                return

    async def _until(self, add: Callable[..., None], remove: Callable[[socket.socket], bool]) -> None:
        possible: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        add(self._connection, _settle, possible)
        try:
            await possible
        finally:
            remove(self._connection)


def _settle(possible: asyncio.Future[None]) -> None:
    if not possible.done():
        possible.set_result(None)
