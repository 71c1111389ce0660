"""The auditor's page and the policies that officers signed."""

from __future__ import annotations

import pytest

from gapwatch_collector.errors import RefusedError
from gapwatch_collector.model import ActKind, Host, Origin
from gapwatch_collector.store import Store
from gapwatch_collector.store.entries import read_act
from support.chains import Chain
from support.clock import FakeClock


def test_acts_are_read_newest_first_among_records_over_days(store: Store, clock: FakeClock) -> None:
    chain = Chain()
    for number in range(4):
        store.ingest.commit(chain.batch(3))
        store.audit.act(ActKind.SIGNED_IN, by=f"user {number}", detail={"from": "127.0.0.1"}, now_ns=number)
        store.registers.put_host(Host(b"h" * 16, f"name {number}"), by="x", now_ns=number)
        clock.advance(86_400)

    newest = store.audit.acts(0, 100)

    assert [entry.entry.origin for entry in newest] == [Origin.REGISTER_CHANGE, Origin.ACT] * 4
    assert [entry.log_index for entry in newest] == sorted((entry.log_index for entry in newest), reverse=True)
    assert read_act(newest[1].entry) == ("user 3", {"from": "127.0.0.1"})
    pages, before = [], 0
    while page := store.audit.acts(before, 3):
        pages += page
        before = page[-1].log_index
    assert pages == newest


def test_there_are_no_acts_at_first(store: Store) -> None:
    assert store.audit.acts(0, 10) == []
    store.ingest.commit(Chain().batch(3))
    assert store.audit.acts(0, 10) == []


def test_only_a_newer_policy_is_kept(store: Store) -> None:
    assert store.policies.newest() is None
    store.policies.publish(3, b"three", by="officer", now_ns=1)
    for version in (3, 2, 0):
        with pytest.raises(RefusedError, match="not newer"):
            store.policies.publish(version, b"older", by="officer", now_ns=2)
    store.policies.publish(7, b"seven", by="officer", now_ns=3)
    assert store.policies.newest() == b"seven"
    acts = [(entry.entry.kind, *read_act(entry.entry)) for entry in store.log.read(0, 10)]
    assert acts == [
        (ActKind.POLICY_PUBLISHED, "officer", {"version": 3}),
        (ActKind.POLICY_PUBLISHED, "officer", {"version": 7}),
    ]
