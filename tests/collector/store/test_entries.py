"""Payloads of entries that are no records: written and read back, the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gapwatch_collector.model import ActKind, Host, Origin, RegisteredMedium
from gapwatch_collector.store.entries import (
    RegisterChange,
    act_entry,
    canonical_json,
    read_act,
    read_register_change,
    read_span,
    register_change_entry,
)
from gapwatch_proto.identity import verify
from support.chains import Chain


def test_the_same_value_gives_the_same_bytes() -> None:
    one = canonical_json({"b": b"\x01", "a": frozenset({2, 1}), "中": "\udc80\n"})
    assert one == b'{"a":[1,2],"b":"01","\\u4e2d":"\\udc80\\n"}'
    assert canonical_json({"中": "\udc80\n", "a": {2, 1}, "b": b"\x01"}) == one
    with pytest.raises(TypeError, match="no JSON form"):
        canonical_json({"a": object()})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, Host(b"h" * 16, "a", ceilings={"state": "secret"}, chain_key=b"k" * 32)),
        (Host(b"h" * 16, "a"), Host(b"h" * 16, "b")),
        (None, RegisteredMedium(b"m" * 16, "label", "serial")),
    ],
    ids=["new host", "changed host", "medium"],
)
def test_a_register_change_is_read_back(before: Host | None, after: Host | RegisteredMedium) -> None:
    change = RegisterChange("officer", before, after)
    entry = register_change_entry(change, now_ns=5)
    assert read_register_change(entry) == change
    assert entry.event_ns == 5


def test_a_field_that_a_later_version_took_away_does_not_stop_a_replay() -> None:
    change = RegisterChange("officer", None, Host(b"h" * 16, "a"))
    entry = register_change_entry(change, now_ns=5)
    body = json.loads(entry.payload)
    body["after"]["of_a_later_version"] = 1
    assert read_register_change(replace(entry, payload=canonical_json(body))) == change


def test_an_act_is_read_back() -> None:
    entry = act_entry(ActKind.HOST_CONFIRMED, by="officer", detail={"host": b"h", "n": 1}, now_ns=3, host_id=b"h" * 16)
    assert read_act(entry) == ("officer", {"host": "68", "n": 1})
    assert (entry.origin, entry.kind, entry.host_id) == (Origin.ACT, ActKind.HOST_CONFIRMED, b"h" * 16)
    with pytest.raises(ValueError, match="no register change"):
        read_register_change(entry)
    with pytest.raises(ValueError, match="no act"):
        read_act(replace(entry, origin=Origin.TICK))


def test_a_span_is_read_back_with_its_signature() -> None:
    chain = Chain()
    entry = chain.span(4)
    span, signature = read_span(entry)
    assert (span.first_seq, span.last_seq, span.last_hash) == (1, 4, chain.last_hash)
    assert verify(chain.public_key, signature, span.message(chain.host_id, chain.spool_id))
    assert (entry.seq, entry.severity) == (1, span.worst_severity)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"first_seq": "x"}', b'{"by": 1, "before": 2}'])
def test_what_says_something_else_is_refused(payload: bytes) -> None:
    change = register_change_entry(RegisterChange("officer", None, Host(b"h" * 16, "a")), now_ns=5)
    with pytest.raises(ValueError, match="does not describe a register change"):
        read_register_change(replace(change, payload=payload))
    with pytest.raises(ValueError, match="does not describe an act"):
        read_act(replace(act_entry(ActKind.SIGNED_IN, by="x", detail={}, now_ns=1), payload=payload))
    with pytest.raises(ValueError, match="does not describe a collapsed run"):
        read_span(replace(Chain().span(2), payload=payload))
