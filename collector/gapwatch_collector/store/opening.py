"""The store as one object: every port filled over one database file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gapwatch_collector.clock import Clock
from gapwatch_collector.store.accounts import SqlAccounts
from gapwatch_collector.store.alerts import SqlAlerts
from gapwatch_collector.store.audit import SqlAudit, SqlPolicies
from gapwatch_collector.store.database import Database
from gapwatch_collector.store.enrolments import SqlEnrolments
from gapwatch_collector.store.evaluation import SqlEvaluation
from gapwatch_collector.store.ingest import SqlIngest, SqlJournal
from gapwatch_collector.store.log import LogSigner, LogWriter, SqlLogReader, SqlMaintenance
from gapwatch_collector.store.migrate import migrate
from gapwatch_collector.store.ports import (
    Accounts,
    AlertQueries,
    Audit,
    Enrolments,
    EvaluationStore,
    IngestStore,
    Journal,
    LogReader,
    Maintenance,
    Policies,
    Registers,
    Rollups,
)
from gapwatch_collector.store.registers import SqlRegisters
from gapwatch_collector.store.rollups import SqlRollups
from gapwatch_collector.store.sqlite import open_database


@dataclass(frozen=True, slots=True)
class Store:
    """All ports; each attribute fills the one of that name in ``ports``. Thread-safe. Close it when done."""

    ingest: IngestStore
    journal: Journal
    log: LogReader
    evaluation: EvaluationStore
    registers: Registers
    enrolments: Enrolments
    alerts: AlertQueries
    accounts: Accounts
    audit: Audit
    policies: Policies
    rollups: Rollups
    maintenance: Maintenance
    database: Database

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()


def open_store(path: Path, *, sign: LogSigner, clock: Clock, busy_timeout_s: float = 5.0) -> Store:
    """Open the database file, made when it is missing, and bring its schema up to date.

    ``sign`` signs tree heads with the log key. ``busy_timeout_s`` is how long a write waits for another before it
    raises StoreBusyError. Raises ConfigError naming the file and what to do when it cannot be used: not SQLite,
    damaged, not writable, or written by a newer version.
    """
    database = open_database(path, busy_timeout_s=busy_timeout_s)
    try:
        migrate(database, path)
    except BaseException:
        database.close()
        raise
    writer = LogWriter(database, sign=sign, clock=clock)
    return Store(
        ingest=SqlIngest(database, writer),
        journal=SqlJournal(database, writer),
        log=SqlLogReader(database),
        evaluation=SqlEvaluation(database),
        registers=SqlRegisters(database, writer),
        enrolments=SqlEnrolments(database),
        alerts=SqlAlerts(database, writer),
        accounts=SqlAccounts(database, writer),
        audit=SqlAudit(database, writer),
        policies=SqlPolicies(database, writer),
        rollups=SqlRollups(database),
        maintenance=SqlMaintenance(database),
        database=database,
    )
