"""The network sensor against the kernel, in a network namespace of its own."""

from __future__ import annotations

import asyncio
import subprocess

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.route_socket import RouteSocket
from gapwatch_agent.sensors.network import NetworkSensor
from gapwatch_proto.kinds import Kind
from support.eventually import eventually
from support.isolation import in_namespaces
from support.sensing import sensing

LINK, ADDRESS, ROUTE = Kind.LINK_STATE, Kind.ADDRESS_STATE, Kind.DEFAULT_ROUTE_STATE


async def ip(command: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *command.split())
    assert await process.wait() == 0, command


async def connected() -> None:
    for command in (
        "link add v0 type veth peer name v1",
        "link set v1 up",
        "link set v0 up",
        "addr add 10.9.0.1/24 dev v0",
    ):
        await ip(command)


def states(said, name):
    return [(link.previous_state, link.state) for link in said.of(LINK) if link.interface.name == name]


@in_namespaces
def test_links_addresses_and_default_routes_come_and_go():
    async def scenario():
        async with sensing(NetworkSensor(SystemClock())) as said:
            await connected()
            await ip("route add default via 10.9.0.254 metric 5")
            (route,) = await said.until(ROUTE)
            assert (route.gateway, route.metric, route.family, route.state) == ("10.9.0.254", 5, "ipv4", "present")
            assert (route.interface.name, route.interface.kind, route.table) == ("v0", "veth", 254)
            assert not route.present_at_start
            assert route.interface.mac
            await ip("link del v0")
            await eventually(lambda: states(said, "v0") and states(said, "v0")[-1][1] == "absent")
            assert [found.state for found in said.of(ROUTE)] == ["present", "absent"]
            addresses = [found.state for found in said.of(ADDRESS) if found.address == "10.9.0.1"]
            assert addresses == ["present", "absent"]
            assert states(said, "v0")[0] == ("absent", "present")
            assert "lo" not in {link.interface.name for link in said.of(LINK)}

    asyncio.run(scenario())


@in_namespaces
def test_the_state_at_the_start_is_told_once_and_flagged():
    async def scenario():
        await connected()
        await ip("route add default via 10.9.0.254")
        async with sensing(NetworkSensor(SystemClock())) as said:
            (route,) = await said.until(ROUTE)
            assert route.present_at_start
            assert states(said, "v0") == [("absent", "carrier")]
            assert all(found.present_at_start for found in said.of(LINK, ADDRESS))
            before = len(said.events)
            await ip("addr change 10.9.0.1/24 dev v0 valid_lft 900 preferred_lft 800")  # a lease renewed
            await ip("route add default via 10.9.0.253 metric 9")
            await said.until(ROUTE, 2)
            assert len(said.events) == before + 1

    asyncio.run(scenario())


@in_namespaces
def test_a_route_that_vanishes_with_its_carrier_is_noticed_though_the_kernel_is_silent():
    async def scenario():
        await connected()
        async with sensing(NetworkSensor(SystemClock())) as said:
            await ip("route add default via 10.9.0.254")
            await ip("route replace default via 10.9.0.253")
            await said.until(ROUTE, 3)
            await ip("link set v0 down")
            found = await said.until(ROUTE, 4)
            assert [(route.gateway[-3:], route.state) for route in found] == [
                ("254", "present"), ("254", "absent"), ("253", "present"), ("253", "absent"),
            ]  # fmt: skip

    asyncio.run(scenario())


@in_namespaces
def test_an_ipv6_default_route():
    async def scenario():
        await connected()
        async with sensing(NetworkSensor(SystemClock())) as said:
            await ip("-6 addr add fd00::1/64 dev v0 nodad")
            await ip("-6 route add default via fd00::9 metric 3")
            (route,) = await said.until(ROUTE)
            assert (route.family, route.gateway, route.metric) == ("ipv6", "fd00::9", 3)

    asyncio.run(scenario())


def storm_without_letting_the_loop_run():
    flips = ["link set v0 up", "link set v0 down"] * 10
    for command in ("link add v0 type veth peer name v1", *flips, "link set v1 up"):
        subprocess.run(["ip", *command.split()], check=True)


@in_namespaces
def test_an_overrun_is_a_gap_and_nothing_that_lasts_is_missed():
    async def scenario():
        sensor = NetworkSensor(SystemClock(), lambda: RouteSocket(buffer_bytes=1))
        async with sensing(sensor) as said:
            storm_without_letting_the_loop_run()
            (gap,) = await said.until(Kind.GAP)
            assert (gap.source, gap.reason, gap.count) == ("network.rtnetlink", "kernel_overflow", -1)
            assert gap.from_boottime_ns < gap.to_boottime_ns
            await eventually(lambda: states(said, "v1") and states(said, "v1")[-1][1] == "up")
            assert states(said, "v0")[-1][1] == "present"
            assert sensor.health().dropped == 1

    asyncio.run(scenario())
