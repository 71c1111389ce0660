"""The whole link process, from enrolment to acknowledged records, in this process and killed in another."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.link.run import LinkSettings, run
from gapwatch_agent.link.status import read_status
from gapwatch_agent.spool.port import NewRecord, SpoolLimits
from gapwatch_proto import codec
from gapwatch_proto.events import Heartbeat, Payload, SensorState
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import RecordHeader
from support.certificates import authority, policy_bytes, signed_policy
from support.spools import BOOT, a_record
from support.streams import HurriedClock, ScriptedCollector, ScriptedEnrolment, until
from support.watchers import ScriptedWatch

TESTS = Path(__file__).parents[2]
OFFICERS = authority().officer("first officer"), authority().officer("second officer")


def events(count: int, first: int = 1) -> list[NewRecord]:
    kind = Kind.FILE_WRITTEN
    return [NewRecord(kind, SEVERITY[kind], n, n, BOOT, a_record(n).payload) for n in range(first, first + count)]


@dataclass
class Station:
    """A host's link and both ports of its collector."""

    settings: LinkSettings
    collector: ScriptedCollector
    enrolment: ScriptedEnrolment
    beats: list[str] = field(default_factory=list)

    def said(self, kind: Kind) -> list[Payload]:
        found: list[Payload] = []
        for kept in self.collector.spools.values():
            for header, payload in kept.records.values():
                if RecordHeader.unpack(header).kind == kind:
                    found.append(codec.decode(kind, payload or b""))
        return found

    def written(self) -> list[bytes | None]:
        return [
            payload
            for kept in self.collector.spools.values()
            for header, payload in kept.records.values()
            if RecordHeader.unpack(header).kind == Kind.FILE_WRITTEN
        ]

    def status(self) -> dict[str, object]:
        return read_status(self.settings.status_file) or {}


@asynccontextmanager
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    collector, enrolment = ScriptedCollector(authority()), ScriptedEnrolment(authority())
    await collector.start()
    await enrolment.start()
    (tmp_path / "root.pem").write_bytes(authority().root_pem)
    (tmp_path / "token").write_text("token")
    settings = LinkSettings(
        state=tmp_path / "state",
        socket=tmp_path / "link.sock",
        status_file=tmp_path / "status.json",
        collector_address=collector.address,
        enrolment_address=enrolment.address,
        root_certificate=tmp_path / "root.pem",
        token_file=tmp_path / "token",
        zone="zone-a",
        hostname="station",
        agent_version="0.1",
        limits=SpoolLimits(reserve_bytes=1 << 20),
    )
    try:
        yield Station(settings, collector, enrolment)
    finally:
        await collector.stop()
        await enrolment.stop()


@asynccontextmanager
async def linked(station: Station) -> AsyncIterator[None]:
    """The link runs in this process until the block ends."""
    ready = asyncio.Event()
    task = asyncio.create_task(
        run(
            station.settings,
            ready=ready.set,
            alive=lambda: station.beats.append("alive"),
            clock=HurriedClock(50),
            boot_id=BOOT,
        )
    )
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        waiting.cancel()
        await asyncio.gather(task, return_exceptions=True)


def play(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 90))


def test_from_a_token_to_acknowledged_events(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s, linked(s):
            watch = ScriptedWatch(s.settings.socket)
            await watch.hello()
            await watch.sensors({"name": "files", "mechanism": "fanotify", "state": "running"})
            await watch.events(events(50))
            await watch.kept(50)
            await until(lambda: len(s.written()) == 50, "everything arrived")
            assert s.written() == [event.payload for event in events(50)]
            await until(lambda: len(s.said(Kind.HEARTBEAT)) >= 2, "heartbeats")
            beat = s.said(Kind.HEARTBEAT)[-1]
            assert isinstance(beat, Heartbeat)
            assert (beat.agent_version, beat.interval_s) == ("0.1", 60)
            assert [(one.name, one.state) for one in beat.sensors] == [("files", "running")]
            await until(lambda: s.status().get("state") == "connected", "a status")
            await until(lambda: s.beats, "the watchdog fed")
            assert s.status()["host_id"] == s.enrolment.host_id.hex()
            watch.close()
            count = len(s.said(Kind.HEARTBEAT))
            await until(lambda: len(s.said(Kind.HEARTBEAT)) >= count + 2, "more heartbeats")
            stopped = s.said(Kind.HEARTBEAT)[-1]
            assert isinstance(stopped, Heartbeat)
            assert [one.state for one in stopped.sensors] == ["stopped"]

    play(scenario)


def test_events_are_kept_before_the_host_is_enrolled_and_arrive_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s:
            token = s.settings.token_file.read_text()
            s.settings.token_file.unlink()
            async with linked(s):
                watch = ScriptedWatch(s.settings.socket)
                await watch.hello()
                await watch.events(events(10))
                await watch.kept(10)
                await until(lambda: s.status().get("state") == "not_enrolled", "a status")
                assert "holds no token" in str(s.status()["last_error"])
                s.settings.token_file.write_text(token)
                await until(lambda: len(s.written()) == 10, "everything arrived")
                watch.close()

    play(scenario)


def test_a_good_policy_comes_into_force_and_a_bad_one_is_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s:
            s.collector.policy = signed_policy(policy_bytes(version=5, heartbeat_interval_s=10), *OFFICERS)
            async with linked(s):
                await until(lambda: s.status().get("policy_version") == 5, "the policy in force")
                await until(
                    lambda: any(
                        isinstance(beat, Heartbeat) and (beat.policy_version, beat.interval_s) == (5, 10)
                        for beat in s.said(Kind.HEARTBEAT)
                    ),
                    "a heartbeat that says so",
                )
            s.collector.policy = signed_policy(policy_bytes(version=6), OFFICERS[0])
            async with linked(s):
                await until(lambda: len(s.said(Kind.SENSOR_STATE)) == 2, "a report of the bad policy")
                bad = s.said(Kind.SENSOR_STATE)[-1]
                assert isinstance(bad, SensorState)
                assert (bad.sensor.name, bad.sensor.state) == ("policy", "degraded")
                assert "1 officer's signature" in bad.reason
                assert s.collector.hellos[-1].policy_version == 5
                await until(lambda: s.status().get("policy_version") == 5, "the last good one stands")

    play(scenario)


def test_after_a_restart_the_kept_policy_sets_the_heartbeat_at_once(tmp_path: Path) -> None:
    def beats(s: Station) -> list[Heartbeat]:
        return [beat for beat in s.said(Kind.HEARTBEAT) if isinstance(beat, Heartbeat)]

    def early_after_restart(s: Station) -> bool:
        said = beats(s)
        starts = [n for n in range(1, len(said)) if said[n].uptime_s < said[n - 1].uptime_s]
        return bool(starts) and any(b.interval_s == 10 and b.uptime_s < 50 for b in said[starts[-1] :])

    async def scenario() -> None:
        async with station(tmp_path) as s:
            s.collector.policy = signed_policy(policy_bytes(version=5, heartbeat_interval_s=10), *OFFICERS)
            async with linked(s):
                await until(lambda: any(b.interval_s == 10 and b.uptime_s >= 20 for b in beats(s)), "a running agent")
            async with linked(s):  # the default interval is 60 s: its next beat would come too late
                await until(lambda: early_after_restart(s), "a beat at the kept policy's interval")

    play(scenario)


def test_a_spool_that_another_process_holds_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s, linked(s):
            with pytest.raises(UnavailableError, match="held by another process"):
                await run(replace(s.settings, socket=tmp_path / "other.sock"), clock=HurriedClock(), boot_id=BOOT)

    play(scenario)


def test_what_ends_the_process_is_one_error_and_not_a_group(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s:
            settings = replace(s.settings, socket=tmp_path / "gone" / "link.sock")
            with pytest.raises(UnavailableError, match="cannot listen"):
                await run(settings, clock=HurriedClock(), boot_id=BOOT)

    play(scenario)


PROGRAM = """
import asyncio, sys
from pathlib import Path
from support.spools import BOOT
from support.streams import HurriedClock
from gapwatch_agent.link.run import LinkSettings, run
place, collector, enrolment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
asyncio.run(run(LinkSettings(
    state=place / "state", socket=place / "link.sock", status_file=place / "status.json",
    collector_address=collector, enrolment_address=enrolment, root_certificate=place / "root.pem",
    token_file=place / "token", zone="zone-a", hostname="station", agent_version="0.1",
), ready=lambda: print("ready", flush=True), clock=HurriedClock(50), boot_id=BOOT))
"""


async def process(s: Station, tmp_path: Path) -> asyncio.subprocess.Process:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path),
        s.collector.address,
        s.enrolment.address,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert started.stdout is not None
    assert await started.stdout.readline() == b"ready\n"
    return started


def test_killing_the_link_again_and_again_neither_loses_nor_doubles(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with station(tmp_path) as s:
            given, total = 0, 900
            for kill_after in (40, 130, 7, 300):
                link = await process(s, tmp_path)
                watch = ScriptedWatch(s.settings.socket)
                kept = await watch.hello()
                assert kept <= given
                sending = asyncio.create_task(watch.events(events(total - kept, kept + 1), first=kept + 1))
                if kept < total:
                    await watch.kept(min(total, kept + kill_after))
                link.send_signal(signal.SIGKILL)
                await link.wait()
                await asyncio.gather(sending, return_exceptions=True)
                watch.close()
                given = total
            link = await process(s, tmp_path)
            watch = ScriptedWatch(s.settings.socket)
            kept = await watch.hello()
            await watch.events(events(total + 1 - kept, kept + 1), first=kept + 1)
            await watch.kept(total + 1)
            await until(lambda: len(s.written()) >= total + 1, "everything arrived", 30)
            assert s.written() == [event.payload for event in events(total + 1)]
            assert len(s.collector.spools) == 1
            watch.close()
            link.kill()
            await link.wait()

    play(scenario)
