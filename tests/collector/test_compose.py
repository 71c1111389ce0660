"""The whole collector as a process: it serves, survives kill -9 without doubling anything, and stops in order."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.request
from pathlib import Path

import pytest

from gapwatch_collector.model import Host, HostState, Origin
from gapwatch_collector.store import Store, open_store
from gapwatch_collector.verify import verify_store
from gapwatch_proto.identity import raw
from support.agents import ScriptedAgent
from support.clock import FakeClock
from support.collectors import served, write_config
from support.zones import host_channel, open_stream, receive, until, zone_keys


def store_of(config: Path) -> Store:
    path = config.parent / "data" / "collector.sqlite3"
    path.parent.mkdir(exist_ok=True)
    return open_store(path, sign=zone_keys().log_key.sign, clock=FakeClock())


def admit(config: Path, agent: ScriptedAgent) -> None:
    store = store_of(config)
    host = Host(agent.host_id, "station", HostState.ENROLLED, chain_key=agent.public_chain_key)
    store.registers.put_host(host, by="test", now_ns=1)
    store.close()


def test_a_collector_killed_between_commit_and_ack_doubles_nothing(tmp_path: Path) -> None:
    agent = ScriptedAgent()
    agent.write_many(40)
    config = write_config(tmp_path)
    admit(config, agent)

    async def send_and_be_killed() -> None:
        with served(config, "ingest") as collector:
            store = store_of(config)
            async with host_channel(agent, collector.port("ingest")) as channel:
                call = open_stream(channel)
                await call.write(agent.hello())
                await receive(call)
                await call.write(agent.batch(1, 25))
                # The ack is never read: whether it was sent or not, this agent does not know of the commit.
                await until(lambda: store.ingest.position(agent.host_id, agent.spool_id), "the batch is committed")
                collector.process.send_signal(signal.SIGKILL)
                collector.process.wait()
            store.close()

    async def send_again() -> None:
        with served(config, "ingest") as collector:
            async with host_channel(agent, collector.port("ingest")) as channel:
                call = open_stream(channel)
                await call.write(agent.hello())
                assert (await receive(call)).welcome.next_seq == 26
                await call.write(agent.batch(1, 40))
                assert (await receive(call)).ack.seq == 40

    asyncio.run(send_and_be_killed())
    asyncio.run(send_again())
    store = store_of(config)
    records = [one.entry for one in store.log.read(0, 1_000) if one.entry.origin is Origin.RECORD]
    assert [entry.seq for entry in records] == list(range(1, 41))
    report = verify_store(store, raw(zone_keys().log_key.public_key()), {agent.host_id: agent.public_chain_key})
    assert report.holds, report.faults
    store.close()


def test_all_roles_run_together_and_stop_in_order(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    with served(config) as collector:
        assert collector.started["roles"] == ["console", "evaluate", "ingest"]
        assert collector.started["development"] is True
        with urllib.request.urlopen(str(collector.started["console"]), timeout=10) as page:
            assert page.status == 200
        store = store_of(config)

        async def tick() -> None:
            await until(lambda: any(one.entry.origin is Origin.TICK for one in store.log.read(0, 10)), "a tick")
            await until(lambda: store.evaluation.cursor() > 0, "the evaluator has moved")

        asyncio.run(tick())
        store.close()
        collector.process.send_signal(signal.SIGTERM)
        assert collector.process.wait(20) == 0
    lines = [json.loads(line) for line in (tmp_path / "stderr.log").read_text(encoding="utf-8").splitlines()]
    assert lines[-1]["message"] == "stopped"
    assert not any("exception" in line for line in lines)


@pytest.mark.parametrize("role", ["evaluate", "console"])
def test_a_role_runs_alone(tmp_path: Path, role: str) -> None:
    with served(write_config(tmp_path), role) as collector:
        assert collector.started["roles"] == [role]
        assert bool(collector.started["console"]) == (role == "console")
        assert collector.started["ingest"] == ""
        collector.process.send_signal(signal.SIGTERM)
        assert collector.process.wait(20) == 0
