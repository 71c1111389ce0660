"""Records to keep, a spool in memory that fills the port, and the check that a chain holds."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import sha256

from gapwatch_agent.spool.port import Depth, Item, NewRecord, StoredRecord
from gapwatch_proto.record import CollapsedSpan, RecordHeader, payload_hash, record_hash

BOOT = b"b" * 16


def a_record(number: int = 1, severity: int = 2, size: int = 100, boot_id: bytes = BOOT) -> NewRecord:
    """A record whose payload is a function of its number, so that a test can tell records apart."""
    payload = (sha256(str(number).encode()).digest() * (size // 32 + 1))[:size]
    return NewRecord(300, severity, 1_000_000_000 + number, 1_790_000_000_000_000_000 + number, boot_id, payload)


def records(count: int, first: int = 1, severity: int = 2, size: int = 100) -> list[NewRecord]:
    return [a_record(first + offset, severity, size) for offset in range(count)]


def require_chain(items: Sequence[Item], spool_id: bytes, first_seq: int, prev_hash: bytes | None = None) -> bytes:
    """Numbers follow on, hashes link, payloads fit. Returns the last record's hash."""
    seq, last_hash = first_seq, prev_hash
    for item in items:
        if isinstance(item, CollapsedSpan):
            assert item.first_seq == seq
            assert last_hash in {None, item.first_prev_hash}
            seq, last_hash = item.last_seq + 1, item.last_hash
            continue
        header = RecordHeader.unpack(item.header)
        assert (item.seq, header.seq, header.spool_id) == (seq, seq, spool_id)
        assert last_hash in {None, header.prev_hash}
        assert item.payload is None or payload_hash(item.payload) == header.payload_hash
        seq, last_hash = seq + 1, record_hash(item.header)
    assert last_hash is not None
    return last_hash


class MemorySpool:
    """The Spool port without a disk: nothing is evicted, nothing survives."""

    def __init__(self) -> None:
        self.spool_id = secrets.token_bytes(16)
        self.next_seq, self.acked_seq, self.sent_seq = 1, 0, 0
        self._tail = bytes(32)
        self._kept: list[StoredRecord] = []
        self._sources: dict[bytes, int] = {}

    def append(self, records: Sequence[NewRecord], *, source: bytes = b"", numbers: Sequence[int] = ()) -> int:
        if source:
            if len(numbers) != len(records) or list(numbers) != sorted(set(numbers)):
                raise ValueError("numbers")
            last = self.last_number(source)
            records = [record for record, number in zip(records, numbers, strict=True) if number > last]
            self._sources[source] = max([last, *numbers])
        for record in records:
            header = RecordHeader(
                self.spool_id,
                self.next_seq,
                record.kind,
                record.boot_id,
                record.boottime_ns,
                record.wall_ns,
                record.severity,
                self._tail,
                payload_hash(record.payload),
            ).pack()
            self._kept.append(StoredRecord(self.next_seq, header, record.payload))
            self._tail = record_hash(header)
            self.next_seq += 1
        return len(records)

    def last_number(self, source: bytes) -> int:
        return self._sources.get(source, 0)

    def read(self, from_seq: int, limit: int, bytes_max: int) -> list[Item]:
        if from_seq <= self.acked_seq:
            raise ValueError("forgotten")
        found: list[Item] = []
        size = 0
        for one in self._kept:
            size += len(one.header) + len(one.payload or b"") if one.seq >= from_seq else 0
            if one.seq >= from_seq and len(found) < limit and (not found or size <= bytes_max):
                found.append(one)
        return found

    def mark_sent(self, seq: int) -> None:
        self.sent_seq = max(self.sent_seq, seq)

    def ack(self, seq: int) -> None:
        if seq >= self.next_seq:
            raise ValueError("never given")
        self.acked_seq = max(self.acked_seq, seq)
        self._kept = [one for one in self._kept if one.seq > self.acked_seq]

    def depth(self) -> Depth:
        if not self._kept:
            return Depth()
        heads = [RecordHeader.unpack(one.header) for one in self._kept]
        size = sum(124 + len(one.payload or b"") for one in self._kept)
        worst = max(head.severity for head in heads)
        return Depth(len(heads), size, worst, heads[0].boot_id, heads[0].boottime_ns, heads[0].wall_ns)

    def maintain(self) -> None:
        pass

    def close(self) -> None:
        pass
