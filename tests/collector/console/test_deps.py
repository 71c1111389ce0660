"""The console with the least it can be given."""

from __future__ import annotations

from dataclasses import replace

from gapwatch_collector.console.routes.hosts import host_rows


def test_without_heartbeats_no_machine_is_called_silent(world) -> None:
    rows = host_rows(replace(world.deps(), host_reports=None))
    assert {row.condition for row in rows} == {"online", "awaiting"}
    assert all(row.report is None for row in rows)
