"""While the inspector is away: files wait, then are told uninspected, and the mark is found when it is back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from gapwatch_agent.enrich.inspection import ABSENT, CRASHED, InspectorClient
from gapwatch_agent.sensors.account import Moment
from gapwatch_agent.sensors.files import FilesLimits
from gapwatch_agent.sensors.files_again import AWAY, SecondLook
from gapwatch_agent.sensors.files_work import Item, Mounted, WorkQueue
from gapwatch_proto.events import Gap, Inspection, Medium
from gapwatch_proto.kinds import Kind
from support.clock import FakeClock
from support.file_watching import MEDIUM, FakeInspector, Watching, run_command, watching
from support.filesystems import mounted

MOUNTED = Mounted(Medium(), 7, ["/m"])


def item(ino: int, action: str = "closed_write") -> Item:
    return Item(action, MOUNTED, ino, f"/m/{ino}", Moment(0, 0), 1, 1)


class Looks:
    """A second look whose inspector is not there until it is said to be."""

    def __init__(self, folder: Path, kept_max: int = 8, written_max: int = 8) -> None:
        self.listed: list[int] = []
        self.queue = WorkQueue(written_max)
        self.client = InspectorClient(folder / "inspector.sock", absent_wait_s=0)
        self.clock = FakeClock()
        self.second = SecondLook(self.client, self.queue, self.clock, self.listed.append, kept_max)


def test_what_was_inspected_is_not_kept(tmp_path: Path) -> None:
    second = Looks(tmp_path).second
    assert not second.keep(item(1), Inspection("full"))
    # The inspector's own verdict: its child died of the file, and would again.
    assert not second.keep(item(1), Inspection("none", "crashed"))


def test_a_file_the_inspector_died_of_gets_one_second_look(tmp_path: Path) -> None:
    second = Looks(tmp_path).second
    killer = item(1)
    assert second.keep(killer, CRASHED)
    assert not second.keep(killer, CRASHED)
    assert second.keep(killer, ABSENT)


def test_it_is_bounded_and_gives_back_when_the_inspector_is_there(tmp_path: Path) -> None:
    async def scenario() -> None:
        looks = Looks(tmp_path, kept_max=3, written_max=2)
        assert [looks.second.keep(item(ino), ABSENT) for ino in range(5)] == [True] * 5
        assert not looks.second.keep(item(9), CRASHED)
        running = asyncio.create_task(looks.second.run())
        await look(looks)
        assert (len(looks.queue), looks.listed, looks.second.missing) == (0, [], AWAY)
        fake = FakeInspector(tmp_path / "inspector.sock")
        await look(looks)
        assert (len(looks.queue), looks.listed, looks.second.missing) == (2, [], "")
        assert [(await looks.queue.take()).ino for _ in range(2)] == [0, 1]
        await look(looks)
        assert looks.listed == [7]
        last = await looks.queue.take()
        assert (last.ino, last.again) == (2, True)
        assert looks.queue.take_refusals() is None
        running.cancel()
        looks.client.close()
        fake.close()

    async def look(looks: Looks) -> None:
        await asyncio.sleep(0)
        looks.clock.advance(2.0)
        for _ in range(3):
            await asyncio.sleep(0)

    asyncio.run(scenario())


def scenario_on_medium(tmp_path: Path, scenario, **limits: float) -> None:
    async def whole(point: Path) -> None:
        chosen = FilesLimits(settle_s=0.1, **limits)
        async with watching(tmp_path, limits=chosen, with_inspector=False) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await watch.quiet()
            await scenario(watch, point)

    with mounted("tmpfs", tmp_path, size_mib=128) as point:
        asyncio.run(whole(point))


@pytest.mark.kernel
def test_a_marked_copy_made_while_the_inspector_starts_is_told_once_with_its_mark(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        await run_command("sh", "-c", f"echo MARK > {point}/a")
        await watch.until(lambda: AWAY in watch.sensor.health().missing)
        assert watch.sensor.health().state == "degraded"
        inspector = FakeInspector(tmp_path / "inspector.sock")
        assert (await watch.file("a")).inspection.mark.axis == "state"
        await watch.quiet()
        assert len(watch.named("a")) == 1
        assert watch.sensor.health().state == "running"
        inspector.close()

    scenario_on_medium(tmp_path, scenario)


@pytest.mark.kernel
def test_a_marked_copy_told_uninspected_is_told_with_its_mark_when_the_inspector_is_back(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        writer = await run_command("sh", "-c", f"echo MARK > {point}/a")
        assert (await watch.file("a")).inspection == ABSENT
        assert watch.events[-1].kind is Kind.UNINSPECTED_FILE_WRITTEN
        inspector = FakeInspector(tmp_path / "inspector.sock")
        await watch.until(lambda: len(watch.named("a")) == 2)
        first, second = watch.named("a")
        assert watch.events[-1].kind is Kind.MARKED_FILE_WRITTEN
        assert (second.act, second.actor, second.actor.process.pid) == (first.act, first.actor, writer)
        assert second.closed_boottime_ns == first.closed_boottime_ns
        await watch.quiet()
        assert len(watch.named("a")) == 2
        inspector.close()

    scenario_on_medium(tmp_path, scenario, absent_wait_s=0.1)


@pytest.mark.kernel
def test_what_there_was_no_room_for_while_waiting_is_counted_exactly(tmp_path: Path) -> None:
    count = 400

    async def scenario(watch: Watching, point: Path) -> None:
        program = f"for i in range({count}):\n with open('{point}/f%d' % i, 'w') as f: f.write('MARK %d' % i)"
        await run_command(sys.executable, "-c", program)
        gaps = lambda: [e.payload for e in watch.events if isinstance(e.payload, Gap)]  # noqa: E731 (read anew)
        await watch.until(gaps)
        inspector = FakeInspector(tmp_path / "inspector.sock")
        await watch.quiet()
        assert {gap.source for gap in gaps()} == {"files.pending"}
        await watch.until(lambda: len(watch.files) + sum(gap.count for gap in gaps()) >= count)
        assert len(watch.files) + sum(gap.count for gap in gaps()) == count
        assert all(activity.inspection.mark.axis == "state" for activity in watch.files)
        inspector.close()

    scenario_on_medium(tmp_path, scenario, written_max=50)
