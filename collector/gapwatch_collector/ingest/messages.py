"""The stream's messages to values and back: with ``enrolment`` the only place here that meets the generated code."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import DecodeError

from gapwatch_collector.ingest.verify import NUMBER_MAX, Refusal, SentBatch, SentRecord, SentSpan
from gapwatch_collector.model import TreeHead
from gapwatch_proto.errors import ProtocolError
from gapwatch_proto.record import ID_BYTES, SEVERITY_MAX, SUITE_SHA256_ED25519, CollapsedSpan
from gapwatch_proto.v1 import stream_pb2


@dataclass(frozen=True, slots=True)
class SentHello:
    """What an agent says first. Nothing of it is believed beyond what the certificate proves."""

    protocol_versions: tuple[int, ...]
    agent_version: str
    spool_id: bytes
    stated_host_id: bytes
    boot_id: bytes
    boottime_ns: int
    waiting_records: int
    waiting_worst_severity: int
    policy_version: int


@dataclass(frozen=True, slots=True)
class AckNumbers:
    """What an ack tells beside the tree head."""

    spool_id: bytes
    seq: int
    credits: int
    collector_ns: int
    sent_boottime_ns: int


def read_agent_message(data: bytes) -> SentHello | SentBatch:
    """Read one frame. Raises ProtocolError, with a message for the sender, when it is not one of ours."""
    try:
        message = stream_pb2.AgentMessage.FromString(data)
    except DecodeError as error:
        raise ProtocolError(f"a frame of {len(data)} bytes is not a message of this protocol") from error
    which = message.WhichOneof("message")
    if which == "batch":
        return _batch(message.batch)
    if which == "hello":
        return _hello(message.hello)
    raise ProtocolError("the message holds neither hello nor batch; the agent may be newer than this collector")


def welcome(version: int, next_seq: int, credits_granted: int, collector_ns: int, head: TreeHead | None) -> bytes:
    """The answer to a hello."""
    message = stream_pb2.Welcome(
        protocol_version=version,
        next_seq=next_seq,
        credits=credits_granted,
        collector_ns=collector_ns,
        tree_head=_tree_head(head),
    )
    return stream_pb2.CollectorMessage(welcome=message).SerializeToString()


def ack(numbers: AckNumbers, head: TreeHead | None) -> bytes:
    """Everything up to ``numbers.seq`` is committed."""
    message = stream_pb2.Ack(
        spool_id=numbers.spool_id,
        seq=numbers.seq,
        credits=numbers.credits,
        collector_ns=numbers.collector_ns,
        sent_boottime_ns=numbers.sent_boottime_ns,
        tree_head=_tree_head(head),
    )
    return stream_pb2.CollectorMessage(ack=message).SerializeToString()


def refusal(spool_id: bytes, refused: Refusal) -> bytes:
    """The batch was not taken; the stream goes on."""
    message = stream_pb2.Refusal(
        reason=stream_pb2.Refusal.Reason.Name(int(refused.reason)),
        wanted_seq=refused.wanted_seq,
        detail=refused.detail,
        spool_id=spool_id,
    )
    return stream_pb2.CollectorMessage(refusal=message).SerializeToString()


def policy(signed_policy: bytes) -> bytes:
    """A policy on its way from the officers to the agent, as they signed it."""
    return stream_pb2.CollectorMessage(policy=stream_pb2.SignedPolicy.FromString(signed_policy)).SerializeToString()


def _hello(message: stream_pb2.Hello) -> SentHello:
    for name, value in (("spool_id", message.spool_id), ("boot_id", message.boot_id)):
        if len(value) != ID_BYTES:
            raise ProtocolError(f"hello: {name} has {len(value)} bytes, not {ID_BYTES}")
    if message.boottime_ns > NUMBER_MAX:
        raise ProtocolError("hello: boottime_ns is impossibly large")
    return SentHello(
        tuple(message.protocol_versions[:16]),
        message.agent_version[:64],
        message.spool_id,
        message.stated_host_id,
        message.boot_id,
        message.boottime_ns,
        message.waiting_records,
        min(message.waiting_worst_severity, SEVERITY_MAX),
        message.policy_version,
    )


def _batch(message: stream_pb2.Batch) -> SentBatch:
    items: list[SentRecord | SentSpan] = []
    for item in message.items:
        which = item.WhichOneof("item")
        if which == "record":
            record = item.record
            items.append(SentRecord(record.header, record.payload, record.payload_evicted))
        elif which == "span":
            items.append(_span(item.span))
        else:
            raise ProtocolError("a batch item is neither record nor span; the agent may be newer than this collector")
    return SentBatch(message.spool_id, items, message.suite, message.signature, message.sent_boottime_ns)


def _span(message: stream_pb2.Span) -> SentSpan:
    span = CollapsedSpan(
        message.first_seq, message.last_seq, message.first_prev_hash, message.last_hash, message.worst_severity
    )
    return SentSpan(span, message.signature)


def _tree_head(head: TreeHead | None) -> stream_pb2.TreeHead | None:
    if head is None:
        return None
    return stream_pb2.TreeHead(
        suite=SUITE_SHA256_ED25519,
        tree_size=head.tree_size,
        root_hash=head.root_hash,
        signed_at_ns=head.signed_at_ns,
        signature=head.signature,
    )
