"""Acts of users for the log and the auditor's page, and the signed policies the collector relays (C9, C12)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from gapwatch_collector.errors import RefusedError
from gapwatch_collector.model import ActKind, LogEntry
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.day_tables import BY_PEOPLE
from gapwatch_collector.store.entries import act_entry
from gapwatch_collector.store.log import READ_MAX, LogWriter, read_rows
from gapwatch_collector.store.schema import LOG_DAYS, POLICIES


class SqlAudit:
    """Fills the Audit port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def act(self, kind: ActKind, *, by: str, detail: Mapping[str, object], now_ns: int) -> None:
        with self._database.write() as connection:
            self._writer.append(connection, [act_entry(kind, by=by, detail=detail, now_ns=now_ns)])

    def acts(self, before_index: int, limit: int) -> list[LogEntry]:
        wanted = max(0, min(limit, READ_MAX))
        entries: list[LogEntry] = []
        days = select(LOG_DAYS.c.day).order_by(LOG_DAYS.c.day.desc())
        if before_index:
            days = days.where(LOG_DAYS.c.first_index < before_index)
        below = f"AND log_index < {int(before_index)}" if before_index else ""
        with self._database.read() as connection:
            for day in connection.scalars(days).all():
                if len(entries) >= wanted:
                    break
                condition = f"WHERE {BY_PEOPLE} {below} ORDER BY log_index DESC LIMIT ?"
                entries += read_rows(connection, day, condition, (wanted - len(entries),))
        return entries


class SqlPolicies:
    """Fills the Policies port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def newest(self) -> bytes | None:
        wanted = select(POLICIES.c.signed_policy).order_by(POLICIES.c.version.desc()).limit(1)
        with self._database.read() as connection:
            return connection.scalar(wanted)

    def publish(self, version: int, signed_policy: bytes, *, by: str, now_ns: int) -> None:
        with self._database.write() as connection:
            newest = connection.scalar(select(func.max(POLICIES.c.version)))
            if newest is not None and version <= newest:
                raise RefusedError(f"policy version {version} is not newer than {newest}")
            connection.execute(
                POLICIES.insert().values(
                    version=version, signed_policy=signed_policy, published_by=by, published_ns=now_ns
                )
            )
            entry = act_entry(ActKind.POLICY_PUBLISHED, by=by, detail={"version": version}, now_ns=now_ns)
            self._writer.append(connection, [entry])
