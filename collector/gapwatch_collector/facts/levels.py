"""Comparing classification levels (C16): a level is (axis, rank) and compares only within its axis."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

AXES: Final = ("state", "enterprise", "commercial", "work", "exam", "foreign")

RANKS: Final[Mapping[str, int]] = MappingProxyType(
    {"unclassified": 0, "internal": 1, "restricted": 2, "confidential": 3, "secret": 4, "top_secret": 5}
)
"""Level words in order. On the state axis confidential, secret, top_secret are 秘密, 机密, 绝密."""

_UNKNOWN_RANK: Final = max(RANKS.values()) + 1
CLASSIFIED_FROM: Final = RANKS["confidential"]


def rank(level: str) -> int:
    """Where a level stands; a word that nobody knows stands above all others, so that it is never let through."""
    return RANKS.get(level, _UNKNOWN_RANK)


def exceeds(axis: str, level: str, ceilings: Mapping[str, str]) -> bool:
    """Whether something of this level is above the ceilings of a host, medium or person.

    No ceiling on the axis means exceeded, and so does a ceiling in words that nobody knows. What is not marked (no
    axis) or is marked as unclassified exceeds nothing.
    """
    if not axis or level == "unclassified":
        return False
    ceiling = RANKS.get(ceilings.get(axis, ""))
    return ceiling is None or rank(level) > ceiling


def any_exceeds(levels: Mapping[str, str], ceilings: Mapping[str, str]) -> bool:
    """Whether any of these (axis to level) is above the ceilings."""
    return any(exceeds(axis, level, ceilings) for axis, level in levels.items())


def is_classified(ceilings: Mapping[str, str]) -> bool:
    """A classified computer (涉密计算机): it may hold state secrets. An unknown level word counts as classified."""
    level = ceilings.get("state")
    return level is not None and rank(level) >= CLASSIFIED_FROM
