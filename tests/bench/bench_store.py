"""Commits of verified batches into the store, beside a bare executemany of the same rows with the same indexes."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gapwatch_collector.clock import SystemClock
from gapwatch_collector.model import AlertFilter, AlertState, NewEntry
from gapwatch_collector.store import Store
from gapwatch_collector.store.day_tables import COLUMNS, day_table
from gapwatch_collector.store.ports import Commit, Evaluation
from gapwatch_proto.kinds import Kind
from support.chains import Chain
from support.stores import make_alert, make_store

BATCH = 512
BATCHES = 40
SAMPLES = 7
PAGES = 30
KINDS = (Kind.FILE_WRITTEN, Kind.FILE_FOUND, Kind.DEVICE_ATTACHED, Kind.HEARTBEAT)


def run() -> dict[str, float]:
    """Events a second, the store's and the bare driver's, the median ratio of pairs measured one after the other."""
    samples = [_pair() for _ in range(SAMPLES)]
    ours, bare = ([sample[side] for sample in samples] for side in (0, 1))
    figures = {
        "events_per_s": statistics.median(ours),
        "raw_events_per_s": statistics.median(bare),
        "ratio": statistics.median(one / other for one, other in samples),
    }
    for stored in (100, 100_000):
        figures.update(_pages(stored))
    return figures


def _commits() -> list[Commit]:
    chain = Chain()
    return [
        chain.commit(*[chain.record(KINDS[number % len(KINDS)]) for number in range(BATCH)]) for _ in range(BATCHES)
    ]


def _pair() -> tuple[float, float]:
    commits = _commits()
    with tempfile.TemporaryDirectory() as folder:
        ours = _into_store(Path(folder) / "store.db", commits)
    with tempfile.TemporaryDirectory() as folder:
        bare = _into_bare_table(Path(folder) / "bare.db", [commit.entries for commit in commits])
    return ours, bare


def _into_store(path: Path, commits: Sequence[Commit]) -> float:
    store = make_store(path, SystemClock())
    store.ingest.commit(commits[0])  # makes the day's table and warms every cache
    begun = time.perf_counter()
    for commit in commits[1:]:
        assert store.ingest.commit(commit) is not None
    elapsed = time.perf_counter() - begun
    store.close()
    return BATCH * (len(commits) - 1) / elapsed


def _into_bare_table(path: Path, batches: Sequence[Sequence[NewEntry]]) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=16000", "cache_size=-32768"):
        connection.execute(f"PRAGMA {pragma}")
    table = day_table(20261122)
    for statement in (CreateTable(table), *(CreateIndex(index) for index in table.indexes)):
        connection.execute(str(statement.compile(dialect=sqlite.dialect())))
    insert = f"INSERT INTO {table.name} ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"
    rows, index = [], 0
    for batch in batches:
        rows.append([_row(index + place, entry) for place, entry in enumerate(batch)])
        index += len(batch)
    for number, batch_rows in enumerate(rows):
        if number == 1:
            begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, batch_rows)
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - begun
    connection.close()
    return BATCH * (len(rows) - 1) / elapsed


def _row(index: int, entry: NewEntry) -> tuple[object, ...]:
    return (
        index,
        entry.event_ns,
        int(entry.origin),
        entry.kind,
        entry.severity,
        entry.event_ns,
        entry.uncertainty_ns,
        entry.host_id,
        entry.spool_id,
        entry.seq,
        entry.header,
        entry.payload,
        int(entry.payload_evicted),
    )


def _pages(stored: int) -> dict[str, float]:
    """Median milliseconds of the console's queries with that many alerts stored."""
    wanted = {
        "page": AlertFilter(),
        "open_critical": AlertFilter(states=frozenset({AlertState.OPEN}), severities=frozenset({5})),
        "host": AlertFilter(host_id=bytes([3]) * 16),
        "deep": AlertFilter(states=frozenset({AlertState.OPEN}), before_number=stored // 2),
        "text": AlertFilter(text="文件-7"),
        "text_nowhere": AlertFilter(text="nowhere"),
    }
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder) / "store.db", SystemClock())
        fill_alerts(store, stored)
        figures = {}
        for name, query in wanted.items():
            spent = []
            for _ in range(PAGES):
                begun = time.perf_counter()
                store.alerts.alerts(query)
                spent.append(time.perf_counter() - begun)
            figures[f"alerts_{name}_{stored}_ms"] = statistics.median(spent) * 1000
        store.close()
    return figures


def fill_alerts(store: Store, wanted: int, chunk: int = 10_000) -> None:
    for first in range(0, wanted, chunk):
        alerts = [make_alert(number) for number in range(first, min(first + chunk, wanted))]
        assert store.evaluation.save(Evaluation(store.evaluation.cursor(), first + chunk, alerts))
