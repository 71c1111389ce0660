"""The evaluator's memory between entries: what the store keeps with the cursor, and what has changed since it did.

Plain JSON values under text keys, each kind of memory under its own prefix. Every kind is bounded: where one could grow
with what hosts say, the oldest is given up first and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

STANDING_MAX: Final = 200_000
INSERTIONS_MAX: Final = 50_000


class Memory:
    """Key to JSON value, remembering which keys changed."""

    def __init__(self, saved: Mapping[str, object]) -> None:
        self._values: dict[str, Any] = dict(saved)
        self._changed: set[str] = set()

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def put(self, key: str, value: object) -> None:
        self._values[key] = value
        self._changed.add(key)

    def drop(self, key: str) -> None:
        if self._values.pop(key, None) is not None:
            self._changed.add(key)

    def under(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Every key under a prefix (without it) and its value."""
        return ((key[len(prefix) :], value) for key, value in self._values.items() if key.startswith(prefix))

    def take_changes(self) -> dict[str, object]:
        """What changed since the last call; None for what is gone."""
        changes = {key: self._values.get(key) for key in sorted(self._changed)}
        self._changed.clear()
        return changes


class Remembered:
    """A bounded table within the memory, oldest entry first (``at`` is the log index that made an entry)."""

    def __init__(self, memory: Memory, prefix: str, entries_max: int) -> None:
        self._memory, self._prefix, self._max = memory, prefix, entries_max
        saved = sorted(memory.under(prefix), key=lambda pair: (pair[1]["at"], pair[0]))
        self._order: dict[str, None] = dict.fromkeys(name for name, _value in saved)

    def get(self, name: str) -> Any:
        """The entry, None when there is none."""
        return self._memory.get(self._prefix + name) if name in self._order else None

    def put(self, name: str, value: dict[str, object], at: int) -> None:
        """Keep an entry; the oldest goes when there are too many."""
        self._order.pop(name, None)
        self._order[name] = None
        self._memory.put(self._prefix + name, value | {"at": at})
        if len(self._order) > self._max:
            self.drop(next(iter(self._order)))
            given_up = self._memory.get("given_up") or {}
            self._memory.put("given_up", given_up | {self._prefix: given_up.get(self._prefix, 0) + 1})

    def drop(self, name: str) -> None:
        if name in self._order:
            del self._order[name]
            self._memory.drop(self._prefix + name)
