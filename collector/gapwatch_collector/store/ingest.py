"""What ingest and the journal write (C2): a batch, its spool's position, anchors, tree and rollups in one commit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from gapwatch_collector.model import AnchorPoint, NewEntry, SpoolPosition, TreeHead
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.day_tables import KEYED, table_name
from gapwatch_collector.store.log import LogWriter, read_head
from gapwatch_collector.store.ports import Commit
from gapwatch_collector.store.schema import ANCHORS, BATCH_SIGNATURES, SPOOL_DAYS, SPOOLS
from gapwatch_proto.record import record_hash


class SqlIngest:
    """Fills the IngestStore port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer
        move = database.dialect.insert(SPOOLS)
        self._move = move.on_conflict_do_update(
            index_elements=list(SPOOLS.primary_key),
            set_={"next_seq": move.excluded.next_seq, "last_hash": move.excluded.last_hash},
        )
        self._sign_off = BATCH_SIGNATURES.insert()

    def position(self, host_id: bytes, spool_id: bytes) -> SpoolPosition | None:
        with self._database.read() as connection:
            return _position(connection, host_id, spool_id)

    def commit(self, commit: Commit) -> TreeHead | None:
        """A spool without a position expects number 1."""
        if not commit.entries:
            raise ValueError("a commit holds at least one entry")
        after = commit.position
        with self._database.write() as connection:
            stored = _position(connection, after.host_id, after.spool_id)
            if (1 if stored is None else stored.next_seq) != commit.expected_next_seq:
                return None
            head = self._writer.append(connection, commit.entries)
            self._move_spool(connection, commit)
            for anchor in commit.anchors:
                self._keep_anchor(connection, anchor)
        return head

    def record_hash(self, host_id: bytes, spool_id: bytes, seq: int) -> bytes | None:
        placed = (
            select(SPOOL_DAYS.c.day)
            .where(SPOOL_DAYS.c.host_id == host_id, SPOOL_DAYS.c.spool_id == spool_id)
            .where(SPOOL_DAYS.c.first_seq <= seq, SPOOL_DAYS.c.last_seq >= seq)
            .order_by(SPOOL_DAYS.c.day.desc())
        )
        with self._database.read() as connection:
            for day in connection.scalars(placed).all():
                query = (
                    f"SELECT header FROM {table_name(day)} WHERE host_id = ? AND spool_id = ? AND seq = ? AND {KEYED}"  # noqa: S608  names are ours
                )
                row = connection.exec_driver_sql(query, (host_id, spool_id, seq)).one_or_none()
                if row is not None and row[0]:
                    return record_hash(row[0])
        return None

    def anchor(self, host_id: bytes, boot_id: bytes) -> AnchorPoint | None:
        wanted = select(ANCHORS).where(ANCHORS.c.host_id == host_id, ANCHORS.c.boot_id == boot_id)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else AnchorPoint(*row)

    def tree_head(self) -> TreeHead | None:
        with self._database.read() as connection:
            return read_head(connection)

    def _move_spool(self, connection: Connection, commit: Commit) -> None:
        after = commit.position
        key = {"host_id": after.host_id, "spool_id": after.spool_id}
        connection.execute(self._move, {**key, "next_seq": after.next_seq, "last_hash": after.last_hash})
        if commit.batch_signature:
            kept = {"last_seq": after.next_seq - 1, "last_hash": after.last_hash, "signature": commit.batch_signature}
            connection.execute(self._sign_off, {**key, **kept})

    def _keep_anchor(self, connection: Connection, anchor: AnchorPoint) -> None:
        keep = self._database.dialect.insert(ANCHORS).values(
            host_id=anchor.host_id,
            boot_id=anchor.boot_id,
            boottime_ns=anchor.boottime_ns,
            collector_ns=anchor.collector_ns,
            round_trip_ns=anchor.round_trip_ns,
        )
        new = keep.excluded
        connection.execute(
            keep.on_conflict_do_update(
                index_elements=list(ANCHORS.primary_key),
                set_={
                    "boottime_ns": new.boottime_ns,
                    "collector_ns": new.collector_ns,
                    "round_trip_ns": new.round_trip_ns,
                },
                where=new.boottime_ns >= ANCHORS.c.boottime_ns,
            )
        )


class SqlJournal:
    """Fills the Journal port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def append(self, entries: Sequence[NewEntry]) -> TreeHead:
        with self._database.write() as connection:
            return self._writer.append(connection, entries)


_POSITION = select(SPOOLS).where(
    SPOOLS.c.host_id == bindparam("wanted_host"), SPOOLS.c.spool_id == bindparam("wanted_spool")
)


def _position(connection: Connection, host_id: bytes, spool_id: bytes) -> SpoolPosition | None:
    row = connection.execute(_POSITION, {"wanted_host": host_id, "wanted_spool": spool_id}).one_or_none()
    return None if row is None else SpoolPosition(*row)
