"""A minimal agent for tests: chained, signed records as C4 wants them, without spool, sensors or network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_proto.codec import encode
from gapwatch_proto.events import Heartbeat, Payload
from gapwatch_proto.identity import build_csr, raw
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import (
    GENESIS_HASH,
    SUITE_SHA256_ED25519,
    CollapsedSpan,
    RecordHeader,
    batch_message,
    payload_hash,
    record_hash,
)
from gapwatch_proto.v1 import stream_pb2

WALL_NS = 1_790_000_000_000_000_000


@dataclass
class Written:
    """One record of the chain."""

    header: RecordHeader
    payload: bytes

    @property
    def packed(self) -> bytes:
        return self.header.pack()

    @property
    def hash(self) -> bytes:
        return record_hash(self.packed)


@dataclass
class ScriptedAgent:
    """Holds keys and a chain; a test says what it sends."""

    host_id: bytes = bytes(range(16))
    spool_id: bytes = b"s" * 16
    boot_id: bytes = b"b" * 16
    chain_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    tls_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    boottime_ns: int = 5_000_000_000
    records: list[Written] = field(default_factory=list)

    @property
    def public_chain_key(self) -> bytes:
        return raw(self.chain_key.public_key())

    def csr(self, hostname: str = "station") -> bytes:
        return build_csr(self.tls_key, self.chain_key, hostname)

    def write(self, payload: Payload | None = None, kind: int = Kind.HEARTBEAT, **header: object) -> Written:
        """Append one record; ``header`` fields override what an honest agent would write."""
        body = header.pop("payload_bytes", None)
        data = body if isinstance(body, bytes) else encode(payload or Heartbeat(agent_version="1"))
        seq = len(self.records) + 1
        honest = RecordHeader(
            spool_id=self.spool_id,
            seq=seq,
            kind=int(kind),
            boot_id=self.boot_id,
            boottime_ns=self.boottime_ns + seq * 1_000_000,
            wall_ns=WALL_NS + seq * 1_000_000,
            severity=SEVERITY.get(kind, 1),
            prev_hash=self.records[-1].hash if self.records else GENESIS_HASH,
            payload_hash=payload_hash(data),
        )
        written = Written(replace(honest, **header), data)
        self.records.append(written)
        return written

    def write_many(self, count: int) -> list[Written]:
        return [self.write() for _ in range(count)]

    def fork(self, keep: int) -> ScriptedAgent:
        """The same spool, set back to its first ``keep`` records, as a restored disk image would be."""
        return replace(self, records=list(self.records[:keep]))

    # --- messages -----------------------------------------------------------------------------------------------------

    def hello(self, **fields: object) -> bytes:
        """A hello frame; ``fields`` override."""
        honest = {
            "protocol_versions": [1],
            "agent_version": "0.1",
            "spool_id": self.spool_id,
            "stated_host_id": self.host_id,
            "boot_id": self.boot_id,
            "boottime_ns": self.boottime_ns,
        }
        return stream_pb2.AgentMessage(hello=stream_pb2.Hello(**{**honest, **fields})).SerializeToString()

    def batch(self, first: int, last: int, **fields: object) -> bytes:
        """A batch frame of the records ``first`` to ``last`` (numbers, both included)."""
        return self.batch_of(self.records[first - 1 : last], **fields)

    def batch_of(self, written: list[Written], **fields: object) -> bytes:
        """A signed batch frame of these records."""
        items = [
            stream_pb2.BatchItem(record=stream_pb2.Record(header=one.packed, payload=one.payload)) for one in written
        ]
        return self.frame(items, written[-1].hash if written else b"", **fields)

    def frame(self, items: list[stream_pb2.BatchItem], last_hash: bytes, **fields: object) -> bytes:
        """A signed batch frame of these items."""
        signed = batch_message(self.host_id, self.spool_id, last_hash)
        honest = {
            "spool_id": self.spool_id,
            "items": items,
            "suite": SUITE_SHA256_ED25519,
            "signature": self.chain_key.sign(signed),
            "sent_boottime_ns": self.boottime_ns,
        }
        return stream_pb2.AgentMessage(batch=stream_pb2.Batch(**{**honest, **fields})).SerializeToString()

    def span_item(self, first: int, last: int, **fields: object) -> stream_pb2.BatchItem:
        """The records ``first`` to ``last`` collapsed into a signed run."""
        run = self.records[first - 1 : last]
        span = CollapsedSpan(first, last, run[0].header.prev_hash, run[-1].hash, max(r.header.severity for r in run))
        span = replace(span, **fields)
        return stream_pb2.BatchItem(
            span=stream_pb2.Span(
                first_seq=span.first_seq,
                last_seq=span.last_seq,
                first_prev_hash=span.first_prev_hash,
                last_hash=span.last_hash,
                worst_severity=span.worst_severity,
                signature=self.chain_key.sign(span.message(self.host_id, self.spool_id)),
            )
        )
