"""The client against a guard that comes, goes, refuses and talks nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from pathlib import Path

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.clock import SystemClock
from gapwatch_agent.guard import messages
from gapwatch_agent.guard.client import GuardClient
from gapwatch_agent.guard.messages import Marked, Opened, Status


class Listener:
    def __init__(self) -> None:
        self.captures: list[Opened] = []
        self.presence: list[bool] = []
        self.counters: list[Status] = []

    def opened(self, opened: Opened) -> None:
        self.captures.append(opened)

    def guard_present(self, present: bool) -> None:
        self.presence.append(present)

    def guard_status(self, status: Status) -> None:
        self.counters.append(status)


class FakeGuard:
    """Answers on a real socket; ``refuse`` is its complaint about every directory."""

    def __init__(self, path: Path, refuse: str = "", *, silent: bool = False) -> None:
        self.refuse = refuse
        self.silent = silent
        self.heard: list[tuple[int, dict]] = []
        self.connections: list[socket.socket] = []
        self.listener = channel.listen(path)
        self.listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self.listener, self._accept)

    def _accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.setblocking(False)
        self.connections.append(connection)
        asyncio.get_running_loop().add_reader(connection, self._hear, connection)

    def _hear(self, connection: socket.socket) -> None:
        message = channel.receive(connection)
        if message is None:
            asyncio.get_running_loop().remove_reader(connection)
            return
        body = messages.decode(message.body)
        self.heard.append((message.type, body))
        for fd in message.fds:
            socket.close(fd)
        if message.type == messages.WATCH and not self.silent:
            answer = {"key": body["key"], "ok": not self.refuse, "error": self.refuse}
            channel.send(connection, Message(messages.MARKED, messages.encode(answer)))
        if message.type == messages.STATUS_WANTED:
            channel.send(connection, Message(messages.STATUS, messages.encode(Status(answered=5)._asdict())))

    def asked(self) -> list[str]:
        return [body["key"] for kind, body in self.heard if kind == messages.WATCH]

    def die(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.listener)
        self.listener.close()
        for connection in self.connections:
            loop.remove_reader(connection)
            connection.close()


@contextlib.asynccontextmanager
async def running(path: Path):
    listener = Listener()
    client = GuardClient(path, SystemClock(), listener)
    task = asyncio.create_task(client.run())
    try:
        yield client, listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def test_marks_wanted_before_guard_came_and_after_it_died_are_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "guard.sock"
        async with running(path) as (client, listener):
            assert await client.watch("early", tmp_path) == Marked("early", ok=False, error="guard is away")
            first = FakeGuard(path)
            await until(lambda: client.marked("early").ok)
            assert (await client.watch("late", tmp_path)).ok
            first.die()
            await until(lambda: listener.presence == [True, False])
            assert not client.marked("late").ok
            second = FakeGuard(path)
            await until(lambda: client.marked("early").ok and client.marked("late").ok)
            assert sorted(second.asked()) == ["early", "late"]
            client.release("late")
            await until(lambda: (messages.RELEASE, {"key": "late"}) in second.heard)
            assert (messages.EXEMPT, {"pids": [os.getpid()]}) in second.heard
            assert listener.counters[-1].answered == 5
            second.die()

    asyncio.run(scenario())


def test_a_refusal_is_told_with_its_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        guard = FakeGuard(tmp_path / "guard.sock", refuse="it is the filesystem of /")
        async with running(tmp_path / "guard.sock") as (client, _):
            await until(lambda: client.connected)
            assert await client.watch("k", tmp_path) == Marked("k", ok=False, error="it is the filesystem of /")
            gone = await client.watch("gone", tmp_path / "gone")
            assert "No such file" in gone.error
        guard.die()

    asyncio.run(scenario())


def test_captures_arrive_and_drain_takes_in_what_was_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        guard = FakeGuard(tmp_path / "guard.sock")
        async with running(tmp_path / "guard.sock") as (client, listener):
            await until(lambda: guard.connections)
            for pid in (1, 2):
                opened = Opened(pid, 2, 3, "/m/a", 4, 5, None, ())
                channel.send(guard.connections[0], Message(messages.OPENED, messages.encode_opened(opened, b"")))
            client.drain()
            assert [opened.pid for opened in listener.captures] == [1, 2]
        guard.die()

    asyncio.run(scenario())


def test_a_guard_that_talks_nonsense_is_left_and_found_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        guard = FakeGuard(tmp_path / "guard.sock")
        async with running(tmp_path / "guard.sock") as (_, listener):
            await until(lambda: guard.connections)
            guard.connections[0].send(b"GW\x01\x0a[]")
            await until(lambda: listener.presence == [True, False, True])
        guard.die()

    asyncio.run(scenario())


def test_a_guard_that_dies_while_asked_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def scenario() -> None:
        guard = FakeGuard(tmp_path / "guard.sock", silent=True)
        async with running(tmp_path / "guard.sock") as (client, _):
            await until(lambda: client.connected)
            asked = asyncio.create_task(client.watch("k", tmp_path))
            await until(lambda: "k" in guard.asked())
            guard.die()
            assert not (await asked).ok

    asyncio.run(scenario())
