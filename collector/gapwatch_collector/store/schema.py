"""The tables, as every engine holds them; the migrations build exactly these.

The log's day tables are made on demand (``day_tables``). Ids are raw bytes, times nanoseconds since 1970 UTC, days
numbers such as 20261122 (UTC). JSON stands in text columns with everything outside ASCII escaped, so that text no
engine would take (NUL, lone surrogates) survives. One-row tables carry id 1.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

NAMING: Final = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

# SQLite makes a column the row's own number only when it is spelt INTEGER.
NUMBER: Final[TypeEngine[int]] = BigInteger().with_variant(Integer(), "sqlite")

METADATA: Final = MetaData(naming_convention=NAMING)


def _key(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _need(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _keyed(name: str, *columns: Column[Any] | Index) -> Table:
    """A table whose key is all there is to find a row by: SQLite stores it in the key's own tree."""
    return Table(name, METADATA, *columns, sqlite_with_rowid=False)


# --- the log ---------------------------------------------------------------------------------------------------------

LOG_STATE: Final = Table(
    "log_state",
    METADATA,
    _key("id", Integer),
    _need("tree_size", BigInteger),
    _need("frontier", LargeBinary),
    _need("root_hash", LargeBinary),
    _need("signed_at_ns", BigInteger),
    _need("signature", LargeBinary),
    _need("newest_day", Integer),
)

LOG_DAYS: Final = Table(
    "log_days",
    METADATA,
    _key("day", Integer),
    _need("first_index", BigInteger),
    Column("last_index", BigInteger),  # none yet: the newest day, still growing
    # The tree as it stood when the day began: what is left to verify from once earlier days were dropped.
    _need("frontier_before", LargeBinary),
    Column("sealed_digest", LargeBinary),
)

SPOOLS: Final = _keyed(
    "spools",
    _key("host_id", LargeBinary),
    _key("spool_id", LargeBinary),
    _need("next_seq", BigInteger),
    _need("last_hash", LargeBinary),
)

SPOOL_DAYS: Final = _keyed(
    "spool_days",  # which day tables hold which numbers of a spool
    _key("host_id", LargeBinary),
    _key("spool_id", LargeBinary),
    _key("day", Integer),
    _need("first_seq", BigInteger),
    _need("last_seq", BigInteger),
)

BATCH_SIGNATURES: Final = _keyed(
    "batch_signatures",
    _key("host_id", LargeBinary),
    _key("spool_id", LargeBinary),
    _key("last_seq", BigInteger),
    _need("last_hash", LargeBinary),
    _need("signature", LargeBinary),
)

ANCHORS: Final = _keyed(
    "anchors",
    _key("host_id", LargeBinary),
    _key("boot_id", LargeBinary),
    _need("boottime_ns", BigInteger),
    _need("collector_ns", BigInteger),
    _need("round_trip_ns", BigInteger),
)

EVENT_COUNTS: Final = _keyed(
    "event_counts",
    _key("day", Integer),
    _key("host_id", LargeBinary),
    _key("kind", Integer),
    _key("severity", Integer),
    _need("total", BigInteger),
)

COMPLETENESS: Final = _keyed(
    "completeness",
    _key("host_id", LargeBinary),
    _key("day", Integer),
    _key("spool_id", LargeBinary),
    _need("first_seq", BigInteger),
    _need("last_seq", BigInteger),
    _need("records", BigInteger),
    _need("evicted", BigInteger),
    _need("spans", BigInteger),
    _need("gaps", BigInteger),
    _need("forks", BigInteger),
    _need("first_event_ns", BigInteger),
    _need("last_event_ns", BigInteger),
)

# --- evaluation and alerts -------------------------------------------------------------------------------------------

EVALUATOR: Final = Table(
    "evaluator",
    METADATA,
    _key("id", Integer),
    _need("cursor", BigInteger),
    _need("newest_number", BigInteger),
    _need("revision", BigInteger),
)

CORRELATION: Final = Table("correlation", METADATA, _key("key", Text), _need("state", Text))

ALERTS: Final = Table(
    "alerts",
    METADATA,
    _key("number", NUMBER),
    _need("alert_id", LargeBinary),
    _need("case_id", LargeBinary),
    _need("rule_id", Text),
    _need("catalogue_id", Text),
    _need("severity", Integer),
    _need("event_ns", BigInteger),
    _need("uncertainty_ns", BigInteger),
    _need("raised_ns", BigInteger),
    _need("host_id", LargeBinary),
    _need("state", Text),
    _need("late", Boolean),
    _need("explanation", Text),
    _need("search_text", Text),
    Index("ix_alerts_alert_id", "alert_id", unique=True),
    Index("ix_alerts_case_id", "case_id", "severity", "number"),
    # Every way to filter the list has an index that ends in the number: a page walks it and never sorts the table.
    Index("ix_alerts_page", "state", "severity", "number"),
    Index("ix_alerts_host", "host_id", "state", "severity", "number"),
    Index("ix_alerts_catalogue", "catalogue_id", "state", "severity", "number"),
    Index("ix_alerts_host_catalogue", "host_id", "catalogue_id", "state", "severity", "number"),
)

ALERT_DETAILS: Final = Table(
    "alert_details",  # apart from the alerts so that those rows stay short to walk
    METADATA,
    _key("number", NUMBER),
    _need("facts", Text),
    _need("members", Text),
)

ALERT_COUNTS: Final = _keyed("alert_counts", _key("state", Text), _key("severity", Integer), _need("total", BigInteger))

SIGHTINGS: Final = _keyed(
    "sightings",
    _key("medium_key", Text),
    _key("host_id", LargeBinary),
    _need("first_ns", BigInteger),
    _need("last_ns", BigInteger),
    _need("person", Text),
)

# --- registers and enrolment -----------------------------------------------------------------------------------------

HOSTS: Final = Table(
    "hosts",
    METADATA,
    _key("host_id", LargeBinary),
    _need("name", Text),
    _need("state", Text),
    _need("zone", Text),
    _need("secrecy_number", Text),
    _need("unit", Text),
    _need("responsible_person", Text),
    _need("profile", Text),
    _need("ceilings", Text),
    _need("chain_key", LargeBinary),
    _need("machine_id_hash", Text),
    _need("certificate_serial", Text),
    _need("enrolled_ns", BigInteger),
    _need("heartbeat_interval_s", Integer),
)

MEDIA: Final = Table(
    "media",
    METADATA,
    _key("medium_id", LargeBinary),
    _need("label", Text),
    _need("serial_number", Text),
    _need("filesystem_id", Text),
    _need("vendor_id", Text),
    _need("product_id", Text),
    _need("zone", Text),
    _need("ceilings", Text),
    _need("holder", Text),
    _need("status", Text),
    Index("ix_media_serial_number", "serial_number", "filesystem_id"),
)

ENROLMENT_TOKENS: Final = Table(
    "enrolment_tokens",
    METADATA,
    _key("token_hash", LargeBinary),
    _need("created_ns", BigInteger),
    _need("expires_ns", BigInteger),
    _need("created_by", Text),
    _need("machine_id_hash", Text),
    _need("host_id", LargeBinary),
    _need("spent_ns", BigInteger),
)

PENDING_ENROLMENTS: Final = Table(
    "pending_enrolments",
    METADATA,
    _key("host_id", LargeBinary),
    _need("token_hash", LargeBinary),
    _need("csr", LargeBinary),
    _need("chain_key", LargeBinary),
    _need("hostname", Text),
    _need("machine_id_hash", Text),
    _need("asked_ns", BigInteger),
    Index("ix_pending_enrolments_token_hash", "token_hash", unique=True),
)

# --- the console's users, policy -------------------------------------------------------------------------------------

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    _key("account_id", LargeBinary),
    _need("name", Text),
    # The name as people compare it; two accounts that read alike would let one person be two.
    _need("folded_name", Text),
    Column("role", Text),
    _need("created_by", Text),
    _need("granted_by", Text),
    _need("disabled", Boolean),
    _need("created_ns", BigInteger),
    Index("ix_accounts_folded_name", "folded_name", unique=True),
)

SIGN_INS: Final = Table(
    "sign_ins",
    METADATA,
    _key("code_hash", LargeBinary),
    _need("account_id", LargeBinary),
    _need("expires_ns", BigInteger),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    _key("session_hash", LargeBinary),
    _need("account_id", LargeBinary),
    _need("expires_ns", BigInteger),
)

POLICIES: Final = Table(
    "policies",
    METADATA,
    _key("version", NUMBER),
    _need("signed_policy", LargeBinary),
    _need("published_by", Text),
    _need("published_ns", BigInteger),
)
