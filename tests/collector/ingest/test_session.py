"""One stream without a network: the order of messages, and that nothing is left running when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gapwatch_collector.ingest.admission import SignedPolicy, StreamEndedError
from gapwatch_collector.ingest.credits import CreditDesk
from gapwatch_collector.ingest.refusals import RefusalAccount
from gapwatch_collector.ingest.reports import HostReports
from gapwatch_collector.ingest.session import Desk, Session
from gapwatch_collector.ingest.writer import CommitWriter
from gapwatch_collector.model import Origin, TreeHead
from gapwatch_collector.store import open_store
from gapwatch_collector.store.ports import Commit
from gapwatch_collector.verify import verify_store
from gapwatch_proto.identity import HostIdentity, raw
from gapwatch_proto.v1 import stream_pb2
from support.agents import ScriptedAgent
from support.clock import FakeClock
from support.policies import signed_policy
from support.stores import make_store
from support.zones import zone_keys


class Script:
    """A wire whose agent's side is a list of frames; it stays open after them unless told to hang up."""

    def __init__(self, frames: list[bytes], *, hangs_up: bool = True) -> None:
        self._frames, self._hangs_up = list(frames), hangs_up
        self.sent: list[stream_pb2.CollectorMessage] = []

    async def read(self) -> bytes | None:
        if self._frames:
            return self._frames.pop(0)
        if not self._hangs_up:
            await asyncio.Event().wait()
        return None

    async def write(self, data: bytes) -> None:
        self.sent.append(stream_pb2.CollectorMessage.FromString(data))

    def kinds(self) -> list[str | None]:
        return [message.WhichOneof("message") for message in self.sent]


@asynccontextmanager
async def desk(folder: Path, hello_timeout_s: float = 5.0):
    clock = FakeClock()
    store = open_store(folder / "db.sqlite3", sign=zone_keys().log_key.sign, clock=clock)
    writer = CommitWriter(store.ingest, lambda: None)
    running = asyncio.create_task(writer.run())
    threads = ThreadPoolExecutor(2)
    account = RefusalAccount(clock.now_ns, lambda _: None)
    credits_desk = CreditDesk(per_stream_max=1_000, total_max=9_000)
    try:
        yield Desk(store.ingest, writer, credits_desk, account, HostReports(), threads, clock, hello_timeout_s)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        writer.close()
        threads.shutdown()
        store.close()


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


def session(at: Desk, agent: ScriptedAgent, wire: Script) -> Session:
    return Session(at, HostIdentity(agent.host_id, agent.public_chain_key, 1), wire)


def test_hello_batches_acks_and_the_end(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(4)
        async with desk(tmp_path) as at:
            wire = Script([agent.hello(), agent.batch(1, 2), agent.batch(3, 4), agent.batch(1, 4)])
            await session(at, agent, wire).run()
            assert wire.kinds() == ["welcome", "ack", "ack", "ack"]
            assert [message.ack.seq for message in wire.sent[1:]] == [2, 4, 4]
            assert at.store.tree_head().tree_size == 4
            assert [report.host_id for report in at.reports.latest()] == [agent.host_id]

    run(test())


def test_policy_waits_for_the_welcome_and_is_sent_once(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with desk(tmp_path) as at:
            wire = Script([agent.hello(policy_version=1)], hangs_up=False)
            one = session(at, agent, wire)
            for _ in range(2):
                one.offer_policy(SignedPolicy(2, signed_policy(2)))
            serving = asyncio.create_task(one.run())
            while len(wire.sent) < 2:
                await asyncio.sleep(0.01)
            one.offer_policy(SignedPolicy(2, signed_policy(2)))
            await asyncio.sleep(0.05)
            assert wire.kinds() == ["welcome", "policy"]
            one.end(StreamEndedError("stopping", "good bye"))
            with pytest.raises(StreamEndedError, match="good bye"):
                await serving

    run(test())


def test_a_stream_that_is_ended_leaves_nothing_running(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with desk(tmp_path) as at:
            before = asyncio.all_tasks()
            one = session(at, agent, Script([], hangs_up=False))
            one.end(StreamEndedError("replaced", "by another"))
            one.end(StreamEndedError("stopping", "only the first counts"))
            with pytest.raises(StreamEndedError, match="by another"):
                await one.run()
            assert asyncio.all_tasks() == before

    run(test())


def test_a_silent_or_closed_stream_is_no_hello(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with desk(tmp_path, hello_timeout_s=0.05) as at:
            for hangs_up in (True, False):
                with pytest.raises(StreamEndedError) as caught:
                    await session(at, agent, Script([], hangs_up=hangs_up)).run()
                assert caught.value.reason == "no_hello"

    run(test())


def test_a_run_that_collapsed_after_some_of_it_was_committed_does_not_stop_the_host(tmp_path: Path) -> None:
    """The ack of 1-4 was lost, then the agent had to give up 2-6 and keeps only the ends of that run."""

    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(8)
        async with desk(tmp_path) as at:
            collapsed = agent.frame([agent.span_item(2, 6)], agent.records[5].hash)
            wire = Script([agent.hello(), agent.batch(1, 4), collapsed, agent.batch(7, 8)])
            await session(at, agent, wire).run()
            assert wire.kinds() == ["welcome", "ack", "ack", "ack"]
            assert [message.ack.seq for message in wire.sent[1:]] == [4, 6, 8]
        store = make_store(tmp_path / "db.sqlite3")
        report = verify_store(store, raw(zone_keys().log_key.public_key()), {agent.host_id: agent.public_chain_key})
        (account,) = store.rollups.completeness(agent.host_id, 0, 99_999_999)
        store.close()
        assert report.faults == ()
        assert (account.first_seq, account.last_seq, account.records, account.spans) == (1, 8, 6, 1)

    run(test())


class _Overtaken:
    """A writer whose first commit finds that another stream of the spool was quicker."""

    def __init__(self, writer: CommitWriter) -> None:
        self._writer, self._times = writer, 0

    async def commit(self, commit: Commit, severity: int) -> TreeHead | None:
        self._times += 1
        return None if self._times == 1 else await self._writer.commit(commit, severity)


def test_a_fork_is_entered_also_when_another_stream_of_the_spool_was_quicker(tmp_path: Path) -> None:
    """Two machines from one image write by turns: whichever is told that it forks, the branch stands in the log."""

    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(3)
        clone = agent.fork(1)
        clone.write(severity=3, kind=64_000)
        async with desk(tmp_path) as at:
            await session(at, agent, Script([agent.hello(), agent.batch(1, 3)])).run()
            again = [clone.hello(), clone.batch(1, 2), clone.batch(1, 2), clone.batch(1, 2)]
            wire = Script(again)
            await session(replace(at, writer=_Overtaken(at.writer)), clone, wire).run()
            assert wire.kinds() == ["welcome", "refusal", "refusal", "refusal"]
        store = make_store(tmp_path / "db.sqlite3")
        origins = [entry.entry.origin for entry in store.log.read(0, 10)]
        store.close()
        assert origins == [Origin.RECORD] * 3 + [Origin.FORK]

    run(test())


def test_an_agent_cannot_push_past_the_most_urgent(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with desk(tmp_path) as at:
            wire = Script([agent.hello(waiting_worst_severity=4_000_000_000, waiting_records=2**63)], hangs_up=False)
            one = session(at, agent, wire)
            serving = asyncio.create_task(one.run())
            while not wire.sent:
                await asyncio.sleep(0.01)
            assert at.credits.severity(one) == 5
            one.end(StreamEndedError("stopping", "good bye"))
            with pytest.raises(StreamEndedError):
                await serving

    run(test())
