"""Spool items as signed messages."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_agent.spool.port import StoredRecord
from gapwatch_agent.transport import messages
from gapwatch_agent.transport.messages import Greeting, Signer
from gapwatch_agent.transport.sender import Answer
from gapwatch_proto.identity import raw, verify
from gapwatch_proto.record import CollapsedSpan, batch_message, record_hash
from gapwatch_proto.v1 import stream_pb2 as pb
from gapwatch_proto.wire import PROTOCOL_VERSIONS
from support.spools import MemorySpool, records

KEY = Ed25519PrivateKey.generate()
SIGNER = Signer(b"h" * 16, KEY)
PUBLIC = raw(KEY.public_key())


def test_a_batch_is_signed_over_its_last_record() -> None:
    spool = MemorySpool()
    spool.append(records(5))
    items = spool.read(1, 5, 1 << 20)
    batch = pb.AgentMessage.FromString(messages.batch(items, spool.spool_id, SIGNER, 77)).batch
    assert [one.record.header for one in batch.items] == [item.header for item in items]
    assert [one.record.payload for one in batch.items] == [item.payload for item in items]
    signed = batch_message(b"h" * 16, spool.spool_id, record_hash(items[-1].header))
    assert verify(PUBLIC, batch.signature, signed)
    assert (batch.suite, batch.sent_boottime_ns, batch.spool_id) == (1, 77, spool.spool_id)


def test_runs_and_evicted_payloads_say_what_they_are() -> None:
    span = CollapsedSpan(3, 9, b"p" * 32, b"l" * 32, 4)
    items = [StoredRecord(2, b"h" * 124, None), span]
    batch = pb.AgentMessage.FromString(messages.batch(items, b"s" * 16, SIGNER, 1)).batch
    assert (batch.items[0].record.payload_evicted, batch.items[0].record.payload) == (True, b"")
    sent = batch.items[1].span
    assert (sent.first_seq, sent.last_seq, sent.worst_severity) == (3, 9, 4)
    assert verify(PUBLIC, sent.signature, span.message(b"h" * 16, b"s" * 16))
    assert verify(PUBLIC, batch.signature, batch_message(b"h" * 16, b"s" * 16, b"l" * 32))
    assert messages.last_seq(items) == 9
    assert messages.last_seq(items[:1]) == 2


def test_an_empty_payload_is_not_evicted() -> None:
    batch = pb.AgentMessage.FromString(messages.batch([StoredRecord(1, b"h" * 124, b"")], b"s" * 16, SIGNER, 1)).batch
    assert not batch.items[0].record.payload_evicted


def test_the_greeting() -> None:
    hello = pb.AgentMessage.FromString(
        messages.hello(Greeting("0.1", b"s" * 16, b"h" * 16, b"b" * 16, 5, 6, 4, 7))
    ).hello
    assert tuple(hello.protocol_versions) == PROTOCOL_VERSIONS
    assert (hello.agent_version, hello.spool_id, hello.stated_host_id) == ("0.1", b"s" * 16, b"h" * 16)
    assert (hello.boottime_ns, hello.waiting_records, hello.waiting_worst_severity, hello.policy_version) == (
        5,
        6,
        4,
        7,
    )


def test_every_reason_of_the_wire_has_an_answer() -> None:
    reasons = [value for value in pb.Refusal.Reason.values() if value != pb.Refusal.REASON_UNSPECIFIED]
    assert {messages.ANSWERS[reason] for reason in reasons} == set(Answer)
