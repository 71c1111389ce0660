"""Removable media: attached, mounted, unmounted, removed, and who sat at the machine.

Devices come from udev, mounts from the mount table. A disk is announced when its first filesystem is known or shortly
after it appeared; a mount that is faster than udev announces the disk itself, so the order attached, mounted, unmounted
holds. Every mount is traced to its block device by number at that moment (through device mapper and md, and by the
mount's source where the number is anonymous: btrfs, FUSE), so no table of ours can go stale.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich import medium as enrich_medium
from gapwatch_agent.enrich.seat import SESSIONS, active_seat_actor
from gapwatch_agent.kernel.mountinfo import MOUNTINFO, Mount, MountIdentity, MountTable, MountWatch, compare
from gapwatch_agent.kernel.overrun import read_all
from gapwatch_agent.kernel.udev import Udev, UdevDevice
from gapwatch_agent.sensors import Emit, MountListener, NoMountListener
from gapwatch_agent.sensors.account import Account, Moment
from gapwatch_agent.sensors.media_origin import identified, medium_under
from gapwatch_agent.sensors.waiting import NO_UDEVD, DeviceSource, readable
from gapwatch_proto.events import Actor, Medium, MediumActivity, SensorHealth
from gapwatch_proto.kinds import Kind

SETTLE_S: Final = 0.5
"""How long a disk may take to show its first filesystem before it is announced without one."""
LISTENER_S_MAX: Final = 10.0
"""How long the mount listener may take over one mount."""

OPTIONS_CHARS_MAX: Final = 1024
"""Mount options are the kernel's, but a FUSE filesystem writes what it likes there."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Disk:
    medium: Medium
    seen: Moment
    present_at_start: bool = False
    announced: bool = False


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """``extra_nodes`` are device nodes the site treats as media; ``sessions`` is where logind keeps its sessions."""

    extra_nodes: frozenset[str] = frozenset()
    sessions: Path = SESSIONS
    mountinfo: Path = MOUNTINFO
    settle_s: float = SETTLE_S


class MediaSensor:
    """Reports media and their mounts in this mount namespace. Needs no privilege."""

    name = "media"

    def __init__(
        self,
        clock: Clock,
        listener: MountListener | None = None,
        settings: MediaSettings | None = None,
        open_source: Callable[[], DeviceSource] = lambda: Udev(("block",)),
    ) -> None:
        self._clock = clock
        self._listener = listener or NoMountListener()
        self._settings = settings or MediaSettings()
        self._open_source = open_source
        self._account = Account(self.name, "udev", clock)
        self._disks: dict[str, _Disk] = {}
        self._media: dict[MountIdentity, Medium] = {}

    def health(self) -> SensorHealth:
        return self._account.health()

    async def run(self, emit: Emit) -> None:
        self._disks.clear()
        with contextlib.closing(self._open_source()) as source, MountWatch(self._settings.mountinfo) as watch:
            source.start()
            self._account.opened(emit, f"{source.source} + mountinfo", NO_UDEVD if source.source != "udev" else "")
            try:
                await self._watch(source, watch)
            finally:
                self._account.closed()

    async def _watch(self, source: DeviceSource, watch: MountWatch) -> None:
        await self._list(source, present_at_start=True)
        table: MountTable = watch.read()
        for identity in [identity for identity in self._media if identity not in table]:
            await self._unmounted(identity)  # while we were being restarted
        for mount in table.values():
            await self._mounted(source, mount, present_at_start=True)
        async with asyncio.TaskGroup() as settling:
            while True:
                await readable(source, watch)
                await self._take_devices(source, settling)
                before, table = table, watch.read()
                await self._take_mounts(source, before, table)
                self._account.caught_up()
                await asyncio.sleep(0)

    # --- devices ------------------------------------------------------------------------------------------------------

    async def _take_devices(self, source: DeviceSource, settling: asyncio.TaskGroup) -> None:
        changes, overrun = read_all(source.read)
        for change in changes:
            if change.action in ("remove", "offline"):
                self._removed(change.sys_path)
            elif change.action != "unbind" and self._look(change):
                path = self._key(change)
                settling.create_task(self._settle(path, self._disks[path]))
        if overrun is not None:
            self._account.lost("kernel_overflow", str(overrun))
            await self._list(source, present_at_start=False)

    async def _list(self, source: DeviceSource, *, present_at_start: bool) -> None:
        blocks = source.present()
        for path in self._disks.keys() - {block.sys_path for block in blocks}:
            self._removed(path)
        for block in blocks:
            self._look(block, present_at_start=present_at_start)
        for path, disk in list(self._disks.items()):  # everything udev knows is known: nothing will settle
            if not disk.announced:
                disk.medium = await identified(disk.medium)
            self._announce(path)

    def _key(self, block: UdevDevice) -> str:
        """What is one medium to us: a whole disk, or a partition that the site named."""
        named = block.node in self._settings.extra_nodes
        return block.sys_path if named else str(enrich_medium.disk_of(block))

    def _look(self, block: UdevDevice, *, present_at_start: bool = False) -> bool:
        """Take in what udev says about a disk or partition; True when it is a medium not seen before."""
        if not enrich_medium.is_medium(block, self._settings.extra_nodes):
            return False
        path = self._key(block)
        if block.sys_path == path and not enrich_medium.has_media(block):
            self._removed(path)  # a card was pulled from a reader that stays
            return False
        medium = enrich_medium.medium_of(block)
        known = self._disks.get(path)
        if known is None:
            known = self._disks[path] = _Disk(medium, self._account.moment(), present_at_start)
            new = True
        else:
            new = False
            # The first filesystem names the medium; without one, the first partition does.
            better = medium.filesystem_id or known.medium.syspath == path
            if not known.announced and not known.medium.filesystem_id and better:
                known.medium = medium
        if medium.filesystem_id and not present_at_start:
            self._announce(path)
        return new

    async def _settle(self, path: str, disk: _Disk) -> None:
        await self._clock.sleep(self._settings.settle_s)
        medium = await identified(disk.medium)
        if self._disks.get(path) is disk:
            if not disk.announced:
                disk.medium = medium
            self._announce(path)

    def _announce(self, path: str) -> None:
        disk = self._disks[path]
        if not disk.announced:
            disk.announced = True
            self._say(Kind.MEDIUM_ATTACHED, disk.medium, at=disk.seen, present_at_start=disk.present_at_start)

    def _removed(self, path: str) -> None:
        if path not in self._disks:
            return
        self._announce(path)
        disk = self._disks.pop(path)
        # Pulled without unmounting: the mount outlives the device, and the event says where it still stands.
        pulled_from = next((key[4] for key, medium in self._media.items() if _lies_on(medium, path)), "")
        self._say(Kind.MEDIUM_REMOVED, disk.medium, mount_point=pulled_from)

    # --- mounts -------------------------------------------------------------------------------------------------------

    async def _take_mounts(self, source: DeviceSource, before: MountTable, table: MountTable) -> None:
        changes = compare(before, table)
        for mount in changes.unmounted:
            await self._unmounted(mount.identity)
        for mount in changes.mounted:
            await self._mounted(source, mount, present_at_start=False)
        for mount in changes.remounted:
            if mount.identity in self._media:
                self._say_mounted(self._media[mount.identity], mount)

    async def _mounted(self, source: DeviceSource, mount: Mount, *, present_at_start: bool) -> None:
        medium = medium_under(source, mount, self._settings.extra_nodes)
        if medium is None:
            return
        medium = await identified(medium)
        self._media[mount.identity] = medium
        await self._tell(self._listener.medium_mounted(medium, mount.mount_point), mount.mount_point)
        self._announce_mounted(source, medium)
        self._say_mounted(medium, mount, present_at_start=present_at_start)

    def _announce_mounted(self, source: DeviceSource, medium: Medium) -> None:
        """The disk under a mount is announced before the mount, also when udev has not spoken of it yet."""
        block = source.at(medium.syspath)
        if block is None:
            return
        path = self._key(block)
        if path not in self._disks:
            self._disks[path] = _Disk(medium, self._account.moment())
        disk = self._disks[path]
        if not disk.announced and not disk.medium.filesystem_id:
            disk.medium = medium
        self._announce(path)

    async def _unmounted(self, identity: MountIdentity) -> None:
        medium = self._media.pop(identity, None)
        if medium is not None:
            *_, point = identity
            await self._tell(self._listener.medium_unmounted(point), point)
            self._say(Kind.MEDIUM_UNMOUNTED, medium, point)

    async def _tell(self, told: Awaitable[None], mount_point: str) -> None:
        """Let the listener act first. Its failure is its own and is reported; media go on being watched."""
        try:
            async with asyncio.timeout(LISTENER_S_MAX):
                await told
        except Exception as error:  # noqa: BLE001 - whatever the listener does, media must go on being watched
            _log.exception("the mount listener failed")
            self._account.lost("sensor_restarted", f"files on {mount_point} may go unseen: {error!r}")

    # --- saying it ----------------------------------------------------------------------------------------------------

    def _say_mounted(self, medium: Medium, mount: Mount, *, present_at_start: bool = False) -> None:
        options = f"{mount.options},{mount.super_options}"
        point = mount.mount_point
        self._say(Kind.MEDIUM_MOUNTED, medium, point, options=options, present_at_start=present_at_start)

    def _say(
        self,
        kind: Kind,
        medium: Medium,
        mount_point: str = "",
        *,
        options: str = "",
        at: Moment | None = None,
        present_at_start: bool = False,
    ) -> None:
        # Who sits there now did not bring what was there before us.
        actor = None if present_at_start else active_seat_actor(self._settings.sessions)
        activity = MediumActivity(
            medium=medium,
            mount_point=mount_point,
            mount_options=options[:OPTIONS_CHARS_MAX],
            actor=actor or Actor(),
            actor_inferred=actor is not None,
            present_at_start=present_at_start,
        )
        self._account.say(kind, activity, at)


def _lies_on(medium: Medium, disk_path: str) -> bool:
    return medium.syspath == disk_path or medium.syspath.startswith(f"{disk_path}/")
