"""A policy is published together with its act or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_collector.model import ActKind
from support.failing_keys import LogKeyLostError, store_with_failing_key


def test_a_policy_that_cannot_be_logged_is_not_published(tmp_path: Path) -> None:
    store, key = store_with_failing_key(tmp_path / "store.db")
    store.policies.publish(1, b"one", by="officer", now_ns=1)
    key.fails = True
    with pytest.raises(LogKeyLostError):
        store.policies.publish(2, b"two", by="officer", now_ns=2)
    with pytest.raises(LogKeyLostError):
        store.audit.act(ActKind.SIGNED_IN, by="officer", detail={}, now_ns=2)
    key.fails = False
    assert store.policies.newest() == b"one"
    assert len(store.audit.acts(0, 10)) == 1
    store.policies.publish(2, b"two", by="officer", now_ns=3)
    assert store.policies.newest() == b"two"
    store.close()
