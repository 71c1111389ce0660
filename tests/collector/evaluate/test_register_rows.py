"""Registers kept in the memory come back as they were."""

from __future__ import annotations

import json

from gapwatch_collector.evaluate.register_rows import keep_row, load_registers
from gapwatch_collector.evaluate.state import Memory
from gapwatch_collector.model import Host, HostState, RegisteredMedium

HOST = Host(
    b"h" * 16,
    "涉机-017",
    HostState.ENROLLED,
    "涉密网",
    "BM-1",
    "一科",
    "责任人甲",
    "standalone",
    {"state": "secret"},
    heartbeat_interval_s=30,
)
MEDIUM = RegisteredMedium(
    b"m" * 16, "红-1", "AA11", "1A2B", "0781", "5567", "涉密网", {"work": "internal"}, "持", "on_loan"
)


def test_rows_survive() -> None:
    memory = Memory({})
    keep_row(memory, HOST)
    keep_row(memory, MEDIUM)
    saved = json.loads(json.dumps(memory.take_changes()))
    view = load_registers(Memory(saved))
    assert view.host(HOST.host_id) == HOST
    assert view.media[MEDIUM.medium_id] == MEDIUM
