"""The file sensor when something breaks: guard dies, watch dies, the kernel's queue overflows, rights are missing."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from gapwatch_agent.kernel import fanotify
from gapwatch_agent.sensors.files import FilesLimits
from gapwatch_agent.sensors.files_groups import Overflowed
from gapwatch_agent.sensors.files_watchdog import MISSING
from gapwatch_proto.events import Gap
from gapwatch_proto.kinds import Kind
from support.file_watching import MEDIUM, Watching, run_command, watching
from support.filesystems import FILESYSTEMS, mounted, unmount

pytestmark = pytest.mark.kernel


def gaps(watch: Watching, source: str) -> list[Gap]:
    said = [event.payload for event in watch.events]
    return [payload for payload in said if isinstance(payload, Gap) and payload.source == source]


def burst(point: Path, count: int, name: str = "f") -> str:
    return f"for i in range({count}):\n with open('{point}/{name}%d' % i, 'w') as f: f.write('MARK %d' % i)"


def test_guard_dies_and_comes_back(tmp_path: Path) -> None:
    async def scenario(point: Path) -> None:
        async with watching(tmp_path) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            watch.guard.kill()
            await watch.until(lambda: watch.sensor.health().state == "degraded")
            assert "guard is away" in watch.sensor.health().missing
            command = f"import time\nopen('{point}/without', 'w').write('x')\nprint('kept')\ntime.sleep(60)"
            writer = await asyncio.create_subprocess_exec(sys.executable, "-c", command)
            without = await watch.file("without")
            assert (without.actor.process.captured, without.actor.process.pid) == ("event", writer.pid)
            assert "python" in without.actor.process.name
            writer.kill()
            await writer.wait()
            watch.guard.start()
            await watch.until(lambda: gaps(watch, "files.guard"))
            (gap,) = gaps(watch, "files.guard")
            assert (gap.reason, gap.count) == ("sensor_restarted", -1)
            assert 0 < gap.from_boottime_ns < gap.to_boottime_ns
            await watch.until(lambda: watch.sensor._parts.guard.marked(str(point.stat().st_dev)).ok)
            await run_command("cp", "/etc/hostname", point / "with")
            assert (await watch.file("with")).actor.process.captured == "held"
            assert watch.sensor.health().state == "running"
            unmount(point)

    with mounted("tmpfs", tmp_path) as point:
        asyncio.run(scenario(point))


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_what_was_written_while_nobody_watched_is_found_and_told_once(filesystem: str, tmp_path: Path) -> None:
    async def session(point: Path, expected: set[str]) -> None:
        async with watching(tmp_path) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await watch.quiet()
            found = [event for event in watch.events if event.kind is Kind.MARKED_FILE_FOUND]
            assert {event.payload.file.name for event in found} == expected
            for event in found:
                assert event.payload.action == "listed"
                assert event.payload.actor.process.captured == "none"
                assert event.payload.file.sha256
            await run_command("sh", "-c", f"echo MARK > {point}/seen{len(expected)}")
            await watch.file(f"seen{len(expected)}")
            await watch.quiet()

    with mounted(filesystem, tmp_path) as point:
        (point / "before").write_bytes(b"MARK")
        (point / "plain").write_bytes(b"x")
        asyncio.run(session(point, {"before"}))
        asyncio.run(session(point, set()))
        (point / "folder").mkdir()
        (point / "folder" / "between").write_bytes(b"MARK")
        (point / "before").write_bytes(b"MARK and changed")
        asyncio.run(session(point, {"between", "before"}))


def test_a_watch_killed_before_its_events_were_kept_tells_them_again(tmp_path: Path) -> None:
    async def session(point: Path, *, delivered: bool) -> list[str]:
        async with watching(tmp_path, delivered=lambda: delivered) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await run_command("sh", "-c", f"test -e {point}/a || echo MARK > {point}/a")
            await watch.file("a")
            await watch.quiet()
            return [activity.action for activity in watch.named("a")]

    with mounted("tmpfs", tmp_path) as point:
        assert asyncio.run(session(point, delivered=False)) == ["closed_write"]
        assert asyncio.run(session(point, delivered=True)) == ["listed"]


def test_a_burst_is_told_exactly(tmp_path: Path) -> None:
    count, room = 20_000, 500

    async def scenario(point: Path) -> None:
        limits = FilesLimits(written_max=room, settle_s=0.2, absent_wait_s=0.5)
        # Without an inspector each file is quickly uninspected: this is about counting.
        async with watching(tmp_path, limits=limits, with_inspector=False) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await run_command(sys.executable, "-c", burst(point, count))
            await watch.until(lambda: watch.sensor.idle and len(watch.files) > 0, 100)
            await watch.quiet()
            told = [activity.file.name for activity in watch.files if activity.action == "closed_write"]
            assert len(told) == len(set(told))
            lost = gaps(watch, "files.pending")
            overflowed = gaps(watch, "files.fanotify")
            if not overflowed:
                assert len(told) + sum(gap.count for gap in lost) == count
            assert all(gap.from_boottime_ns <= gap.to_boottime_ns for gap in lost)
            assert all(gap.reason == "queue_full" for gap in lost)

    with mounted("tmpfs", tmp_path, size_mib=256) as point:
        asyncio.run(scenario(point))


def test_an_overflow_is_a_gap_and_everything_is_listed_again(tmp_path: Path) -> None:
    async def scenario(point: Path) -> None:
        async with watching(tmp_path) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await watch.quiet()
            dev = next(iter(watch.sensor._mounted))
            watch.sensor._parts.groups._removed.append(dev)  # the kernel tells nothing of what follows
            watch.sensor._parts.groups.remove(dev)
            await asyncio.sleep(0.05)
            await run_command("sh", "-c", f"echo MARK > {point}/missed")
            watch.sensor._observed([Overflowed(dev)])
            missed = await watch.file("missed")
            assert missed.action == "listed"
            (gap,) = gaps(watch, "files.fanotify")
            assert (gap.reason, gap.count) == ("kernel_overflow", -1)
            assert gap.from_boottime_ns <= gap.to_boottime_ns
            assert watch.sensor.health().dropped > 0

    with mounted("tmpfs", tmp_path) as point:
        asyncio.run(scenario(point))


def test_unmounting_while_events_wait(tmp_path: Path) -> None:
    async def scenario(point: Path) -> None:
        async with watching(tmp_path) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await run_command(sys.executable, "-c", burst(point, 300))
            began = time.monotonic()
            await asyncio.to_thread(unmount, point)
            assert time.monotonic() - began < 5
            await watch.sensor.medium_unmounted(point)
            await watch.quiet()
            # Each is told: read in time, or as vanished with the medium.
            assert {activity.file.name for activity in watch.files} == {f"f{i}" for i in range(300)}
            reasons = {activity.inspection.reason for activity in watch.files}
            assert reasons <= {"", "vanished", "unreadable"}
            assert all(activity.actor.process.captured == "held" for activity in watch.files)

    with mounted("ext4", tmp_path) as point:
        asyncio.run(scenario(point))


def test_without_the_right_to_fanotify_watchdog_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(fanotify, "init", refused)

    async def scenario(point: Path) -> None:
        async with watching(tmp_path, with_guard=False) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            health = watch.sensor.health()
            assert (health.name, health.mechanism, health.state, health.missing) == (
                "files",
                "watchdog",
                "degraded",
                MISSING,
            )
            await run_command("sh", "-c", f"echo MARK > {point}/a")
            activity = await watch.file("a")
            assert activity.actor.process.captured == "none"
            assert activity.act == ""
            assert activity.inspection.mark.axis == "state"
            await watch.sensor.medium_unmounted(point)

    with mounted("tmpfs", tmp_path) as point:
        asyncio.run(scenario(point))
