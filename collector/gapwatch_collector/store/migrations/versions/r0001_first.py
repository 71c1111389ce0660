"""The first schema: log, rollups, alerts, registers, users. Frozen: later changes are migrations of their own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite makes a column the row's own number only when it is spelt INTEGER.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_log()
    _create_rollups()
    _create_alerts()
    _create_registers()
    _create_users()


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _create_log() -> None:
    op.create_table(
        "log_state",
        _key("id", sa.Integer()),
        _need("tree_size", sa.BigInteger()),
        _need("frontier", sa.LargeBinary()),
        _need("root_hash", sa.LargeBinary()),
        _need("signed_at_ns", sa.BigInteger()),
        _need("signature", sa.LargeBinary()),
        _need("newest_day", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk_log_state"),
    )
    op.create_table(
        "log_days",
        _key("day", sa.Integer()),
        _need("first_index", sa.BigInteger()),
        sa.Column("last_index", sa.BigInteger(), nullable=True),
        _need("frontier_before", sa.LargeBinary()),
        sa.Column("sealed_digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("day", name="pk_log_days"),
    )
    op.create_table(
        "spools",
        _key("host_id", sa.LargeBinary()),
        _key("spool_id", sa.LargeBinary()),
        _need("next_seq", sa.BigInteger()),
        _need("last_hash", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("host_id", "spool_id", name="pk_spools"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spool_days",
        _key("host_id", sa.LargeBinary()),
        _key("spool_id", sa.LargeBinary()),
        _key("day", sa.Integer()),
        _need("first_seq", sa.BigInteger()),
        _need("last_seq", sa.BigInteger()),
        sa.PrimaryKeyConstraint("host_id", "spool_id", "day", name="pk_spool_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch_signatures",
        _key("host_id", sa.LargeBinary()),
        _key("spool_id", sa.LargeBinary()),
        _key("last_seq", sa.BigInteger()),
        _need("last_hash", sa.LargeBinary()),
        _need("signature", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("host_id", "spool_id", "last_seq", name="pk_batch_signatures"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "anchors",
        _key("host_id", sa.LargeBinary()),
        _key("boot_id", sa.LargeBinary()),
        _need("boottime_ns", sa.BigInteger()),
        _need("collector_ns", sa.BigInteger()),
        _need("round_trip_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("host_id", "boot_id", name="pk_anchors"),
        sqlite_with_rowid=False,
    )


def _create_rollups() -> None:
    op.create_table(
        "event_counts",
        _key("day", sa.Integer()),
        _key("host_id", sa.LargeBinary()),
        _key("kind", sa.Integer()),
        _key("severity", sa.Integer()),
        _need("total", sa.BigInteger()),
        sa.PrimaryKeyConstraint("day", "host_id", "kind", "severity", name="pk_event_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "completeness",
        _key("host_id", sa.LargeBinary()),
        _key("day", sa.Integer()),
        _key("spool_id", sa.LargeBinary()),
        _need("first_seq", sa.BigInteger()),
        _need("last_seq", sa.BigInteger()),
        _need("records", sa.BigInteger()),
        _need("evicted", sa.BigInteger()),
        _need("spans", sa.BigInteger()),
        _need("gaps", sa.BigInteger()),
        _need("forks", sa.BigInteger()),
        _need("first_event_ns", sa.BigInteger()),
        _need("last_event_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("host_id", "day", "spool_id", name="pk_completeness"),
        sqlite_with_rowid=False,
    )


def _create_alerts() -> None:
    op.create_table(
        "evaluator",
        _key("id", sa.Integer()),
        _need("cursor", sa.BigInteger()),
        _need("newest_number", sa.BigInteger()),
        _need("revision", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_evaluator"),
    )
    op.create_table(
        "correlation",
        _key("key", sa.Text()),
        _need("state", sa.Text()),
        sa.PrimaryKeyConstraint("key", name="pk_correlation"),
    )
    op.create_table(
        "alerts",
        _key("number", NUMBER),
        _need("alert_id", sa.LargeBinary()),
        _need("case_id", sa.LargeBinary()),
        _need("rule_id", sa.Text()),
        _need("catalogue_id", sa.Text()),
        _need("severity", sa.Integer()),
        _need("event_ns", sa.BigInteger()),
        _need("uncertainty_ns", sa.BigInteger()),
        _need("raised_ns", sa.BigInteger()),
        _need("host_id", sa.LargeBinary()),
        _need("state", sa.Text()),
        _need("late", sa.Boolean()),
        _need("explanation", sa.Text()),
        _need("search_text", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_alerts"),
    )
    op.create_index("ix_alerts_alert_id", "alerts", ["alert_id"], unique=True)
    op.create_index("ix_alerts_case_id", "alerts", ["case_id", "severity", "number"])
    op.create_index("ix_alerts_catalogue", "alerts", ["catalogue_id", "state", "severity", "number"])
    op.create_index("ix_alerts_host", "alerts", ["host_id", "state", "severity", "number"])
    op.create_index("ix_alerts_host_catalogue", "alerts", ["host_id", "catalogue_id", "state", "severity", "number"])
    op.create_index("ix_alerts_page", "alerts", ["state", "severity", "number"])
    op.create_table(
        "alert_details",
        _key("number", NUMBER),
        _need("facts", sa.Text()),
        _need("members", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_alert_details"),
    )
    op.create_table(
        "alert_counts",
        _key("state", sa.Text()),
        _key("severity", sa.Integer()),
        _need("total", sa.BigInteger()),
        sa.PrimaryKeyConstraint("state", "severity", name="pk_alert_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sightings",
        _key("medium_key", sa.Text()),
        _key("host_id", sa.LargeBinary()),
        _need("first_ns", sa.BigInteger()),
        _need("last_ns", sa.BigInteger()),
        _need("person", sa.Text()),
        sa.PrimaryKeyConstraint("medium_key", "host_id", name="pk_sightings"),
        sqlite_with_rowid=False,
    )


def _create_registers() -> None:
    op.create_table(
        "hosts",
        _key("host_id", sa.LargeBinary()),
        _need("name", sa.Text()),
        _need("state", sa.Text()),
        _need("zone", sa.Text()),
        _need("secrecy_number", sa.Text()),
        _need("unit", sa.Text()),
        _need("responsible_person", sa.Text()),
        _need("profile", sa.Text()),
        _need("ceilings", sa.Text()),
        _need("chain_key", sa.LargeBinary()),
        _need("machine_id_hash", sa.Text()),
        _need("certificate_serial", sa.Text()),
        _need("enrolled_ns", sa.BigInteger()),
        _need("heartbeat_interval_s", sa.Integer()),
        sa.PrimaryKeyConstraint("host_id", name="pk_hosts"),
    )
    op.create_table(
        "media",
        _key("medium_id", sa.LargeBinary()),
        _need("label", sa.Text()),
        _need("serial_number", sa.Text()),
        _need("filesystem_id", sa.Text()),
        _need("vendor_id", sa.Text()),
        _need("product_id", sa.Text()),
        _need("zone", sa.Text()),
        _need("ceilings", sa.Text()),
        _need("holder", sa.Text()),
        _need("status", sa.Text()),
        sa.PrimaryKeyConstraint("medium_id", name="pk_media"),
    )
    op.create_index("ix_media_serial_number", "media", ["serial_number", "filesystem_id"])
    op.create_table(
        "enrolment_tokens",
        _key("token_hash", sa.LargeBinary()),
        _need("created_ns", sa.BigInteger()),
        _need("expires_ns", sa.BigInteger()),
        _need("created_by", sa.Text()),
        _need("machine_id_hash", sa.Text()),
        _need("host_id", sa.LargeBinary()),
        _need("spent_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("token_hash", name="pk_enrolment_tokens"),
    )
    op.create_table(
        "pending_enrolments",
        _key("host_id", sa.LargeBinary()),
        _need("token_hash", sa.LargeBinary()),
        _need("csr", sa.LargeBinary()),
        _need("chain_key", sa.LargeBinary()),
        _need("hostname", sa.Text()),
        _need("machine_id_hash", sa.Text()),
        _need("asked_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("host_id", name="pk_pending_enrolments"),
    )
    op.create_index("ix_pending_enrolments_token_hash", "pending_enrolments", ["token_hash"], unique=True)


def _create_users() -> None:
    op.create_table(
        "accounts",
        _key("account_id", sa.LargeBinary()),
        _need("name", sa.Text()),
        _need("folded_name", sa.Text()),
        sa.Column("role", sa.Text(), nullable=True),
        _need("created_by", sa.Text()),
        _need("granted_by", sa.Text()),
        _need("disabled", sa.Boolean()),
        _need("created_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
    )
    op.create_index("ix_accounts_folded_name", "accounts", ["folded_name"], unique=True)
    op.create_table(
        "sign_ins",
        _key("code_hash", sa.LargeBinary()),
        _need("account_id", sa.LargeBinary()),
        _need("expires_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("code_hash", name="pk_sign_ins"),
    )
    op.create_table(
        "sessions",
        _key("session_hash", sa.LargeBinary()),
        _need("account_id", sa.LargeBinary()),
        _need("expires_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("session_hash", name="pk_sessions"),
    )
    op.create_table(
        "policies",
        _key("version", NUMBER),
        _need("signed_policy", sa.LargeBinary()),
        _need("published_by", sa.Text()),
        _need("published_ns", sa.BigInteger()),
        sa.PrimaryKeyConstraint("version", name="pk_policies"),
    )
