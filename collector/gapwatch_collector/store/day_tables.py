"""The log's day tables: one for each UTC day of recording, made when its first entry is written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, LargeBinary, MetaData, Table, text

from gapwatch_collector.store.schema import NUMBER

DAY_NS: Final = 86_400_000_000_000
COLUMNS: Final = (
    "log_index",
    "recorded_ns",
    "origin",
    "kind",
    "severity",
    "event_ns",
    "uncertainty_ns",
    "host_id",
    "spool_id",
    "seq",
    "header",
    "payload",
    "payload_evicted",
)
# Written out in queries as they stand here: a partial index is used only where its condition is repeated.
KEYED: Final = "seq > 0 AND origin <> 5"
BY_PEOPLE: Final = "origin IN (1, 3)"

_NAME = re.compile(r"log_(\d{8})")
_EPOCH = date(1970, 1, 1)


@lru_cache(maxsize=1024)
def _numbered(days: int) -> int:
    day = _EPOCH + timedelta(days=days)
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(time_ns: int) -> int:
    """The UTC day of a time as a number such as 20261122."""
    return _numbered(time_ns // DAY_NS)


def day_start_ns(day: int) -> int:
    """When that UTC day begins."""
    start = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC)
    return int(start.timestamp()) * 1_000_000_000


def table_name(day: int) -> str:
    """The day table's name."""
    return f"log_{day:08d}"


def is_day_table(name: str) -> bool:
    """Whether a table is one of the log's days (those stand outside the migrated schema)."""
    return _NAME.fullmatch(name) is not None


def day_table(day: int) -> Table:
    """A day's table and indexes.

    The key of a record is unique among records and collapsed runs; a fork (origin 5) repeats a key by its nature.
    """
    name = table_name(day)
    return Table(
        name,
        MetaData(),
        Column("log_index", NUMBER, primary_key=True, autoincrement=False),
        Column("recorded_ns", BigInteger, nullable=False),
        Column("origin", Integer, nullable=False),
        Column("kind", Integer, nullable=False),
        Column("severity", Integer, nullable=False),
        Column("event_ns", BigInteger, nullable=False),
        Column("uncertainty_ns", BigInteger, nullable=False),
        Column("host_id", LargeBinary, nullable=False),
        Column("spool_id", LargeBinary, nullable=False),
        Column("seq", BigInteger, nullable=False),
        Column("header", LargeBinary, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("payload_evicted", Boolean, nullable=False),
        Index(
            f"{name}_key",
            "host_id",
            "spool_id",
            "seq",
            unique=True,
            sqlite_where=text(KEYED),
            postgresql_where=text(KEYED),
        ),
        Index(f"{name}_host", "host_id", "log_index"),
        Index(f"{name}_people", "log_index", sqlite_where=text(BY_PEOPLE), postgresql_where=text(BY_PEOPLE)),
    )


def create_day(connection: Connection, day: int) -> None:
    """Make the day's table within the caller's transaction."""
    table = day_table(day)
    table.create(connection, checkfirst=False)
