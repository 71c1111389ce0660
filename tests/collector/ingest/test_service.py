"""The stream over real gRPC with real certificates: what works, what is refused and how."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import grpc

from gapwatch_collector.model import Origin
from support.agents import ScriptedAgent
from support.zones import ended, open_stream, receive, running_zone


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


def test_records_are_acknowledged_once_they_are_committed(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(10)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await call.write(agent.hello())
                welcome = (await receive(call)).welcome
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
