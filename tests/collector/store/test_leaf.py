"""What a leaf commits to: every field that may not change, and not the one that may."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from gapwatch_collector.model import NewEntry, Origin
from gapwatch_collector.store.leaf import leaf_bytes, leaf_hashes
from support.chains import Chain

TICK = NewEntry(Origin.TICK, 2, 1, 300, 4, b"{}", b"h" * 16, b"s" * 16, 9)


def test_the_encoding_stands_as_documented() -> None:
    assert leaf_bytes(TICK, 500) == b"".join(
        [
            bytes([1, 2, 0, 2, 1]),
            (500).to_bytes(8, "big"),
            (300).to_bytes(8, "big"),
            (4).to_bytes(8, "big"),
            bytes([16]) + b"h" * 16 + bytes([16]) + b"s" * 16,
            (9).to_bytes(8, "big"),
            bytes([0]),
            sha256(b"{}").digest(),
        ]
    )
    record = Chain().record()
    assert leaf_bytes(record, 500).endswith(bytes([124]) + record.header)
    assert leaf_hashes([TICK], 500) == [sha256(b"\x00" + leaf_bytes(TICK, 500)).digest()]


def test_evicting_a_records_payload_leaves_its_leaf() -> None:
    record = Chain().record()
    assert leaf_bytes(replace(record, payload=b"", payload_evicted=True), 1) == leaf_bytes(record, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": Origin.ACT},
        {"kind": 3},
        {"severity": 2},
        {"event_ns": -1},
        {"uncertainty_ns": 5},
        {"payload": b"[]"},
        {"host_id": b""},
        {"host_id": b"i" * 16},
        {"spool_id": b""},
        {"seq": 10},
        {"header": b"x" * 124},
    ],
    ids=str,
)
def test_every_other_change_shows(change: dict[str, object]) -> None:
    assert leaf_bytes(replace(TICK, **change), 1) != leaf_bytes(TICK, 1)
    assert leaf_bytes(TICK, 1) != leaf_bytes(TICK, 2)


@pytest.mark.parametrize(
    "change", [{"host_id": b"x"}, {"spool_id": b"y" * 17}, {"header": b"z"}, {"kind": 70_000}, {"seq": -1}], ids=str
)
def test_what_cannot_be_encoded_exactly_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"cannot be|out of range"):
        leaf_bytes(replace(TICK, **change), 1)
