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
from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat
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
    return _prefixed((entry,), recorded_ns)[0][len(LEAF_PREFIX) :]


def leaf_hashes(entries: Sequence[NewEntry], recorded_ns: int) -> list[bytes]:
    """Hashes of the leaves of entries recorded together. Raises ValueError like ``leaf_bytes``."""
    return [sha256(leaf).digest() for leaf in _prefixed(entries, recorded_ns)]


def _prefixed(entries: Sequence[NewEntry], recorded_ns: int) -> list[bytes]:
    """Leaves behind the byte that marks them. By columns, because this runs for every event (twice as fast)."""
    hosts = [entry.host_id for entry in entries]
    spools = [entry.spool_id for entry in entries]
    headers = [entry.header for entry in entries]
    host_lengths, spool_lengths, header_lengths = ([*map(len, column)] for column in (hosts, spools, headers))
    odd = set(zip(host_lengths, spool_lengths, header_lengths, strict=True)) - _LENGTHS
    if odd:  # struct would silently pad or cut
        raise ValueError(f"host id, spool id and header of an entry have {min(odd)} bytes; that cannot be")
    fixed = map(
        _FIXED.pack,
        repeat(LEAF_PREFIX),
        repeat(LEAF_VERSION),
        [entry.origin for entry in entries],
        [entry.kind for entry in entries],
        [entry.severity for entry in entries],
        repeat(recorded_ns),
        [entry.event_ns for entry in entries],
        [entry.uncertainty_ns for entry in entries],
        host_lengths,
        hosts,
        spool_lengths,
        spools,
        [entry.seq for entry in entries],
        header_lengths,
    )
    try:
        return [
            start + (entry.header or sha256(entry.payload).digest())
            for start, entry in zip(fixed, entries, strict=True)
        ]
    except struct.error as error:
        raise ValueError(f"a number of an entry is out of range: {error}") from error
