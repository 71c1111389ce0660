"""Builds what a verified batch looks like to the store: entries of one host's chain, signed, as commits."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_collector.model import AnchorPoint, NewEntry, Origin, SpoolPosition
from gapwatch_collector.store.entries import span_entry
from gapwatch_collector.store.ports import Commit
from gapwatch_proto.codec import encode
from gapwatch_proto.events import File, FileActivity, Medium, Payload, Process
from gapwatch_proto.identity import raw
from gapwatch_proto.kinds import SEVERITY, Kind
from gapwatch_proto.record import GENESIS_HASH, CollapsedSpan, RecordHeader, batch_message, payload_hash, record_hash

START_NS = 1_790_000_000_000_000_000

PAYLOADS: dict[Kind, Payload] = {
    Kind.FILE_WRITTEN: FileActivity(
        action="closed_write",
        file=File("/media/usb/年度总结-终稿.docx", "年度总结-终稿.docx", 48_213, "ab" * 32),
        source=File("/home/user/documents/年度总结-终稿.docx", "年度总结-终稿.docx", 48_213),
        medium=Medium(vendor_name="SanDisk", product_name="Ultra", serial_number="4C530001", filesystem_id="1A2B-3C4D"),
    )
}


def process(pid: int) -> Process:
    return Process(pid=pid, name="cp", path="/usr/bin/cp", cmd_line="cp a b", captured="held")


@dataclass
class Chain:
    """One host's spool as it grows. Each method returns what ingest would commit."""

    host_id: bytes = b"h" * 16
    spool_id: bytes = b"s" * 16
    boot_id: bytes = b"b" * 16
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    next_seq: int = 1
    last_hash: bytes = GENESIS_HASH
    event_ns: int = START_NS

    @property
    def public_key(self) -> bytes:
        return raw(self.key.public_key())

    @property
    def position(self) -> SpoolPosition:
        return SpoolPosition(self.host_id, self.spool_id, self.next_seq, self.last_hash)

    def record(
        self, kind: Kind = Kind.FILE_WRITTEN, payload: bytes | None = None, *, evicted: bool = False
    ) -> NewEntry:
        """The next record."""
        body = encode(PAYLOADS[Kind.FILE_WRITTEN]) if payload is None else payload
        self.event_ns += 1_000_000
        header = RecordHeader(
            self.spool_id,
            self.next_seq,
            kind,
            self.boot_id,
            self.event_ns - START_NS,
            self.event_ns,
            SEVERITY[kind],
            self.last_hash,
            payload_hash(body),
        ).pack()
        entry = NewEntry(
            Origin.RECORD,
            int(kind),
            SEVERITY[kind],
            self.event_ns,
            50_000_000,
            b"" if evicted else body,
            self.host_id,
            self.spool_id,
            self.next_seq,
            header,
            evicted,
        )
        self.next_seq, self.last_hash = self.next_seq + 1, record_hash(header)
        return entry

    def span(self, records: int) -> NewEntry:
        """A run of that many records of which only the ends are left."""
        first_seq, first_prev_hash = self.next_seq, self.last_hash
        worst = max(self.record().severity for _ in range(records))
        span = CollapsedSpan(first_seq, self.next_seq - 1, first_prev_hash, self.last_hash, worst)
        signature = self.key.sign(span.message(self.host_id, self.spool_id))
        return span_entry(self.host_id, self.spool_id, span, signature, event_ns=self.event_ns)

    def commit(self, *entries: NewEntry, anchors: tuple[AnchorPoint, ...] = ()) -> Commit:
        """The entries (made just now) as one signed batch; expects the spool where the first of them begins."""
        signature = self.key.sign(batch_message(self.host_id, self.spool_id, self.last_hash))
        return Commit(self.position, entries[0].seq, entries, anchors, signature)

    def batch(self, records: int, kind: Kind = Kind.FILE_WRITTEN) -> Commit:
        """A batch of that many records."""
        return self.commit(*[self.record(kind) for _ in range(records)])
