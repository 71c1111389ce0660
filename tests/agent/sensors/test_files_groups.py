"""What the groups observe on real filesystems, and that they let go of a medium at once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE, MOVED_IN, FileGroups, Observation, Observed, Overflowed
from support.filesystems import FILESYSTEMS, mounted, unmount

pytestmark = pytest.mark.kernel


def observe(point: Path, act: Callable[[], object], enough: Callable[[list[Observation]], bool]) -> list[Observation]:
    async def scenario() -> list[Observation]:
        seen: list[Observation] = []
        groups = FileGroups(SystemClock(), seen.extend)
        try:
            directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
            groups.add(os.fstat(directory).st_dev, directory, str(point))
            os.close(directory)
            # The group is marked when add returns, whoever reads it and when.
            await asyncio.to_thread(act)
            end = time.monotonic() + 10
            while not enough(seen):
                assert time.monotonic() < end, seen
                await asyncio.sleep(0.01)
            return seen
        finally:
            groups.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize("filesystem", [name for name in FILESYSTEMS if name != "exfat"])
def test_a_write_and_a_rename_are_observed_with_names_of_any_bytes(filesystem: str, tmp_path: Path) -> None:
    with mounted(filesystem, tmp_path) as point:
        first = point / "a b"
        final = point / "机\n密" if filesystem != "vfat" else point / "机密"

        def act() -> None:
            subprocess.run(["sh", "-c", 'printf 12345 > "$1" && mv "$1" "$2"', "sh", first, final], check=True)

        closed, moved = observe(point, act, lambda seen: len(seen) >= 2)
        assert isinstance(closed, Observed)
        assert isinstance(moved, Observed)
        assert (closed.action, closed.size, closed.links) == (CLOSED_WRITE, 5, 1)
        assert closed.path in (str(first), str(final))
        assert (moved.action, moved.path, moved.ino) == (MOVED_IN, str(final), closed.ino)
        assert closed.pid != moved.pid
        assert closed.dev == point.stat().st_dev
        unmount(point)


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_what_happens_in_another_mount_namespace_is_seen(tmp_path: Path, *, elsewhere: bool, ended: bool) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    with mounted("tmpfs", tmp_path) as point:
        (point / "deep").mkdir()
        there = other if elsewhere else point
        move = f"mount --bind {point} {other} && " if elsewhere else ""
        stay = "" if ended else "; echo written; read end"
        command = ["unshare", "-m", "sh", "-c", f"{move}echo x > {there}/deep/hidden{stay}"]
        writers: list[subprocess.Popen[bytes]] = []

        def act() -> None:
            writers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            if ended:
                writers[0].wait()
            else:
                writers[0].stdout.readline()

        closed = observe(point, act, len)[0]
        writers[0].communicate(b"\n")
        assert closed.path == str(point / "deep" / "hidden")


def test_only_regular_files_count_and_a_deleted_one_has_no_links(tmp_path: Path) -> None:
    with mounted("tmpfs", tmp_path) as point:

        def act() -> None:
            os.mkfifo(point / "fifo")
            reader = os.open(point / "fifo", os.O_RDONLY | os.O_NONBLOCK)
            os.close(os.open(point / "fifo", os.O_WRONLY | os.O_NONBLOCK))
            os.close(reader)
            (point / "folder").mkdir()
            with (point / "gone").open("wb") as file:
                file.write(b"123")
                (point / "gone").unlink()

        (gone,) = observe(point, act, len)
        assert (gone.path, gone.links, gone.size) == (str(point / "gone"), 0, 3)


def test_the_kernels_overflow_is_passed_on(tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/fanotify/max_queued_events").read_text())

    async def scenario(point: Path) -> list[Observation]:
        seen: list[Observation] = []
        groups = FileGroups(SystemClock(), seen.extend)
        groups._outstanding = 1 << 40  # as if the loop had not taken anything in for long: the thread waits for it
        try:
            directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
            groups.add(os.fstat(directory).st_dev, directory, str(point))
            os.close(directory)
            program = f"for i in range({limit + 2000}): open('{point}/%d' % i, 'w').close()"
            await asyncio.to_thread(subprocess.run, ["python3", "-c", program], check=True)
            groups._outstanding = 0
            end = time.monotonic() + 30
            while not any(isinstance(observation, Overflowed) for observation in seen):
                assert time.monotonic() < end
                await asyncio.sleep(0.01)
            return seen
        finally:
            groups.close()

    with mounted("tmpfs", tmp_path) as point:
        seen = asyncio.run(scenario(point))
        assert Overflowed(point.stat().st_dev) in seen


def test_what_cannot_be_marked_is_an_error_and_leaks_nothing(tmp_path: Path) -> None:
    def open_fds() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def scenario() -> None:
        groups = FileGroups(SystemClock(), lambda _: None)
        before = open_fds()
        reader, writer = os.pipe()
        with pytest.raises(OSError, match="fanotify_mark"):
            groups.add(1, reader, "/nowhere")
        os.close(reader)
        os.close(writer)
        assert open_fds() == before
        groups.close()

    asyncio.run(scenario())
