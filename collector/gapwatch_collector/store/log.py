"""The one log: appending within a caller's transaction, reading in order.

An append writes the entries, the tree's frontier, its signed head, the day's register and the rollups, or nothing of
them. The time of recording is the collector's clock, read while the writer's lock is held. A clock that was set back
over midnight does not reopen an earlier day: entries go on into the newest day's table and keep the time they got.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from gapwatch_collector.clock import Clock
from gapwatch_collector.model import LogEntry, NewEntry, Origin, TreeHead
from gapwatch_collector.store.database import AnyRow, Database
from gapwatch_collector.store.day_tables import COLUMNS, create_day, day_of, table_name
from gapwatch_collector.store.leaf import leaf_hashes
from gapwatch_collector.store.merkle import Frontier
from gapwatch_collector.store.ports import BatchSignature
from gapwatch_collector.store.rollups import RollupWriter
from gapwatch_collector.store.schema import BATCH_SIGNATURES, LOG_DAYS, LOG_STATE
from gapwatch_proto.identity import tree_head_message

log = logging.getLogger(__name__)

LogSigner = Callable[[bytes], bytes]
"""Signs with the collector's log key; must be quick, it runs inside every commit."""

READ_MAX: Final = 10_000
_STREAM_CHUNK: Final = 2_000
_ORIGINS: Final = {int(origin): origin for origin in Origin}
_READ_COLUMNS: Final = (
    "log_index, recorded_ns, origin, kind, severity, event_ns, uncertainty_ns, payload, host_id, spool_id, seq, header,"
    " payload_evicted"
)


class LogWriter:
    """Appends to the log within a transaction that the caller holds."""

    def __init__(self, database: Database, *, sign: LogSigner, clock: Clock) -> None:
        self._dialect, self._sign, self._clock = database.dialect, sign, clock
        self._rollups = RollupWriter(database.dialect)
        # Statements are made once: making one costs more than running it.
        self._state = select(LOG_STATE)
        keep = database.dialect.insert(LOG_STATE)
        changed = {column.name: keep.excluded[column.name] for column in LOG_STATE.columns if column.name != "id"}
        self._keep = keep.on_conflict_do_update(index_elements=[LOG_STATE.c.id], set_=changed)

    def append(self, connection: Connection, entries: Sequence[NewEntry]) -> TreeHead:
        """Append and return the new head. Raises ValueError for no entries and for a malformed one."""
        if not entries:
            raise ValueError("nothing to append")
        state = connection.execute(self._state).one_or_none()
        frontier = Frontier() if state is None else Frontier.unpack(state.tree_size, state.frontier)
        recorded_ns = self._clock.now_ns()
        day = self._open_day(connection, state, frontier, recorded_ns)
        rows = [_row(index, recorded_ns, entry) for index, entry in enumerate(entries, frontier.size)]
        self._dialect.append_rows(connection, table_name(day), COLUMNS, rows)
        frontier = frontier.extended(leaf_hashes(entries, recorded_ns))
        head = self._keep_head(connection, frontier, recorded_ns, day)
        self._rollups.add(connection, rows, day)
        return head

    def _open_day(self, connection: Connection, state: AnyRow | None, frontier: Frontier, recorded_ns: int) -> int:
        day = day_of(recorded_ns)
        if state is not None and day <= state.newest_day:
            if day < state.newest_day:
                log.warning("the clock is behind the newest day of the log", extra={"newest_day": state.newest_day})
            return int(state.newest_day)
        create_day(connection, day)
        connection.execute(update(LOG_DAYS).where(LOG_DAYS.c.last_index.is_(None)).values(last_index=frontier.size - 1))
        connection.execute(
            LOG_DAYS.insert().values(day=day, first_index=frontier.size, frontier_before=frontier.pack())
        )
        return day

    def _keep_head(self, connection: Connection, frontier: Frontier, signed_at_ns: int, day: int) -> TreeHead:
        size, root = frontier.size, frontier.root()
        signature = self._sign(tree_head_message(size, root, signed_at_ns))
        state = {
            "id": 1,
            "tree_size": size,
            "frontier": frontier.pack(),
            "root_hash": root,
            "signed_at_ns": signed_at_ns,
            "signature": signature,
            "newest_day": day,
        }
        connection.execute(self._keep, state)
        return TreeHead(size, root, signed_at_ns, signature)


def _row(index: int, recorded_ns: int, entry: NewEntry) -> tuple[object, ...]:
    # int() and bool() because the driver looks for an adapter for every value of a subclass, which is slow.
    return (
        index,
        recorded_ns,
        int(entry.origin),
        int(entry.kind),
        int(entry.severity),
        entry.event_ns,
        entry.uncertainty_ns,
        entry.host_id,
        entry.spool_id,
        entry.seq,
        entry.header,
        entry.payload,
        int(entry.payload_evicted),
    )


def read_head(connection: Connection) -> TreeHead | None:
    """The head as last signed."""
    state = connection.execute(select(LOG_STATE)).one_or_none()
    if state is None:
        return None
    return TreeHead(state.tree_size, state.root_hash, state.signed_at_ns, state.signature)


def read_rows(connection: Connection, day: int, condition: str, parameters: tuple[object, ...]) -> list[LogEntry]:
    """Entries of one day. ``condition`` is ours: WHERE, ORDER BY and LIMIT with qmark parameters."""
    query = f"SELECT {_READ_COLUMNS} FROM {table_name(day)} {condition}"  # noqa: S608  no text from outside
    return [_entry(row) for row in connection.exec_driver_sql(query, parameters).fetchall()]


def _entry(row: Sequence[Any]) -> LogEntry:
    index, recorded_ns, origin, kind, severity, event_ns, error_ns, payload, host, spool, seq, header, evicted = row
    if origin not in _ORIGINS:
        raise ValueError(f"log entry {index} is damaged: there is no origin {origin!r}")
    entry = NewEntry(
        _ORIGINS[origin], kind, severity, event_ns, error_ns, payload, host, spool, seq, header, bool(evicted)
    )
    return LogEntry(index, recorded_ns, entry)


_DAYS_FROM = (
    select(LOG_DAYS.c.day)
    .where((LOG_DAYS.c.last_index >= bindparam("from_index")) | LOG_DAYS.c.last_index.is_(None))
    .order_by(LOG_DAYS.c.day)
)


class SqlLogReader:
    """Fills the LogReader port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, from_index: int, limit: int) -> list[LogEntry]:
        """At most ``limit`` entries and never more than READ_MAX."""
        wanted = min(limit, READ_MAX)
        entries: list[LogEntry] = []
        with self._database.read() as connection:
            for day in connection.scalars(_DAYS_FROM, {"from_index": from_index}).all():
                if len(entries) >= wanted:
                    break
                condition = "WHERE log_index >= ? ORDER BY log_index LIMIT ?"
                entries += read_rows(connection, day, condition, (from_index, wanted - len(entries)))
        return entries


class SqlMaintenance:
    """Fills the Maintenance port."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = SqlLogReader(database)

    def day_tables(self) -> Iterator[str]:
        """Names of the day tables, oldest first."""
        with self._database.read() as connection:
            days = connection.scalars(select(LOG_DAYS.c.day).order_by(LOG_DAYS.c.day)).all()
        return iter([table_name(day) for day in days])

    def log_entries(self) -> Iterator[LogEntry]:
        """A chunk a transaction, so that a long reading holds nothing back."""
        next_index = 0
        while chunk := self._reader.read(next_index, _STREAM_CHUNK):
            yield from chunk
            next_index = chunk[-1].log_index + 1

    def records_of_kind(self, kind: int) -> Iterator[LogEntry]:
        """Day by day, a chunk a transaction."""
        with self._database.read() as connection:
            days = connection.scalars(select(LOG_DAYS.c.day).order_by(LOG_DAYS.c.day)).all()
        condition = "WHERE log_index > ? AND origin = 0 AND kind = ? ORDER BY log_index LIMIT ?"
        for day in days:
            last_index = -1
            while True:
                with self._database.read() as connection:
                    chunk = read_rows(connection, day, condition, (last_index, kind, _STREAM_CHUNK))
                yield from chunk
                if len(chunk) < _STREAM_CHUNK:
                    break
                last_index = chunk[-1].log_index

    def kept_from(self) -> Frontier:
        oldest = select(LOG_DAYS.c.first_index, LOG_DAYS.c.frontier_before).order_by(LOG_DAYS.c.day).limit(1)
        with self._database.read() as connection:
            row = connection.execute(oldest).one_or_none()
        return Frontier() if row is None else Frontier.unpack(row.first_index, row.frontier_before)

    def batch_signatures(self, host_id: bytes, spool_id: bytes, first_seq: int, last_seq: int) -> list[BatchSignature]:
        kept = BATCH_SIGNATURES.c
        wanted = (
            select(kept.last_seq, kept.last_hash, kept.signature)
            .where(kept.host_id == host_id, kept.spool_id == spool_id)
            .where(kept.last_seq.between(first_seq, last_seq))
            .order_by(kept.last_seq)
        )
        with self._database.read() as connection:
            return [BatchSignature(*row) for row in connection.execute(wanted)]
