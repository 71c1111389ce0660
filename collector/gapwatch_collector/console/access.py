"""Which duty may open which address (C12). One table, and what is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gapwatch_collector.model import Role

OFFICER: Final = Role.SECRECY_ADMINISTRATOR
ADMINISTRATOR: Final = Role.SYSTEM_ADMINISTRATOR
AUDITOR: Final = Role.SECURITY_AUDITOR

_EVERYONE: Final = frozenset(Role)
_READS_ALERTS: Final = frozenset({OFFICER, AUDITOR})

PUBLIC: Final = frozenset(
    {("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/preference/{name}/{value}"), ("GET", "/healthz")}
)
"""Answered without a session."""

ALLOWED: Final[Mapping[tuple[str, str], frozenset[Role]]] = MappingProxyType(
    {
        ("GET", "/"): _EVERYONE,
        ("POST", "/sign-out"): _EVERYONE,
        ("GET", "/alerts"): _READS_ALERTS,
        ("GET", "/alerts/live"): _READS_ALERTS,
        ("GET", "/alerts/{alert_id}"): _READS_ALERTS,
        ("POST", "/alerts/{alert_id}/acknowledge"): frozenset({OFFICER}),
        ("GET", "/hosts"): _EVERYONE,
        ("GET", "/audit"): frozenset({AUDITOR}),
        ("GET", "/api/openapi.json"): _EVERYONE,
        ("GET", "/api/counts"): _EVERYONE,
        ("GET", "/api/alerts"): _READS_ALERTS,
        ("GET", "/api/alerts/{alert_id}"): _READS_ALERTS,
        ("GET", "/api/hosts"): _EVERYONE,
    }
)
"""Method and route -> the duties that may use it."""

LANDING: Final[Mapping[Role, str]] = MappingProxyType({OFFICER: "/alerts", ADMINISTRATOR: "/hosts", AUDITOR: "/audit"})
"""Each duty's first question: is anything wrong; which machines are silent; who did what."""


def may(role: Role, method: str, route: str) -> bool:
    """Whether this duty may use this route; unknown routes are nobody's."""
    return role in ALLOWED.get((method, route), frozenset())
