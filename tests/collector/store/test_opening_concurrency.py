"""Ingest, evaluator and console at once, in one process and in several, over one file."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gapwatch_collector.model import AlertFilter, Host
from gapwatch_collector.store import Store
from gapwatch_collector.store.ports import Evaluation
from gapwatch_collector.verify import verify_store
from support.chains import Chain
from support.stores import LOG_PUBLIC_KEY, Engine, make_alert

BATCHES = 25
BATCH = 20


def ingest(store: Store, chain: Chain) -> None:
    for _ in range(BATCHES):
        assert store.ingest.commit(chain.batch(BATCH)) is not None


def evaluate(store: Store, total: int) -> None:
    """Reads in order and raises an alert for every tenth entry until it has seen everything."""
    while (cursor := store.evaluation.cursor()) < total:
        entries = store.log.read(cursor, 64)
        assert [entry.log_index for entry in entries] == list(range(cursor, cursor + len(entries)))
        if entries:
            alerts = [make_alert(entry.log_index) for entry in entries if entry.log_index % 10 == 0]
            assert store.evaluation.save(Evaluation(cursor, cursor + len(entries), alerts))


def look(store: Store, stop: threading.Event) -> None:
    """Every look sees whole commits: counts that agree with rows, a head that agrees with the log."""
    while not stop.is_set():
        newest = store.alerts.newest_number()
        page = store.alerts.alerts(AlertFilter(limit=20))
        assert not newest or page[0].number >= newest
        head = store.ingest.tree_head()
        assert head is None or len(store.log.read(head.tree_size - 1, 1)) == 1


@pytest.mark.parametrize("apart", [False, True], ids=["one store", "a store each"])
def test_everybody_at_once(engine: Engine, apart: bool) -> None:
    stores = [engine.open(busy_timeout_s=30) for _ in range(5 if apart else 1)]
    chains = [Chain(), Chain(host_id=b"i" * 16)]
    # Heads, records, and one register change for each of ten hosts.
    total = len(chains) * BATCHES * BATCH + 10
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(work: Callable[..., None], *arguments: object) -> threading.Thread:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                failures.append(error)
                raise

        thread = threading.Thread(target=guarded)
        thread.start()
        return thread

    def register(store: Store) -> None:
        for number in range(10):
            store.registers.put_host(Host(bytes([number]) * 16, f"host {number}"), by="officer", now_ns=number)

    watching = run(look, stores[-1], stop)
    writing = [run(ingest, stores[place % len(stores)], chain) for place, chain in enumerate(chains)]
    writing += [run(evaluate, stores[2 % len(stores)], total), run(register, stores[3 % len(stores)])]
    for thread in writing:
        thread.join(90)
    stop.set()
    watching.join(30)

    assert failures == []
    store = stores[0]
    assert store.evaluation.cursor() == total
    assert store.alerts.newest_number() == total // 10
    report = verify_store(store, LOG_PUBLIC_KEY, {chain.host_id: chain.public_key for chain in chains})
    assert report.holds, report.faults
    assert (report.entries, report.spools) == (total, 2)
