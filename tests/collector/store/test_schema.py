"""The migrations build exactly the schema that the code works with."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from gapwatch_collector.model import Host, RegisteredMedium
from gapwatch_collector.store import Store
from gapwatch_collector.store.schema import HOSTS, MEDIA, METADATA


def test_the_migrated_schema_is_the_metadata(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_every_table_and_index_is_spelt_the_same(store: Store) -> None:
    """Beyond what Alembic compares: WITHOUT ROWID, key order, constraint names."""

    def spelt(connection: object) -> dict[str, str]:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if name != "alembic_version"}

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        wanted = spelt(connection)
    engine.dispose()
    with store.database.read() as connection:
        assert spelt(connection) == wanted


def test_registers_have_a_column_for_every_field() -> None:
    assert set(HOSTS.columns.keys()) == set(Host.__dataclass_fields__)
    assert set(MEDIA.columns.keys()) == set(RegisteredMedium.__dataclass_fields__)
