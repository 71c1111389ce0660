"""What can go wrong in the collector, split by what the caller does about it.

    CollectorError
    ├── ConfigError      the administrator must fix a file; carries every fault at once; exit code 3
    ├── RuleError        an officer must fix a rule; carries file and line
    ├── RefusedError     the sender is wrong and sending again will not help; say why, keep serving
    └── StoreBusyError   the database cannot take it now; nothing was written; try again

Expected outcomes are values, not exceptions; bugs stay built-in exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence


class CollectorError(Exception):
    """Base of everything the collector raises on purpose."""


class ConfigError(CollectorError):
    """A configuration that cannot be used. ``faults`` names every mistake, so that one edit can mend them all."""

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        self.source = source
        self.faults = tuple(faults)
        listed = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"{source}: {len(self.faults)} mistake(s)\n{listed}")


class RuleError(CollectorError):
    """A rule that cannot be loaded: file, line (1 = first; 0 unknown) and what is wrong with it."""

    def __init__(self, file: str, line: int, complaint: str) -> None:
        self.file, self.line, self.complaint = file, line, complaint
        super().__init__(f"{file}:{line}: {complaint}")


class RefusedError(CollectorError):
    """What was asked is refused for good."""


class StoreBusyError(CollectorError):
    """The store could not write; nothing was changed."""
