"""Days by number and the tables named after them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect

from gapwatch_collector.store.day_tables import (
    COLUMNS,
    DAY_NS,
    create_day,
    day_of,
    day_start_ns,
    day_table,
    is_day_table,
    table_name,
)

MIDNIGHT = 1_795_305_600_000_000_000


@pytest.mark.parametrize(
    ("time_ns", "day"),
    [(0, 19700101), (-1, 19691231), (MIDNIGHT, 20261122), (MIDNIGHT - 1, 20261121), (MIDNIGHT + DAY_NS - 1, 20261122)],
)
def test_a_day_is_utc(time_ns: int, day: int) -> None:
    assert day_of(time_ns) == day


@given(st.integers(-(2**62), 2**62))
def test_a_time_lies_in_its_day(time_ns: int) -> None:
    start_ns = day_start_ns(day_of(time_ns))
    assert start_ns <= time_ns < start_ns + DAY_NS


def test_day_tables_are_told_from_the_rest() -> None:
    assert is_day_table(table_name(20261122))
    assert not any(
        is_day_table(name) for name in ("log_days", "log_state", "log_2026112", "log_202611223", "xlog_20261122")
    )


def test_a_days_table_has_the_logs_columns_and_indexes() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        create_day(connection, 20261122)
        create_day(connection, 20261123)
        found = inspect(connection)
        assert found.get_table_names() == ["log_20261122", "log_20261123"]
        assert tuple(column["name"] for column in found.get_columns("log_20261122")) == COLUMNS
        assert {index["name"] for index in found.get_indexes("log_20261122")} == {
            index.name for index in day_table(20261122).indexes
        }
    engine.dispose()
