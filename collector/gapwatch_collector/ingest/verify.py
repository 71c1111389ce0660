"""Which records of a batch are new and true: bytes and a position in, values out, no I/O (contracts C1, C2, C4).

A batch is checked by itself first (numbers, chain, payload hashes, signature) and then against where the spool stands.
Because every record names its predecessor's hash, one comparison at the join decides about everything before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from gapwatch_collector.model import SpoolPosition
from gapwatch_proto.errors import MalformedRecordError
from gapwatch_proto.identity import verify as signature_holds
from gapwatch_proto.kinds import SEVERITY
from gapwatch_proto.record import (
    GENESIS_HASH,
    HASH_BYTES,
    PAYLOAD_BYTES_MAX,
    SEVERITY_MAX,
    SEVERITY_MIN,
    SUITE_SHA256_ED25519,
    CollapsedSpan,
    batch_message,
    payload_hash,
    read_fields,
    record_hash,
)
from gapwatch_proto.wire import BATCH_BYTES_MAX, BATCH_RECORDS_MAX

NUMBER_MAX: Final = 2**62
"""Numbers and boot times beyond this are lies; every database's integer holds what is below."""

_SEVERITY_BY_NUMBER: Final = {int(kind): severity for kind, severity in SEVERITY.items()}


class RefusalReason(IntEnum):
    """Why a batch was not taken; numbers equal those of the wire."""

    NUMBER_SKIPPED = 1
    BROKEN_CHAIN = 2
    MALFORMED = 3
    FORKED = 4
    BUSY = 5


class SentRecord(NamedTuple):
    """A record as it arrived: header bytes, payload, whether the payload was given up for lack of space."""

    header: bytes
    payload: bytes
    payload_evicted: bool


class SentSpan(NamedTuple):
    """A collapsed run as it arrived, with its own signature."""

    span: CollapsedSpan
    signature: bytes


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A batch as it arrived, parsed and not yet believed."""

    spool_id: bytes
    items: Sequence[SentRecord | SentSpan]
    suite: int
    signature: bytes
    sent_boottime_ns: int = 0


class RecordItem(NamedTuple):
    """A record that fits the chain."""

    first_seq: int
    last_seq: int
    prev_hash: bytes
    last_hash: bytes
    sent: SentRecord
    kind: int
    severity: int
    boot_id: bytes
    boottime_ns: int
    wall_ns: int


class SpanItem(NamedTuple):
    """A collapsed run that fits the chain; what it stood for is gone (C3)."""

    first_seq: int
    last_seq: int
    prev_hash: bytes
    last_hash: bytes
    sent: SentSpan


Item = RecordItem | SpanItem


@dataclass(frozen=True, slots=True)
class Fork:
    """Another record stands under ``seq``. ``branch`` is what this batch holds from there on (C1)."""

    seq: int
    kept_hash: bytes
    branch: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The batch is not taken: why, which number is wanted next, and in words what was wrong."""

    reason: RefusalReason
    wanted_seq: int
    detail: str
    fork: Fork | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What is new (maybe nothing) and where the spool stands once that is committed."""

    items: tuple[Item, ...]
    position: SpoolPosition
    repeated: int
    signature: bytes


class _WrongError(Exception):
    def __init__(self, reason: RefusalReason, detail: str) -> None:
        self.reason, self.detail = reason, detail


def verify_batch(
    batch: SentBatch, position: SpoolPosition, chain_key: bytes, hash_of: Callable[[int], bytes | None]
) -> Verified | Refusal:
    """Check a batch of the host and spool that ``position`` names.

    ``hash_of`` gives the hash of an already committed record, None when it is no longer kept; it is asked only about
    numbers that the batch repeats.
    """
    try:
        _check_frame(batch, position)
        items = _read_items(batch, position.host_id, chain_key)
        _check_signature(batch, position, items[-1].last_hash, chain_key)
    except _WrongError as wrong:
        return Refusal(wrong.reason, position.next_seq, wrong.detail)
    return _join(items, position, hash_of, batch.signature)


def _check_signature(batch: SentBatch, position: SpoolPosition, last_hash: bytes, chain_key: bytes) -> None:
    signed = batch_message(position.host_id, position.spool_id, last_hash)
    if not signature_holds(chain_key, batch.signature, signed):
        complaint = "the batch's signature does not fit this host, its chain key and its last record"
        raise _WrongError(RefusalReason.BROKEN_CHAIN, complaint)


def _check_frame(batch: SentBatch, position: SpoolPosition) -> None:
    if batch.suite != SUITE_SHA256_ED25519:
        raise _WrongError(RefusalReason.MALFORMED, f"batch suite {batch.suite} is not known here; update the collector")
    if batch.spool_id != position.spool_id:
        raise _WrongError(
            RefusalReason.MALFORMED, "the batch is of another spool than the hello; open a new stream for it"
        )
    if not 0 < len(batch.items) <= BATCH_RECORDS_MAX:
        raise _WrongError(
            RefusalReason.MALFORMED, f"a batch has 1 to {BATCH_RECORDS_MAX} records, this one {len(batch.items)}"
        )


def _read_items(batch: SentBatch, host_id: bytes, chain_key: bytes) -> list[Item]:
    items: list[Item] = []
    before: Item | None = None
    bytes_left = BATCH_BYTES_MAX
    for sent in batch.items:
        if isinstance(sent, SentRecord):
            item: Item = _read_record(sent, batch.spool_id)
            bytes_left -= len(sent.payload)
        else:
            item = _read_span(sent, host_id, batch.spool_id, chain_key)
        if before is not None:
            _check_follows(before, item)
        items.append(item)
        before = item
    if bytes_left < 0:
        raise _WrongError(RefusalReason.MALFORMED, f"a batch carries at most {BATCH_BYTES_MAX} bytes of payload")
    return items


def _read_record(sent: SentRecord, spool_id: bytes) -> RecordItem:
    try:
        spool, seq, kind, boot_id, boottime_ns, wall_ns, severity, prev_hash, hash_named, _ = read_fields(sent.header)
    except MalformedRecordError as error:
        raise _WrongError(RefusalReason.MALFORMED, str(error)) from error
    if spool != spool_id:
        raise _WrongError(RefusalReason.BROKEN_CHAIN, f"record {seq} is of another spool than its batch")
    if seq > NUMBER_MAX or boottime_ns > NUMBER_MAX:
        raise _WrongError(RefusalReason.MALFORMED, f"record {seq}: number or boot time is impossibly large")
    if len(sent.payload) > PAYLOAD_BYTES_MAX:
        raise _WrongError(
            RefusalReason.MALFORMED, f"record {seq}: payload of {len(sent.payload)} bytes; {PAYLOAD_BYTES_MAX} at most"
        )
    if _SEVERITY_BY_NUMBER.get(kind, severity) != severity:
        wanted = _SEVERITY_BY_NUMBER[kind]
        raise _WrongError(
            RefusalReason.MALFORMED,
            f"record {seq}: kind {kind} has severity {wanted}, the header says {severity}",
        )
    if sent.payload_evicted:
        if sent.payload:
            raise _WrongError(RefusalReason.MALFORMED, f"record {seq}: says its payload was given up, yet carries one")
    elif payload_hash(sent.payload) != hash_named:
        raise _WrongError(RefusalReason.BROKEN_CHAIN, f"record {seq}: the payload is not the one the header names")
    last_hash = record_hash(sent.header)
    return RecordItem(seq, seq, prev_hash, last_hash, sent, kind, severity, boot_id, boottime_ns, wall_ns)


def _read_span(sent: SentSpan, host_id: bytes, spool_id: bytes, chain_key: bytes) -> SpanItem:
    span = sent.span
    if not 1 <= span.first_seq <= span.last_seq <= NUMBER_MAX:
        raise _WrongError(RefusalReason.MALFORMED, f"a span from {span.first_seq} to {span.last_seq} is none")
    if len(span.first_prev_hash) != HASH_BYTES or len(span.last_hash) != HASH_BYTES:
        raise _WrongError(RefusalReason.MALFORMED, f"the span at {span.first_seq} has hashes of a wrong length")
    if not SEVERITY_MIN <= span.worst_severity <= SEVERITY_MAX:
        raise _WrongError(RefusalReason.MALFORMED, f"the span at {span.first_seq} has severity {span.worst_severity}")
    if not signature_holds(chain_key, sent.signature, span.message(host_id, spool_id)):
        raise _WrongError(
            RefusalReason.BROKEN_CHAIN, f"the span at {span.first_seq} is not signed by this host's chain key"
        )
    return SpanItem(span.first_seq, span.last_seq, span.first_prev_hash, span.last_hash, sent)


def _check_follows(before: Item, item: Item) -> None:
    wanted = before.last_seq + 1
    if item.first_seq > wanted:
        raise _WrongError(
            RefusalReason.NUMBER_SKIPPED, f"inside the batch {before.last_seq} is followed by {item.first_seq}"
        )
    if item.first_seq < wanted:
        raise _WrongError(
            RefusalReason.MALFORMED, f"inside the batch {before.last_seq} is followed by {item.first_seq}"
        )
    if item.prev_hash != before.last_hash:
        raise _WrongError(
            RefusalReason.BROKEN_CHAIN, f"record {item.first_seq} does not name record {before.last_seq}'s hash"
        )


def _join(
    items: list[Item], position: SpoolPosition, hash_of: Callable[[int], bytes | None], signature: bytes
) -> Verified | Refusal:
    wanted = position.next_seq
    if items[0].first_seq > wanted:
        return Refusal(
            RefusalReason.NUMBER_SKIPPED, wanted, f"the batch begins at {items[0].first_seq}, {wanted} is wanted"
        )

    def kept(seq: int) -> bytes | None:
        if seq == 0:
            return GENESIS_HASH
        return position.last_hash if seq == wanted - 1 else hash_of(seq)

    new = [item for item in items if item.last_seq >= wanted]
    repeated = items[: len(items) - len(new)]
    # What the batch claims to stand just before its new part, or at its end when nothing is new.
    seq, claimed = (new[0].first_seq - 1, new[0].prev_hash) if new else (items[-1].last_seq, items[-1].last_hash)
    known = kept(seq)
    if known is not None and known != claimed:
        return _forked(items, repeated, (seq, known), wanted, kept)
    if not new:
        return Verified((), position, len(repeated), signature)
    after = SpoolPosition(position.host_id, position.spool_id, new[-1].last_seq + 1, new[-1].last_hash)
    return Verified(tuple(new), after, len(repeated), signature)


def _forked(
    items: list[Item],
    repeated: list[Item],
    differs_at: tuple[int, bytes],
    wanted: int,
    kept: Callable[[int], bytes | None],
) -> Refusal:
    seq, known = differs_at
    if seq == 0:
        return Refusal(RefusalReason.BROKEN_CHAIN, wanted, "record 1 names a predecessor; a spool begins with none")
    branch: list[Item] = items[len(repeated) :]
    for number, item in enumerate(repeated):
        stands = kept(item.last_seq)
        if stands is not None and stands != item.last_hash:
            seq, known, branch = item.last_seq, stands, items[number:]
            break
    detail = f"another record stands under number {seq}: this spool was copied or set back; start a new one"
    return Refusal(RefusalReason.FORKED, wanted, detail, Fork(seq, known, tuple(branch)))
