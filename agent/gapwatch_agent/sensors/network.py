"""Network links, addresses and default routes: what is there at the start, then every change.

Everything comes from what the kernel already knows (C10: nothing is ever sent or probed). Loopback is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich.interface import network_interface
from gapwatch_agent.kernel.overrun import read_all
from gapwatch_agent.kernel.route_socket import NetworkDump, RouteSocket
from gapwatch_agent.kernel.rtnetlink import AF_INET6, LinkMessage, RouteMessage, RouteSocketMessage
from gapwatch_agent.sensors import Emit
from gapwatch_agent.sensors.account import Account
from gapwatch_agent.sensors.network_table import Change, LinkChange, NetworkTable, RouteChange, link_state
from gapwatch_agent.sensors.waiting import readable
from gapwatch_proto.events import AddressState, DefaultRouteState, LinkState, NetworkInterface, SensorHealth
from gapwatch_proto.kinds import Kind

SYSFS: Final = Path("/sys")


class RouteSource(Protocol):
    """rtnetlink as the sensors use it; ``kernel.route_socket.RouteSocket`` is the real one."""

    def fileno(self) -> int: ...

    def read(self) -> list[RouteSocketMessage]:
        """Changes waiting, without blocking. Raises OverrunError when some were dropped."""
        ...

    def dump(self) -> NetworkDump: ...

    def routes(self) -> tuple[RouteMessage, ...]: ...

    def close(self) -> None: ...


class NetworkSensor:
    """Reports the links of this network namespace. Needs no privilege."""

    name = "network"

    def __init__(
        self, clock: Clock, open_source: Callable[[], RouteSource] = RouteSocket, sysfs_root: Path = SYSFS
    ) -> None:
        self._open_source = open_source
        self._sysfs_root = sysfs_root
        self._account = Account(self.name, "rtnetlink", clock)
        self._table = NetworkTable()
        self._interfaces: dict[int, NetworkInterface] = {}

    def health(self) -> SensorHealth:
        return self._account.health()

    async def run(self, emit: Emit) -> None:
        self._table = NetworkTable()
        self._interfaces.clear()
        with contextlib.closing(self._open_source()) as source:
            self._account.opened(emit)
            try:
                self._dump(source, present_at_start=True)
                while True:
                    await readable(source)
                    self._take(source)
                    await asyncio.sleep(0)
            finally:
                self._account.closed()

    def _dump(self, source: RouteSource, *, present_at_start: bool) -> None:
        dump = source.dump()
        self._report(self._table.replace(dump.links, dump.addresses, dump.routes), present_at_start=present_at_start)
        self._account.caught_up()

    def _take(self, source: RouteSource) -> None:
        messages, overrun = read_all(source.read)
        for message in messages:
            self._report(self._table.apply(message))
        if overrun is not None:
            self._account.lost("kernel_overflow", str(overrun))
            self._dump(source, present_at_start=False)
        elif self._table.routes_stale:
            self._report(self._table.replace_routes(source.routes()))
        self._account.caught_up()

    def _report(self, changes: Iterable[Change], *, present_at_start: bool = False) -> None:
        for change in changes:
            if isinstance(change, LinkChange):
                self._report_link(change, present_at_start)
            elif isinstance(change, RouteChange):
                self._account.say(Kind.DEFAULT_ROUTE_STATE, self._route_state(change, present_at_start))
            else:
                found = change.address
                state = AddressState(
                    interface=self._interface(found.index),
                    address=found.address,
                    prefix_length=found.prefix_length,
                    state="present" if change.present else "absent",
                    present_at_start=present_at_start,
                )
                self._account.say(Kind.ADDRESS_STATE, state)

    def _report_link(self, change: LinkChange, present_at_start: bool) -> None:
        link = change.now or change.before
        assert link is not None, "a change has at least one side"
        if change.now is not None:
            self._interfaces[link.index] = network_interface(link, self._sysfs_root)
        state = LinkState(
            interface=self._interface(link.index, link),
            state=link_state(change.now),
            previous_state=link_state(change.before),
            present_at_start=present_at_start,
        )
        self._account.say(Kind.LINK_STATE, state)
        if change.now is None:
            self._interfaces.pop(link.index, None)

    def _interface(self, index: int, link: LinkMessage | None = None) -> NetworkInterface:
        known = self._interfaces.get(index)
        if known is not None:
            return known
        link = link or self._table.links.get(index)
        return network_interface(link, self._sysfs_root) if link else NetworkInterface(index=index)

    def _route_state(self, change: RouteChange, present_at_start: bool) -> DefaultRouteState:
        route = change.route
        return DefaultRouteState(
            interface=self._interface(route.index),
            gateway=route.gateway,
            family="ipv6" if route.family == AF_INET6 else "ipv4",
            table=route.table,
            metric=route.metric,
            state="present" if change.present else "absent",
            present_at_start=present_at_start,
        )
