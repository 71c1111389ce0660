"""The watch side of link.sock, for tests: says hello, sends events, hears what was kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from gapwatch_agent import channel
from gapwatch_agent.link.intake import Word, event_body
from gapwatch_agent.spool.port import NewRecord


class ScriptedWatch:
    """One connection. Blocking calls run in a worker thread, so the link can answer meanwhile."""

    def __init__(self, path: Path, instance: bytes = b"i" * 16) -> None:
        self.instance = instance
        self._connection = channel.connect(path)
        self._connection.settimeout(10)

    async def say(self, word: int, body: bytes = b"") -> None:
        await asyncio.to_thread(channel.send, self._connection, channel.Message(word, body))

    async def hear(self) -> tuple[int, int] | None:
        """(word, number) of the next message; None when the link hung up."""
        try:
            message = await asyncio.to_thread(channel.receive, self._connection)
        except ConnectionError:
            return None
        return None if message is None else (message.type, int.from_bytes(message.body, "big"))

    async def hello(self) -> int:
        """The last number the link has of this instance."""
        await self.say(Word.HELLO, self.instance)
        heard = await self.hear()
        assert heard is not None
        assert heard[0] == Word.HELLO_REPLY
        return heard[1]

    async def events(self, records: Sequence[NewRecord], first: int = 1) -> None:
        for number, record in enumerate(records, first):
            await self.say(Word.EVENT, event_body(number, record))

    async def kept(self, number: int) -> list[int]:
        """Every KEPT heard until ``number`` is."""
        heard: list[int] = []
        while not heard or heard[-1] < number:
            message = await self.hear()
            assert message is not None, "the link hung up"
            assert message[0] == Word.KEPT
            heard.append(message[1])
        return heard

    async def sensors(self, *states: dict[str, object]) -> None:
        await self.say(Word.SENSORS, json.dumps(states).encode())

    def close(self) -> None:
        self._connection.close()
