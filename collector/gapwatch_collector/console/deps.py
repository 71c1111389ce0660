"""What the console is given: the ports it reads and writes through, and the words that name this unit's screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from gapwatch_collector.clock import Clock
from gapwatch_collector.console.texts import RuleTexts
from gapwatch_collector.store.ports import Accounts, AlertQueries, Audit, Registers


@dataclass(frozen=True, slots=True)
class HostReport:
    """What a host last said of itself: when it was heard (collector time) and what its heartbeat reported."""

    host_id: bytes
    last_heard_ns: int
    agent_version: str = ""
    policy_version: int = 0
    degraded_sensors: tuple[str, ...] = ()


class HostReports(Protocol):
    """Where the machines page learns who is silent. Filled by whoever sees heartbeats."""

    def reports(self) -> Mapping[bytes, HostReport]:
        """The latest report of every host that was ever heard, by host id."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleDeps:
    """Everything the console needs; it names no concrete class.

    ``level_label`` is the classification of the screen itself and stands top left on every page, as on paper.
    ``timezone`` None means the collector machine's own. ``secure_cookies`` is true wherever TLS stands in front.
    """

    alerts: AlertQueries
    accounts: Accounts
    registers: Registers
    audit: Audit
    rules: RuleTexts
    clock: Clock
    zone_label: str
    level_label: str
    unit_name: str
    secure_cookies: bool = False
    host_reports: HostReports | None = None
    timezone: tzinfo | None = None
