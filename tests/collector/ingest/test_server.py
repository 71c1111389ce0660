"""Both servers' faces: what they demand and what they say when they cannot listen."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import grpc
import pytest

from gapwatch_collector.errors import ConfigError
from gapwatch_collector.ingest.server import build_enrolment_server, build_stream_server
from gapwatch_proto.wire import COLLECTOR_TLS_NAME
from support.agents import ScriptedAgent
from support.zones import ended, host_channel, open_stream, running_zone, zone_keys

NOTHING = grpc.method_handlers_generic_handler("none", {})


def test_an_address_that_is_taken_is_a_fault_of_the_configuration() -> None:
    async def test() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(ConfigError, match=r"ingest\.listen"):
                build_stream_server(zone_keys(), NOTHING, address, streams_max=1)
            with pytest.raises(ConfigError, match=r"enrolment\.listen"):
                build_enrolment_server(zone_keys(), NOTHING, address)

    asyncio.run(test())


def test_the_stream_is_not_served_on_the_enrolment_port(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with host_channel(agent, zone.room.enrolment_port) as channel:
                assert (await ended(open_stream(channel)))[0] is grpc.StatusCode.UNIMPLEMENTED

    asyncio.run(test())


def test_tls_1_3_is_spoken_under_the_fixed_name(tmp_path: Path) -> None:
    def handshake(port: int, newest: ssl.TLSVersion) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=zone_keys().root_pem.decode())
        context.set_alpn_protocols(["h2"])
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname=COLLECTOR_TLS_NAME) as secured,
        ):
            return secured.version() or ""

    async def test() -> None:
        async with running_zone(tmp_path) as zone:
            port = zone.room.enrolment_port
            assert await asyncio.to_thread(handshake, port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"

    asyncio.run(test())
