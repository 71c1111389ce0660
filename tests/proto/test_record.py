"""The chained record against its published vectors and against damage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_proto import record
from gapwatch_proto.errors import MalformedRecordError
from gapwatch_proto.identity import raw, verify
from gapwatch_proto.record import CollapsedSpan, RecordHeader

VECTORS = json.loads((Path(__file__).parents[2] / "proto" / "vectors" / "record.json").read_text(encoding="utf-8"))

ids = st.binary(min_size=16, max_size=16)
hashes = st.binary(min_size=32, max_size=32)
headers = st.builds(
    RecordHeader,
    spool_id=ids,
    seq=st.integers(1, 2**64 - 1),
    kind=st.integers(0, 2**16 - 1),
    boot_id=ids,
    boottime_ns=st.integers(0, 2**64 - 1),
    wall_ns=st.integers(-(2**63), 2**63 - 1),
    severity=st.integers(1, 5),
    prev_hash=hashes,
    payload_hash=hashes,
)


def header_of(vector: dict) -> RecordHeader:
    fields = vector["fields"]
    return RecordHeader(
        spool_id=bytes.fromhex(fields["spool_id"]),
        seq=fields["seq"],
        kind=fields["kind"],
        boot_id=bytes.fromhex(fields["boot_id"]),
        boottime_ns=fields["boottime_ns"],
        wall_ns=fields["wall_ns"],
        severity=fields["severity"],
        prev_hash=bytes.fromhex(fields["prev_hash"]),
        payload_hash=record.payload_hash(bytes.fromhex(vector["payload"])),
        suite=fields["suite"],
    )


@pytest.mark.parametrize("vector", VECTORS["records"], ids=lambda v: v["name"])
def test_vectors_of_records(vector: dict) -> None:
    header = header_of(vector)
    assert header.pack().hex() == vector["header"]
    assert len(header.pack()) == 124
    assert header.hash().hex() == vector["record_hash"]
    assert record.record_hash(bytes.fromhex(vector["header"])).hex() == vector["record_hash"]
    assert RecordHeader.unpack(bytes.fromhex(vector["header"])) == header


def test_vectors_form_one_chain() -> None:
    previous = record.GENESIS_HASH.hex()
    for number, vector in enumerate(VECTORS["records"], start=1):
        assert vector["fields"]["seq"] == number
        assert vector["fields"]["prev_hash"] == previous
        previous = vector["record_hash"]


def test_vectors_of_signatures() -> None:
    signing = VECTORS["signatures"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(signing["chain_private_key"]))
    host, spool = bytes.fromhex(signing["host_id"]), bytes.fromhex(signing["spool_id"])
    message = record.batch_message(host, spool, bytes.fromhex(VECTORS["records"][-1]["record_hash"]))
    assert message.hex() == signing["batch_message"]
    assert key.sign(message).hex() == signing["batch_signature"]
    span = CollapsedSpan(1, 2, record.GENESIS_HASH, bytes.fromhex(VECTORS["records"][1]["record_hash"]), 3)
    assert span.message(host, spool).hex() == signing["span_message"]
    assert key.sign(span.message(host, spool)).hex() == signing["span_signature"]
    assert verify(raw(key.public_key()), bytes.fromhex(signing["span_signature"]), span.message(host, spool))


@given(headers)
def test_a_header_comes_back_as_it_was(header: RecordHeader) -> None:
    assert RecordHeader.unpack(header.pack()) == header


@given(headers, st.integers(0, 123), st.integers(1, 255))
def test_any_changed_byte_changes_the_hash_or_is_refused(header: RecordHeader, at: int, flip: int) -> None:
    damaged = bytearray(header.pack())
    damaged[at] ^= flip
    try:
        read = RecordHeader.unpack(bytes(damaged))
    except MalformedRecordError:
        return
    assert read.hash() != header.hash()


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        header = RecordHeader.unpack(data)
    except MalformedRecordError:
        return
    assert header.pack() == data


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"spool_id": b"short"}, "spool_id has 5 bytes"),
        ({"prev_hash": bytes(33)}, "prev_hash has 33 bytes"),
        ({"seq": 2**64}, "out of range"),
        ({"kind": -1}, "out of range"),
    ],
)
def test_values_that_do_not_fit_are_named(change: dict, complaint: str) -> None:
    header = header_of(VECTORS["records"][0])
    with pytest.raises(MalformedRecordError, match=complaint):
        replace(header, **change).pack()


@pytest.mark.parametrize(
    ("at", "value", "complaint"),
    [(0, 9, "suite 9"), (59, 0, "severity 0"), (59, 6, "severity 6")],
)
def test_headers_from_outside_are_checked(at: int, value: int, complaint: str) -> None:
    data = bytearray(bytes.fromhex(VECTORS["records"][0]["header"]))
    data[at] = value
    with pytest.raises(MalformedRecordError, match=complaint):
        RecordHeader.unpack(bytes(data))


def test_number_zero_does_not_exist() -> None:
    data = bytearray(bytes.fromhex(VECTORS["records"][0]["header"]))
    data[17:25] = bytes(8)
    with pytest.raises(MalformedRecordError, match="begins at 1"):
        RecordHeader.unpack(bytes(data))
