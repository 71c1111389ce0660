"""rtnetlink messages: links, addresses and routes, bytes in, values out (rtnetlink(7), linux/rtnetlink.h).

Only what Gapwatch asks about is read; every other message and attribute is stepped over. Message headers and attribute
headers are in the machine's own byte order; addresses are in network order.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22
RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTM_GETROUTE: Final = 26

NLM_F_REQUEST: Final = 0x001
NLM_F_DUMP_INTR: Final = 0x010
NLM_F_REPLACE: Final = 0x100
NLM_F_DUMP: Final = 0x300

IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
IFF_LOWER_UP: Final = 0x10000
OPERSTATE_UP: Final = 6
RTN_UNICAST: Final = 1
AF_UNSPEC: Final = 0
AF_INET: Final = 2
AF_INET6: Final = 10

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEXT_HOP = struct.Struct("=HBBi")
_U16 = struct.Struct("=H")
_U32 = struct.Struct("=I")
_TYPE_MASK: Final = 0x3FFF  # the upper bits of an attribute's type are flags (nested, byte order)

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_OPERSTATE, _IFLA_LINKINFO, _IFLA_INFO_KIND = 1, 3, 16, 18, 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_MULTIPATH, _RTA_TABLE, _RTA_VIA = 1, 4, 5, 6, 9, 15, 18


class MalformedNetlinkError(ValueError):
    """Bytes that are no netlink messages: a length points outside its container."""


@dataclass(frozen=True, slots=True)
class LinkMessage:
    """RTM_NEWLINK or RTM_DELLINK.

    ``kind`` is the driver class rtnetlink names (``bridge``, ``tun``), often empty. ``operstate`` is -1 and ``mac``
    empty where the message does not say (wireless events).
    """

    gone: bool
    index: int
    flags: int
    hardware_type: int
    name: str
    mac: str
    operstate: int
    kind: str


@dataclass(frozen=True, slots=True)
class AddressMessage:
    """RTM_NEWADDR or RTM_DELADDR; ``address`` is the interface's own, not the peer's."""

    gone: bool
    index: int
    address: str
    prefix_length: int


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way out: the link's index and the gateway, empty when the destination is on the link itself."""

    index: int
    gateway: str


@dataclass(frozen=True, slots=True)
class RouteMessage:
    """RTM_NEWROUTE or RTM_DELROUTE. ``replaces``: it took the place of the route of the same table and metric."""

    gone: bool
    replaces: bool
    family: int
    destination: str
    prefix_length: int
    table: int
    metric: int
    route_type: int
    next_hops: tuple[NextHop, ...]


@dataclass(frozen=True, slots=True)
class DoneMessage:
    """End of a dump, or an answer to a request.

    ``error`` is an errno or 0; ``interrupted`` says that the table changed while it was dumped.
    """

    error: int
    interrupted: bool


RouteSocketMessage = LinkMessage | AddressMessage | RouteMessage | DoneMessage


def dump_request(message_type: int, sequence: int) -> bytes:
    """A request for every link, address or route of every family."""
    body = _LINK.pack(0, 0, 0, 0, 0)  # the longest of the three headers, all zero: AF_UNSPEC
    length = _HEADER.size + len(body)
    return _HEADER.pack(length, message_type, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + body


def parse(data: bytes) -> list[RouteSocketMessage]:
    """Every message of a datagram that we know. Raises MalformedNetlinkError."""
    found: list[RouteSocketMessage] = []
    offset = 0
    while offset < len(data):
        if len(data) - offset < _HEADER.size:
            raise MalformedNetlinkError("a message is shorter than its header")
        length, kind, flags, _, _ = _HEADER.unpack_from(data, offset)
        if not _HEADER.size <= length <= len(data) - offset:
            raise MalformedNetlinkError(f"a message claims {length} bytes of {len(data) - offset}")
        message = _message(kind, flags, data[offset + _HEADER.size : offset + length])
        if message is not None:
            found.append(message)
        offset += (length + 3) & ~3
    return found


def interrupted(data: bytes) -> bool:
    """Whether a dump's datagram says that the table changed while it was being listed."""
    return len(data) >= _HEADER.size and bool(_HEADER.unpack_from(data)[2] & NLM_F_DUMP_INTR)


def _message(kind: int, flags: int, body: bytes) -> RouteSocketMessage | None:
    if kind in (RTM_NEWLINK, RTM_DELLINK):
        return _link(kind == RTM_DELLINK, body)
    if kind in (RTM_NEWADDR, RTM_DELADDR):
        return _address(kind == RTM_DELADDR, body)
    if kind in (RTM_NEWROUTE, RTM_DELROUTE):
        return _route(kind == RTM_DELROUTE, bool(flags & NLM_F_REPLACE), body)
    if kind in (NLMSG_ERROR, NLMSG_DONE):
        error = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
        return DoneMessage(error, bool(flags & NLM_F_DUMP_INTR))
    return None


def _fixed(layout: struct.Struct, body: bytes) -> tuple[int, ...]:
    if len(body) < layout.size:
        raise MalformedNetlinkError(f"a message body has {len(body)} bytes, not {layout.size}")
    return layout.unpack_from(body)


def _attributes(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    while len(data) - offset >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if not _ATTRIBUTE.size <= length <= len(data) - offset:
            raise MalformedNetlinkError(f"an attribute claims {length} bytes of {len(data) - offset}")
        yield kind & _TYPE_MASK, data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3


def _link(gone: bool, body: bytes) -> LinkMessage | None:
    family, hardware_type, index, flags, _ = _fixed(_LINK, body)
    if family != AF_UNSPEC:  # a bridge's view of its port: RTM_DELLINK then means that the port left the bridge
        return None
    attributes = dict(_attributes(body, _LINK.size))
    info = dict(_attributes(attributes.get(_IFLA_LINKINFO, b""), 0))
    operstate = attributes.get(_IFLA_OPERSTATE, b"")
    return LinkMessage(
        gone=gone,
        index=index,
        flags=flags,
        hardware_type=hardware_type,
        name=_text(attributes.get(_IFLA_IFNAME, b"")),
        mac=attributes.get(_IFLA_ADDRESS, b"")[:32].hex(":"),
        operstate=operstate[0] if operstate else -1,
        kind=_text(info.get(_IFLA_INFO_KIND, b"")),
    )


def _address(gone: bool, body: bytes) -> AddressMessage:
    family, prefix_length, _, _, index = _fixed(_ADDRESS, body)
    attributes = dict(_attributes(body, _ADDRESS.size))
    packed = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS, b"")
    return AddressMessage(gone, index, _ip(family, packed), prefix_length)


def _route(gone: bool, replaces: bool, body: bytes) -> RouteMessage:
    family, prefix_length, _, _, table, _, _, route_type, _ = _fixed(_ROUTE, body)
    attributes = dict(_attributes(body, _ROUTE.size))
    return RouteMessage(
        gone=gone,
        replaces=replaces,
        family=family,
        destination=_ip(family, attributes.get(_RTA_DST, b"")),
        prefix_length=prefix_length,
        table=_u32(attributes.get(_RTA_TABLE, b""), table),
        metric=_u32(attributes.get(_RTA_PRIORITY, b""), 0),
        route_type=route_type,
        next_hops=tuple(_next_hops(family, attributes)),
    )


def _next_hops(family: int, attributes: dict[int, bytes]) -> Iterator[NextHop]:
    if _RTA_OIF in attributes:
        yield NextHop(_u32(attributes[_RTA_OIF], 0), _gateway(family, attributes))
    data = attributes.get(_RTA_MULTIPATH, b"")
    offset = 0
    while len(data) - offset >= _NEXT_HOP.size:
        length, _, _, index = _NEXT_HOP.unpack_from(data, offset)
        if not _NEXT_HOP.size <= length <= len(data) - offset:
            raise MalformedNetlinkError(f"a next hop claims {length} bytes of {len(data) - offset}")
        inner = dict(_attributes(data[offset : offset + length], _NEXT_HOP.size))
        yield NextHop(index, _gateway(family, inner))
        offset += (length + 3) & ~3


def _gateway(family: int, attributes: dict[int, bytes]) -> str:
    if _RTA_VIA in attributes:  # an IPv4 route by way of an IPv6 neighbour: family, then address
        via = attributes[_RTA_VIA]
        return _ip(_U16.unpack_from(via)[0], via[2:]) if len(via) > _U16.size else ""
    return _ip(family, attributes.get(_RTA_GATEWAY, b""))


def _u32(data: bytes, otherwise: int) -> int:
    return int(_U32.unpack_from(data)[0]) if len(data) >= _U32.size else otherwise


def _ip(family: int, packed: bytes) -> str:
    """The address as text; empty when it is missing, of a family we do not know, or of the wrong length."""
    if (family, len(packed)) in ((AF_INET, 4), (AF_INET6, 16)):
        return str(ipaddress.ip_address(packed))
    return ""


def _text(data: bytes) -> str:
    return data.rstrip(b"\0").decode("utf-8", "surrogateescape")
