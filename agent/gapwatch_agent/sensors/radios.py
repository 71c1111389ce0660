"""Radios: Wi-Fi, Bluetooth, cellular, NFC, UWB - whether they are there, blocked, up or associated.

Read from what the kernel shows in sysfs; nothing is asked of the radio itself. udev says when a radio or an rfkill
switch came, went or changed; rtnetlink says when a Wi-Fi interface went up or associated, message by message, so that
a short connection is not missed between two looks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.kernel.overrun import read_all
from gapwatch_agent.kernel.route_socket import LINKS, RouteSocket
from gapwatch_agent.kernel.rtnetlink import LinkMessage
from gapwatch_agent.kernel.udev import Udev
from gapwatch_agent.sensors import Emit
from gapwatch_agent.sensors.account import Account
from gapwatch_agent.sensors.network import SYSFS, RouteSource
from gapwatch_agent.sensors.radio_table import Radio, radios
from gapwatch_agent.sensors.waiting import DeviceSource, readable
from gapwatch_proto.events import RadioState, SensorHealth
from gapwatch_proto.kinds import Kind

SUBSYSTEMS: Final = ("ieee80211", "bluetooth", "rfkill", "wwan", "nfc", "uwb_rc", "net")


class RadiosSensor:
    """Reports radios. Needs no privilege."""

    name = "radios"

    def __init__(
        self,
        clock: Clock,
        open_source: Callable[[], DeviceSource] = lambda: Udev(SUBSYSTEMS),
        open_links: Callable[[], RouteSource] = lambda: RouteSocket(LINKS),
        sysfs_root: Path = SYSFS,
    ) -> None:
        self._open_source = open_source
        self._open_links = open_links
        self._sysfs_root = sysfs_root
        self._account = Account(self.name, "sysfs", clock)
        self._radios: dict[tuple[str, str], Radio] = {}
        self._links: dict[int, LinkMessage] = {}

    def health(self) -> SensorHealth:
        return self._account.health()

    async def run(self, emit: Emit) -> None:
        self._radios = {}
        self._links = {}
        with contextlib.closing(self._open_source()) as source, contextlib.closing(self._open_links()) as links:
            source.start()
            self._account.opened(emit, f"sysfs + {source.source} + rtnetlink")
            try:
                self._links = {link.index: link for link in links.dump().links}
                self._look(present_at_start=True)
                while True:
                    await readable(source, links)
                    self._take(source, links)
                    await asyncio.sleep(0)
            finally:
                self._account.closed()

    def _take(self, source: DeviceSource, links: RouteSource) -> None:
        messages, links_overrun = read_all(links.read)
        changes, overrun = read_all(source.read)
        for message in messages:
            if isinstance(message, LinkMessage):
                self._take_link(message)
        overrun = overrun or links_overrun
        if overrun is not None:
            self._account.lost("kernel_overflow", str(overrun))
            self._links = {link.index: link for link in links.dump().links}
        if changes or overrun is not None:
            self._look()
        self._account.caught_up()

    def _take_link(self, message: LinkMessage) -> None:
        before = self._links.get(message.index)
        if message.gone:
            self._links.pop(message.index, None)
        else:
            self._links[message.index] = message
        changed = before is None or (before.flags, before.operstate) != (message.flags, message.operstate)
        if changed and any(message.index in radio.interfaces for radio in self._radios.values()):
            self._look()

    def _look(self, *, present_at_start: bool = False) -> None:
        """Compare what is there with what was and report each radio whose state differs."""
        before, self._radios = self._radios, radios(self._sysfs_root, self._links)
        for key in before.keys() | self._radios.keys():
            was, now = before.get(key), self._radios.get(key)
            radio = now or was
            states = (was.state if was else "absent", now.state if now else "absent")
            if radio is None or states[0] == states[1]:
                continue
            event = RadioState(
                technology=radio.technology,
                name=radio.name,
                state=states[1],
                previous_state=states[0],
                address=radio.address,
                device=radio.device,
                present_at_start=present_at_start,
            )
            self._account.say(Kind.RADIO_STATE, event)
