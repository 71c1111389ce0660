"""Transactions over one engine, and its troubles in our words.

Every engine's own ways stand behind ``Dialect`` (``sqlite`` now). A write transaction takes the writer's lock when it
begins, so nothing read in it can be stale when it commits; a read transaction sees one state of the database.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Row, Table, exc
from sqlalchemy.dialects.sqlite import Insert

from gapwatch_collector.errors import StoreBusyError

AnyRow = Row[*tuple[Any, ...]]
"""A row of a query whose columns are picked by name."""


class Dialect(Protocol):
    """What differs from engine to engine."""

    def insert(self, table: Table) -> Insert:
        """An insert that can say ON CONFLICT."""
        ...

    def append_rows(self, connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        """Many rows by the driver's fastest way."""
        ...

    def trouble(self, error: exc.DBAPIError) -> str | None:
        """What stands in the way and what to do about it; None when the error is a mistake of ours."""
        ...

    def lead(self) -> AbstractContextManager[bool]:
        """The evaluator's lock."""
        ...


class Database:
    """An engine, its dialect, and one writer at a time."""

    def __init__(self, engine: Engine, dialect: Dialect, *, busy_timeout_s: float) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._busy_timeout_s = busy_timeout_s
        # Threads of one process hand over here at once; the engine's own lock is polled and only needed between
        # processes.
        self._writer = threading.Lock()
        self.dialect = dialect

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One state of the database for as long as the context is open. Raises StoreBusyError."""
        with self._in_our_words(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the context ends and is undone when it raises. Raises StoreBusyError."""
        if not self._writer.acquire(timeout=self._busy_timeout_s):
            raise StoreBusyError(
                f"another write has been under way for {self._busy_timeout_s:g} s; nothing was written"
            )
        try:
            with self._in_our_words(), self._writing.connect() as connection, connection.begin():
                yield connection
        finally:
            self._writer.release()

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            trouble = self.dialect.trouble(error)
            if trouble is None:
                raise
            raise StoreBusyError(f"{trouble}; nothing was written") from error
        except exc.TimeoutError as error:
            raise StoreBusyError("every connection to the store is in use; nothing was written") from error
