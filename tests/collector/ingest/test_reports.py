"""What hosts last said of themselves."""

from __future__ import annotations

from gapwatch_collector.ingest.messages import read_agent_message
from gapwatch_collector.ingest.reports import HostReports, Report
from gapwatch_collector.ingest.verify import Item, Verified, verify_batch
from gapwatch_collector.model import SpoolPosition
from gapwatch_proto.events import Heartbeat, SensorHealth
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH
from support.agents import ScriptedAgent


def items(agent: ScriptedAgent) -> tuple[Item, ...]:
    position = SpoolPosition(agent.host_id, agent.spool_id, 1, GENESIS_HASH)
    batch = read_agent_message(agent.batch(1, len(agent.records)))
    found = verify_batch(batch, position, agent.public_chain_key, lambda _: None)
    assert isinstance(found, Verified)
    return found.items


def test_the_last_heartbeat_counts() -> None:
    agent, reports = ScriptedAgent(), HostReports()
    sensors = (SensorHealth("files", state="degraded"), SensorHealth("media", state="running"))
    agent.write(Heartbeat(agent_version="1", policy_version=1))
    agent.write(Heartbeat(agent_version="2", policy_version=3, sensors=sensors))
    agent.write(kind=Kind.AGENT_STOPPED)
    reports.heard(agent.host_id, items(agent), 77)
    assert reports.latest() == [Report(agent.host_id, 77, "2", 3, ("files",))]


def test_a_host_is_heard_by_its_hello_and_by_any_record() -> None:
    agent, reports = ScriptedAgent(), HostReports()
    reports.greeted(agent.host_id, "1.2", 4, 5)
    agent.write(kind=Kind.AGENT_STOPPED)
    reports.heard(agent.host_id, items(agent), 9)
    assert reports.latest() == [Report(agent.host_id, 9, "1.2", 4)]


def test_a_heartbeat_that_cannot_be_read_changes_nothing_but_the_time() -> None:
    agent, reports = ScriptedAgent(), HostReports()
    reports.greeted(agent.host_id, "1.2", 4, 5)
    agent.write(kind=Kind.HEARTBEAT, payload_bytes=b"\xff\xff")
    reports.heard(agent.host_id, items(agent), 9)
    assert reports.latest() == [Report(agent.host_id, 9, "1.2", 4)]


def test_what_a_host_says_of_itself_is_bounded() -> None:
    agent, reports = ScriptedAgent(), HostReports()
    sensors = tuple(SensorHealth("s" * 1_000, state="degraded") for _ in range(100))
    agent.write(Heartbeat(agent_version="1" * 10_000, sensors=sensors))
    reports.heard(agent.host_id, items(agent), 77)
    (report,) = reports.latest()
    assert len(report.agent_version) == 64
    assert report.degraded_sensors == ("s" * 64,) * 32
