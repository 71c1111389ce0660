"""What a unit says about machine-readable labels: which property keys are labels, which level a label's GUID means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """A unit's table of labels (domain §3.5). Plain values, so that it crosses to the child that inspects.

    ``keys``: names of properties whose value is a level, besides the known ones; case and spaces do not matter.
    ``guid_levels``: the GUID of a Purview or STANAG label, as written without braces, to (axis, level) of contract C16.
    A GUID that is not here is read by its name.
    """

    keys: frozenset[str] = frozenset()
    guid_levels: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def has_key(self, key: str) -> bool:
        """Whether the unit calls this property a label. ``key`` is lower case, without spaces."""
        return any("".join(own.lower().split()) == key for own in self.keys)

    def level_of(self, guid: str) -> tuple[str, str] | None:
        """(axis, level) of a label's GUID; None when the unit's table does not know it."""
        wanted = guid.strip("{} ").lower()
        return next((level for own, level in self.guid_levels.items() if own.strip("{} ").lower() == wanted), None)


NO_POLICY: Final = LabelPolicy()
"""Known keys only, no GUIDs."""
