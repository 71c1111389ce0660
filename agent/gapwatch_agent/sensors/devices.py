"""USB devices: attached, removed, and what they say they are.

A device is announced when its drivers are bound (udev's ``bind``) or shortly after it appeared, so that the event can
name the driver; the event carries the time it appeared. A device that later shows interfaces it did not have (a modem
that first poses as a disc drive) is announced again: every configuration is judged, not only the first.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich import device as enrich_device
from gapwatch_agent.kernel.overrun import read_all
from gapwatch_agent.kernel.udev import Udev, UdevDevice
from gapwatch_agent.sensors import Emit
from gapwatch_agent.sensors.account import Account, Moment
from gapwatch_agent.sensors.waiting import NO_UDEVD, DeviceSource, readable
from gapwatch_proto.events import Device, DeviceActivity, SensorHealth
from gapwatch_proto.kinds import Kind

SETTLE_S: Final = 0.3
"""How long an attached device may take to bind its drivers before it is announced without them."""


@dataclass(slots=True)
class _Known:
    device: Device
    seen: Moment
    announced: bool = False


class DevicesSensor:
    """Reports USB devices. Needs no privilege."""

    name = "devices"

    def __init__(
        self,
        clock: Clock,
        open_source: Callable[[], DeviceSource] = lambda: Udev(("usb",)),
        settle_s: float = SETTLE_S,
    ) -> None:
        self._clock = clock
        self._open_source = open_source
        self._settle_s = settle_s
        self._account = Account(self.name, "udev", clock)
        self._known: dict[str, _Known] = {}

    def health(self) -> SensorHealth:
        return self._account.health()

    async def run(self, emit: Emit) -> None:
        self._known.clear()
        with contextlib.closing(self._open_source()) as source:
            source.start()
            self._account.opened(emit, source.source, NO_UDEVD if source.source != "udev" else "")
            try:
                self._list(source, present_at_start=True)
                async with asyncio.TaskGroup() as settling:
                    while True:
                        await readable(source)
                        self._take(source, settling)
                        await asyncio.sleep(0)
            finally:
                self._account.closed()

    def _take(self, source: DeviceSource, settling: asyncio.TaskGroup) -> None:
        changes, overrun = read_all(source.read)
        for change in changes:
            self._apply(change, settling)
        if overrun is not None:
            self._account.lost("kernel_overflow", str(overrun))
            self._list(source, present_at_start=False)
        self._account.caught_up()

    def _list(self, source: DeviceSource, *, present_at_start: bool) -> None:
        there = {found.sys_path: found for found in source.present() if _is_whole_device(found)}
        for path in self._known.keys() - there.keys():
            self._removed(path)
        for path, found in there.items():
            if path not in self._known:
                self._known[path] = _Known(_describe(found), self._account.moment())
            self._announce(path, present_at_start=present_at_start)

    def _apply(self, change: UdevDevice, settling: asyncio.TaskGroup) -> None:
        path = change.sys_path
        if not _is_whole_device(change):
            if change.devtype == "usb_interface" and change.action in ("add", "bind"):
                self._look_again(path.rpartition("/")[0])
        elif change.action == "remove":
            self._removed(path)
        elif path not in self._known:
            self._known[path] = _Known(_describe(change), self._account.moment())
            settling.create_task(self._settle(path, self._known[path]))
        elif change.action == "bind":
            self._known[path].device = _describe(change)
            self._announce(path)

    async def _settle(self, path: str, known: _Known) -> None:
        await self._clock.sleep(self._settle_s)
        if self._known.get(path) is known:
            self._refresh(path, known)
            self._announce(path)

    def _look_again(self, path: str) -> None:
        """Announce a device again when it has shown an interface it did not have before."""
        known = self._known.get(path)
        if known is None or not known.announced:
            return
        before = set(known.device.interfaces)
        self._refresh(path, known)
        if set(known.device.interfaces) - before:
            known.announced = False
            known.seen = self._account.moment()
            self._announce(path)

    def _refresh(self, path: str, known: _Known) -> None:
        """Read the device again for what its drivers added; strings that vanished with it stay as first read."""
        now = enrich_device.usb_device(Path(path), {})
        if now.vendor_id:
            triples = dict.fromkeys((*known.device.interfaces, *now.interfaces))
            known.device = enrich_device.with_drivers(known.device, now.driver, tuple(triples))

    def _announce(self, path: str, *, present_at_start: bool = False) -> None:
        known = self._known[path]
        if not known.announced:
            known.announced = True
            activity = DeviceActivity(device=known.device, present_at_start=present_at_start)
            self._account.say(Kind.DEVICE_ATTACHED, activity, known.seen)

    def _removed(self, path: str) -> None:
        if path in self._known:
            self._announce(path)
            self._account.say(Kind.DEVICE_REMOVED, DeviceActivity(device=self._known.pop(path).device))


def _is_whole_device(device: UdevDevice) -> bool:
    """A USB device; the host controllers' own root hubs are part of the machine."""
    return device.devtype == "usb_device" and not device.sys_name.startswith("usb")


def _describe(found: UdevDevice) -> Device:
    return enrich_device.usb_device(found.path, found.properties)
