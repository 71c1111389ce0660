"""What can go wrong in the agent, split by what the caller does about it.

    AgentError
    ├── ConfigError      the administrator must fix a file; carries every fault at once; exit code 3
    ├── RefusedError     the other side said no for good (token used, revoked, broken chain); do not retry
    ├── UnavailableError the other side cannot be reached or cannot serve now; retry with backoff
    └── PeerError        a local peer sent something that is not our protocol or has no right to; drop the connection

Expected outcomes are values, not exceptions; bugs stay built-in exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence


class AgentError(Exception):
    """Base of everything the agent raises on purpose."""


class ConfigError(AgentError):
    """A configuration that cannot be used. ``faults`` names every mistake, so that one edit can mend them all."""

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        self.source = source
        self.faults = tuple(faults)
        listed = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"{source}: {len(self.faults)} mistake(s)\n{listed}")


class RefusedError(AgentError):
    """The other side refused for good; retrying cannot help until a person acts."""


class UnavailableError(AgentError):
    """The other side cannot serve now; retry later."""


class PeerError(AgentError):
    """A message on a local socket that is malformed, too large, of another version, or from a stranger."""
