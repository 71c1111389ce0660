"""Kinds, identities and what is told of one file when, with a fake inspector on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.enrich.inspection import InspectorClient
from gapwatch_agent.enrich.seen import SeenIndex
from gapwatch_agent.sensors.account import Account, Moment
from gapwatch_agent.sensors.files_again import SecondLook
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE, MOVED_IN
from gapwatch_agent.sensors.files_report import Reporter, kind_of, sighting_of
from gapwatch_agent.sensors.files_work import LISTED, Item, Mounted, WorkQueue
from gapwatch_proto.events import Event, Inspection, Mark, Medium
from gapwatch_proto.kinds import Kind
from support.file_watching import FakeInspector

MARKED = Inspection("full", mark=Mark(axis="state"))


@pytest.mark.parametrize(
    ("action", "inspection", "kind"),
    [
        (CLOSED_WRITE, Inspection("full"), Kind.FILE_WRITTEN),
        (MOVED_IN, MARKED, Kind.MARKED_FILE_WRITTEN),
        (CLOSED_WRITE, Inspection("partial"), Kind.UNINSPECTED_FILE_WRITTEN),
        (CLOSED_WRITE, Inspection("partial", mark=Mark(axis="work")), Kind.MARKED_FILE_WRITTEN),
        (LISTED, Inspection("full"), Kind.FILE_FOUND),
        (LISTED, MARKED, Kind.MARKED_FILE_FOUND),
        (LISTED, Inspection("none"), Kind.UNINSPECTED_FILE_FOUND),
    ],
)
def test_the_kind_follows_the_mark_then_the_inspection(action: str, inspection: Inspection, kind: Kind) -> None:
    assert kind_of(action, inspection) is kind


def test_on_fat_a_file_is_known_by_its_path_elsewhere_by_its_inode(tmp_path: Path) -> None:
    status = tmp_path.stat()
    fat = Mounted(Medium(filesystem_id="F", filesystem_type="vfat"), 1, ["/m/one"])
    again = Mounted(fat.medium, 2, ["/media/two"])
    known = sighting_of(fat, "/m/one/a/b\udcff", status)
    assert known == sighting_of(again, "/media/two/a/b\udcff", status)
    assert known != sighting_of(fat, "/m/one/a/c", status)
    linux = Mounted(Medium(filesystem_id="F", filesystem_type="ext4"), 1, ["/m/one"])
    assert sighting_of(linux, "/m/one/a", status) == sighting_of(linux, "/m/one/b", status)
    nameless = Mounted(Medium(serial_number="S", device_node="/dev/sdb1"), 1, ["/m"])
    assert sighting_of(nameless, "/m/a", status).filesystem_id == "S:/dev/sdb1"


class Bench:
    """A reporter at work on a folder that stands for a medium."""

    def __init__(self, folder: Path, seen: SeenIndex) -> None:
        self.events: list[Event] = []
        self.queue = WorkQueue()
        self.mounted = Mounted(Medium(filesystem_id="F", filesystem_type="ext4"), folder.stat().st_dev, [str(folder)])
        account = Account("files", "fanotify", SystemClock())
        account.opened(self.events.append)
        self.client = InspectorClient(folder / "inspector.sock")
        again = SecondLook(self.client, self.queue, SystemClock(), lambda _dev: None)
        self.reporter = Reporter(account, SystemClock(), self.queue, self.client, seen, again, 2)

    def item(self, path: Path, action: str = CLOSED_WRITE, act: str = "act", **fields) -> Item:
        status = path.lstat()
        moment = Moment(7, 8)
        fields = {"size": status.st_size, "changed_ns": status.st_ctime_ns, "act": act, **fields}
        return Item(action, self.mounted, status.st_ino, str(path), moment, **fields)

    async def done(self) -> list[Event]:
        while not self.reporter.idle:
            await asyncio.sleep(0.005)
        told, self.events[:] = list(self.events), []
        return told


def at_work(folder: Path, scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        inspector = FakeInspector(folder / "inspector.sock")
        with SeenIndex(folder / "seen") as seen:
            bench = Bench(folder, seen)
            task = asyncio.create_task(bench.reporter.run())
            try:
                await asyncio.wait_for(scenario(bench), 30)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                bench.client.close()
                inspector.close()

    asyncio.run(run())


def test_the_same_content_told_twice_by_one_act_is_told_once_and_a_change_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")

    async def scenario(bench: Bench) -> None:
        bench.queue.add(bench.item(path))
        assert [event.kind for event in await bench.done()] == [Kind.FILE_WRITTEN]
        bench.queue.add(bench.item(path))
        assert await bench.done() == []
        bench.queue.add(bench.item(path, act="another"))
        assert len(await bench.done()) == 1
        path.write_bytes(b"MARK two")
        bench.queue.add(bench.item(path, act="another"))
        (event,) = await bench.done()
        assert event.kind is Kind.MARKED_FILE_WRITTEN
        assert (event.boottime_ns, event.wall_ns, event.payload.closed_boottime_ns) == (7, 8, 7)

    at_work(tmp_path, scenario)


def test_a_file_without_content_needs_no_inspector(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()

    async def scenario(bench: Bench) -> None:
        bench.queue.add(bench.item(path))
        (event,) = await bench.done()
        assert event.kind is Kind.FILE_WRITTEN
        assert event.payload.inspection == Inspection("full", type="empty")

    at_work(tmp_path, scenario)


def test_what_vanished_is_told_and_what_was_listed_and_vanished_is_not(tmp_path: Path) -> None:
    path = tmp_path / "short-lived"
    path.write_bytes(b"x")

    async def scenario(bench: Bench) -> None:
        closed, listed = bench.item(path), bench.item(path, LISTED)
        unlinked = bench.item(path, act="2", links=0)
        path.unlink()
        bench.queue.add(closed)
        bench.queue.add(unlinked)
        await bench.queue.add_listed(listed)
        events = await bench.done()
        assert [event.kind for event in events] == [Kind.UNINSPECTED_FILE_WRITTEN] * 2
        assert {event.payload.inspection for event in events} == {Inspection("none", "vanished")}
        assert events[0].payload.file.name == "short-lived"

    at_work(tmp_path, scenario)


def test_a_rename_that_is_heard_of_late_leads_to_the_file(tmp_path: Path) -> None:
    path, final = tmp_path / "temporary", tmp_path / "folder" / "final"
    path.write_bytes(b"MARK")
    final.parent.mkdir()

    async def scenario(bench: Bench) -> None:
        item = bench.item(path)
        path.rename(final)
        bench.queue.add(item)
        await asyncio.sleep(0.03)
        bench.reporter.renamed(item.mounted.dev, item.ino, str(final))
        (event,) = await bench.done()
        assert (event.kind, event.payload.file.path) == (Kind.MARKED_FILE_WRITTEN, str(final))

    at_work(tmp_path, scenario)


def test_listed_files_are_told_once_and_unmarked_ones_only_counted(tmp_path: Path) -> None:
    marked, plain = tmp_path / "marked", tmp_path / "plain"
    marked.write_bytes(b"MARK")
    plain.write_bytes(b"x")

    async def scenario(bench: Bench) -> None:
        for _ in range(2):
            await bench.queue.add_listed(bench.item(marked, LISTED))
            await bench.queue.add_listed(bench.item(plain, LISTED))
        (event,) = await bench.done()
        assert (event.kind, event.payload.action) == (Kind.MARKED_FILE_FOUND, "listed")
        assert bench.reporter.listed_unmarked == 1
        os.utime(marked)  # its ctime is another, its content is not: nothing new to tell
        await bench.queue.add_listed(bench.item(marked, LISTED))
        assert await bench.done() == []

    at_work(tmp_path, scenario)
