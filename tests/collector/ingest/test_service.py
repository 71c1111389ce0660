"""The stream over real gRPC with real certificates: acks, resends, policy, revocation, and many or slow agents."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from pathlib import Path

import grpc

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.ingest.admission import STREAMS_PER_HOST_MAX
from gapwatch_collector.model import HostState, Origin
from gapwatch_proto.kinds import Kind
from gapwatch_proto.v1 import stream_pb2
from support.agents import ScriptedAgent
from support.policies import signed_policy
from support.zones import Zone, ended, open_stream, receive, running_zone, until

LEAVERS = 1_000
LEAVERS_AT_ONCE = 50
SLOW_RECORDS = 600


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


async def greet(call: grpc.aio.StreamStreamCall, agent: ScriptedAgent, **hello: object) -> stream_pb2.Welcome:
    await call.write(agent.hello(**hello))
    return (await receive(call)).welcome


def stored(zone: Zone) -> list[int]:
    return [one.entry.seq for one in zone.store.log.read(0, 10_000) if one.entry.origin is Origin.RECORD]


def test_records_are_acknowledged_once_they_are_committed(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(10)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                welcome = await greet(call, agent)
                assert (welcome.protocol_version, welcome.next_seq) == (1, 1)
                assert welcome.credits >= 512
                await call.write(agent.batch(1, 10))
                ack = (await receive(call)).ack
                assert (ack.seq, ack.spool_id, ack.sent_boottime_ns) == (10, agent.spool_id, agent.boottime_ns)
                entries = [one.entry for one in zone.store.log.read(0, 100) if one.entry.origin is Origin.RECORD]
                assert [entry.seq for entry in entries] == list(range(1, 11))
                assert [entry.payload for entry in entries] == [one.payload for one in agent.records]
                assert ack.tree_head.tree_size == zone.store.ingest.tree_head().tree_size
                await call.done_writing()
                assert await ended(call) == (grpc.StatusCode.OK, "")

    run(test())


def test_a_resend_after_a_lost_ack_doubles_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(9)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(agent.batch(1, 6))
                await until(lambda: len(stored(zone)) == 6, "the batch is committed")
                call.cancel()
                call = open_stream(channel)
                assert (await greet(call, agent)).next_seq == 7
                for first, last in ((1, 6), (4, 9), (2, 3)):
                    await call.write(agent.batch(first, last))
                    assert (await receive(call)).ack.seq == (6 if last == 6 else 9)
            assert stored(zone) == list(range(1, 10))

    run(test())


def test_a_kind_of_a_newer_agent_and_a_collapsed_run_are_kept(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(5)
        agent.write(kind=64_000, payload_bytes=b"from the future", severity=2)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(agent.frame([agent.span_item(1, 5)], agent.records[4].hash))
                assert (await receive(call)).ack.seq == 5
                await call.write(agent.batch(6, 6))
                assert (await receive(call)).ack.seq == 6
            kept = [one.entry for one in zone.store.log.read(0, 100) if one.entry.spool_id]
            assert [(entry.origin, entry.kind) for entry in kept] == [
                (Origin.SPAN, Kind.GAP),
                (Origin.RECORD, 64_000),
            ]
            assert kept[1].payload == b"from the future"

    run(test())


def test_a_host_that_is_revoked_loses_its_open_stream(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                zone.set_state(agent, HostState.REVOKED)
                code, detail = await ended(call)
                assert code is grpc.StatusCode.PERMISSION_DENIED
                assert "revoked" in detail
                assert (await ended(open_stream(channel)))[0] is grpc.StatusCode.PERMISSION_DENIED
            await until(lambda: zone.room.admission.open_streams == 0, "no stream is left")

    run(test())


def test_policy_reaches_agents_whose_own_is_older(tmp_path: Path) -> None:
    async def test() -> None:
        agent, informed = ScriptedAgent(), ScriptedAgent(host_id=b"i" * 16)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            zone.admit(informed)
            first, second = signed_policy(version=3), signed_policy(version=4)
            zone.store.policies.publish(3, first, by="test", now_ns=1)
            await until(lambda: zone.room.admission.policy, "the policy is known")
            async with zone.channel(agent) as channel, zone.channel(informed) as other_channel:
                call, other = open_stream(channel), open_stream(other_channel)
                await greet(call, agent, policy_version=2)
                await greet(other, informed, policy_version=3)
                assert (await receive(call)).policy.SerializeToString(deterministic=True) == first
                zone.store.policies.publish(4, second, by="test", now_ns=2)
                for each in (call, other):
                    assert (await receive(each)).policy.SerializeToString(deterministic=True) == second

    run(test())


def test_two_streams_of_one_spool_at_once_double_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(400)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)

            async def send_all() -> None:
                async with zone.channel(agent) as channel:
                    call = open_stream(channel)
                    await greet(call, agent)
                    for first in range(1, 400, 10):
                        await call.write(agent.batch(first, first + 9))
                        assert (await receive(call)).ack.seq >= first + 9

            await asyncio.gather(send_all(), send_all())
            assert stored(zone) == list(range(1, 401))

    run(test())


def test_a_host_that_reconnects_without_hanging_up_replaces_its_oldest_stream(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                calls = []
                for _ in range(STREAMS_PER_HOST_MAX + 1):
                    calls.append(open_stream(channel))
                    await greet(calls[-1], agent)
                code, detail = await ended(calls[0])
                assert code is grpc.StatusCode.ABORTED
                assert "another stream" in detail
                assert zone.room.admission.open_streams == STREAMS_PER_HOST_MAX

    run(test())


def test_an_agent_that_never_reads_its_acks_holds_up_nobody(tmp_path: Path) -> None:
    async def test() -> None:
        slow, quick = ScriptedAgent(), ScriptedAgent(host_id=b"q" * 16)
        slow.write_many(SLOW_RECORDS)
        quick.write_many(3)
        async with running_zone(tmp_path) as zone:
            zone.admit(slow)
            zone.admit(quick)
            async with zone.channel(slow) as channel, zone.channel(quick) as quick_channel:
                call = open_stream(channel)
                await call.write(slow.hello())

                async def send() -> None:
                    for seq in range(1, SLOW_RECORDS + 1):
                        await call.write(slow.batch(seq, seq))

                sending = asyncio.create_task(send())
                other = open_stream(quick_channel)
                await greet(other, quick)
                await other.write(quick.batch(1, 3))
                assert (await receive(other)).ack.seq == 3
                assert (await receive(call)).HasField("welcome")
                acks = [(await receive(call)).ack.seq for _ in range(SLOW_RECORDS)]
                assert acks == list(range(1, SLOW_RECORDS + 1))
                await sending

    run(test())


def test_a_thousand_agents_that_greet_and_leave_leave_nothing_behind(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)

            async def visit(number: int) -> None:
                async with zone.channel(agent) as channel:
                    call = open_stream(channel)
                    await call.write(agent.hello())
                    if number % 3 == 0:
                        # Its oldest streams are replaced when more are open than one host may have.
                        with contextlib.suppress(AssertionError, grpc.aio.AioRpcError):
                            await receive(call)
                    call.cancel()

            for first in range(0, LEAVERS, LEAVERS_AT_ONCE):
                await asyncio.gather(*(visit(first + number) for number in range(LEAVERS_AT_ONCE)))
            await until(lambda: zone.room.admission.open_streams == 0, "no stream is left")
            agent.write_many(2)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                await call.write(agent.batch(1, 2))
                assert (await receive(call)).ack.seq == 2

    run(test())


def test_a_store_that_cannot_write_now_is_waited_for(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(2)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            real = zone.room.writer._store
            zone.room.writer._store = Failing(real, [StoreBusyError("locked"), ValueError("a bug")])
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                for words in ("locked", "ValueError"):
                    await call.write(agent.batch(1, 2))
                    refusal = (await receive(call)).refusal
                    assert (refusal.reason, refusal.wanted_seq) == (stream_pb2.Refusal.BUSY, 1)
                    assert words in refusal.detail
                await call.write(agent.batch(1, 2))
                assert (await receive(call)).ack.seq == 2

    run(test())


def test_streams_are_told_when_the_collector_stops(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await greet(call, agent)
                stopping = asyncio.create_task(zone.room.stop())
                code, detail = await ended(call)
                assert code is grpc.StatusCode.UNAVAILABLE
                assert "stopping" in detail
                await stopping

    run(test())


class Failing:
    """A store whose commits fail a few times."""

    def __init__(self, real: object, failures: list[Exception]) -> None:
        self._real, self._failures = real, failures

    def commit(self, commit: object) -> object:
        if self._failures:
            raise self._failures.pop(0)
        return self._real.commit(commit)
