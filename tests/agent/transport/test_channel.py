"""The stream over real gRPC and mutual TLS: nothing lost, nothing doubled, whatever the other side does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest

from gapwatch_agent.errors import AgentError, RefusedError
from gapwatch_agent.spool.port import NewRecord, SpoolLimits
from gapwatch_agent.spool.recovery import open_spool, renew_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_agent.spool.thread import SpoolThread
from gapwatch_agent.transport.channel import Settings, Uplink
from gapwatch_agent.transport.identity import IdentityStore, Membership
from gapwatch_agent.transport.witness import TreeWatcher
from gapwatch_proto import codec
from gapwatch_proto.events import Anchor, Gap, Payload
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import RecordHeader
from gapwatch_proto.v1 import stream_pb2 as pb
from support.certificates import Authority, authority
from support.spools import BOOT, records
from support.streams import COLLECTOR_NS, HurriedClock, KeptSpool, ScriptedCollector, refusal, until

HOST_ID = b"h" * 16


@dataclass
class NotingHost:
    """What the process around a stream is asked and told."""

    member: Membership
    policies: list[bytes] = field(default_factory=list)
    connections: int = 0
    errors: list[AgentError] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    async def membership(self) -> Membership:
        return self.member

    def policy_version(self) -> int:
        return 7

    async def policy_arrived(self, signed_policy: bytes) -> None:
        self.policies.append(signed_policy)

    def connected(self) -> None:
        self.connections += 1

    def acknowledged(self, seq: int, collector_ns: int) -> None:
        self.times.append(collector_ns)

    def disconnected(self, why: AgentError) -> None:
        self.errors.append(why)


@dataclass
class Rig:
    """An agent's spool and uplink against a scripted collector."""

    collector: ScriptedCollector
    host: NotingHost
    spool: SpoolThread[SqliteSpool]
    uplink: Uplink

    def kept(self) -> KeptSpool:
        return self.collector.spools.get(self.spool.spool_id, KeptSpool())

    def own(self, kind: Kind) -> list[Payload]:
        """What the agent itself said, of one kind."""
        found = []
        for header, payload in self.kept().records.values():
            if RecordHeader.unpack(header).kind == kind:
                found += [codec.decode(kind, payload or b"")]
        return found

    async def all_arrived(self) -> None:
        await until(
            lambda: self.kept().next_seq == self.spool.next_seq and self.spool.acked_seq == self.spool.next_seq - 1,
            "everything acknowledged",
        )


def enrolled(directory: Path, trust: Authority, issuer: Authority) -> Membership:
    store = IdentityStore(directory, issuer.root_pem)
    keys = store.keys()
    chain = issuer.host_chain(store.request(keys, "station"), HOST_ID)
    return Membership(keys, store.save_certificate(chain, HOST_ID), trust.root_pem)


@asynccontextmanager
async def rig(
    tmp_path: Path, *, collector: ScriptedCollector | None = None, limits: SpoolLimits | None = None
) -> AsyncIterator[Rig]:
    collector = collector or ScriptedCollector(authority())
    await collector.start()
    clock = HurriedClock()
    directory = tmp_path / "spool"
    opened = open_spool(directory, limits or SpoolLimits(reserve_bytes=0), clock, BOOT)
    spool: SpoolThread[SqliteSpool] = SpoolThread(opened, lambda old, why, what: renew_spool(old, directory, why, what))
    host = NotingHost(enrolled(tmp_path / "identity", authority(), authority()))
    watcher = TreeWatcher(tmp_path / "tree_head", None)
    uplink = Uplink(Settings(collector.address, "0.1", BOOT), spool, host, watcher, clock)
    task = asyncio.create_task(uplink.run())
    try:
        yield Rig(collector, host, spool, uplink)
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await collector.stop()
        await spool.close()


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_records_arrive_once_in_order_and_are_forgotten(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            await r.spool.append(records(1500))
            await r.all_arrived()
            await r.spool.append(records(10, 1501))
            await r.all_arrived()
            given = [record.payload for record in records(1510)]
            sent = [payload for header, payload in r.kept().records.values() if RecordHeader.unpack(header).kind == 300]
            assert sent == given
            assert (await r.spool.depth()).records == 0
            hello = r.collector.hellos[0]
            assert (hello.stated_host_id, hello.boot_id, hello.policy_version) == (HOST_ID, BOOT, 7)
            assert r.collector.hosts[0].host_id == HOST_ID

    run(scenario)


def test_the_collectors_time_becomes_an_anchor_on_every_connection(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            await r.spool.append(records(1))
            await until(lambda: r.own(Kind.ANCHOR), "an anchor")
            anchor = r.own(Kind.ANCHOR)[0]
            assert isinstance(anchor, Anchor)
            assert anchor.collector_ns == COLLECTOR_NS
            assert anchor.round_trip_ns > 0
            assert r.host.times[0] == COLLECTOR_NS

    run(scenario)


def test_a_restart_in_the_middle_of_a_batch_neither_loses_nor_doubles(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            # Committed, and the stream ends before the ack is out; then a batch that is lost.
            def commit_and_cut(batch: pb.Batch) -> str:
                from support.streams import _take

                _take(batch, r.collector.spools[batch.spool_id])
                return "cut"

            r.collector.script.extend([commit_and_cut, lambda _: "cut"])
            await r.spool.append(records(700))
            await r.all_arrived()
            await r.collector.stop()
            await r.spool.append(records(300, 701))
            await until(lambda: r.host.errors, "the loss noticed")
            await r.collector.start()
            await r.all_arrived()
            assert r.host.connections >= 3

    run(scenario)


def test_a_skipped_number_is_sent_again_from_the_number_wanted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            r.collector.script.append(lambda batch: refusal(pb.Refusal.NUMBER_SKIPPED, 1, batch.spool_id))
            await r.spool.append(records(600))
            await r.all_arrived()
            assert r.host.connections == 1

    run(scenario)


def test_a_busy_collector_is_given_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            r.collector.script.extend([lambda batch: refusal(pb.Refusal.BUSY, 1, batch.spool_id)] * 3)
            await r.spool.append(records(50))
            await r.all_arrived()
            assert r.host.connections == 1

    run(scenario)


@pytest.mark.parametrize("reason", [pb.Refusal.FORKED, pb.Refusal.BROKEN_CHAIN])
def test_a_refused_chain_ends_the_spool_and_a_new_one_begins_with_a_gap(tmp_path: Path, reason: int) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            first_id = r.spool.spool_id
            r.collector.script.append(lambda batch: refusal(reason, 1, batch.spool_id, "another record stands there"))
            await r.spool.append(records(40))
            await until(lambda: r.spool.spool_id != first_id, "a new spool")
            await r.all_arrived()
            header, payload = r.kept().records[1]
            assert RecordHeader.unpack(header).kind == Kind.GAP
            gap = codec.decode(Kind.GAP, payload or b"")
            assert isinstance(gap, Gap)
            assert gap.reason == "damaged"
            assert "another record stands there" in gap.detail
            everything = {payload for _, payload in r.kept().records.values()}
            assert {record.payload for record in records(40)} <= everything

    run(scenario)


def test_a_collector_that_refuses_every_chain_does_not_get_a_new_spool_each_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            r.collector.script.extend([lambda batch: refusal(pb.Refusal.BROKEN_CHAIN, 1, batch.spool_id)] * 30)
            await r.spool.append(records(10))
            await until(lambda: len(r.host.errors) >= 6, "several refusals")
            assert len(r.collector.spools) == 2
            assert isinstance(r.host.errors[-1], RefusedError)

    run(scenario)


def test_a_collector_ahead_of_us_or_set_back_means_a_new_spool(tmp_path: Path) -> None:
    async def scenario() -> None:
        collector = ScriptedCollector(authority())
        collector.wanted = 5000
        async with rig(tmp_path, collector=collector) as r:
            await until(lambda: len(collector.spools) == 2, "a new spool")
            await r.spool.append(records(5))
            await r.all_arrived()
            old = r.spool.spool_id
            collector.wanted = 1
            collector.script.append(lambda _: "cut")
            await r.spool.append(records(5, 6))
            await until(lambda: r.spool.spool_id != old, "another spool")
            await r.all_arrived()

    run(scenario)


def test_what_cannot_be_read_ends_the_stream_and_it_comes_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            r.collector.script.append(lambda batch: refusal(pb.Refusal.MALFORMED, 1, batch.spool_id, "kind 9999"))
            await r.spool.append(records(5))
            await r.all_arrived()
            assert "kind 9999" in str(r.host.errors[0])
            assert r.spool.next_seq > 5

    run(scenario)


def test_a_silent_collector_is_given_up_and_dialled_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            r.collector.script.extend([lambda _: None] * 3)
            await r.spool.append(records(5))
            await r.all_arrived()
            assert any("acknowledged nothing" in str(error) for error in r.host.errors)

    run(scenario)


def test_credits_bound_what_is_on_its_way(tmp_path: Path) -> None:
    async def scenario() -> None:
        collector = ScriptedCollector(authority())
        collector.credits = 10
        sizes: list[int] = []
        collector.script.extend([lambda batch: sizes.append(len(batch.items)) or "ack"] * 200)
        async with rig(tmp_path, collector=collector) as r:
            await r.spool.append(records(100))
            await r.all_arrived()
            assert max(sizes) <= 10

    run(scenario)


def test_large_payloads_stay_below_the_message_limit(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            for first in range(0, 40, 10):
                await r.spool.append([*records(10, first, size=256 * 1024)])
            await r.all_arrived()
            assert r.collector.largest < 4 * 1024 * 1024

    run(scenario)


def test_collapsed_runs_and_evicted_payloads_arrive_as_such(tmp_path: Path) -> None:
    async def scenario() -> None:
        collector = ScriptedCollector(authority())
        limits = SpoolLimits(512 * 1024, 0.1, 0, 60)
        spool = open_spool(tmp_path / "spool", limits, HurriedClock(), BOOT)
        for first in range(0, 6000, 100):
            spool.append([NewRecord(300, 1 + first // 100 % 3, 1, 1, BOOT, bytes(300)) for _ in range(100)])
        spool.close()
        async with rig(tmp_path, collector=collector, limits=limits) as r:
            await r.all_arrived()
            assert r.kept().spans
            assert any(payload is None for _, payload in r.kept().records.values())

    run(scenario)


def test_a_policy_is_handed_on_as_it_came(tmp_path: Path) -> None:
    async def scenario() -> None:
        collector = ScriptedCollector(authority())
        collector.policy = pb.SignedPolicy(suite=1, policy=b"\x08\x01").SerializeToString()
        async with rig(tmp_path, collector=collector) as r:
            await until(lambda: r.host.policies, "a policy")
            assert r.host.policies == [collector.policy]

    run(scenario)


def test_a_refused_host_says_why_and_keeps_asking(tmp_path: Path) -> None:
    async def scenario() -> None:
        collector = ScriptedCollector(authority())
        collector.refuse_with = (grpc.StatusCode.PERMISSION_DENIED, "this host is revoked")
        async with rig(tmp_path, collector=collector) as r:
            await until(lambda: len(r.host.errors) >= 2, "two refusals")
            assert isinstance(r.host.errors[0], RefusedError)
            assert "this host is revoked" in str(r.host.errors[0])
            collector.refuse_with = None
            await until(lambda: r.host.connections, "admitted again")

    run(scenario)


@pytest.mark.parametrize(
    "collector",
    [
        lambda: ScriptedCollector(authority("foreign")),
        lambda: ScriptedCollector(Authority("test")),
        lambda: ScriptedCollector(authority(), dns_name="host.gapwatch"),
    ],
    ids=["another authority", "another authority of the same name", "another name"],
)
def test_a_server_that_is_not_our_collector_gets_nothing(
    tmp_path: Path, collector: Callable[[], ScriptedCollector]
) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, collector=collector()) as r:
            await r.spool.append(records(3))
            await until(lambda: r.host.errors, "a refusal")
            assert isinstance(r.host.errors[0], RefusedError)
            assert "pinned root" in str(r.host.errors[0])
            assert r.collector.hellos == []

    run(scenario)


def test_a_host_clock_that_is_decades_off_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as r:
            await r.spool.append([NewRecord(300, 2, 5, -(10**18), BOOT, b"1938")])
            await r.all_arrived()

    run(scenario)
