"""Transactions: undone when they raise, and mistakes of ours are not called trouble."""

from __future__ import annotations

import pytest
from sqlalchemy import exc, text

from gapwatch_collector.store import Store
from gapwatch_collector.store.schema import CORRELATION


def test_a_write_that_raises_is_undone(store: Store) -> None:
    def fail() -> None:
        with store.database.write() as connection:
            connection.execute(CORRELATION.insert().values(key="a", state="1"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert store.evaluation.load_state() == {}


def test_a_mistake_of_ours_keeps_its_name(store: Store) -> None:
    with pytest.raises(exc.OperationalError, match="syntax error"), store.database.read() as connection:
        connection.execute(text("SELEKT 1"))
    with pytest.raises(exc.IntegrityError), store.database.write() as connection:
        connection.execute(CORRELATION.insert(), [{"key": "a", "state": "1"}, {"key": "a", "state": "2"}])
    assert store.evaluation.load_state() == {}


def test_a_reader_keeps_its_view_while_others_write(store: Store) -> None:
    count = text("SELECT count(*) FROM correlation")
    with store.database.read() as reader:
        assert reader.scalar(count) == 0
        with store.database.write() as writer:
            writer.execute(CORRELATION.insert().values(key="a", state="1"))
        assert reader.scalar(count) == 0
    with store.database.read() as reader:
        assert reader.scalar(count) == 1
