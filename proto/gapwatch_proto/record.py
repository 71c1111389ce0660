"""The chained record (contract C4): bytes in, values out, no I/O.

A record is a fixed header of 124 bytes and a payload. The header carries the hash of the payload and the hash of the
record before it, so a host's records form one chain; the record's own hash is SHA-256 over the header alone. A batch is
signed with the host's Ed25519 chain key over (domain tag, host id, spool id, hash of the last record), so nobody who
lacks that key can append to, cut or re-order what a host said. Test vectors stand in ``proto/vectors/record.json``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gapwatch_proto.errors import MalformedRecordError

SUITE_SHA256_ED25519: Final = 1
"""SHA-256 hashes and Ed25519 signatures; every signed structure names its suite so that another can be added."""

HEADER_BYTES: Final = 124
PAYLOAD_BYTES_MAX: Final = 256 * 1024
"""A payload larger than this is refused on both sides: no honest sensor needs it."""

ID_BYTES: Final = 16
HASH_BYTES: Final = 32
GENESIS_HASH: Final = bytes(HASH_BYTES)
"""What the first record of a spool names as its predecessor."""

SEVERITY_MIN: Final = 1
SEVERITY_MAX: Final = 5

_HEADER = struct.Struct(">B16sQH16sQqB32s32s")
assert _HEADER.size == HEADER_BYTES

_BATCH_TAG: Final = b"gapwatch batch v1\x00"
_SPAN_TAG: Final = b"gapwatch span v1\x00"
_SPAN = struct.Struct(">QQ32s32sB")


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """The 124 bytes that are chained and hashed.

    ``boottime_ns`` is CLOCK_BOOTTIME of the boot named by ``boot_id``; ``wall_ns`` is what the host's wall clock said
    (nanoseconds since 1970 UTC) and is evidence, not truth (C15). ``seq`` begins at 1 in every spool.
    """

    spool_id: bytes
    seq: int
    kind: int
    boot_id: bytes
    boottime_ns: int
    wall_ns: int
    severity: int
    prev_hash: bytes
    payload_hash: bytes
    suite: int = SUITE_SHA256_ED25519

    def pack(self) -> bytes:
        """The header as it is hashed, stored and sent.

        Raises MalformedRecordError when a value does not fit its field.
        """
        _require_widths(self)
        try:
            return _HEADER.pack(
                self.suite,
                self.spool_id,
                self.seq,
                self.kind,
                self.boot_id,
                self.boottime_ns,
                self.wall_ns,
                self.severity,
                self.prev_hash,
                self.payload_hash,
            )
        except struct.error as error:
            raise MalformedRecordError(f"a header field is out of range: {error}") from error

    @classmethod
    def unpack(cls, data: bytes) -> RecordHeader:
        """Read a header that arrived from outside.

        Raises MalformedRecordError when the length, the suite, the severity or the number is wrong.
        """
        return cls(*read_fields(data))

    def hash(self) -> bytes:
        """The record's hash: what its successor and the batch signature name."""
        return sha256(self.pack()).digest()


def read_fields(data: bytes) -> tuple[bytes, int, int, bytes, int, int, int, bytes, bytes, int]:
    """The fields of a header that arrived from outside, in the order of RecordHeader's, for whoever reads very many.

    Raises MalformedRecordError as ``RecordHeader.unpack`` does.
    """
    if len(data) != HEADER_BYTES:
        raise MalformedRecordError(f"a record header has {HEADER_BYTES} bytes, this one {len(data)}")
    (suite, spool_id, seq, kind, boot_id, boottime, wall, severity, prev_hash, payload_hash) = _HEADER.unpack(data)
    if suite != SUITE_SHA256_ED25519:
        raise MalformedRecordError(f"record suite {suite} is not known here; update this program")
    if not SEVERITY_MIN <= severity <= SEVERITY_MAX:
        raise MalformedRecordError(f"severity {severity} is outside {SEVERITY_MIN}..{SEVERITY_MAX}")
    if seq == 0:
        raise MalformedRecordError("record number 0 does not exist; a spool begins at 1")
    return spool_id, seq, kind, boot_id, boottime, wall, severity, prev_hash, payload_hash, suite


def _require_widths(header: RecordHeader) -> None:
    for name, width in (
        ("spool_id", ID_BYTES),
        ("boot_id", ID_BYTES),
        ("prev_hash", HASH_BYTES),
        ("payload_hash", HASH_BYTES),
    ):
        value = getattr(header, name)
        if len(value) != width:  # struct would silently pad or cut a bytes field
            raise MalformedRecordError(f"{name} has {len(value)} bytes, not {width}")


def payload_hash(payload: bytes) -> bytes:
    """SHA-256 over the plaintext payload, whose bytes are never re-serialised."""
    return sha256(payload).digest()


def record_hash(header_bytes: bytes) -> bytes:
    """SHA-256 over the header's bytes, for callers that already hold them packed."""
    return sha256(header_bytes).digest()


def batch_message(host_id: bytes, spool_id: bytes, last_hash: bytes) -> bytes:
    """The bytes a host's chain key signs for a batch."""
    return _BATCH_TAG + bytes([SUITE_SHA256_ED25519]) + host_id + spool_id + last_hash


@dataclass(frozen=True, slots=True)
class CollapsedSpan:
    """A run of records that eviction reduced to its ends (C3).

    ``first_prev_hash`` is what record ``first_seq`` named as its predecessor, ``last_hash`` the hash of record
    ``last_seq``: the chain still closes over the run although its middle is gone.
    """

    first_seq: int
    last_seq: int
    first_prev_hash: bytes
    last_hash: bytes
    worst_severity: int

    def message(self, host_id: bytes, spool_id: bytes) -> bytes:
        """The bytes a host's chain key signs for a collapsed run."""
        body = _SPAN.pack(self.first_seq, self.last_seq, self.first_prev_hash, self.last_hash, self.worst_severity)
        return _SPAN_TAG + bytes([SUITE_SHA256_ED25519]) + host_id + spool_id + body
