"""rtnetlink messages: what the kernel sends is read, what nobody sends breaks nothing."""

from __future__ import annotations

import contextlib
import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel import rtnetlink
from gapwatch_agent.kernel.rtnetlink import AddressMessage, DoneMessage, LinkMessage, MalformedNetlinkError, NextHop


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def attribute(kind: int, data: bytes) -> bytes:
    return padded(struct.pack("=HH", len(data) + 4, kind) + data)


def message(kind: int, body: bytes, flags: int = 0) -> bytes:
    return padded(struct.pack("=IHHII", len(body) + 16, kind, flags, 1, 0) + body)


def link(name: bytes = b"wlan0\0", family: int = 0, kind: int = rtnetlink.RTM_NEWLINK) -> bytes:
    body = struct.pack("=BxHiII", family, 1, 7, 0x11043, 0)
    info = attribute(18 | 0x8000, attribute(1, b"veth\0"))
    return message(kind, body + attribute(3, name) + attribute(1, bytes(range(6))) + attribute(16, b"\x06") + info)


def route(*attributes: bytes, prefix_length: int = 0, flags: int = 0, family: int = 2) -> bytes:
    return message(
        24, struct.pack("=BBBBBBBBI", family, prefix_length, 0, 0, 254, 3, 0, 1, 0) + b"".join(attributes), flags
    )


def test_a_link():
    (found,) = rtnetlink.parse(link())
    assert found == LinkMessage(False, 7, 0x11043, 1, "wlan0", "00:01:02:03:04:05", 6, "veth")
    assert rtnetlink.parse(link(kind=rtnetlink.RTM_DELLINK))[0].gone


def test_a_bridge_forgetting_its_port_is_no_lost_link():
    assert rtnetlink.parse(link(family=7, kind=rtnetlink.RTM_DELLINK)) == []


def test_an_address_is_our_own_end():
    body = struct.pack("=BBBBI", 2, 24, 0, 0, 7)
    (found,) = rtnetlink.parse(
        message(20, body + attribute(1, bytes([10, 0, 0, 2])) + attribute(2, bytes([10, 0, 0, 1])))
    )
    assert found == AddressMessage(False, 7, "10.0.0.1", 24)


def test_routes_with_one_and_many_ways_out():
    one = route(
        attribute(4, struct.pack("=I", 3)), attribute(5, bytes([10, 0, 0, 9])), attribute(6, struct.pack("=I", 100))
    )
    hops = b"".join(struct.pack("=HBBi", 16, 0, 0, index) + attribute(5, bytes([10, 0, 0, index])) for index in (4, 5))
    many = route(attribute(9, hops), attribute(15, struct.pack("=I", 1000)), flags=0x100)
    first, second = rtnetlink.parse(one + many)
    assert (first.next_hops, first.metric, first.table, first.replaces) == ((NextHop(3, "10.0.0.9"),), 100, 254, False)
    assert (second.next_hops, second.table) == ((NextHop(4, "10.0.0.4"), NextHop(5, "10.0.0.5")), 1000)
    assert second.replaces


def test_an_ipv4_route_by_way_of_an_ipv6_neighbour():
    via = struct.pack("=H", 10) + ipaddress.IPv6Address("fe80::1").packed
    (found,) = rtnetlink.parse(route(attribute(4, struct.pack("=I", 3)), attribute(18, via)))
    assert found.next_hops == (NextHop(3, "fe80::1"),)


def test_the_end_of_a_dump():
    assert rtnetlink.parse(message(3, struct.pack("=i", 0))) == [DoneMessage(0, False)]
    assert rtnetlink.parse(message(2, struct.pack("=i", -1), 0x10)) == [DoneMessage(1, True)]
    assert rtnetlink.interrupted(message(16, b"", 0x10))
    assert not rtnetlink.interrupted(b"")


@pytest.mark.parametrize("length", [0, 15, 17, 1 << 31])
def test_a_length_that_lies_is_refused(length):
    with pytest.raises(MalformedNetlinkError):
        rtnetlink.parse(struct.pack("=IHHII", length, 16, 0, 1, 0))


GENUINE = (
    link()
    + message(20, struct.pack("=BBBBI", 2, 24, 0, 0, 7) + attribute(2, bytes(4)))
    + route(attribute(9, struct.pack("=HBBi", 16, 0, 0, 4) + attribute(5, bytes(4))))
)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(MalformedNetlinkError):
        rtnetlink.parse(data)


@given(st.integers(0, len(GENUINE) - 1), st.integers(0, 255), st.integers(0, len(GENUINE)))
def test_damaged_messages_are_read_or_refused(position, byte, cut):
    damaged = bytearray(GENUINE)
    damaged[position] = byte
    with contextlib.suppress(MalformedNetlinkError):
        rtnetlink.parse(bytes(damaged[:cut]))


@given(st.binary(min_size=1, max_size=15).filter(lambda name: b"\0" not in name), st.integers(1, 2**31 - 1))
def test_a_link_of_any_name_is_read_back(name, index):
    body = struct.pack("=BxHiII", 0, 1, index, 0, 0)
    (found,) = rtnetlink.parse(message(16, body + attribute(3, name + b"\0")))
    assert (found.name.encode("utf-8", "surrogateescape"), found.index, found.operstate) == (name, index, -1)


@given(st.ip_addresses(), st.integers(0, 32), st.integers(1, 2**31 - 1), st.booleans())
def test_an_address_of_any_value_is_read_back(address, prefix_length, index, gone):
    family = 2 if address.version == 4 else 10
    body = struct.pack("=BBBBI", family, prefix_length, 0, 0, index) + attribute(1, address.packed)
    (found,) = rtnetlink.parse(message(21 if gone else 20, body))
    assert found == AddressMessage(gone, index, str(address), prefix_length)
