"""Frames to values: anything that is not ours is a ProtocolError with a sentence for the sender."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.ingest import messages
from gapwatch_collector.ingest.messages import AckNumbers, SentHello, read_agent_message
from gapwatch_collector.ingest.verify import Refusal, RefusalReason, SentBatch
from gapwatch_collector.model import TreeHead
from gapwatch_proto.errors import ProtocolError
from gapwatch_proto.v1 import stream_pb2
from support.agents import ScriptedAgent
from support.policies import signed_policy

HEAD = TreeHead(9, b"r" * 32, 5, b"s" * 64)


def test_hello_and_batch_are_read() -> None:
    agent = ScriptedAgent()
    agent.write_many(2)
    hello = read_agent_message(agent.hello(waiting_records=3, waiting_worst_severity=4, policy_version=2))
    assert isinstance(hello, SentHello)
    assert (hello.stated_host_id, hello.waiting_records, hello.waiting_worst_severity) == (agent.host_id, 3, 4)
    batch = read_agent_message(agent.batch(1, 2))
    assert isinstance(batch, SentBatch)
    assert [item.header for item in batch.items] == [one.packed for one in agent.records]


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff",
        b"",
        stream_pb2.AgentMessage(batch=stream_pb2.Batch(items=[stream_pb2.BatchItem()])).SerializeToString(),
        stream_pb2.AgentMessage(hello=stream_pb2.Hello(spool_id=b"s" * 15, boot_id=b"b" * 16)).SerializeToString(),
    ],
)
def test_what_is_none_of_ours_is_a_protocol_error(frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_agent_message(frame)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(read_agent_message(data), SentHello | SentBatch)


def test_answers_carry_what_they_should() -> None:
    read = stream_pb2.CollectorMessage.FromString
    welcome = read(messages.welcome(1, 7, 512, 99, HEAD)).welcome
    assert (welcome.next_seq, welcome.credits, welcome.tree_head.root_hash) == (7, 512, HEAD.root_hash)
    assert not read(messages.welcome(1, 1, 1, 1, None)).welcome.HasField("tree_head")
    ack = read(messages.ack(AckNumbers(b"s" * 16, 8, 16, 99, 5), HEAD)).ack
    assert (ack.seq, ack.sent_boottime_ns, ack.tree_head.tree_size) == (8, 5, 9)
    refusal = read(messages.refusal(b"s" * 16, Refusal(RefusalReason.FORKED, 3, "why"))).refusal
    assert (refusal.reason, refusal.wanted_seq, refusal.detail) == (stream_pb2.Refusal.FORKED, 3, "why")
    signed = signed_policy(1)
    assert read(messages.policy(signed)).policy.SerializeToString(deterministic=True) == signed
