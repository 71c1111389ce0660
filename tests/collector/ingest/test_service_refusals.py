"""Bad input over the wire: each gets a clear message, and the collector serves an honest host afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import grpc
import pytest

from gapwatch_collector.config import IngestSection
from gapwatch_collector.ingest.session import REFUSED_IN_A_ROW_MAX
from gapwatch_collector.model import ActKind, HostState, Origin
from gapwatch_collector.store.entries import read_act
from gapwatch_proto.v1 import stream_pb2
from gapwatch_proto.wire import STREAM_METHOD
from support.agents import ScriptedAgent
from support.zones import Zone, ended, host_channel, open_stream, receive, running_zone, until, zone_keys

Reason = stream_pb2.Refusal.Reason


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


async def greet(call: grpc.aio.StreamStreamCall, agent: ScriptedAgent) -> stream_pb2.Welcome:
    await call.write(agent.hello())
    return (await receive(call)).welcome


async def still_serves(zone: Zone) -> None:
    honest = ScriptedAgent(host_id=b"honest host 0000")
    honest.write_many(3)
    zone.admit(honest)
    async with zone.channel(honest) as channel:
        call = open_stream(channel)
        await greet(call, honest)
        await call.write(honest.batch(1, 3))
        assert (await receive(call)).ack.seq == 3


def test_no_certificate_ends_in_the_handshake(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent, certificate=False) as channel:
                code, detail = await ended(open_stream(channel))
                assert code is grpc.StatusCode.UNAVAILABLE
                assert detail
            await still_serves(zone)

    run(test())


@pytest.mark.parametrize("how", [{"issuer": "foreign"}, {"expired": True}])
def test_a_foreign_or_expired_certificate_ends_in_the_handshake(tmp_path: Path, how: dict[str, object]) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        if "issuer" in how:
            how["issuer"] = zone_keys("foreign")
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent, **how) as channel:
                code, _ = await ended(open_stream(channel))
                assert code is grpc.StatusCode.UNAVAILABLE
            await still_serves(zone)

    run(test())


@pytest.mark.parametrize("state", [HostState.AWAITING, HostState.REVOKED, HostState.RETIRED])
def test_a_host_that_is_not_enrolled_is_told_so(tmp_path: Path, state: HostState) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent, state)
            async with zone.channel(agent) as channel:
                code, detail = await ended(open_stream(channel))
                assert code is grpc.StatusCode.PERMISSION_DENIED
                assert state.value in detail
            assert zone.reasons() == {f"host_{state.value}": 1}

    run(test())


def test_a_host_the_register_does_not_know_is_told_so(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone, zone.channel(agent) as channel:
            code, detail = await ended(open_stream(channel))
            assert code is grpc.StatusCode.PERMISSION_DENIED
            assert "not in the register" in detail

    run(test())


def test_a_chain_key_other_than_the_enrolled_one_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        enrolled, impostor = ScriptedAgent(), ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(enrolled)
            async with zone.channel(impostor) as channel:
                code, detail = await ended(open_stream(channel))
                assert code is grpc.StatusCode.PERMISSION_DENIED
                assert "chain key" in detail

    run(test())


@pytest.mark.parametrize(
    ("frame", "code", "words"),
    [
        (b"\xff\xfe this is no protobuf", grpc.StatusCode.INVALID_ARGUMENT, "not a message of this protocol"),
        (b"", grpc.StatusCode.INVALID_ARGUMENT, "neither hello nor batch"),
    ],
)
def test_a_frame_that_is_no_message_is_answered(
    tmp_path: Path, frame: bytes, code: grpc.StatusCode, words: str
) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                for greeted in (False, True):
                    call = open_stream(channel)
                    if greeted:
                        await greet(call, agent)
                    await call.write(frame)
                    found, detail = await ended(call)
                    assert found is code
                    assert words in detail
            await still_serves(zone)

    run(test())


def test_a_frame_of_a_hundred_megabytes_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(bytes(100_000_000))
                code, detail = await ended(call)
                assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
                assert "larger than max" in detail
            await still_serves(zone)

    run(test())


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"stated_host_id": b"o" * 16}, grpc.StatusCode.PERMISSION_DENIED, "copied or mixed up"),
        ({"stated_host_id": b""}, grpc.StatusCode.PERMISSION_DENIED, "none"),
        ({"protocol_versions": [7, 8]}, grpc.StatusCode.FAILED_PRECONDITION, "[7, 8]"),
        ({"spool_id": b"short"}, grpc.StatusCode.INVALID_ARGUMENT, "spool_id"),
        ({"boot_id": b""}, grpc.StatusCode.INVALID_ARGUMENT, "boot_id"),
        ({"boottime_ns": 2**64 - 1}, grpc.StatusCode.INVALID_ARGUMENT, "boottime_ns"),
    ],
)
def test_a_hello_that_cannot_be_is_refused(
    tmp_path: Path, fields: dict[str, object], code: grpc.StatusCode, words: str
) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await call.write(agent.hello(**fields))
                found, detail = await ended(call)
                assert found is code
                assert words in detail

    run(test())


def test_messages_out_of_order_are_refused(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(1)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await call.write(agent.batch(1, 1))
                assert await ended(call) == (
                    grpc.StatusCode.INVALID_ARGUMENT,
                    "the first message of a stream is hello",
                )
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(agent.hello())
                code, detail = await ended(call)
                assert code is grpc.StatusCode.INVALID_ARGUMENT
                assert "one hello" in detail

    run(test())


def test_a_stream_that_never_says_hello_ends(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path, ingest=IngestSection(hello_timeout_s=1)) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                code, detail = await ended(open_stream(channel))
                assert code is grpc.StatusCode.DEADLINE_EXCEEDED
                assert "no hello within 1 s" in detail

    run(test())


def test_refused_batches_leave_the_stream_open(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(6)
        other = ScriptedAgent(host_id=b"o" * 16, chain_key=agent.chain_key)
        other.write_many(2)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                for frame, reason, words in (
                    (agent.batch(3, 4), Reason.NUMBER_SKIPPED, "1 is wanted"),
                    (other.batch(1, 2), Reason.BROKEN_CHAIN, "does not fit this host"),
                    (agent.batch(1, 2, signature=bytes(64)), Reason.BROKEN_CHAIN, "signature"),
                    (agent.batch_of([agent.records[1], agent.records[0]]), Reason.MALFORMED, "followed by"),
                ):
                    await call.write(frame)
                    refusal = (await receive(call)).refusal
                    assert (refusal.reason, refusal.wanted_seq) == (reason, 1)
                    assert words in refusal.detail
                    assert refusal.spool_id == agent.spool_id
                await call.write(agent.batch(1, 6))
                assert (await receive(call)).ack.seq == 6

    run(test())


def test_wrong_batches_without_end_do_end_the_stream(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(1)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                for _ in range(REFUSED_IN_A_ROW_MAX):
                    await call.write(agent.batch(1, 1, suite=3))
                code, detail = await ended(call)
                assert code is grpc.StatusCode.INVALID_ARGUMENT
                assert "in a row" in detail

    run(test())


def test_a_fork_is_kept_refused_and_entered_once_a_stream(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(4)
        copy = agent.fork(keep=2)
        copy.boottime_ns += 7
        copy.write_many(2)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(agent.batch(1, 4))
                await receive(call)
                for _ in range(3):
                    await call.write(copy.batch(1, 4))
                    refusal = (await receive(call)).refusal
                    assert refusal.reason == Reason.FORKED
                    assert "number 3" in refusal.detail
            forks = [one.entry for one in zone.store.log.read(0, 100) if one.entry.origin is Origin.FORK]
            assert [(fork.seq, fork.severity, fork.host_id) for fork in forks] == [(3, 5, agent.host_id)]
            assert zone.store.ingest.position(agent.host_id, agent.spool_id).next_seq == 5

    run(test())


def test_what_keeps_being_refused_is_entered_into_the_log_seldom(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone, host_channel(agent, zone.room.stream_port) as channel:
            for _ in range(5):
                await ended(open_stream(channel))

            def acts() -> list[dict[str, object]]:
                entries = [one.entry for one in zone.store.log.read(0, 100) if one.entry.origin is Origin.ACT]
                return [read_act(one)[1] for one in entries if one.kind == ActKind.STREAM_REFUSED]

            await until(acts, "an act stands in the log")
            assert zone.reasons() == {"unknown_host": 5}
            assert [(act["reason"], act["sender"], act["count"]) for act in acts()] == [
                ("unknown_host", agent.host_id.hex(), 1)
            ]

    run(test())


def test_another_method_is_not_implemented(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone, zone.channel(agent) as channel:
            call = channel.stream_stream(STREAM_METHOD + "s")()
            assert (await ended(call))[0] is grpc.StatusCode.UNIMPLEMENTED

    run(test())
