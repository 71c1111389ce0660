"""Registers in the evaluator's memory: what the log's register changes said, so that a restart need not reread it."""

from __future__ import annotations

from typing import Any, Final

from gapwatch_collector.evaluate.state import Memory
from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.model import Host, HostState, RegisteredMedium

_HOSTS: Final = "register.host/"
_MEDIA: Final = "register.medium/"
_HOST_TEXTS: Final = ("name", "zone", "secrecy_number", "unit", "responsible_person", "profile")
_MEDIUM_TEXTS: Final = (
    "label",
    "serial_number",
    "filesystem_id",
    "vendor_id",
    "product_id",
    "zone",
    "holder",
    "status",
)


def load_registers(memory: Memory) -> RegisterView:
    """The registers as the log had told them when the memory was saved."""
    hosts = (_host(name, row) for name, row in memory.under(_HOSTS))
    media = (_medium(name, row) for name, row in memory.under(_MEDIA))
    return RegisterView(hosts, media)


def keep_row(memory: Memory, row: Host | RegisteredMedium) -> None:
    """Remember one row after a change."""
    if isinstance(row, Host):
        kept: dict[str, object] = {name: getattr(row, name) for name in _HOST_TEXTS}
        kept |= {"state": str(row.state), "ceilings": dict(row.ceilings), "interval_s": row.heartbeat_interval_s}
        memory.put(_HOSTS + row.host_id.hex(), kept)
    else:
        kept = {name: getattr(row, name) for name in _MEDIUM_TEXTS}
        memory.put(_MEDIA + row.medium_id.hex(), kept | {"ceilings": dict(row.ceilings)})


def _host(name: str, row: dict[str, Any]) -> Host:
    return Host(
        host_id=bytes.fromhex(name),
        state=HostState(row["state"]),
        ceilings=row["ceilings"],
        heartbeat_interval_s=row["interval_s"],
        **{field: row[field] for field in _HOST_TEXTS},
    )


def _medium(name: str, row: dict[str, Any]) -> RegisteredMedium:
    return RegisteredMedium(
        medium_id=bytes.fromhex(name), ceilings=row["ceilings"], **{field: row[field] for field in _MEDIUM_TEXTS}
    )
