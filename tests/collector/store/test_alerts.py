"""Pages walk indexes whatever is asked, so their cost does not grow; what is not indexed is bounded."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy.dialects import sqlite

from gapwatch_collector.model import AlertFilter, AlertState
from gapwatch_collector.store import Store, alerts
from gapwatch_collector.store.ports import Evaluation
from support.stores import make_alert

FILTERS = [
    AlertFilter(frozenset(severities), frozenset(states), catalogue, host, before_number=before, limit=5)
    for severities, states, catalogue, host, before in itertools.product(
        [(), (5,), (1, 4)], [(), (AlertState.OPEN,)], ["", "FIL-17"], [b"", bytes([3]) * 16], [0, 50]
    )
]


def work(store: Store, wanted: AlertFilter) -> int:
    """Instructions of SQLite's machine, in tens: a measure of work that no noise touches."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    with store.database.read() as connection:
        connection.connection.driver_connection.set_progress_handler(tick, 10)
    try:
        store.alerts.alerts(wanted)
    finally:
        with store.database.read() as connection:
            connection.connection.driver_connection.set_progress_handler(None, 0)
    return ticks


def fill(store: Store, seeds: range) -> None:
    alerts_of = [make_alert(seed, catalogue_id=("MED-01", "FIL-17")[seed % 2]) for seed in seeds]
    cursor = store.evaluation.cursor()
    assert store.evaluation.save(Evaluation(cursor, cursor + 1, alerts_of))


def test_a_page_costs_the_same_however_many_are_stored(store: Store) -> None:
    fill(store, range(2_000))
    few = {wanted: work(store, wanted) for wanted in FILTERS}
    fill(store, range(2_000, 10_000))
    many = {wanted: work(store, wanted) for wanted in FILTERS}
    assert min(few.values()) > 0
    assert {wanted: (few[wanted], many[wanted]) for wanted in FILTERS if many[wanted] > 1.25 * few[wanted] + 50} == {}


def test_every_limb_of_a_page_walks_a_covering_index(store: Store) -> None:
    for wanted in FILTERS:
        asked = alerts._shape(wanted)
        statement = alerts._page(asked).compile(dialect=sqlite.dialect())
        with store.database.read() as connection:
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", (0,) * len(statement.positiontup)
            ).all()
        searches = [step for *_, step in plan if "COVERING INDEX ix_alerts_" in step]
        assert len(searches) == (len(asked.branches()) if asked.branches() != [[]] else 0), (wanted, plan)


def test_a_search_looks_through_a_bounded_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.evaluation.save(Evaluation(0, 1, [make_alert(seed) for seed in range(60)]))
    assert [alert.number for alert in store.alerts.alerts(AlertFilter(text="文件-3.docx", limit=5))] == [4]
    monkeypatch.setattr(alerts, "SEARCHED_MAX", 20)
    assert store.alerts.alerts(AlertFilter(text="文件-3.docx", limit=5)) == []
    assert [a.number for a in store.alerts.alerts(AlertFilter(text="文件-3.docx", before_number=21, limit=5))] == [4]


def test_lists_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "PAGE_MAX", 7)
    monkeypatch.setattr(alerts, "CASE_MAX", 4)
    store.evaluation.save(Evaluation(0, 1, [make_alert(seed, case_id=b"c" * 32) for seed in range(20)]))
    assert len(store.alerts.alerts(AlertFilter(limit=1_000_000))) == 7
    assert store.alerts.alerts(AlertFilter(limit=-1)) == []
    assert [alert.severity for alert in store.alerts.case(b"c" * 32)] == [5, 5, 5, 5]
