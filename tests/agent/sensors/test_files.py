"""The file sensor on real filesystems with real programs, a real guard and a fake inspector."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gapwatch_proto.events import FileActivity, Inspection
from gapwatch_proto.kinds import Kind
from support.file_watching import MEDIUM, Watching, run_command, watching
from support.filesystems import FILESYSTEMS, mounted, unmount

pytestmark = pytest.mark.kernel

SECRET = b"MARK " + bytes(4000)


def on_medium(
    folder: Path, scenario: Callable[[Watching, Path], Awaitable[None]], filesystem: str = "tmpfs", **options
) -> None:
    """Run a scenario with a medium mounted and the sensor told of it; afterwards it must let the medium go."""

    async def run(point: Path) -> None:
        async with watching(folder, **options) as watch:
            await watch.sensor.medium_mounted(MEDIUM, point)
            await scenario(watch, point)
            await watch.quiet()
            unmount(point)
            await watch.sensor.medium_unmounted(point)

    with mounted(filesystem, folder) as point:
        asyncio.run(run(point))


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_a_copy_is_told_with_who_where_from_and_which_mark(filesystem: str, tmp_path: Path) -> None:
    source = tmp_path / "机密 计划.txt"
    source.write_bytes(SECRET)

    async def scenario(watch: Watching, point: Path) -> None:
        pid = await run_command("cp", source, point / "copy.txt")
        activity = await watch.file("copy.txt")
        assert [event.kind for event in watch.events] == [Kind.MARKED_FILE_WRITTEN]
        assert activity.action == "closed_write"
        process = activity.actor.process
        assert (process.pid, process.name, process.captured) == (pid, "cp", "held")
        assert process.cmd_line == f"cp '{source}' {point}/copy.txt"
        assert activity.actor.user.name == "root"
        digest = hashlib.sha256(SECRET).hexdigest()
        assert (activity.source.path, activity.source.size, activity.source.sha256) == (str(source), 4005, digest)
        assert (activity.file.path, activity.file.size) == (str(point / "copy.txt"), 4005)
        assert activity.file.sha256 == digest
        assert activity.inspection.mark.level == "confidential"
        assert activity.medium == MEDIUM
        assert len(activity.act) == 64
        assert activity.closed_boottime_ns == watch.events[0].boottime_ns > 0

    on_medium(tmp_path, scenario, filesystem)


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_every_way_of_copying_is_told_with_its_source(filesystem: str, tmp_path: Path) -> None:
    source = tmp_path / "source"

    async def scenario(watch: Watching, point: Path) -> None:
        shutil_copy = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"
        ways = {
            "cp": ["cp", source],
            "install": ["install", source],
            "mv": ["mv", source],
            "dd": ["dd", "status=none", f"if={source}"],
            "python": [sys.executable, "-c", shutil_copy, source],
            "redirected": ["sh", "-c", 'cat < "$0" > "$1"', source],
        }
        for name, way in ways.items():
            source.write_bytes(SECRET + name.encode())
            destination = f"of={point}/{name}" if name == "dd" else point / name
            await run_command(*way, destination)
        for name in ways:
            activity = await watch.file(name)
            assert activity.source.path == str(source), name
            assert activity.actor.process.captured == "held", name
            assert activity.file.sha256 == hashlib.sha256(SECRET + name.encode()).hexdigest(), name
        assert len({activity.act for activity in watch.files}) == len(ways)

    on_medium(tmp_path, scenario, filesystem)


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_an_editors_save_is_told_of_under_its_final_name(filesystem: str, tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        program = (
            "import os, sys\n"
            "with open('.save.tmp', 'wb') as f: f.write(b'MARK draft')\n"
            "os.rename('.save.tmp', 'plan.txt')\n"
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=point)
        assert await process.wait() == 0
        activity = await watch.file("plan.txt")
        assert activity.file.path == str(point / "plan.txt")
        assert activity.inspection.mark.axis == "state"
        assert activity.actor.process.pid == process.pid

    on_medium(tmp_path, scenario, filesystem)


def test_names_of_any_bytes_empty_files_and_what_is_no_file(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        program = (
            "import os\n"
            "open(b'new\\nline \\xff', 'w').write('x')\n"
            "open('empty', 'w').close()\n"
            "os.mkfifo('fifo'); os.mkdir('folder')\n"
            "r = os.open('fifo', os.O_RDONLY | os.O_NONBLOCK); os.close(os.open('fifo', os.O_WRONLY)); os.close(r)\n"
            "deep = 'd' * 250\n"
            "for _ in range(20): os.mkdir(deep); os.chdir(deep)\n"
            "open('too deep', 'w').write('x')\n"
        )
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=point)
        assert await process.wait() == 0
        assert (await watch.file("new\nline \udcff")).inspection.inspected == "full"
        assert (await watch.file("empty")).inspection == Inspection("full", type="empty")
        await watch.quiet()
        assert watch.named("fifo") == []
        kinds = [event.kind for event in watch.events]
        assert kinds.count(Kind.FILE_WRITTEN) == 2
        # Its path is longer than a path may be: told of, not read.
        assert kinds.count(Kind.UNINSPECTED_FILE_WRITTEN) == 1

    on_medium(tmp_path, scenario)


def test_a_file_deleted_at_once_is_told_as_vanished(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        program = f"import os; open('{point}/gone', 'w').write('x' * 99); os.unlink('{point}/gone')"
        watch.inspector.mishap = lambda name: name == "never"
        await run_command(sys.executable, "-c", program)
        activity = await watch.file("gone")
        # The copy may have been read in time; it is never silence.
        assert activity.inspection.reason in ("vanished", "")
        assert activity.file.size == 99

    on_medium(tmp_path, scenario)


def test_a_file_written_again_and_again_by_one_process_is_told_by_its_last_content(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        program = f"for i in range(200): open('{point}/log', 'w').write('MARK %d' % i)"
        await run_command(sys.executable, "-c", program)
        await watch.quiet()
        told = watch.named("log")
        assert 1 <= len(told) <= 200
        assert told[-1].file.sha256 == hashlib.sha256(b"MARK 199").hexdigest()
        digests = [activity.file.sha256 for activity in told]
        assert all(one != next_one for one, next_one in itertools.pairwise(digests))
        assert len({activity.act for activity in told}) == 1

    on_medium(tmp_path, scenario)


def test_a_killed_inspector_is_a_result_not_a_hole(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        watch.inspector.mishap = lambda name: name == "bomb"
        await run_command("sh", "-c", f"echo x > {point}/bomb; echo MARK > {point}/fine")
        bomb, fine = await watch.file("bomb"), await watch.file("fine")
        assert bomb.inspection == Inspection("none", "crashed")
        assert fine.inspection.mark.axis == "state"
        assert Kind.UNINSPECTED_FILE_WRITTEN in [event.kind for event in watch.events]

    on_medium(tmp_path, scenario)


def test_two_mount_points_of_one_medium_are_one_medium(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        second = tmp_path / "second"
        second.mkdir()
        await run_command("mount", "--bind", point, second)
        try:
            await watch.sensor.medium_mounted(MEDIUM, str(second))
            await run_command("sh", "-c", f"echo x > {second}/a")
            await watch.file("a")
        finally:
            await asyncio.to_thread(unmount, second)
        await watch.sensor.medium_unmounted(str(second))
        await run_command("sh", "-c", f"echo x > {point}/b")
        await watch.file("b")
        await watch.quiet()
        assert sorted(activity.file.name for activity in watch.files) == ["a", "b"]

    on_medium(tmp_path, scenario)


def test_what_can_be_unmounted_at_once_after_a_copy_is_still_read(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        watch.inspector.mishap = lambda _name: bool(watch.inspector.slow())
        await run_command("sh", "-c", f"for i in 1 2 3 4 5 6; do echo MARK $i > {point}/f$i; done")
        # Only what was opened before the unmount can still be read after it.
        await watch.until(lambda: watch.opened >= 6)
        await asyncio.to_thread(unmount, point, 2.0)
        await watch.sensor.medium_unmounted(point)
        await watch.quiet()
        assert {activity.file.name for activity in watch.files} == {f"f{i}" for i in range(1, 7)}
        assert all(activity.inspection.mark.axis for activity in watch.files)
        await run_command("mount", "-t", "tmpfs", "medium", point)  # what on_medium takes down

    on_medium(tmp_path, scenario)


def test_sources_on_the_medium_itself_are_not_sources(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        await run_command("sh", "-c", f"echo x > {point}/a && cp {point}/a {point}/b")
        assert (await watch.file("b")).source.path == ""

    on_medium(tmp_path, scenario)


def test_a_refused_mark_is_said_in_health_and_files_are_still_told(tmp_path: Path) -> None:
    async def scenario(watch: Watching, point: Path) -> None:
        await watch.sensor.medium_unmounted(point)
        home = tmp_path / "on the machine's own disk"
        home.mkdir()
        await watch.sensor.medium_mounted(MEDIUM, home)
        health = watch.sensor.health()
        assert health.state == "degraded"
        assert "never marked" in health.missing
        await run_command("cp", "/etc/hostname", home / "copied")
        activity: FileActivity = await watch.file("copied")
        assert activity.actor.process.captured in ("event", "gone")
        await watch.sensor.medium_unmounted(home)
        shutil.rmtree(home)
        await watch.sensor.medium_mounted(MEDIUM, point)

    on_medium(tmp_path, scenario)
