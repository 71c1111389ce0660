"""Who may stream, by certificate and register."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gapwatch_collector.ingest.admission import Admission, SignedPolicy, StreamEndedError, certified_host, objection
from gapwatch_collector.model import Host, HostState
from gapwatch_proto.identity import HostIdentity
from support.agents import ScriptedAgent
from support.clock import FakeClock
from support.policies import officer, signed_policy
from support.zones import host_chain, zone_keys

AGENT = ScriptedAgent()
IDENTITY = HostIdentity(AGENT.host_id, AGENT.public_chain_key, 1)
ENROLLED = Host(AGENT.host_id, "station", HostState.ENROLLED, chain_key=AGENT.public_chain_key)


@dataclass
class Register:
    known: list[Host] = field(default_factory=lambda: [ENROLLED])
    signed: bytes | None = None

    def host(self, host_id: bytes) -> Host | None:
        return next((host for host in self.known if host.host_id == host_id), None)

    def hosts(self) -> list[Host]:
        return self.known

    def newest(self) -> bytes | None:
        return self.signed


class Stream:
    def __init__(self) -> None:
        self.ended: list[str] = []
        self.offered: list[SignedPolicy] = []

    def end(self, why: StreamEndedError) -> None:
        self.ended.append(why.reason)

    def offer_policy(self, policy: SignedPolicy) -> None:
        self.offered.append(policy)


def admission(register: Register, streams_max: int = 10) -> Admission:
    return Admission(register, register, FakeClock(), streams_max=streams_max)


def test_a_hosts_certificate_names_the_host() -> None:
    chain = host_chain(AGENT, zone_keys())
    identity = certified_host({"x509_pem_cert": [chain]})
    assert (identity.host_id, identity.chain_key) == (AGENT.host_id, AGENT.public_chain_key)


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({}, "no_certificate"),
        ({"x509_pem_cert": [b"not PEM"]}, "not_a_host"),
        ({"x509_pem_cert": [officer(1).certificate.public_bytes(Encoding.PEM)]}, "not_a_host"),
        ({"x509_pem_cert": [zone_keys().tls_chain_pem]}, "not_a_host"),
    ],
)
def test_what_is_no_hosts_certificate_admits_nobody(context: dict[str, list[bytes]], reason: str) -> None:
    with pytest.raises(StreamEndedError) as caught:
        certified_host(context)
    assert caught.value.reason == reason


def test_the_register_decides() -> None:
    assert objection(ENROLLED, AGENT.public_chain_key) is None
    assert objection(None, AGENT.public_chain_key).reason == "unknown_host"
    assert objection(ENROLLED, b"x" * 32).reason == "other_chain_key"


def test_streams_are_bounded_and_none_is_admitted_at_the_end() -> None:
    async def test() -> None:
        at = admission(Register(), streams_max=1)
        stream = Stream()
        await at.check(IDENTITY)
        at.enter(IDENTITY, stream)
        with pytest.raises(StreamEndedError, match="come again later"):
            await at.check(IDENTITY)
        at.leave(IDENTITY, stream)
        await at.check(IDENTITY)
        at.enter(IDENTITY, stream)
        at.end_all(StreamEndedError("stopping", "good bye"))
        assert stream.ended == ["stopping"]
        with pytest.raises(StreamEndedError, match="good bye"):
            await at.check(IDENTITY)

    asyncio.run(test())


def test_older_streams_of_a_host_make_room() -> None:
    at = admission(Register())
    streams = [Stream() for _ in range(4)]
    for stream in streams:
        at.enter(IDENTITY, stream)
    assert [stream.ended for stream in streams] == [["replaced"], ["replaced"], [], []]
    assert at.open_streams == 2
    for stream in streams:
        at.leave(IDENTITY, stream)
    assert at.open_streams == 0


def test_a_look_ends_who_may_no_longer_stream_and_offers_what_is_new() -> None:
    async def test() -> None:
        register, stream = Register(signed=signed_policy(3)), Stream()
        at = admission(register)
        at.enter(IDENTITY, stream)
        await at.look()
        await at.look()
        assert [policy.version for policy in stream.offered] == [3]
        assert stream.ended == []
        register.known = []
        register.signed = b"not a policy"
        await at.look()
        assert stream.ended == ["unknown_host"]
        assert at.policy.version == 3

    asyncio.run(test())
