"""What a leaf of the log's Merkle tree commits to: an entry as canonical bytes. Pure.

Big-endian, 142 bytes, in this order:

    version u8 (1) · origin u8 · kind u16 · severity u8 · recorded_ns i64 · event_ns i64 · uncertainty_ns i64
    host length u8 · host_id 16 · spool length u8 · spool_id 16 · seq u64 · header hash 32 · payload hash 32

Ids that are absent have length 0 and sixteen zero bytes. The header hash is the record's own hash (SHA-256 of its 124
header bytes), 32 zero bytes where there is no header. The payload hash is the one the header names, so evicting or
expiring a record's payload leaves its leaf as it was; an entry without a header commits to SHA-256 of its payload.
The position in the tree is the log index, so that is not repeated. ``payload_evicted`` is left out on purpose: it may
change.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

from gapwatch_collector.model import NewEntry
from gapwatch_collector.store.merkle import LEAF_PREFIX
from gapwatch_proto.record import HASH_BYTES, HEADER_BYTES, ID_BYTES

LEAF_VERSION: Final = 1

_LEAF = struct.Struct(">BBHBqqqB16sB16sQ32s32s")
LEAF_BYTES: Final = _LEAF.size
_NO_HEADER: Final = bytes(HASH_BYTES)
_PAYLOAD_HASH_AT: Final = HEADER_BYTES - HASH_BYTES
_ID_LENGTHS: Final = frozenset({0, ID_BYTES})


def leaf_bytes(entry: NewEntry, recorded_ns: int) -> bytes:
    """The canonical bytes of an entry recorded at that time.

    Raises ValueError when an id or header has a length that cannot be, or a number does not fit its field.
    """
    host_length, spool_length = len(entry.host_id), len(entry.spool_id)
    if host_length not in _ID_LENGTHS or spool_length not in _ID_LENGTHS:
        raise ValueError(f"host and spool ids have {ID_BYTES} bytes or none, these {host_length} and {spool_length}")
    header = entry.header
    if header:
        if len(header) != HEADER_BYTES:
            raise ValueError(f"a record header has {HEADER_BYTES} bytes, this one {len(header)}")
        header_hash, payload_hash = sha256(header).digest(), header[_PAYLOAD_HASH_AT:]
    else:
        header_hash, payload_hash = _NO_HEADER, sha256(entry.payload).digest()
    try:
        return _LEAF.pack(
            LEAF_VERSION,
            entry.origin,
            entry.kind,
            entry.severity,
            recorded_ns,
            entry.event_ns,
            entry.uncertainty_ns,
            host_length,
            entry.host_id,
            spool_length,
            entry.spool_id,
            entry.seq,
            header_hash,
            payload_hash,
        )
    except struct.error as error:
        raise ValueError(f"a number of the entry is out of range: {error}") from error


def entry_leaf_hash(entry: NewEntry, recorded_ns: int) -> bytes:
    """Hash of the entry's leaf."""
    return sha256(LEAF_PREFIX + leaf_bytes(entry, recorded_ns)).digest()
