"""What a leaf of the log's Merkle tree commits to: an entry as canonical bytes. Pure.

Big-endian, in this order:

    version u8 (1) · origin u8 · kind u16 · severity u8 · recorded_ns i64 · event_ns i64 · uncertainty_ns i64
    host length u8 · host_id 16 · spool length u8 · spool_id 16 · seq u64 · header length u8
    then the 124 header bytes of a record, or, where there is no header, SHA-256 of the payload

Ids that are absent have length 0 and sixteen zero bytes. A record's header names its payload's hash, so evicting or
expiring the payload leaves the leaf as it was. The position in the tree is the log index, so that is not repeated.
``payload_evicted`` is left out on purpose: it may change.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from gapwatch_collector.model import NewEntry
from gapwatch_collector.store.merkle import LEAF_PREFIX
from gapwatch_proto.record import HEADER_BYTES, ID_BYTES

LEAF_VERSION: Final = 1

_FIXED = struct.Struct(">cBBHBqqqB16sB16sQB")
_LENGTHS: Final = frozenset(
    (host, spool, header) for host in (0, ID_BYTES) for spool in (0, ID_BYTES) for header in (0, HEADER_BYTES)
)


def leaf_bytes(entry: NewEntry, recorded_ns: int) -> bytes:
    """The canonical bytes of an entry recorded at that time.

    Raises ValueError when an id or header has a length that cannot be, or a number does not fit its field.
    """
    return _prefixed(entry, recorded_ns)[1:]


def leaf_hashes(entries: Iterable[NewEntry], recorded_ns: int) -> list[bytes]:
    """Hashes of the leaves of entries recorded together. Raises ValueError like ``leaf_bytes``."""
    return [sha256(_prefixed(entry, recorded_ns)).digest() for entry in entries]


def _prefixed(entry: NewEntry, recorded_ns: int) -> bytes:
    """The leaf behind the byte that marks leaves, in one piece: this runs for every event."""
    header, host_id, spool_id = entry.header, entry.host_id, entry.spool_id
    lengths = (len(host_id), len(spool_id), len(header))
    if lengths not in _LENGTHS:  # struct would silently pad or cut
        raise ValueError(f"host id, spool id and header of an entry have {lengths} bytes; that cannot be")
    try:
        fixed = _FIXED.pack(
            LEAF_PREFIX,
            LEAF_VERSION,
            entry.origin,
            entry.kind,
            entry.severity,
            recorded_ns,
            entry.event_ns,
            entry.uncertainty_ns,
            lengths[0],
            host_id,
            lengths[1],
            spool_id,
            entry.seq,
            lengths[2],
        )
    except struct.error as error:
        raise ValueError(f"a number of the entry is out of range: {error}") from error
    return fixed + (header or sha256(entry.payload).digest())
