"""What a fork's log entry says, for rules. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gapwatch_collector.model import NewEntry


@dataclass(frozen=True, slots=True)
class ForkSaid:
    """The number that was due, and how many records the branch had."""

    next_seq: int
    records: int


def read_fork(entry: NewEntry) -> ForkSaid:
    """Raises ValueError when the payload does not describe a fork."""
    try:
        body = json.loads(entry.payload)
        return ForkSaid(int(body["next_seq"]), len(body["branch"]) + int(body["branch_left_out"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the entry does not describe a fork: {error!r}") from error
