"""From a mount to the medium its filesystem lies on."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from gapwatch_agent.enrich import medium as enrich_medium
from gapwatch_agent.enrich.device import bounded
from gapwatch_agent.kernel import superblock, sysfs
from gapwatch_agent.kernel.mountinfo import Mount
from gapwatch_agent.kernel.udev import UdevDevice
from gapwatch_agent.sensors.waiting import DeviceSource
from gapwatch_proto.events import Medium

_DEPTH_MAX: Final = 8
"""Device mapper, md and loop devices can be stacked; nobody stacks eight."""

READ_S_MAX: Final = 2.0
"""How long a device may take to show its first bytes."""


def medium_under(source: DeviceSource, mount: Mount, extra_nodes: Collection[str]) -> Medium | None:
    """The medium a mount's filesystem lies on, or None when it lies on no medium (or is gone already)."""
    numbers = _block_number(mount)
    block = source.block_device(*numbers) if numbers else None
    if block is None:
        return None
    for carrier in _with_lower(source, block, _DEPTH_MAX):
        if enrich_medium.is_medium(carrier, extra_nodes):
            medium = enrich_medium.medium_of(carrier)
            return replace(medium, filesystem_type=medium.filesystem_type or mount.filesystem_type)
    return None


async def identified(medium: Medium) -> Medium:
    """The medium with its filesystem read from the device itself, where udev did not say which it is.

    In a thread and with a limit: a broken stick can hold up a read for as long as it likes.
    """
    if medium.filesystem_id or not medium.device_node:
        return medium
    reading = asyncio.get_running_loop().run_in_executor(None, superblock.read_start, medium.device_node)
    done, _ = await asyncio.wait({reading}, timeout=READ_S_MAX)
    found = superblock.identify(reading.result()) if done else superblock.Superblock()
    return replace(
        medium,
        filesystem_id=bounded(found.uid),
        filesystem_type=medium.filesystem_type or found.type,
        label=medium.label or bounded(found.label),
    )


def _block_number(mount: Mount) -> tuple[int, int] | None:
    """The number of the block device: the mount's own, or that of its source where the kernel made one up."""
    if mount.major:
        return mount.major, mount.minor
    if not mount.source.startswith("/dev/"):
        return None
    try:
        status = Path(mount.source).stat()
    except (OSError, ValueError):
        return None
    return (os.major(status.st_rdev), os.minor(status.st_rdev)) if stat.S_ISBLK(status.st_mode) else None


def _with_lower(source: DeviceSource, block: UdevDevice, depth: int) -> Iterator[UdevDevice]:
    """The device and those it is made of (encrypted containers, volumes, arrays), nearest first."""
    yield block
    for name in sysfs.entries(block.path / "slaves") if depth else ():
        folder = sysfs.resolve(block.path / "slaves" / name)
        major, _, minor = sysfs.attribute(folder, "dev").partition(":") if folder else ("", "", "")
        if major.isdigit() and minor.isdigit():
            lower = source.block_device(int(major), int(minor))
            if lower is not None:
                yield from _with_lower(source, lower, depth - 1)
