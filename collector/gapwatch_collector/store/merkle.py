"""The Merkle tree over the log, RFC 6962 hashing: leaf hashes in, roots and proofs out. No I/O.

A leaf is hashed behind 0x00, a node behind 0x01, so that neither can be passed off as the other. The log only ever
grows, so what is kept with it is the frontier alone: the roots of the full subtrees, at most one for each bit of the
size. Proofs ask for the hashes of whole ranges (``RangeHash``), so that a caller may answer from memory, from a cache
or by reading; verifying needs only the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
LEAF_PREFIX: Final = b"\x00"
NODE_PREFIX: Final = b"\x01"
EMPTY_ROOT: Final = sha256(b"").digest()

RangeHash = Callable[[int, int], bytes]
"""Tree hash over the leaves begin .. end - 1 (RFC 6962 §2.1, MTH of that list)."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """Roots of the full subtrees that cover ``size`` leaves, largest (leftmost) first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extended(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The frontier after these leaves; about one hash a leaf, level by level."""
        nodes, peaks, left_over = list(leaf_hashes), list(self.peaks), []
        size, bits = self.size + len(nodes), self.size
        while nodes:
            if bits & 1:
                nodes.insert(0, peaks.pop())
            if len(nodes) & 1:
                left_over.append(nodes.pop())
            pairs = iter(nodes)
            nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            bits >>= 1
        return Frontier(size, (*peaks, *reversed(left_over)))

    def root(self) -> bytes:
        """The tree's root: the peaks folded from the right."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def pack(self) -> bytes:
        """The peaks one after the other, as they are stored beside the size."""
        return b"".join(self.peaks)

    @classmethod
    def unpack(cls, size: int, data: bytes) -> Frontier:
        """Read what ``pack`` wrote. Raises ValueError when it cannot be the frontier of a tree of that size."""
        wanted = size.bit_count() * HASH_BYTES
        if size < 0 or len(data) != wanted:
            raise ValueError(f"a frontier of {size} leaves has {wanted} bytes, this one {len(data)}")
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))


def range_hash_over(leaf_hashes: Sequence[bytes]) -> RangeHash:
    """Range hashes of leaves held in memory."""
    return lambda begin, end: Frontier().extended(leaf_hashes[begin:end]).root()


def inclusion_proof(index: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """The hashes that tie leaf ``index`` to the root over ``size`` leaves (RFC 6962 §2.1.1), leaf's side first.

    Raises ValueError when the index lies outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(range_hash(middle, end))
            end = middle
        else:
            proof.append(range_hash(begin, middle))
            begin = middle
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof ties this leaf hash at ``index`` to the root over ``size`` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and node == root


def consistency_proof(old_size: int, size: int, range_hash: RangeHash) -> list[bytes]:
    """The hashes that show that the tree of ``old_size`` is the beginning of that of ``size`` (RFC 6962 §2.1.2).

    Empty for equal sizes and for the empty tree. Raises ValueError when ``old_size`` is larger.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"a tree of {size} did not grow from one of {old_size}")
    if old_size in {0, size}:
        return []
    proof: list[bytes] = []
    begin, end, whole = 0, size, True
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            proof.append(range_hash(middle, end))
            end = middle
        else:
            proof.append(range_hash(begin, middle))
            begin, whole = middle, False
    if not whole:
        proof.append(range_hash(begin, end))
    proof.reverse()
    return proof


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the older tree is the beginning of the newer (RFC 9162 §2.1.4.2)."""
    if not 0 <= old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # the old tree is itself a full subtree: its root begins the path
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_node = node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_node, node = node_hash(sibling, old_node), node_hash(sibling, node)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and old_node == old_root and node == root


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (which is at least 2)."""
    return 1 << (size - 1).bit_length() - 1
