"""Spool items and the messages of the stream, in both directions. No sockets here.

Batches and collapsed runs are signed with the host's chain key as they are made (C4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_agent.spool.port import Item, StoredRecord
from gapwatch_agent.transport.sender import Answer
from gapwatch_proto.record import SUITE_SHA256_ED25519, batch_message, record_hash
from gapwatch_proto.v1 import stream_pb2 as pb
from gapwatch_proto.wire import PROTOCOL_VERSIONS

ANSWERS: Final = {
    pb.Refusal.NUMBER_SKIPPED: Answer.NUMBER_SKIPPED,
    pb.Refusal.BROKEN_CHAIN: Answer.BROKEN_CHAIN,
    pb.Refusal.MALFORMED: Answer.MALFORMED,
    pb.Refusal.FORKED: Answer.FORKED,
    pb.Refusal.BUSY: Answer.BUSY,
}
"""A reason this program does not know is treated as MALFORMED: stop and say so."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: host and chain key."""

    host_id: bytes
    chain_key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the agent says of itself at the start of a stream."""

    agent_version: str
    spool_id: bytes
    host_id: bytes
    boot_id: bytes
    boottime_ns: int
    waiting_records: int
    waiting_worst_severity: int
    policy_version: int


def hello(greeting: Greeting) -> bytes:
    return pb.AgentMessage(
        hello=pb.Hello(
            protocol_versions=PROTOCOL_VERSIONS,
            agent_version=greeting.agent_version,
            spool_id=greeting.spool_id,
            stated_host_id=greeting.host_id,
            boot_id=greeting.boot_id,
            boottime_ns=greeting.boottime_ns,
            waiting_records=greeting.waiting_records,
            waiting_worst_severity=greeting.waiting_worst_severity,
            policy_version=greeting.policy_version,
        )
    ).SerializeToString()


def last_seq(items: Sequence[Item]) -> int:
    """Number of the last record that ``items`` stand for."""
    last = items[-1]
    return last.seq if isinstance(last, StoredRecord) else last.last_seq


def batch(items: Sequence[Item], spool_id: bytes, signer: Signer, sent_boottime_ns: int) -> bytes:
    """One signed batch. ``items`` is not empty."""
    last = items[-1]
    last_hash = record_hash(last.header) if isinstance(last, StoredRecord) else last.last_hash
    message = pb.Batch(
        spool_id=spool_id,
        suite=SUITE_SHA256_ED25519,
        signature=signer.chain_key.sign(batch_message(signer.host_id, spool_id, last_hash)),
        sent_boottime_ns=sent_boottime_ns,
        items=[_item(item, spool_id, signer) for item in items],
    )
    return pb.AgentMessage(batch=message).SerializeToString()


def _item(item: Item, spool_id: bytes, signer: Signer) -> pb.BatchItem:
    if isinstance(item, StoredRecord):
        evicted = item.payload is None
        return pb.BatchItem(record=pb.Record(header=item.header, payload=item.payload, payload_evicted=evicted))
    return pb.BatchItem(
        span=pb.Span(
            first_seq=item.first_seq,
            last_seq=item.last_seq,
            first_prev_hash=item.first_prev_hash,
            last_hash=item.last_hash,
            worst_severity=item.worst_severity,
            signature=signer.chain_key.sign(item.message(signer.host_id, spool_id)),
        )
    )
