"""A register changes together with the log or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gapwatch_collector.model import Host, RegisteredMedium
from support.failing_keys import LogKeyLostError, store_with_failing_key


def test_a_change_that_cannot_be_logged_is_not_made(tmp_path: Path) -> None:
    store, key = store_with_failing_key(tmp_path / "store.db")
    host, medium = Host(b"h" * 16, "host"), RegisteredMedium(b"m" * 16, "stick", "4C53")
    store.registers.put_host(host, by="officer", now_ns=1)
    key.fails = True
    with pytest.raises(LogKeyLostError):
        store.registers.put_host(replace(host, name="renamed"), by="officer", now_ns=2)
    with pytest.raises(LogKeyLostError):
        store.registers.put_medium(medium, by="officer", now_ns=2)
    key.fails = False
    assert store.registers.hosts() == [host]
    assert store.registers.media() == []
    assert len(store.log.read(0, 10)) == 1
    store.close()
