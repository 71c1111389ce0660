"""The incremental tree against RFC 6962's recursive definition, and proofs against forgery."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.store.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    range_hash_over,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(bytes([number % 256, number // 256])) for number in range(300)]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def test_known_roots() -> None:
    # The test vectors of the Certificate Transparency reference implementation.
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    leaves = [leaf_hash(bytes.fromhex(each)) for each in inputs]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    assert [Frontier().extended(leaves[:size]).root().hex() for size in range(1, 9)] == roots
    assert Frontier().root() == EMPTY_ROOT


@given(st.lists(st.integers(0, 40), max_size=8))
def test_appending_in_any_pieces_gives_the_naive_root(pieces: list[int]) -> None:
    frontier = Frontier()
    for piece in pieces:
        frontier = frontier.extended(LEAVES[frontier.size : frontier.size + piece])
        assert frontier.root() == naive_root(LEAVES[: frontier.size])
        assert len(frontier.peaks) == frontier.size.bit_count()
        assert Frontier.unpack(frontier.size, frontier.pack()) == frontier
    assert frontier.size == sum(pieces)


@given(st.data())
def test_inclusion_proofs_hold_and_nothing_else_does(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    root = naive_root(leaves)
    proof = inclusion_proof(index, size, range_hash_over(leaves))
    assert verify_inclusion(leaves[index], index, size, root, proof)
    assert verify_inclusion(leaves[other], index, size, root, proof) == (other == index)
    assert verify_inclusion(leaves[index], other, size, root, proof) == (other == index)
    assert not verify_inclusion(leaves[index], index, size, EMPTY_ROOT, proof)
    assert not verify_inclusion(leaves[index], index, size, root, [*proof, LEAVES[0]])
    assert not proof or not verify_inclusion(leaves[index], index, size, root, proof[:-1])
    assert not verify_inclusion(leaves[index], size, size, root, proof)
    assert not verify_inclusion(leaves[index], -1, size, root, proof)


@given(st.data())
def test_consistency_proofs_hold_and_nothing_else_does(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    old_size = data.draw(st.integers(0, size))
    leaves = LEAVES[:size]
    old_root, root = naive_root(leaves[:old_size]), naive_root(leaves)
    proof = consistency_proof(old_size, size, range_hash_over(leaves))
    assert verify_consistency(old_size, old_root, size, root, proof)
    assert not verify_consistency(old_size, LEAVES[299], size, root, proof)
    assert not verify_consistency(old_size, old_root, size, root, [*proof, LEAVES[0]])
    if 0 < old_size < size:
        assert not verify_consistency(old_size, old_root, size, LEAVES[299], proof)
        assert not verify_consistency(old_size, old_root, size, root, proof[:-1])
        changed = data.draw(st.integers(0, old_size - 1))
        rewritten = [*leaves[:changed], LEAVES[299], *leaves[changed + 1 :]]
        forged = consistency_proof(old_size, size, range_hash_over(rewritten))
        assert not verify_consistency(old_size, old_root, size, naive_root(rewritten), forged)
    assert not verify_consistency(size + 1, root, size, root, [])


def test_what_is_outside_the_tree_has_no_proof() -> None:
    ranges = range_hash_over(LEAVES[:4])
    for index in (-1, 4):
        with pytest.raises(ValueError, match="is not in a tree"):
            inclusion_proof(index, 4, ranges)
    with pytest.raises(ValueError, match="did not grow"):
        consistency_proof(5, 4, ranges)


@pytest.mark.parametrize(("size", "length"), [(3, 32), (4, 64), (0, 32), (-1, 32)])
def test_a_frontier_of_the_wrong_size_is_refused(size: int, length: int) -> None:
    with pytest.raises(ValueError, match="a frontier of"):
        Frontier.unpack(size, bytes(length))
