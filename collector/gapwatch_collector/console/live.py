"""What keeps open pages current: one poll of the store for all of them, and the stream each of them listens to.

However many pages are open the store is asked for two numbers four times a second, and not at all when none is. Streams
are bounded in number; a stream that ends is opened again by the browser, which names the last alert it has (so nothing
is missed between two connections).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.clock import Clock
from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.model import Alert
from gapwatch_collector.store.ports import AlertQueries

POLL_INTERVAL_S: Final = 0.25
KEEPALIVE_TICKS: Final = 60  # 15 s
STREAMS_MAX: Final = 200
STREAMS_PER_ACCOUNT_MAX: Final = 16
"""Two browsers full of pages; nobody keeps the others from seeing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a page has seen: the newest alert and the revision of all alerts' states."""

    number: int
    revision: int


class LiveAlerts:
    """The shared poll."""

    def __init__(self, alerts: AlertQueries, clock: Clock) -> None:
        self._alerts, self._clock = alerts, clock
        self._mark: Mark | None = None
        self._ticks = 0
        self._turn = asyncio.Event()
        self._listeners: Counter[str] = Counter()
        self._poll: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        return self._listeners.total()

    def is_full(self, account: str) -> bool:
        """Whether this account may open no more streams now."""
        return self.listeners >= STREAMS_MAX or self._listeners[account] >= STREAMS_PER_ACCOUNT_MAX

    def close(self) -> None:
        """End every stream; called before the server waits for its connections."""
        self._closed = True
        if self._poll is not None:
            self._poll.cancel()
        self._turn.set()

    async def changes(self, seen: Mark, account: str = "") -> AsyncGenerator[Mark | None]:
        """The mark each time it differs from what was seen, None when nothing happened for a while."""
        self._listeners[account] += 1
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._run())
        spoken = self._ticks
        try:
            while not self._closed:
                if self._mark is not None and self._mark != seen:
                    seen, spoken = self._mark, self._ticks
                    yield seen
                elif self._ticks - spoken >= KEEPALIVE_TICKS:
                    spoken = self._ticks
                    yield None
                else:
                    await self._next_turn()
        finally:
            self._listeners[account] -= 1
            self._listeners += Counter()  # accounts without a stream are forgotten
            if not self._listeners and self._poll is not None:
                self._poll.cancel()
                self._poll = None
                self._mark = None

    async def _next_turn(self) -> None:
        poll = self._poll
        if poll is not None and poll.done() and not poll.cancelled():
            poll.result()  # a bug in the poll must end the streams, not freeze them
        await self._turn.wait()

    async def _run(self) -> None:
        try:
            while not self._closed:
                with contextlib.suppress(StoreBusyError):  # the next turn asks again
                    self._mark = await asyncio.to_thread(self._read)
                self._ticks += 1
                self._wake()
                await self._clock.sleep(POLL_INTERVAL_S)
        finally:
            self._wake()

    def _wake(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()

    def _read(self) -> Mark:
        return Mark(self._alerts.newest_number(), self._alerts.revision())


def frame(event: str, data: str, event_id: int | None = None) -> bytes:
    """One server-sent event. Every line of the data gets its own field, so nothing in it can start another event."""
    lines = [f"event: {event}"]
    if event_id is not None:
        lines.append(f"id: {event_id}")
    lines += [f"data: {line}" for line in data.splitlines()] or ["data: "]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "backslashreplace")


KEEPALIVE: Final = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Feed:
    """What one open page wants of the stream. The three calls touch the store and run in threads.

    ``newer`` gives the alerts above a number that the page's filter lets through, oldest first, or None when they are
    too many to send one by one. ``is_welcome`` says whether the session still stands.
    """

    newer: Callable[[int], list[Alert] | None]
    render_row: Callable[[Alert], str]
    render_counts: Callable[[], str]
    is_welcome: Callable[[], bool]


async def stream(live: LiveAlerts, feed: Feed, seen: Mark, account: str = "") -> AsyncIterator[bytes]:
    """The bytes of one page's event stream: ``alert`` rows, ``counts``, ``changed`` (fetch the list again), ``bye``."""
    async with contextlib.aclosing(live.changes(seen, account)) as marks:
        async for mark in marks:
            if not await asyncio.to_thread(feed.is_welcome):
                yield frame("bye", "")
                return
            if mark is None:
                yield KEEPALIVE
                continue
            try:
                parts = await asyncio.to_thread(_parts, feed, seen, mark)
            except StoreBusyError:
                parts = [frame("changed", str(mark.revision))]
            for part in parts:
                yield part
            seen = mark


def _parts(feed: Feed, seen: Mark, mark: Mark) -> list[bytes]:
    parts: list[bytes] = []
    fresh: list[Alert] | None = feed.newer(seen.number) if mark.number > seen.number else []
    if fresh is None:
        parts.append(frame("changed", str(mark.revision), mark.number))
    else:
        parts += [frame("alert", feed.render_row(alert), alert.number) for alert in fresh]
    if mark.revision != seen.revision and fresh is not None:
        parts.append(frame("changed", str(mark.revision)))
    parts.append(frame("counts", feed.render_counts()))
    return parts
