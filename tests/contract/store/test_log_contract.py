"""The log as the evaluator and offline verification read it: in order, without holes, over days."""

from __future__ import annotations

from gapwatch_collector.model import Origin
from gapwatch_collector.store import Store
from gapwatch_proto.kinds import Kind
from support.chains import Chain
from support.clock import FakeClock


def fill(store: Store, clock: FakeClock, chain: Chain, days: int) -> None:
    for _ in range(days):
        store.ingest.commit(chain.batch(7))
        clock.advance(86_400)


def test_reading_goes_on_over_midnight(store: Store, clock: FakeClock) -> None:
    fill(store, clock, Chain(), 4)
    assert [entry.log_index for entry in store.log.read(5, 12)] == list(range(5, 17))
    assert [entry.log_index for entry in store.log.read(27, 100)] == [27]
    assert store.log.read(28, 100) == []


def test_a_reader_with_a_cursor_sees_every_entry_once(store: Store, clock: FakeClock) -> None:
    fill(store, clock, Chain(), 3)
    seen, cursor = [], 0
    while batch := store.log.read(cursor, 4):
        seen += [entry.log_index for entry in batch]
        cursor = batch[-1].log_index + 1
    assert seen == list(range(21))


def test_a_page_is_bounded(store: Store) -> None:
    store.ingest.commit(Chain().batch(20))
    assert len(store.log.read(0, 5)) == 5
    assert store.log.read(0, 0) == []


def test_each_day_has_a_table(store: Store, clock: FakeClock) -> None:
    fill(store, clock, Chain(), 3)
    tables = list(store.maintenance.day_tables())
    assert len(tables) == 3
    assert tables == sorted(tables)


def test_every_entry_is_streamed(store: Store, clock: FakeClock) -> None:
    fill(store, clock, Chain(), 3)
    assert [entry.log_index for entry in store.maintenance.log_entries()] == list(range(21))


def test_records_of_one_kind_are_streamed_from_every_day(store: Store, clock: FakeClock) -> None:
    chain = Chain()
    for _ in range(3):
        store.ingest.commit(chain.commit(chain.record(Kind.WITNESS, b""), chain.record(), chain.span(2)))
        clock.advance(86_400)
    found = list(store.maintenance.records_of_kind(int(Kind.WITNESS)))
    assert [entry.log_index for entry in found] == [0, 3, 6]
    assert {entry.entry.origin for entry in found} == {Origin.RECORD}


def test_the_hosts_signatures_are_kept(store: Store) -> None:
    chain = Chain()
    commits = [chain.batch(size) for size in (1, 2, 3)]
    for commit in commits:
        store.ingest.commit(commit)
    kept = store.maintenance.batch_signatures(chain.host_id, chain.spool_id, 2, 6)
    assert [(each.last_seq, each.signature) for each in kept] == [
        (3, commits[1].batch_signature),
        (6, commits[2].batch_signature),
    ]


def test_rollups_count_by_the_day_of_the_event(store: Store) -> None:
    chain, other = Chain(), Chain(host_id=b"i" * 16)
    store.ingest.commit(chain.batch(3))
    store.ingest.commit(chain.commit(chain.record(Kind.GAP, b""), chain.record(evicted=True), chain.span(4)))
    chain.event_ns += 86_400_000_000_000
    store.ingest.commit(chain.batch(2))
    store.ingest.commit(other.batch(1))

    counts = store.rollups.event_counts(20260101, 20261231)
    first_day, second_day = sorted({count.day for count in counts})
    assert {(c.day, c.host_id, c.kind): c.count for c in counts} == {
        (first_day, chain.host_id, int(Kind.FILE_WRITTEN)): 4,
        (first_day, chain.host_id, int(Kind.GAP)): 1,
        (second_day, chain.host_id, int(Kind.FILE_WRITTEN)): 2,
        (first_day, other.host_id, int(Kind.FILE_WRITTEN)): 1,
    }
    assert store.rollups.event_counts(second_day + 1, 20261231) == []
    accounts = store.rollups.completeness(chain.host_id, first_day, second_day)
    assert [(a.first_seq, a.last_seq, a.records, a.evicted, a.spans, a.gaps, a.forks) for a in accounts] == [
        (1, 9, 5, 1, 1, 1, 0),
        (10, 11, 2, 0, 0, 0, 0),
    ]
