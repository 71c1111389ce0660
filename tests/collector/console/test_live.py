"""The shared poll and the stream of one page, with a clock that is advanced by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from gapwatch_collector.console.live import (
    KEEPALIVE,
    KEEPALIVE_TICKS,
    POLL_INTERVAL_S,
    STREAMS_PER_ACCOUNT_MAX,
    Feed,
    LiveAlerts,
    Mark,
    frame,
    stream,
)
from gapwatch_collector.errors import StoreBusyError
from support.clock import FakeClock
from support.console import FakeAlerts
from support.console_alerts import make_alert


class Desk:
    """A poll over alerts in memory and a page that listens."""

    def __init__(self) -> None:
        self.clock, self.alerts = FakeClock(), FakeAlerts()
        self.live = LiveAlerts(self.alerts, self.clock)
        self.welcome = True

    def feed(self) -> Feed:
        def newer(after: int):
            found = [alert for alert in self.alerts.kept if alert.number > after]
            return None if len(found) > 5 else found

        return Feed(newer, lambda alert: f"<tr>{alert.number}\n</tr>", lambda: "counts", lambda: self.welcome)

    def open(self, seen: Mark) -> AsyncIterator[bytes]:
        return stream(self.live, self.feed(), seen)

    async def next(self, parts: AsyncIterator[bytes]) -> bytes:
        """The next part; time passes until there is one."""
        waiting = asyncio.ensure_future(anext(parts))
        while not waiting.done():
            self.clock.advance(POLL_INTERVAL_S)
            await asyncio.wait({waiting}, timeout=0.002)
        return waiting.result()


def run(act: Callable[[Desk], object]) -> None:
    async def main() -> None:
        desk = Desk()
        await act(desk)
        desk.live.close()

    asyncio.run(main())


def test_new_alerts_come_as_rows_oldest_first_then_the_counts() -> None:
    async def act(desk: Desk) -> None:
        desk.alerts.add(make_alert(1))
        parts = desk.open(Mark(1, 0))
        desk.alerts.add(make_alert(2), make_alert(3))
        assert await desk.next(parts) == b"event: alert\nid: 2\ndata: <tr>2\ndata: </tr>\n\n"
        assert (await desk.next(parts)).startswith(b"event: alert\nid: 3\n")
        assert await desk.next(parts) == b"event: counts\ndata: counts\n\n"
        desk.alerts.add(make_alert(4))
        assert (await desk.next(parts)).startswith(b"event: alert\nid: 4\n")
        await parts.aclose()

    run(act)


def test_what_arrived_between_the_page_and_the_stream_is_not_lost() -> None:
    async def act(desk: Desk) -> None:
        desk.alerts.add(make_alert(1), make_alert(2))
        parts = desk.open(Mark(1, 0))
        assert b"id: 2" in await desk.next(parts)
        await parts.aclose()

    run(act)


def test_too_many_to_send_one_by_one_ask_for_the_list_again() -> None:
    async def act(desk: Desk) -> None:
        parts = desk.open(Mark(0, 0))
        desk.alerts.add(*[make_alert(n) for n in range(20)])
        assert await desk.next(parts) == b"event: changed\nid: 20\ndata: 0\n\n"
        assert b"counts" in await desk.next(parts)
        await parts.aclose()

    run(act)


def test_a_changed_state_asks_for_the_list_again() -> None:
    async def act(desk: Desk) -> None:
        desk.alerts.add(make_alert(1))
        parts = desk.open(Mark(1, 0))
        desk.alerts.acknowledge(desk.alerts.kept[0].alert_id, by="x", reason="y", now_ns=0)
        assert await desk.next(parts) == b"event: changed\ndata: 1\n\n"
        await parts.aclose()

    run(act)


def test_a_quiet_stream_says_that_it_lives_and_ends_with_the_session() -> None:
    async def act(desk: Desk) -> None:
        parts = desk.open(Mark(0, 0))
        assert await desk.next(parts) == KEEPALIVE
        assert desk.live._ticks >= KEEPALIVE_TICKS
        desk.welcome = False
        assert await desk.next(parts) == b"event: bye\ndata: \n\n"
        with pytest.raises(StopAsyncIteration):
            await anext(parts)
        assert desk.live.listeners == 0

    run(act)


def test_a_session_that_ended_gets_no_more_alerts() -> None:
    async def act(desk: Desk) -> None:
        parts = desk.open(Mark(0, 0))
        desk.welcome = False
        desk.alerts.add(make_alert(1))
        assert await desk.next(parts) == b"event: bye\ndata: \n\n"
        with pytest.raises(StopAsyncIteration):
            await anext(parts)

    run(act)


def test_a_busy_store_is_asked_again() -> None:
    async def act(desk: Desk) -> None:
        calm, desk.alerts.newest_number = desk.alerts.newest_number, _busy
        parts = desk.open(Mark(0, 0))
        waiting = asyncio.ensure_future(anext(parts))
        for _ in range(5):
            desk.clock.advance(POLL_INTERVAL_S)
            await asyncio.sleep(0.005)
        assert not waiting.done()
        desk.alerts.newest_number = calm
        desk.alerts.add(make_alert(1))
        while not waiting.done():
            desk.clock.advance(POLL_INTERVAL_S)
            await asyncio.wait({waiting}, timeout=0.002)
        assert b"id: 1" in waiting.result()
        await parts.aclose()

    run(act)


def test_a_bug_in_the_poll_ends_the_streams_instead_of_freezing_them() -> None:
    async def act(desk: Desk) -> None:
        desk.alerts.newest_number = _broken
        parts = desk.open(Mark(0, 0))
        with pytest.raises(RuntimeError, match="broken"):
            await desk.next(parts)

    run(act)


def test_one_poll_serves_all_pages_and_none_is_left_without_them() -> None:
    async def act(desk: Desk) -> None:
        asked = 0
        plain = desk.alerts.newest_number

        def counted() -> int:
            nonlocal asked
            asked += 1
            return plain()

        desk.alerts.newest_number = counted
        streams = [desk.open(Mark(0, 0)) for _ in range(10)]
        desk.alerts.add(make_alert(1))
        for parts in streams:
            assert b"id: 1" in await desk.next(parts)
        assert desk.live.listeners == 10
        assert asked <= desk.live._ticks + 1
        for parts in streams:
            await parts.aclose()
        assert desk.live.listeners == 0
        assert desk.live._poll is None

    run(act)


def test_closing_ends_every_stream() -> None:
    async def act(desk: Desk) -> None:
        parts = desk.open(Mark(0, 0))
        waiting = asyncio.ensure_future(anext(parts))
        await asyncio.sleep(0.01)
        desk.live.close()
        with pytest.raises(StopAsyncIteration):
            await waiting

    run(act)


def test_nothing_in_the_data_can_start_another_event() -> None:
    forged = frame("alert", "a\n\nevent: bye\rdata: x\u2028y\udc80")
    assert forged.count(b"\n\n") == 1
    assert b"\nevent: bye" not in forged


def _busy() -> int:
    raise StoreBusyError("locked")


def _broken() -> int:
    raise RuntimeError("broken")


def test_one_account_cannot_take_every_stream() -> None:
    async def test(desk: Desk) -> None:
        pages = [stream(desk.live, desk.feed(), Mark(-1, 0), "a") for _ in range(STREAMS_PER_ACCOUNT_MAX)]
        for page in pages:
            await desk.next(page)
        assert desk.live.is_full("a")
        assert not desk.live.is_full("b")
        await pages.pop().aclose()
        assert not desk.live.is_full("a")
        for page in pages:
            await page.aclose()
        assert desk.live.listeners == 0

    run(test)
