"""``watch``'s line to the inspector: a descriptor goes out, a verdict comes back, whatever happens on the other side.

The inspector may be absent, be killed in the middle of a file, or answer nonsense (it reads what strangers wrote).
Every one of these is a result with a reason, never an exception. Absence is not a crash: a supervisor brings the
inspector back, and until then files wait for it, but only as long as one wait after it went.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.errors import PeerError
from gapwatch_proto.events import Hint, Inspection, Label, Mark, MarkEvidence

INSPECT: Final = 30
VERDICT: Final = 31

CONCURRENCY_MAX: Final = 4
DEADLINE_S: Final = 30.0
ABSENT_WAIT_S: Final = 60.0
"""How long after the inspector went files still wait for it: starting again takes ten seconds on a slow machine."""
_POLL_S: Final = 0.25
_ATTEMPTS: Final = 2
_TEXT_CHARS_MAX: Final = 512
_ENTRIES_MAX: Final = 32
_FINGERPRINT_CHARS_MAX: Final = 24 * 1024
_INSPECTED: Final = frozenset({"full", "partial", "none"})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

CRASHED: Final = Inspection(inspected="none", reason="crashed")
ABSENT: Final = Inspection(inspected="none", reason="absent")
TIMED_OUT: Final = Inspection(inspected="none", reason="timed_out")


class InspectorClient:
    """At most ``concurrency`` files at a time, each on a connection of its own; more wait their turn."""

    def __init__(
        self,
        socket_path: Path,
        concurrency: int = CONCURRENCY_MAX,
        deadline_s: float = DEADLINE_S,
        absent_wait_s: float = ABSENT_WAIT_S,
    ) -> None:
        self._socket_path = socket_path
        self._deadline_s = deadline_s
        self._absent_wait_s = absent_wait_s
        self._slots = asyncio.Semaphore(concurrency)
        self._idle: list[socket.socket] = []
        self._absent_since_s: float | None = None

    @property
    def present(self) -> bool:
        """The inspector was there when last looked for."""
        return self._absent_since_s is None

    async def inspect(self, fd: int, name: str, size: int) -> tuple[Inspection, str]:
        """What stands in an open file, and its sha256 in hex (empty when unknown). The descriptor stays the caller's.
        A crash in the middle of this file is an attempt; there are two, because the inspector may have died of another
        file. An inspector that is away is waited for, until one wait after it went: then each file looks for it once.
        """
        async with self._slots:
            attempts = 0
            while True:
                try:
                    connection = self._connection()
                except OSError:
                    if not await self._wait():
                        return ABSENT, ""
                    continue
                try:
                    async with asyncio.timeout(self._deadline_s):
                        return await self._ask(connection, fd, name, size)
                except TimeoutError:
                    return TIMED_OUT, ""
                except (OSError, PeerError):
                    attempts += 1
                    if attempts == _ATTEMPTS:
                        return CRASHED, ""
                    await asyncio.sleep(_POLL_S)

    def probe(self) -> bool:
        """Look for the inspector without a file to ask about. Cheap: one system call while it is there."""
        if not self._slots.locked():  # else whoever is waiting looks for it
            with contextlib.suppress(OSError):
                self._idle.append(self._connection())
        return self.present

    def close(self) -> None:
        """Let go of every idle connection."""
        while self._idle:
            self._idle.pop().close()

    async def _wait(self) -> bool:
        """Let an absent inspector have some time; False when it has had all of it."""
        now = asyncio.get_running_loop().time()
        gone_since = now if self._absent_since_s is None else self._absent_since_s
        left_s = gone_since + self._absent_wait_s - now
        if left_s > 0:
            await asyncio.sleep(min(_POLL_S, left_s))
        return left_s > 0

    async def _ask(self, connection: socket.socket, fd: int, name: str, size: int) -> tuple[Inspection, str]:
        """Ask on a connection; it is kept afterwards only if nothing went wrong on it."""
        try:
            # A sealed copy shares its position with the last try.
            with contextlib.suppress(OSError):
                os.lseek(fd, 0, os.SEEK_SET)
            body = json.dumps({"name": name, "size": size}).encode("ascii")
            channel.send(connection, Message(INSPECT, body, (fd,)))
            verdict = read_verdict(await _receive(connection))
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return verdict

    def _connection(self) -> socket.socket:
        """An idle connection whose other end is still there, or a new one. Raises OSError when nobody listens."""
        while self._idle:
            connection = self._idle.pop()
            if _quiet(connection):
                return connection
            connection.close()
        try:
            connection = channel.connect(self._socket_path)
        except OSError:
            if self._absent_since_s is None:
                self._absent_since_s = asyncio.get_running_loop().time()
            raise
        connection.setblocking(False)
        self._absent_since_s = None
        return connection


def _quiet(connection: socket.socket) -> bool:
    """Nothing waits on an idle connection, not even its end."""
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


async def _receive(connection: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    readable = loop.create_future()

    def wake() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(connection, wake)
    try:
        await readable
    finally:
        loop.remove_reader(connection)
    message = channel.receive(connection)
    if message is None:
        raise ConnectionResetError("the inspector closed the connection")
    for fd in message.fds:
        socket.close(fd)
    if message.type != VERDICT:
        raise PeerError(f"the inspector answered with message type {message.type}")
    return message.body


def read_verdict(body: bytes) -> tuple[Inspection, str]:
    """A VERDICT body. Everything in it is bounded; a document may have had a hand in it. Raises PeerError."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PeerError("a verdict is not JSON") from error
    if not isinstance(value, dict) or value.get("inspected") not in _INSPECTED:
        raise PeerError("a verdict does not say how much was inspected")
    sha256 = value.get("sha256")
    hints = value.get("hints")
    inspection = Inspection(
        inspected=value["inspected"],
        reason=_text(value, "reason"),
        type=_text(value, "type"),
        mark=_mark(value.get("mark")),
        hints=_whole(hints),
        labels=tuple(
            Label(_text(entry, "carrier"), _text(entry, "key"), _text(entry, "value"))
            for entry in _entries(value, "labels")
        ),
        hint_list=tuple(
            Hint(
                _text(entry, "kind"), _text(entry, "part"), _whole(entry.get("page")), _text(entry, "zone"),
                _text(entry, "text"),
            )
            for entry in _entries(value, "hint_list")
        ),
        fingerprint=_fingerprint(value.get("fingerprint")),
    )  # fmt: skip
    return inspection, sha256 if isinstance(sha256, str) and _SHA256.fullmatch(sha256) else ""


def _mark(value: Any) -> Mark:
    if not isinstance(value, dict):
        return Mark()
    confidence = value.get("confidence", 0.0)
    return Mark(
        axis=_text(value, "axis"),
        level=_text(value, "level"),
        level_text=_text(value, "level_text"),
        period=_text(value, "period"),
        period_text=_text(value, "period_text"),
        confidence=min(max(float(confidence), 0.0), 1.0) if isinstance(confidence, int | float) else 0.0,
        evidence=tuple(
            MarkEvidence(
                part=_text(entry, "part"),
                page=_whole(entry.get("page")),
                zone=_text(entry, "zone"),
                text=_text(entry, "text"),
                grammar=_text(entry, "grammar"),
            )
            for entry in _entries(value, "evidence")
        ),
    )


def _entries(value: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    entries = value.get(field)
    return [entry for entry in entries[:_ENTRIES_MAX] if isinstance(entry, dict)] if isinstance(entries, list) else []


def _fingerprint(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > _FINGERPRINT_CHARS_MAX:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _text(value: Mapping[str, Any], field: str) -> str:
    text = value.get(field)
    return text[:_TEXT_CHARS_MAX] if isinstance(text, str) else ""


def _whole(value: Any) -> int:
    return min(value, 2**31 - 1) if type(value) is int and value > 0 else 0
