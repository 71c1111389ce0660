"""The registers' current rows; every change also stands in the log, row before and after (C7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, select

from gapwatch_collector.model import Host, HostState, RegisteredMedium
from gapwatch_collector.store.database import AnyRow, Database
from gapwatch_collector.store.entries import RegisterChange, canonical_json, register_change_entry
from gapwatch_collector.store.log import LogWriter
from gapwatch_collector.store.schema import HOSTS, MEDIA


class SqlRegisters:
    """Fills the Registers port."""

    def __init__(self, database: Database, writer: LogWriter) -> None:
        self._database, self._writer = database, writer

    def hosts(self) -> list[Host]:
        """By name."""
        with self._database.read() as connection:
            return [_host(row) for row in connection.execute(select(HOSTS).order_by(HOSTS.c.name, HOSTS.c.host_id))]

    def host(self, host_id: bytes) -> Host | None:
        with self._database.read() as connection:
            return _find_host(connection, host_id)

    def put_host(self, host: Host, *, by: str, now_ns: int) -> None:
        with self._database.write() as connection:
            self._put_host(connection, RegisterChange(by, _find_host(connection, host.host_id), host), now_ns)

    def change_host(
        self, host_id: bytes, change: Callable[[Host | None], Host | None], *, by: str, now_ns: int
    ) -> Host | None:
        with self._database.write() as connection:
            before = _find_host(connection, host_id)
            after = change(before)
            if after is None or after == before:
                return before
            self._put_host(connection, RegisterChange(by, before, after), now_ns)
        return after

    def media(self) -> list[RegisteredMedium]:
        """By label."""
        with self._database.read() as connection:
            rows = connection.execute(select(MEDIA).order_by(MEDIA.c.label, MEDIA.c.medium_id)).all()
        return [_medium(row) for row in rows]

    def put_medium(self, medium: RegisteredMedium, *, by: str, now_ns: int) -> None:
        with self._database.write() as connection:
            found = connection.execute(select(MEDIA).where(MEDIA.c.medium_id == medium.medium_id)).one_or_none()
            row = {column.name: getattr(medium, column.name) for column in MEDIA.columns}
            row["ceilings"] = canonical_json(medium.ceilings).decode()
            self._put(connection, MEDIA, row)
            change = RegisterChange(by, None if found is None else _medium(found), medium)
            self._writer.append(connection, [register_change_entry(change, now_ns=now_ns)])

    def _put_host(self, connection: Connection, change: RegisterChange, now_ns: int) -> None:
        host = change.after
        assert isinstance(host, Host)
        row = {column.name: getattr(host, column.name) for column in HOSTS.columns}
        row.update(state=host.state.value, ceilings=canonical_json(host.ceilings).decode())
        self._put(connection, HOSTS, row)
        self._writer.append(connection, [register_change_entry(change, now_ns=now_ns)])

    def _put(self, connection: Connection, table: Table, row: dict[str, Any]) -> None:
        keys = list(table.primary_key)
        rest = {name: value for name, value in row.items() if name not in table.primary_key.columns}
        put = self._database.dialect.insert(table).values(row)
        connection.execute(put.on_conflict_do_update(index_elements=keys, set_=rest))


def _find_host(connection: Connection, host_id: bytes) -> Host | None:
    row = connection.execute(select(HOSTS).where(HOSTS.c.host_id == host_id)).one_or_none()
    return None if row is None else _host(row)


def _host(row: AnyRow) -> Host:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    values.update(state=HostState(row.state), ceilings=json.loads(row.ceilings))
    return Host(**values)


def _medium(row: AnyRow) -> RegisteredMedium:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    values["ceilings"] = json.loads(row.ceilings)
    return RegisteredMedium(**values)
