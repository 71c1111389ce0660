"""Alembic's hook: run the migrations on the connection, and within the transaction, that ``migrate`` handed over."""

from __future__ import annotations

from alembic import context

from gapwatch_collector.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
