"""A zone for tests: real keys of the real authority, a real store, both servers on loopback."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import grpc
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gapwatch_collector.authority.certificates import host_certificate
from gapwatch_collector.authority.creation import create_zone_keys
from gapwatch_collector.authority.keys import CollectorKeys, load_collector_keys
from gapwatch_collector.clock import Clock, SystemClock
from gapwatch_collector.config import Address, EnrolmentSection, IngestSection
from gapwatch_collector.ingest.room import IngestRoom, IngestRules
from gapwatch_collector.model import Host, HostState
from gapwatch_collector.store.opening import Store, open_store
from gapwatch_proto.identity import read_csr
from gapwatch_proto.v1 import stream_pb2
from gapwatch_proto.wire import COLLECTOR_TLS_NAME, MESSAGE_BYTES_MAX, STREAM_METHOD
from support.agents import ScriptedAgent

LOOPBACK = Address("127.0.0.1", 0)
DEADLINE_S = 20.0


@cache
def _made(name: str) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="gapwatch-keys-")) / name
    atexit.register(shutil.rmtree, directory.parent, ignore_errors=True)
    create_zone_keys(directory, zone=name, officers=["officer-1", "officer-2", "officer-3"], development=True)
    return directory


def zone_keys_dir(name: str = "zone") -> Path:
    """One set of development keys for the whole test run (another name: a foreign authority)."""
    return _made(name)


@cache
def _loaded(name: str) -> CollectorKeys:
    return load_collector_keys(zone_keys_dir(name) / "collector")


def zone_keys(name: str = "zone") -> CollectorKeys:
    """The set as the collector loads it."""
    return _loaded(name)


@dataclass
class Zone:
    """A running collector's ingest."""

    keys: CollectorKeys
    store: Store
    room: IngestRoom

    def admit(self, agent: ScriptedAgent, state: HostState = HostState.ENROLLED) -> Host:
        """Put the agent into the register."""
        host = Host(agent.host_id, "station", state=state, chain_key=agent.public_chain_key)
        self.store.registers.put_host(host, by="test", now_ns=1)
        return host

    def set_state(self, agent: ScriptedAgent, state: HostState) -> None:
        host = self.store.registers.host(agent.host_id)
        assert host is not None
        self.store.registers.put_host(replace(host, state=state), by="test", now_ns=2)

    def channel(self, agent: ScriptedAgent, **how: object) -> grpc.aio.Channel:
        return host_channel(agent, self.room.stream_port, **how)

    def reasons(self) -> dict[str, int]:
        return dict(self.room.refusals.counts)


def host_chain(agent: ScriptedAgent, issuer: CollectorKeys, *, expired: bool = False) -> bytes:
    """The agent's leaf and the online CA, PEM."""
    now = datetime.now(UTC) - (timedelta(days=30) if expired else timedelta())
    leaf = host_certificate(read_csr(agent.csr()), agent.host_id, (issuer.ca, issuer.ca_key), now)
    return b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, issuer.ca))


def host_channel(
    agent: ScriptedAgent,
    port: int,
    *,
    issuer: CollectorKeys | None = None,
    expired: bool = False,
    certificate: bool = True,
) -> grpc.aio.Channel:
    """A connection with the agent's certificate, or with one that must be refused."""
    chain = host_chain(agent, issuer or zone_keys(), expired=expired) if certificate else None
    key = agent.tls_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if certificate else None
    credentials = grpc.ssl_channel_credentials(zone_keys().root_pem, key, chain)
    options = [
        ("grpc.ssl_target_name_override", COLLECTOR_TLS_NAME),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.enable_retries", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    return grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options)


def open_stream(channel: grpc.aio.Channel) -> grpc.aio.StreamStreamCall:
    """The stream with bytes in and out, so that a test can send anything."""
    return channel.stream_stream(STREAM_METHOD)()


async def receive(call: grpc.aio.StreamStreamCall) -> stream_pb2.CollectorMessage:
    """The collector's next message; fails when none comes."""
    data = await asyncio.wait_for(call.read(), DEADLINE_S)
    assert isinstance(data, bytes), f"the stream ended: {await call.code()} {await call.details()}"
    return stream_pb2.CollectorMessage.FromString(data)


async def ended(call: grpc.aio.StreamStreamCall) -> tuple[grpc.StatusCode, str]:
    """The status a stream ended with, whatever it says before."""

    async def status() -> tuple[grpc.StatusCode, str]:
        # The status comes after every message, so those are read first.
        with contextlib.suppress(grpc.aio.AioRpcError):
            while await call.read() is not grpc.aio.EOF:
                pass
        return await call.code(), await call.details() or ""

    return await asyncio.wait_for(status(), DEADLINE_S)


async def until(condition: object, what: str) -> None:
    """Poll until the condition holds."""
    assert callable(condition)
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running_zone(
    directory: Path, *, clock: Clock | None = None, ingest: IngestSection | None = None, **enrolment: object
) -> AsyncIterator[Zone]:
    """A collector's ingest on loopback over a database in ``directory``."""
    keys = zone_keys()
    clock = clock or SystemClock()
    store = open_store(directory / "collector.sqlite3", sign=keys.log_key.sign, clock=clock)
    rules = IngestRules(
        replace(ingest or IngestSection(register_poll_s=1), listen=LOOPBACK),
        EnrolmentSection(listen=LOOPBACK, **enrolment),
    )
    room = IngestRoom(store, keys, rules, clock)
    try:
        await room.start()
        yield Zone(keys, store, room)
    finally:
        await room.stop()
        store.close()
