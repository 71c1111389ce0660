"""Registers: current rows, and in the log every change with the row before and after (C7)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gapwatch_collector.model import Host, HostState, Origin, RegisteredMedium
from gapwatch_collector.store import Store
from gapwatch_collector.store.entries import RegisterChange, RegisterKind, read_register_change
from support.stores import Engine

HOST = Host(
    b"h" * 16,
    "涉机-017",
    HostState.ENROLLED,
    zone="涉密网",
    secrecy_number="S-017",
    unit="unit",
    responsible_person="person",
    profile="classified",
    ceilings={"state": "secret", "work": "internal"},
    chain_key=b"k" * 32,
    machine_id_hash="ab" * 32,
    certificate_serial="1" * 40,
    enrolled_ns=5,
    heartbeat_interval_s=30,
)
MEDIUM = RegisteredMedium(
    b"m" * 16, "红盘-3", "4C530001", "1A2B-3C4D", "0781", "5581", "涉密网", {"state": "secret"}, "holder"
)


def test_what_was_put_is_read(engine: Engine) -> None:
    store = engine.open()
    store.registers.put_host(HOST, by="officer", now_ns=7)
    store.registers.put_medium(MEDIUM, by="officer", now_ns=8)
    again = engine.open()
    assert again.registers.host(HOST.host_id) == HOST
    assert again.registers.hosts() == [HOST]
    assert again.registers.media() == [MEDIUM]
    assert again.registers.host(b"?" * 16) is None


def test_a_change_replaces_the_row_and_the_log_keeps_both(store: Store) -> None:
    lowered = replace(HOST, ceilings={"state": "confidential"}, state=HostState.REVOKED)
    moved = replace(MEDIUM, holder="another")
    store.registers.put_host(HOST, by="one", now_ns=1)
    store.registers.put_medium(MEDIUM, by="one", now_ns=2)
    store.registers.put_host(lowered, by="two", now_ns=3)
    store.registers.put_medium(moved, by="two", now_ns=4)

    assert store.registers.hosts() == [lowered]
    assert store.registers.media() == [moved]
    entries = [entry.entry for entry in store.log.read(0, 10)]
    assert [(e.origin, e.kind, e.event_ns, e.host_id) for e in entries] == [
        (Origin.REGISTER_CHANGE, RegisterKind.HOST, 1, HOST.host_id),
        (Origin.REGISTER_CHANGE, RegisterKind.MEDIUM, 2, b""),
        (Origin.REGISTER_CHANGE, RegisterKind.HOST, 3, HOST.host_id),
        (Origin.REGISTER_CHANGE, RegisterKind.MEDIUM, 4, b""),
    ]
    assert [read_register_change(entry) for entry in entries] == [
        RegisterChange("one", None, HOST),
        RegisterChange("one", None, MEDIUM),
        RegisterChange("two", HOST, lowered),
        RegisterChange("two", MEDIUM, moved),
    ]


def test_lists_are_in_the_order_people_look_for(store: Store) -> None:
    for number, name in enumerate(("b", "a", "c")):
        store.registers.put_host(Host(bytes([number]) * 16, name), by="x", now_ns=0)
        store.registers.put_medium(RegisteredMedium(bytes([number]) * 16, name, ""), by="x", now_ns=0)
    assert [host.name for host in store.registers.hosts()] == ["a", "b", "c"]
    assert [medium.label for medium in store.registers.media()] == ["a", "b", "c"]


def test_a_row_is_changed_in_one_transaction_with_its_reading(store: Store) -> None:
    """Two that change one host at once: neither overwrites what the other did (a revocation above all)."""
    store.registers.put_host(HOST, by="one", now_ns=1)
    reading = threading.Event()

    def renews(host: Host | None) -> Host:
        assert host is not None
        reading.set()
        time.sleep(0.1)  # the officer acts now
        return replace(host, certificate_serial="2")

    def revokes(host: Host | None) -> Host:
        assert host is not None
        return replace(host, state=HostState.REVOKED)

    with ThreadPoolExecutor(1) as officer:
        later = officer.submit(
            lambda: reading.wait() and store.registers.change_host(HOST.host_id, revokes, by="two", now_ns=3)
        )
        store.registers.change_host(HOST.host_id, renews, by="one", now_ns=2)
        assert later.result() == replace(HOST, state=HostState.REVOKED, certificate_serial="2")
    assert store.registers.host(HOST.host_id) == replace(HOST, state=HostState.REVOKED, certificate_serial="2")


def test_a_change_that_changes_nothing_or_raises_writes_nothing(store: Store) -> None:
    store.registers.put_host(HOST, by="one", now_ns=1)

    def refuses(_host: Host | None) -> Host:
        raise ValueError("no")

    assert store.registers.change_host(HOST.host_id, lambda host: host, by="two", now_ns=2) == HOST
    assert store.registers.change_host(b"?" * 16, lambda host: host, by="two", now_ns=2) is None
    with pytest.raises(ValueError, match="no"):
        store.registers.change_host(HOST.host_id, refuses, by="two", now_ns=2)
    assert len(store.log.read(0, 10)) == 1


def test_a_row_that_is_not_there_can_be_made(store: Store) -> None:
    assert store.registers.change_host(HOST.host_id, lambda host: host or HOST, by="one", now_ns=1) == HOST
    (entry,) = store.log.read(0, 10)
    assert read_register_change(entry.entry) == RegisterChange("one", None, HOST)
