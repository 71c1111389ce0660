"""What ingest may rely on (C1, C2): all or nothing, in order, once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from gapwatch_collector.model import AnchorPoint, NewEntry, Origin
from gapwatch_collector.store import Store
from gapwatch_collector.store.leaf import leaf_hashes
from gapwatch_collector.store.merkle import Frontier
from gapwatch_proto.identity import tree_head_message, verify
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import record_hash
from support.chains import Chain
from support.clock import FakeClock
from support.stores import LOG_PUBLIC_KEY, Engine


def test_an_empty_store_says_so(store: Store) -> None:
    assert store.ingest.position(b"h" * 16, b"s" * 16) is None
    assert store.ingest.tree_head() is None
    assert store.ingest.record_hash(b"h" * 16, b"s" * 16, 1) is None
    assert store.ingest.anchor(b"h" * 16, b"b" * 16) is None
    assert store.log.read(0, 10) == []


def test_a_commit_stands_in_the_log_as_it_was_given(store: Store, clock: FakeClock) -> None:
    chain = Chain()
    commit = chain.batch(3)

    head = store.ingest.commit(commit)

    read = store.log.read(0, 10)
    assert [entry.entry for entry in read] == list(commit.entries)
    assert [entry.log_index for entry in read] == [0, 1, 2]
    assert {entry.recorded_ns for entry in read} == {clock.now_ns()}
    assert store.ingest.position(chain.host_id, chain.spool_id) == chain.position
    assert head == store.ingest.tree_head()


def test_the_head_is_signed_over_exactly_what_was_committed(store: Store) -> None:
    chain = Chain()
    frontier = Frontier()
    for size in (1, 2, 5):
        commit = chain.batch(size)
        head = store.ingest.commit(commit)
        assert head is not None
        frontier = frontier.extended(leaf_hashes(commit.entries, store.log.read(frontier.size, 1)[0].recorded_ns))
        assert (head.tree_size, head.root_hash) == (frontier.size, frontier.root())
        message = tree_head_message(head.tree_size, head.root_hash, head.signed_at_ns)
        assert verify(LOG_PUBLIC_KEY, head.signature, message)


def test_an_acked_commit_survives_reopening(engine: Engine) -> None:
    chain = Chain()
    head = engine.open().ingest.commit(chain.batch(4))
    engine.close()

    again = engine.open()

    assert again.ingest.tree_head() == head
    assert again.ingest.position(chain.host_id, chain.spool_id) == chain.position
    assert again.ingest.commit(chain.batch(2)) is not None
    assert [entry.entry.seq for entry in again.log.read(0, 10)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("expected", [1, 3, 5])
def test_a_commit_that_expects_another_position_writes_nothing(store: Store, expected: int) -> None:
    chain = Chain()
    head = store.ingest.commit(chain.batch(3))

    assert store.ingest.commit(replace(chain.batch(2), expected_next_seq=expected)) is None

    assert store.ingest.tree_head() == head
    assert len(store.log.read(0, 10)) == 3


def test_a_new_spool_begins_at_one(store: Store) -> None:
    chain = Chain()
    chain.batch(2)
    assert store.ingest.commit(chain.batch(2)) is None
    assert store.log.read(0, 10) == []


def test_spools_do_not_disturb_each_other(store: Store) -> None:
    chains = [Chain(), Chain(spool_id=b"t" * 16), Chain(host_id=b"i" * 16)]
    for _ in range(3):
        for chain in chains:
            assert store.ingest.commit(chain.batch(2)) is not None
    for chain in chains:
        assert store.ingest.position(chain.host_id, chain.spool_id) == chain.position
    assert [entry.log_index for entry in store.log.read(0, 100)] == list(range(18))


def test_a_record_is_found_by_its_key_whatever_day_it_was_recorded(store: Store, clock: FakeClock) -> None:
    chain = Chain()
    hashes = {}
    for _ in range(4):
        commit = chain.batch(2)
        store.ingest.commit(commit)
        hashes.update({entry.seq: record_hash(entry.header) for entry in commit.entries})
        clock.advance(86_400)
    assert {seq: store.ingest.record_hash(chain.host_id, chain.spool_id, seq) for seq in hashes} == hashes
    assert store.ingest.record_hash(chain.host_id, chain.spool_id, 9) is None
    assert store.ingest.record_hash(chain.host_id, b"x" * 16, 1) is None


def test_a_collapsed_run_moves_the_spool_and_its_records_have_no_hash(store: Store) -> None:
    chain = Chain()
    store.ingest.commit(chain.commit(chain.record(), chain.span(5), chain.record()))
    assert store.ingest.position(chain.host_id, chain.spool_id) == chain.position
    assert chain.position.next_seq == 8
    assert [store.ingest.record_hash(chain.host_id, chain.spool_id, seq) is None for seq in (1, 2, 4, 7)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_fork_is_kept_beside_the_record_it_contradicts(store: Store) -> None:
    chain = Chain()
    first = chain.batch(2)
    store.ingest.commit(first)
    kept = store.ingest.record_hash(chain.host_id, chain.spool_id, 2)
    fork = NewEntry(Origin.FORK, int(Kind.GAP), 5, 1, 0, b"{}", chain.host_id, chain.spool_id, 2)
    for _ in range(2):
        assert store.ingest.commit(replace(first, expected_next_seq=3, entries=[fork], batch_signature=b"")) is not None
    assert store.ingest.record_hash(chain.host_id, chain.spool_id, 2) == kept
    assert store.ingest.position(chain.host_id, chain.spool_id) == chain.position


def test_the_latest_tie_of_a_boot_is_kept(store: Store) -> None:
    chain = Chain()
    ties = [AnchorPoint(chain.host_id, chain.boot_id, boottime, boottime + 7, 3) for boottime in (100, 300, 200)]
    store.ingest.commit(chain.commit(chain.record(), anchors=(ties[0],)))
    assert store.ingest.anchor(chain.host_id, chain.boot_id) == ties[0]
    store.ingest.commit(chain.commit(chain.record(), anchors=(ties[1], ties[2])))
    assert store.ingest.anchor(chain.host_id, chain.boot_id) == ties[1]
    assert store.ingest.anchor(chain.host_id, b"c" * 16) is None


def test_a_commit_without_entries_is_a_mistake(store: Store) -> None:
    chain = Chain()
    with pytest.raises(ValueError, match="at least one entry"):
        store.ingest.commit(replace(chain.batch(1), entries=()))


def test_a_malformed_entry_leaves_nothing_behind(store: Store) -> None:
    chain = Chain()
    store.ingest.commit(chain.batch(2))
    before = (store.ingest.tree_head(), store.ingest.position(chain.host_id, chain.spool_id))
    broken = chain.batch(3)
    broken = replace(broken, entries=[*broken.entries[:2], replace(broken.entries[2], header=b"short")])
    with pytest.raises(ValueError, match="bytes; that cannot be"):
        store.ingest.commit(broken)
    assert (store.ingest.tree_head(), store.ingest.position(chain.host_id, chain.spool_id)) == before
    assert len(store.log.read(0, 10)) == 2


def test_streams_of_one_spool_race_and_one_wins(engine: Engine) -> None:
    commit = Chain().batch(5)
    stores = [engine.open() for _ in range(4)]
    won: list[bool] = []

    def send(store: Store) -> None:
        won.append(store.ingest.commit(commit) is not None)

    threads = [threading.Thread(target=send, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [False, False, False, True]
    assert len(stores[0].log.read(0, 100)) == 5


def test_the_journal_appends_among_the_records(store: Store) -> None:
    chain = Chain()
    tick = NewEntry(Origin.TICK, 0, 1, 5, 0, b"{}")
    store.ingest.commit(chain.batch(1))
    head = store.journal.append([tick, tick])
    store.ingest.commit(chain.batch(1))
    assert head.tree_size == 3
    assert [entry.entry.origin for entry in store.log.read(0, 10)] == [
        Origin.RECORD,
        Origin.TICK,
        Origin.TICK,
        Origin.RECORD,
    ]
