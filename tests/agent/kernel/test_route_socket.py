"""The rtnetlink socket against the kernel, in a network namespace of its own."""

from __future__ import annotations

import select
import socket
import subprocess

import pytest

from gapwatch_agent.kernel.overrun import OverrunError
from gapwatch_agent.kernel.route_socket import LINKS, RouteSocket
from gapwatch_agent.kernel.rtnetlink import AddressMessage, LinkMessage, RouteMessage
from support.isolation import in_namespaces


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True)


def collect(source, wanted):
    poll = select.poll()
    poll.register(source.fileno(), select.POLLIN)
    while poll.poll(5000):
        for message in source.read():
            if wanted(message):
                return message
    return pytest.fail("the kernel said nothing of the kind")


def read_all(source):
    while source.read():
        pass


@in_namespaces
def test_changes_arrive_as_they_happen():
    source = RouteSocket()
    ip("link add v0 type veth peer name v1")
    assert collect(source, lambda m: isinstance(m, LinkMessage) and m.name == "v0").kind == "veth"
    ip("link set v0 up")
    ip("addr add 10.9.0.1/24 dev v0")
    assert collect(source, lambda m: isinstance(m, AddressMessage) and m.address == "10.9.0.1").prefix_length == 24
    ip("link set v1 up")
    ip("route add default via 10.9.0.254 metric 7")
    route = collect(source, lambda m: isinstance(m, RouteMessage) and m.prefix_length == 0 and m.next_hops)
    assert (route.next_hops[0].gateway, route.metric) == ("10.9.0.254", 7)
    ip("link del v0")
    assert collect(source, lambda m: isinstance(m, LinkMessage) and m.gone).name in ("v0", "v1")
    source.close()


@in_namespaces
def test_a_dump_holds_everything():
    ip("link add v0 type veth peer name v1")
    for command in (
        "link set v0 up",
        "link set v1 up",
        "addr add 10.9.0.1/24 dev v0",
        "route add default via 10.9.0.2",
    ):
        ip(command)
    source = RouteSocket(LINKS)
    dump = source.dump()
    assert {link.name for link in dump.links} == {"lo", "v0", "v1"}
    assert "10.9.0.1" in {address.address for address in dump.addresses}
    assert any(route.prefix_length == 0 and route.next_hops[0].gateway == "10.9.0.2" for route in dump.routes)
    assert source.routes()
    source.close()


@in_namespaces
def test_a_reader_too_slow_is_told_once_and_can_go_on():
    source = RouteSocket(buffer_bytes=1)  # the kernel's smallest: a few messages
    ip("link add v0 type veth peer name v1")
    for _ in range(5):
        ip("link set v0 up")
        ip("link set v0 down")
    with pytest.raises(OverrunError):
        read_all(source)
    read_all(source)
    ip("link set v1 up")
    assert collect(source, lambda m: isinstance(m, LinkMessage)).name in ("v0", "v1")
    source.close()


@in_namespaces
def test_messages_of_other_processes_are_thrown_away():
    source = RouteSocket()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as stranger:
        stranger.bind((0, 0))
        with socket.socket(fileno=socket.dup(source.fileno())) as ours:
            port = ours.getsockname()[0]
        stranger.sendto(b"\0" * 64, (port, 0))
    ip("link add v0 type veth peer name v1")
    assert collect(source, lambda m: isinstance(m, LinkMessage)).name in ("v0", "v1")
    source.close()
