"""The other end of link.sock, as the watch process sees it: a real socket, a link that can be killed and come back.

What it has kept survives ``kill`` (as the spool's file would); what was read and not yet kept does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
from pathlib import Path

from gapwatch_agent import channel
from gapwatch_agent.errors import PeerError
from gapwatch_proto import codec

_HEAD = struct.Struct(">QHBQq16s")
_NUMBER = struct.Struct(">Q")


class FakeLink:
    """Keeps events by (instance, number). ``keep_at_once`` false: nothing is durable until ``keep_all``."""

    def __init__(self, path: Path, *, keep_at_once: bool = True) -> None:
        self.path = path
        self.keep_at_once = keep_at_once
        self.kept: dict[tuple[bytes, int], tuple[int, bytes]] = {}
        self.read: list[int] = []
        self.healths: list[list[dict[str, object]]] = []
        self.greetings = 0
        self._last: dict[bytes, int] = {}
        self._instance = b""
        self._unkept: list[tuple[int, int, bytes]] = []
        self._listener = None
        self._connection = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._listener = channel.listen(self.path)
        self._listener.setblocking(False)
        self._task = asyncio.create_task(self._serve())

    async def kill(self) -> None:
        """Gone without a word, with everything not yet kept."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for held in (self._listener, self._connection):
            if held is not None:
                held.close()
        self._connection = None
        self._unkept.clear()

    def forget_after(self, number: int) -> None:
        """Its spool was cut: what it had kept beyond this number of every instance is gone."""
        self.kept = {key: value for key, value in self.kept.items() if key[1] <= number}
        self._last = {instance: min(last, number) for instance, last in self._last.items()}

    def payloads(self) -> list[object]:
        """Everything kept, decoded, in the order of the numbers."""
        return [codec.decode(kind, payload) for _, (kind, payload) in sorted(self.kept.items())]

    def keep_all(self) -> None:
        """Make everything read so far durable, and say so."""
        for number, kind, payload in self._unkept:
            self.kept.setdefault((self._instance, number), (kind, payload))
            self._last[self._instance] = number
        self._unkept.clear()
        self._say(21, self._last.get(self._instance, 0))

    def _say(self, kind: int, number: int) -> None:
        with contextlib.suppress(OSError):
            channel.send(self._connection, channel.Message(kind, _NUMBER.pack(number)))

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._connection, _ = await loop.sock_accept(self._listener)
            self._connection.setblocking(False)
            with self._connection:
                await self._converse()

    async def _converse(self) -> None:
        while True:
            try:
                message = channel.receive(self._connection)
            except BlockingIOError:
                await self._readable()
                continue
            except (OSError, PeerError):
                return
            if message is None:
                return
            self._take(message)

    async def _readable(self) -> None:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()
        number = os.dup(self._connection.fileno())
        loop.add_reader(number, woken.set)
        try:
            await woken.wait()
        finally:
            loop.remove_reader(number)
            os.close(number)

    def _take(self, message: channel.Message) -> None:
        if message.type == 22:
            self._instance = message.body
            self.greetings += 1
            self._say(23, self._last.get(message.body, 0))
        elif message.type == 25:
            self.healths.append(json.loads(message.body))
        elif message.type == 20:
            number, kind, *_ = _HEAD.unpack_from(message.body)
            self.read.append(number)
            if number > self._last.get(self._instance, 0):
                self._unkept.append((number, kind, message.body[_HEAD.size :]))
            if self.keep_at_once:
                self.keep_all()
