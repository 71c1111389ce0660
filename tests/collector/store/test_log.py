"""Day tables as time passes, clocks that go back, and rows somebody tampered with."""

from __future__ import annotations

import logging

import pytest

from gapwatch_collector.store.day_tables import table_name
from support.chains import Chain
from support.stores import Engine


def test_a_clock_set_back_over_midnight_goes_on_in_the_newest_day(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    store, chain = engine.open(), Chain()
    store.ingest.commit(chain.batch(2))
    engine.clock.advance(86_400)
    store.ingest.commit(chain.batch(2))
    engine.clock.step_wall(-2 * 86_400)
    with caplog.at_level(logging.WARNING):
        store.ingest.commit(chain.batch(2))
    assert "the clock is behind the newest day" in caplog.text
    assert len(list(store.maintenance.day_tables())) == 2
    entries = store.log.read(0, 10)
    assert [entry.log_index for entry in entries] == list(range(6))
    assert entries[5].recorded_ns == engine.clock.now_ns()  # the time it was given, not one made up


def test_the_tree_before_each_day_is_kept(engine: Engine) -> None:
    store, chain = engine.open(), Chain()
    heads = []
    for _ in range(3):
        heads.append(store.ingest.commit(chain.batch(5)))
        engine.clock.advance(86_400)
    assert store.maintenance.kept_from().size == 0
    with store.database.write() as connection:
        oldest = next(store.maintenance.day_tables()).removeprefix("log_")
        connection.exec_driver_sql("DELETE FROM log_days WHERE day = ?", (int(oldest),))
    assert store.maintenance.kept_from().root() == heads[0].root_hash


def test_an_impossible_row_is_named(engine: Engine) -> None:
    store = engine.open()
    store.ingest.commit(Chain().batch(3))
    table = next(store.maintenance.day_tables())
    with store.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET origin = 99 WHERE log_index = 1")
    with pytest.raises(ValueError, match="log entry 1 is damaged"):
        store.log.read(0, 10)


def test_the_auditors_and_the_hosts_pages_walk_an_index(engine: Engine) -> None:
    store = engine.open()
    store.ingest.commit(Chain().batch(3))
    table = table_name(int(next(store.maintenance.day_tables()).removeprefix("log_")))
    queries = {
        f"{table}_people": "origin IN (1, 3) AND log_index < 5 ORDER BY log_index DESC LIMIT 5",
        f"{table}_host": "host_id = x'00' ORDER BY log_index DESC LIMIT 5",
        f"{table}_key": "host_id = x'00' AND spool_id = x'00' AND seq = 4 AND seq > 0 AND origin <> 5",
    }
    with store.database.read() as connection:
        for index, condition in queries.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {condition}").all()
            assert index in str(plan), plan
            assert "TEMP B-TREE" not in str(plan), plan
