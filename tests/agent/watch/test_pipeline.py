"""The pipeline against a link that is a real socket and can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter

import pytest

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.watch.pipeline import BEAT_S, PAYLOAD_BYTES_MAX, STALLED_S, Pipeline, PipelineSettings
from gapwatch_proto.events import AgentStopped, Event, File, FileActivity, Gap, MediumActivity, SensorHealth
from gapwatch_proto.kinds import Kind
from support.clock import FakeClock
from support.eventually import eventually
from support.fake_link import FakeLink

BOOT_ID = bytes(range(16))


def event(reason: str, kind: Kind = Kind.AGENT_STOPPED) -> Event:
    return Event(kind, AgentStopped(reason), 7, 9)


@pytest.fixture
def socket_path(tmp_path):
    return tmp_path / "link.sock"


@contextlib.asynccontextmanager
async def running(pipeline):
    task = asyncio.create_task(pipeline.run())
    try:
        yield pipeline
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def made(socket_path, clock=None, **bounds):
    return Pipeline(PipelineSettings(socket_path, BOOT_ID, **bounds), clock or SystemClock())


def reasons(link):
    return [payload.reason for payload in link.payloads()]


def test_events_arrive_in_order_and_are_forgotten_when_kept(socket_path):
    async def scenario():
        link = FakeLink(socket_path)
        link.start()
        async with running(made(socket_path)) as pipeline:
            for number in range(1500):  # more than may be in flight at once
                pipeline.emit(event(str(number)))
            await asyncio.wait_for(pipeline.drained(), 20)
        await link.kill()
        assert reasons(link) == [str(number) for number in range(1500)]
        assert link.read == list(range(1, 1501))

    asyncio.run(scenario())


def test_nothing_is_lost_or_doubled_when_link_is_killed_again_and_again(socket_path):
    async def scenario():
        link = FakeLink(socket_path, keep_at_once=False)
        chance = random.Random(5)
        async with running(made(socket_path)) as pipeline:
            for number in range(400):
                pipeline.emit(event(str(number)))
                if number % 40 == 0:
                    link.start()
                    await eventually(lambda: link.greetings)
                elif number % 40 == 30:
                    await link.kill()
                    link.greetings = 0
                elif chance.random() < 0.3:
                    await asyncio.sleep(0.002)
                    if link.greetings and chance.random() < 0.3:
                        link.keep_all()
            await link.kill()
            link.keep_at_once = True
            link.start()
            await asyncio.wait_for(pipeline.drained(), 20)
        await link.kill()
        assert reasons(link) == [str(number) for number in range(400)]
        assert len(link.read) > 400  # some were sent twice, or this test proved nothing

    asyncio.run(scenario())


def test_events_wait_while_there_is_no_link(socket_path):
    async def scenario():
        async with running(made(socket_path)) as pipeline:
            pipeline.emit(event("early"))
            await asyncio.sleep(0.02)
            link = FakeLink(socket_path)
            link.start()
            await asyncio.wait_for(pipeline.drained(), 10)
            await link.kill()
            assert reasons(link) == ["early"]

    asyncio.run(scenario())


def test_a_full_queue_gives_up_the_least_severe_and_says_so(socket_path):
    async def scenario():
        pipeline = made(socket_path, events_max=10)
        for number in range(5):
            pipeline.emit(Event(Kind.MEDIUM_ATTACHED, MediumActivity(mount_point=str(number)), 50 + number, 0))
        for number in range(20):
            pipeline.emit(Event(Kind.FILE_WRITTEN, FileActivity(act=str(number)), 100 + number, 0))
        link = FakeLink(socket_path)
        link.start()
        async with running(pipeline):
            await asyncio.wait_for(pipeline.drained(), 10)
            await eventually(lambda: any(isinstance(payload, Gap) for payload in link.payloads()))
        await link.kill()
        kinds = Counter(type(payload).__name__ for payload in link.payloads())
        assert kinds == {"MediumActivity": 5, "FileActivity": 5, "Gap": 1}
        gap = next(payload for payload in link.payloads() if isinstance(payload, Gap))
        assert (gap.source, gap.reason, gap.count) == ("watch.queue", "queue_full", 15)
        assert (gap.from_boottime_ns, gap.to_boottime_ns) == (100, 114)
        assert [p.act for p in link.payloads() if isinstance(p, FileActivity)] == ["15", "16", "17", "18", "19"]

    asyncio.run(scenario())


def test_an_event_too_large_for_the_socket_is_reported_not_sent(socket_path):
    async def scenario():
        link = FakeLink(socket_path)
        link.start()
        async with running(made(socket_path)) as pipeline:
            pipeline.emit(Event(Kind.FILE_WRITTEN, FileActivity(file=File(path="x" * (PAYLOAD_BYTES_MAX + 1))), 3, 0))
            pipeline.emit(event("after"))
            await asyncio.wait_for(pipeline.drained(), 10)
        await link.kill()
        gap, after = link.payloads()
        assert (gap.source, gap.count, after.reason) == ("watch.queue", 1, "after")

    asyncio.run(scenario())


def test_an_event_that_cannot_be_encoded_is_reported_and_stops_nothing(socket_path):
    async def scenario():
        link = FakeLink(socket_path)
        link.start()
        async with running(made(socket_path)) as pipeline:
            pipeline.emit(Event(Kind.FILE_WRITTEN, FileActivity(closed_boottime_ns=1 << 70), 3, 0))
            await eventually(link.payloads)
        await link.kill()
        assert [type(payload) for payload in link.payloads()] == [Gap]

    asyncio.run(scenario())


def test_other_threads_may_emit(socket_path):
    async def scenario():
        link = FakeLink(socket_path)
        link.start()
        async with running(made(socket_path)) as pipeline:
            await eventually(lambda: link.greetings)
            threads = [
                threading.Thread(target=lambda: [pipeline.emit(event("t")) for _ in range(200)]) for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            await eventually(lambda: len(link.kept) == 800)
            for thread in threads:
                thread.join()
        await link.kill()

    asyncio.run(scenario())


def test_health_is_sent_on_connecting_on_change_and_at_every_beat(socket_path):
    async def scenario():
        clock = FakeClock()
        link = FakeLink(socket_path)
        link.start()
        pipeline = made(socket_path, clock)
        pipeline.watch_sensors(lambda: [SensorHealth("media", "udev", "running")])
        async with running(pipeline):
            await eventually(lambda: len(link.healths) == 1)
            assert link.healths[0][0]["name"] == "media"
            pipeline.sensors_changed()
            await eventually(lambda: len(link.healths) == 2)
            before = pipeline.progress
            clock.advance(5)
            await eventually(lambda: len(link.healths) == 3)
            assert pipeline.progress > before
        await link.kill()

    asyncio.run(scenario())


def test_a_link_that_keeps_nothing_is_dialled_again(socket_path):
    async def scenario():
        clock = FakeClock()
        link = FakeLink(socket_path, keep_at_once=False)
        link.start()
        async with running(made(socket_path, clock)) as pipeline:
            pipeline.emit(event("stuck"))
            await eventually(lambda: link.read == [1])
            while link.greetings < 2:
                clock.advance(STALLED_S / 10)
                await asyncio.sleep(0.005)
            await eventually(lambda: link.read == [1, 1])
            link.keep_all()
            await asyncio.wait_for(pipeline.drained(), 10)
        await link.kill()
        assert reasons(link) == ["stuck"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "nonsense", [b"GW\x01\x17", b"GW\x01\x17" + bytes(9), b"XX\x01\x17" + bytes(8), b"GW\x01\x15" + bytes(8)]
)
def test_a_link_that_talks_nonsense_is_dialled_again(socket_path, nonsense):
    async def scenario():
        from gapwatch_agent import channel

        listener = channel.listen(socket_path)
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        async with running(made(socket_path)):
            connection, _ = await loop.sock_accept(listener)
            connection.send(nonsense)
            with contextlib.closing((await asyncio.wait_for(loop.sock_accept(listener), 10))[0]):
                connection.close()
        listener.close()

    asyncio.run(scenario())


def test_a_link_that_hangs_before_it_greets_back_does_not_make_the_pipeline_look_hung(socket_path):
    async def scenario():
        from gapwatch_agent import channel

        clock, loop = FakeClock(), asyncio.get_running_loop()
        listener = channel.listen(socket_path)
        listener.setblocking(False)
        async with running(made(socket_path, clock)) as pipeline:
            pipeline.emit(event("held"))
            with contextlib.closing((await asyncio.wait_for(loop.sock_accept(listener), 10))[0]):
                before = pipeline.progress
                for _ in range(4):
                    clock.advance(BEAT_S)
                    await asyncio.sleep(0.005)
                assert pipeline.progress >= before + 3
                again = asyncio.ensure_future(loop.sock_accept(listener))

                def dialled_again():
                    clock.advance(BEAT_S)
                    return again.done()

                await eventually(dialled_again)
                again.result()[0].close()
        listener.close()
        assert pipeline.unsent == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(("left", "count"), [(4, 6), (0, -1)])
def test_a_link_that_forgot_what_it_had_kept_is_reported(socket_path, left, count):
    async def scenario():
        link = FakeLink(socket_path)
        link.start()
        async with running(made(socket_path)) as pipeline:
            for number in range(10):
                pipeline.emit(event(str(number)))
            await asyncio.wait_for(pipeline.drained(), 10)
            await link.kill()
            link.forget_after(left)
            link.start()
            await eventually(lambda: any(isinstance(payload, Gap) for payload in link.payloads()))
            pipeline.emit(event("after"))
            await link.kill()
            link.start()
            await asyncio.wait_for(pipeline.drained(), 10)
        await link.kill()
        gaps = [payload for payload in link.payloads() if isinstance(payload, Gap)]
        assert [(gap.source, gap.reason, gap.count) for gap in gaps] == [("link", "damaged", count)]
        assert link.payloads()[-1] == AgentStopped("after")

    asyncio.run(scenario())
