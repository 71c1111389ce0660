"""What the kernel said about links, addresses and default routes so far, and what each new word changes. Pure.

The kernel does not say everything: IPv4 routes vanish without a word when their link goes down or their address is
removed, and a replaced route is only announced by its successor. ``routes_stale`` says when to ask again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gapwatch_agent.kernel import rtnetlink
from gapwatch_agent.kernel.rtnetlink import AddressMessage, LinkMessage, RouteMessage, RouteSocketMessage

_ARPHRD_LOOPBACK: Final = 772
_TABLE_LOCAL: Final = 255
_DEFAULT_PREFIX_MAX: Final = 1
"""A pair of /1 routes is how VPN programs take the default without touching it: it counts as one."""


@dataclass(frozen=True, slots=True)
class LinkChange:
    """``before`` or ``now`` is None when the link appeared or disappeared."""

    before: LinkMessage | None
    now: LinkMessage | None


@dataclass(frozen=True, slots=True)
class Address:
    """An address on a link."""

    index: int
    address: str
    prefix_length: int


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """One next hop of a default route (or half of one)."""

    family: int
    table: int
    metric: int
    destination: str
    prefix_length: int
    index: int
    gateway: str

    @property
    def place(self) -> tuple[int, int, int, str, int]:
        """Where in its table it stands: a replacing route takes the place of all next hops there."""
        return (self.family, self.table, self.metric, self.destination, self.prefix_length)


@dataclass(frozen=True, slots=True)
class AddressChange:
    address: Address
    present: bool


@dataclass(frozen=True, slots=True)
class RouteChange:
    route: DefaultRoute
    present: bool


Change = LinkChange | AddressChange | RouteChange


def link_state(link: LinkMessage | None) -> str:
    """``absent``, ``present``, ``up`` (administratively) or ``carrier``."""
    if link is None:
        return "absent"
    if not link.flags & rtnetlink.IFF_UP:
        return "present"
    return "carrier" if link.flags & rtnetlink.IFF_LOWER_UP else "up"


def is_loopback(link: LinkMessage) -> bool:
    return bool(link.flags & rtnetlink.IFF_LOOPBACK) or link.hardware_type == _ARPHRD_LOOPBACK


class NetworkTable:
    """Fed with messages in order; gives changes in the order a reader expects (a link before what stands on it)."""

    def __init__(self) -> None:
        self.links: dict[int, LinkMessage] = {}
        self._loopbacks: set[int] = set()
        self._addresses: dict[Address, None] = {}
        self._routes: dict[DefaultRoute, None] = {}
        self.routes_stale = False

    def apply(self, message: RouteSocketMessage) -> list[Change]:
        """What one message changes; nothing when it repeats what is known."""
        if isinstance(message, LinkMessage):
            return self._link(message)
        if isinstance(message, AddressMessage):
            return self._address(Address(message.index, message.address, message.prefix_length), message.gone)
        if isinstance(message, RouteMessage):
            return self._route(message)
        return []

    def replace(
        self, links: Iterable[LinkMessage], addresses: Iterable[AddressMessage], routes: Iterable[RouteMessage]
    ) -> list[Change]:
        """What a full dump changes: everything missing from it is gone."""
        links, routes = tuple(links), tuple(routes)
        there = {link.index for link in links}
        changes: list[Change] = []
        for index in [index for index in self.links if index not in there]:
            changes += self._link_gone(index)
        for link in links:
            changes += self._link(link)
        wanted = {Address(found.index, found.address, found.prefix_length) for found in addresses}
        for address in [address for address in self._addresses if address not in wanted]:
            changes += self._address(address, gone=True)
        for address in wanted:
            changes += self._address(address, gone=False)
        return changes + self.replace_routes(routes)

    def replace_routes(self, routes: Iterable[RouteMessage]) -> list[Change]:
        """What a dump of the routes changes."""
        wanted = {route: None for message in routes for route in self._default_routes(message)}
        changes: list[Change] = [RouteChange(route, False) for route in self._routes if route not in wanted]
        changes += [RouteChange(route, True) for route in wanted if route not in self._routes]
        self._routes = wanted
        self.routes_stale = False
        return changes

    def _link(self, message: LinkMessage) -> list[Change]:
        if is_loopback(message):
            self._loopbacks.add(message.index)
            return []
        if message.gone:
            return self._link_gone(message.index)
        before = self.links.get(message.index)
        now = _filled(message, before)
        self.links[message.index] = now
        if link_state(before) == link_state(now):
            return []
        if before is not None and link_state(now) != "carrier":
            self.routes_stale = True
        return [LinkChange(before, now)]

    def _link_gone(self, index: int) -> list[Change]:
        before = self.links.pop(index, None)
        if before is None:
            return []
        addresses = [address for address in self._addresses if address.index == index]
        routes = [route for route in self._routes if route.index == index]
        for address in addresses:
            del self._addresses[address]
        for route in routes:
            del self._routes[route]
        gone: list[Change] = [RouteChange(route, False) for route in routes]
        gone += [AddressChange(address, False) for address in addresses]
        return [*gone, LinkChange(before, None)]

    def _address(self, address: Address, gone: bool) -> list[Change]:
        if address.index in self._loopbacks or not address.address or (address in self._addresses) != gone:
            return []
        if gone:
            del self._addresses[address]
            self.routes_stale = True
        else:
            self._addresses[address] = None
        return [AddressChange(address, not gone)]

    def _route(self, message: RouteMessage) -> list[Change]:
        named = self._default_routes(message)
        if message.gone:
            gone = [route for route in named if route in self._routes]
            for route in gone:
                del self._routes[route]
            return [RouteChange(route, False) for route in gone]
        places = {route.place for route in named} if message.replaces else set()
        replaced = [route for route in self._routes if route.place in places and route not in named]
        for route in replaced:
            del self._routes[route]
        new = [route for route in named if route not in self._routes]
        self._routes.update(dict.fromkeys(new))
        return [*(RouteChange(route, False) for route in replaced), *(RouteChange(route, True) for route in new)]

    def _default_routes(self, message: RouteMessage) -> tuple[DefaultRoute, ...]:
        if (
            message.prefix_length > _DEFAULT_PREFIX_MAX
            or message.route_type != rtnetlink.RTN_UNICAST
            or message.table == _TABLE_LOCAL
            or message.family not in (rtnetlink.AF_INET, rtnetlink.AF_INET6)
        ):
            return ()
        return tuple(
            DefaultRoute(
                message.family,
                message.table,
                message.metric,
                message.destination,
                message.prefix_length,
                hop.index,
                hop.gateway,
            )
            for hop in message.next_hops
            if hop.index not in self._loopbacks
        )


def _filled(message: LinkMessage, before: LinkMessage | None) -> LinkMessage:
    """The message with what it leaves out taken from the one before it."""
    if before is None:
        return message
    return replace(
        message,
        mac=message.mac or before.mac,
        kind=message.kind or before.kind,
        name=message.name or before.name,
        operstate=message.operstate if message.operstate >= 0 else before.operstate,
    )
