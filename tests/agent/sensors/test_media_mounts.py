"""The media sensor and the kernel's own mounts: a loop device that the site treats as a medium."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
from pathlib import Path

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.udev import Udev
from gapwatch_agent.sensors.media import MediaSensor, MediaSettings
from gapwatch_proto.kinds import Kind
from support.isolation import in_namespaces
from support.sensing import sensing

MOUNTED, UNMOUNTED = Kind.MEDIUM_MOUNTED, Kind.MEDIUM_UNMOUNTED


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@contextlib.contextmanager
def loop_medium():
    """A loop device with an ext4 filesystem, and a folder for mount points."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder, "image")
        with image.open("wb") as file:
            file.truncate(8 << 20)
        run("mke2fs", "-q", "-t", "ext4", "-U", "01234567-89ab-cdef-0123-456789abcdef", "-L", "stick", str(image))
        node = run("losetup", "--find", "--show", str(image))
        try:
            yield node, Path(folder)
        finally:
            run("losetup", "--detach", node)


class Listener:
    """Remembers what it was told, and what had been said by then."""

    def __init__(self):
        self.calls = []

    async def medium_mounted(self, medium, mount_point):
        self.calls.append(("mounted", medium.device_node, mount_point))

    async def medium_unmounted(self, mount_point):
        self.calls.append(("unmounted", mount_point))


def sensor(node, listener=None, folder=None):
    settings = MediaSettings(frozenset({node}), sessions=Path(folder or "/nonexistent"))
    return MediaSensor(SystemClock(), listener, settings, lambda: Udev(("block",), source="kernel"))


@in_namespaces
def test_mount_bind_remount_unmount():
    async def scenario():
        with loop_medium() as (node, folder):
            point, bound = folder / "a b", folder / "bound"
            point.mkdir()
            bound.mkdir()
            listener = Listener()
            async with sensing(sensor(node, listener)) as said:
                run("mount", node, str(point))
                (mounted,) = await said.until(MOUNTED)
                assert (mounted.mount_point, mounted.medium.device_node) == (str(point), node)
                assert mounted.medium.filesystem_type == "ext4"
                # Nobody ran udev here: the id was read from the device.
                assert mounted.medium.filesystem_id == "01234567-89ab-cdef-0123-456789abcdef"
                assert mounted.medium.label == "stick"
                assert mounted.mount_options.startswith("rw,")
                run("mount", "--bind", str(point), str(bound))
                assert (await said.until(MOUNTED, 2))[1].mount_point == str(bound)
                run("mount", "-o", "remount,ro", str(point))
                remounted = (await said.until(MOUNTED, 3))[2]
                assert "ro" in remounted.mount_options.split(",")
                run("umount", str(bound))
                run("umount", str(point))
                unmounted = await said.until(UNMOUNTED, 2)
                assert [found.mount_point for found in unmounted] == [str(bound), str(point)]
                assert unmounted[1].medium == mounted.medium
            assert listener.calls == [
                ("mounted", node, str(point)), ("mounted", node, str(bound)),
                ("unmounted", str(bound)), ("unmounted", str(point)),
            ]  # fmt: skip

    asyncio.run(scenario())


@in_namespaces
def test_a_mount_that_was_there_and_one_that_is_none_of_ours():
    async def scenario():
        with loop_medium() as (node, folder):
            point, other = folder / "point", folder / "other"
            point.mkdir()
            other.mkdir()
            run("mount", node, str(point))
            async with sensing(sensor(node)) as said:
                (mounted,) = await said.until(MOUNTED)
                assert mounted.present_at_start
                (attached,) = said.of(Kind.MEDIUM_ATTACHED)
                assert attached.present_at_start
                assert attached.medium == mounted.medium
                run("mount", "-t", "tmpfs", "none", str(other))
                run("umount", str(point))
                await said.until(UNMOUNTED)
                assert len(said.of(MOUNTED)) == 1
            run("umount", str(other))

    asyncio.run(scenario())


@in_namespaces
def test_a_mount_pulled_away_from_under_it_is_unmounted_when_the_kernel_says_so():
    async def scenario():
        with loop_medium() as (node, folder):
            point = folder / "point"
            point.mkdir()
            async with sensing(sensor(node)) as said:
                for turn in range(1, 21):  # quick on and off: each pair is seen, or neither
                    run("mount", node, str(point))
                    await said.until(MOUNTED, turn)
                    run("umount", "--lazy", str(point))
                    await said.until(UNMOUNTED, turn)

    asyncio.run(scenario())


@in_namespaces
def test_what_was_unmounted_while_the_sensor_was_restarted_is_told():
    async def scenario():
        with loop_medium() as (node, folder):
            point = folder / "point"
            point.mkdir()
            listener = Listener()
            watching = sensor(node, listener)
            run("mount", node, str(point))
            async with sensing(watching) as said:
                await said.until(MOUNTED)
            run("umount", str(point))
            async with sensing(watching) as said:
                (unmounted,) = await said.until(UNMOUNTED)
                assert unmounted.mount_point == str(point)
            assert listener.calls[-1] == ("unmounted", str(point))

    asyncio.run(scenario())


@in_namespaces
def test_a_listener_that_fails_is_a_gap_and_stops_nothing():
    class Failing(Listener):
        async def medium_mounted(self, medium, mount_point):
            raise OSError("guard is away")

    async def scenario():
        with loop_medium() as (node, folder):
            point = folder / "point"
            point.mkdir()
            async with sensing(sensor(node, Failing())) as said:
                run("mount", node, str(point))
                await said.until(MOUNTED)
                (gap,) = said.of(Kind.GAP)
                assert "guard is away" in gap.detail
                run("umount", str(point))
                await said.until(UNMOUNTED)

    asyncio.run(scenario())
