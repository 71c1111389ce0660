"""What is written for a batch: payload bytes untouched, anchors learnt, branches of a fork bounded."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from gapwatch_collector.ingest.entries import commit_of, fork_commit
from gapwatch_collector.ingest.event_time import Tie, Timeline
from gapwatch_collector.ingest.messages import read_agent_message
from gapwatch_collector.ingest.verify import Fork, Verified, verify_batch
from gapwatch_collector.model import AnchorPoint, Origin, SpoolPosition
from gapwatch_collector.store.entries import read_span
from gapwatch_collector.store.ports import Commit
from gapwatch_proto.events import Anchor, Heartbeat
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, PAYLOAD_BYTES_MAX
from support.agents import ScriptedAgent

NOW = 1_790_000_100_000_000_000


def verified(agent: ScriptedAgent, frame: bytes) -> tuple[Verified, SpoolPosition]:
    before = SpoolPosition(agent.host_id, agent.spool_id, 1, GENESIS_HASH)
    found = verify_batch(read_agent_message(frame), before, agent.public_chain_key, lambda _: None)
    assert isinstance(found, Verified)
    return found, before


def commit(agent: ScriptedAgent, frame: bytes) -> Commit:
    timeline = Timeline(agent.host_id, agent.boot_id, Tie(agent.boottime_ns, NOW, 10), lambda _: None)
    found, before = verified(agent, frame)
    return commit_of(found, before, timeline, NOW + 10**9)


def test_records_are_written_as_they_were_signed() -> None:
    agent = ScriptedAgent()
    agent.write(Heartbeat(uptime_s=5))
    agent.write(kind=64_000, payload_bytes=b"\xff unknown", severity=3)
    made = commit(agent, agent.batch(1, 2))
    assert [(one.origin, one.kind, one.severity, one.seq) for one in made.entries] == [
        (Origin.RECORD, Kind.HEARTBEAT, 1, 1),
        (Origin.RECORD, 64_000, 3, 2),
    ]
    assert [(one.header, one.payload) for one in made.entries] == [(one.packed, one.payload) for one in agent.records]
    assert made.batch_signature == read_agent_message(agent.batch(1, 2)).signature
    assert (made.expected_next_seq, made.position.next_seq) == (1, 3)


def test_an_anchor_places_the_records_of_its_own_batch() -> None:
    agent = ScriptedAgent()
    agent.write()
    told = NOW - 30_000_000_000
    agent.write(Anchor(collector_ns=told, round_trip_ns=4), Kind.ANCHOR)
    made = commit(agent, agent.batch(1, 2))
    (learnt,) = made.anchors
    assert learnt == AnchorPoint(agent.host_id, agent.boot_id, agent.records[1].header.boottime_ns, told, 4)
    assert made.entries[0].event_ns == told - 1_000_000
    assert made.entries[0].uncertainty_ns == 4 + 1_000_000 * 50 // 1_000_000


def test_an_anchor_that_cannot_be_read_or_believed_ties_nothing() -> None:
    agent = ScriptedAgent()
    agent.write(kind=Kind.ANCHOR, payload_bytes=b"\xff\xff\xff")
    agent.write(Anchor(collector_ns=NOW * 2, round_trip_ns=4), Kind.ANCHOR)
    made = commit(agent, agent.batch(1, 2))
    assert [anchor.collector_ns for anchor in made.anchors] == [NOW]
    assert len(made.entries) == 2


def test_a_collapsed_run_keeps_its_signature() -> None:
    agent = ScriptedAgent()
    agent.write_many(4)
    made = commit(agent, agent.frame([agent.span_item(1, 4)], agent.records[3].hash))
    (entry,) = made.entries
    span, signature = read_span(entry)
    assert (entry.origin, entry.seq, span.last_seq) == (Origin.SPAN, 1, 4)
    assert signature == agent.span_item(1, 4).span.signature


def test_a_fork_keeps_the_branch_and_moves_nothing() -> None:
    agent = ScriptedAgent()
    agent.write_many(3)
    found, before = verified(agent, agent.batch(1, 3))
    made = fork_commit(Fork(2, b"k" * 32, found.items[1:]), before, NOW)
    (entry,) = made.entries
    assert (made.position, made.expected_next_seq) == (before, before.next_seq)
    assert (entry.origin, entry.seq, entry.severity, entry.header) == (Origin.FORK, 2, 5, b"")
    kept = json.loads(entry.payload)
    assert kept["kept_hash"] == "6b" * 32
    assert [base64.b64decode(one["header"]) for one in kept["branch"]] == [one.packed for one in agent.records[1:]]
    assert kept["branch_left_out"] == 0


def test_a_large_branch_is_cut_and_says_so() -> None:
    agent = ScriptedAgent()
    for _ in range(4):
        agent.write(payload_bytes=bytes(PAYLOAD_BYTES_MAX // 3))
    found, before = verified(agent, agent.batch(1, 4))
    item = replace(Fork(1, b"k" * 32, found.items), seq=1)
    kept = json.loads(fork_commit(item, before, NOW).entries[0].payload)
    assert (len(kept["branch"]), kept["branch_left_out"]) == (2, 2)
