"""Commits of verified batches into the store, beside a bare executemany of the same rows with the same indexes."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gapwatch_collector.clock import SystemClock
from gapwatch_collector.model import AlertFilter, AlertState, NewEntry
from gapwatch_collector.store import Store
from gapwatch_collector.store.day_tables import COLUMNS, day_table
from gapwatch_collector.store.ports import Evaluation
from gapwatch_proto.kinds import Kind
from support.chains import Chain
from support.stores import make_alert, make_store

BATCH = 512
BATCHES = 30
SAMPLES = 7
PAGES = 30
PAGES_OVER = (100, 100_000)
TABLE = day_table(20261122)
INSERT = f"INSERT INTO {TABLE.name} ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"
KINDS = (Kind.FILE_WRITTEN, Kind.FILE_FOUND, Kind.DEVICE_ATTACHED, Kind.HEARTBEAT)


def run() -> dict[str, float]:
    """Events a second of the store and of the bare driver, batch by batch in turn, and the ratio of their medians."""
    ratios, ours, bare = [], [], []
    for _ in range(SAMPLES):
        store_s, bare_s = _sample()
        ours.append(BATCH / store_s)
        bare.append(BATCH / bare_s)
        ratios.append(bare_s / store_s)
    figures = {
        "events_per_s": statistics.median(ours),
        "raw_events_per_s": statistics.median(bare),
        "ratio": statistics.median(ratios),
    }
    for stored in PAGES_OVER:
        figures.update(_pages(stored))
    return figures


def _sample() -> tuple[float, float]:
    """Median seconds a batch in each, over one fresh database each."""
    chain = Chain()
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        store, connection = make_store(Path(folder) / "store.db", SystemClock()), _bare(Path(folder) / "bare.db")
        for number in range(BATCHES):
            commit = chain.commit(*[chain.record(KINDS[place % len(KINDS)]) for place in range(BATCH)])
            rows = [_row(number * BATCH + place, entry) for place, entry in enumerate(commit.entries)]
            turns = [(ours, partial(store.ingest.commit, commit)), (bare, partial(_insert, connection, rows))]
            for times, write in turns if number % 2 else reversed(turns):
                begun = time.perf_counter()
                write()
                times.append(time.perf_counter() - begun)
        assert store.ingest.tree_head().tree_size == BATCH * BATCHES
        connection.close()
        store.close()
    return statistics.median(ours[1:]), statistics.median(bare[1:])  # the first make tables and warm caches


def _insert(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")


def _bare(path: Path) -> sqlite3.Connection:
    """The day's table and indexes, the same PRAGMAs, nothing else."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=16000", "cache_size=-32768"):
        connection.execute(f"PRAGMA {pragma}")
    for statement in (CreateTable(TABLE), *(CreateIndex(index) for index in TABLE.indexes)):
        connection.execute(str(statement.compile(dialect=sqlite.dialect())))
    return connection


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
