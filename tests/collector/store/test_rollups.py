"""Rollups agree with what is in the log, whatever was committed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_collector.model import NewEntry, Origin
from gapwatch_collector.store import Store
from gapwatch_collector.store.day_tables import day_of
from gapwatch_collector.store.entries import read_span
from gapwatch_proto.kinds import Kind
from support.chains import Chain
from support.stores import make_store

STEPS = st.lists(st.sampled_from(["record", "gap", "evicted", "span", "day", "commit"]), min_size=1, max_size=30)


def play(store: Store, chain: Chain, steps: list[str]) -> None:
    waiting: list[NewEntry] = []
    for step in [*steps, "record", "commit"]:
        if step == "record":
            waiting.append(chain.record())
        elif step == "gap":
            waiting.append(chain.record(Kind.GAP, b""))
        elif step == "evicted":
            waiting.append(chain.record(evicted=True))
        elif step == "span":
            waiting.append(chain.span(3))
        elif step == "day":
            chain.event_ns += 86_400_000_000_000
        elif waiting:
            assert store.ingest.commit(chain.commit(*waiting)) is not None
            waiting = []


@settings(max_examples=25)
@given(STEPS)
def test_rollups_reconcile_with_the_log(steps: list[str]) -> None:
    with TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "store.db")
        chain = Chain()
        play(store, chain, steps)
        entries = [entry.entry for entry in store.maintenance.log_entries()]
        counts = {(c.day, c.kind, c.severity): c.count for c in store.rollups.event_counts(0, 99999999)}
        accounts = store.rollups.completeness(chain.host_id, 0, 99999999)
        store.close()
    records = [entry for entry in entries if entry.origin is Origin.RECORD]
    assert counts == Counter((day_of(e.event_ns), e.kind, e.severity) for e in records)
    assert sum(a.records for a in accounts) == len(records)
    assert sum(a.gaps for a in accounts) == sum(e.kind == Kind.GAP for e in records)
    assert sum(a.evicted for a in accounts) == sum(e.payload_evicted for e in records)
    assert sum(a.spans for a in accounts) == sum(e.origin is Origin.SPAN for e in entries)
    # Day after day without holes: every number belongs to exactly one day.
    assert [a.first_seq for a in accounts] == [1, *[a.last_seq + 1 for a in accounts[:-1]]]
    last = entries[-1]
    assert accounts[-1].last_seq == (read_span(last)[0].last_seq if last.origin is Origin.SPAN else last.seq)


def test_a_fork_is_counted_and_widens_no_range() -> None:
    with TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "store.db")
        chain = Chain()
        store.ingest.commit(chain.batch(3))
        chain.event_ns += 86_400_000_000_000
        fork = NewEntry(Origin.FORK, 3, 5, chain.event_ns, 0, b"{}", chain.host_id, chain.spool_id, 2)
        store.ingest.commit(replace(chain.commit(fork), expected_next_seq=4, batch_signature=b""))
        store.ingest.commit(chain.batch(2))
        accounts = store.rollups.completeness(chain.host_id, 0, 99999999)
        store.close()
    assert [(a.first_seq, a.last_seq, a.records, a.forks) for a in accounts] == [(1, 3, 3, 0), (4, 5, 2, 1)]
