"""Ingest as a whole: what it refuses to start with, and that stopping loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gapwatch_collector.authority.creation import create_zone_keys
from gapwatch_collector.authority.keys import load_collector_keys
from gapwatch_collector.config import EnrolmentSection, IngestSection
from gapwatch_collector.errors import ConfigError
from gapwatch_collector.ingest.room import IngestRoom, IngestRules
from gapwatch_collector.store import open_store
from support.agents import ScriptedAgent
from support.clock import FakeClock
from support.zones import LOOPBACK, open_stream, receive, running_zone, zone_keys


def test_confirming_by_itself_needs_development_keys(tmp_path: Path) -> None:
    create_zone_keys(tmp_path, zone="", officers=["a", "b"], development=False)
    keys = load_collector_keys(tmp_path / "collector")
    store = open_store(tmp_path / "db.sqlite3", sign=keys.log_key.sign, clock=FakeClock())
    rules = IngestRules(IngestSection(listen=LOOPBACK), EnrolmentSection(listen=LOOPBACK, auto_confirm=True))
    with pytest.raises(ConfigError, match="development keys only"):
        IngestRoom(store, keys, rules, FakeClock())
    store.close()


def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(5)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await call.write(agent.hello())
                await receive(call)
                await call.write(agent.batch(1, 5))
                assert (await receive(call)).ack.seq == 5
        async with running_zone(tmp_path) as zone, zone.channel(agent) as channel:
            call = open_stream(channel)
            await call.write(agent.hello())
            welcome = (await receive(call)).welcome
            assert welcome.next_seq == 6
            assert welcome.tree_head.tree_size >= 5

    asyncio.run(test())


def test_the_log_key_signs_what_agents_are_told(tmp_path: Path) -> None:
    from gapwatch_proto.identity import raw, tree_head_message, verify

    async def test() -> None:
        agent = ScriptedAgent()
        agent.write_many(1)
        async with running_zone(tmp_path) as zone:
            zone.admit(agent)
            async with zone.channel(agent) as channel:
                call = open_stream(channel)
                await call.write(agent.hello())
                head = (await receive(call)).welcome.tree_head
                message = tree_head_message(head.tree_size, head.root_hash, head.signed_at_ns)
                assert verify(raw(zone_keys().log_key.public_key()), head.signature, message)

    asyncio.run(test())
