"""A spool on a thread of its own: a flush never holds up the event loop, and one thread at a time uses the database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Generic, TypeVar

from gapwatch_agent.spool.port import Depth, Item, NewRecord, Spool, SpoolDamagedError

SpoolT = TypeVar("SpoolT", bound=Spool)
T = TypeVar("T")


class SpoolThread(Generic[SpoolT]):
    """The Spool port for coroutines. Calls are carried out one after another in the order they were made."""

    def __init__(self, spool: SpoolT, begin_anew: Callable[[SpoolT, str, str], SpoolT]) -> None:
        """``begin_anew(spool, reason, detail)`` ends a spool and gives the one that takes its place."""
        self._spool, self._begin_anew = spool, begin_anew
        self._worker = ThreadPoolExecutor(1, "spool")
        self._grown = asyncio.Event()
        self._damage: asyncio.Future[None] | None = None

    @property
    def spool_id(self) -> bytes:
        return self._spool.spool_id

    @property
    def next_seq(self) -> int:
        return self._spool.next_seq

    @property
    def acked_seq(self) -> int:
        return self._spool.acked_seq

    async def append(self, records: Sequence[NewRecord], *, source: bytes = b"", numbers: Sequence[int] = ()) -> int:
        kept = await self._run(lambda: self._spool.append(records, source=source, numbers=numbers))
        self._grown.set()
        return kept

    async def grown(self) -> None:
        """Return once something was appended since the last call."""
        await self._grown.wait()
        self._grown.clear()

    def wake(self) -> None:
        """Let ``grown`` return: its caller has something else to look at."""
        self._grown.set()

    async def until_damaged(self) -> None:
        """Raise SpoolDamagedError once the database turns out to be damaged; nothing but opening it anew helps then."""
        self._damage = asyncio.get_running_loop().create_future()
        await self._damage

    async def last_number(self, source: bytes) -> int:
        return await self._run(lambda: self._spool.last_number(source))

    async def read(self, from_seq: int, limit: int, bytes_max: int) -> list[Item]:
        return await self._run(lambda: self._spool.read(from_seq, limit, bytes_max))

    async def mark_sent(self, seq: int) -> None:
        await self._run(lambda: self._spool.mark_sent(seq))

    async def ack(self, seq: int) -> None:
        await self._run(lambda: self._spool.ack(seq))

    async def depth(self) -> Depth:
        return await self._run(self._spool.depth)

    async def maintain(self) -> None:
        await self._run(self._spool.maintain)
        self._grown.set()

    async def begin_anew(self, reason: str, detail: str) -> None:
        """Replace the spool; afterwards ``spool_id`` and all numbers are the new one's."""
        await self._run(partial(self._replace, reason, detail))
        self._grown.set()

    async def close(self) -> None:
        await self._run(self._spool.close)
        self._worker.shutdown()

    def _replace(self, reason: str, detail: str) -> None:
        self._spool = self._begin_anew(self._spool, reason, detail)

    async def _run(self, call: Callable[[], T]) -> T:
        # Shielded: a cancelled caller must not leave a half-awaited commit behind.
        try:
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._worker, call))
        except sqlite3.Error as error:
            damaged = SpoolDamagedError(f"the spool's database failed: {error}")
            if self._damage is not None and not self._damage.done():
                self._damage.set_exception(damaged)
            raise damaged from error
