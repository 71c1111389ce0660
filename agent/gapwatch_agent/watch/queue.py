"""Events on their way to ``link``: bounded, least severe given up first, numbered when first sent. Pure.

An event gets its number when it leaves for the first time, so numbers have no holes whatever was given up before; what
was sent is kept until ``link`` says it is durable and is sent again under the same number.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import Final

from gapwatch_proto.record import SEVERITY_MAX, SEVERITY_MIN

EVENTS_MAX: Final = 50_000
BYTES_MAX: Final = 32 * 1024 * 1024
ITEM_OVERHEAD_BYTES: Final = 200
"""What an event costs in memory beside its payload."""


@dataclass(frozen=True, slots=True)
class Item:
    """An encoded event."""

    kind: int
    severity: int
    boottime_ns: int
    wall_ns: int
    payload: bytes

    @property
    def cost_bytes(self) -> int:
        return len(self.payload) + ITEM_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Loss:
    """What was given up: how many events, and the boottimes of the first and last of them."""

    count: int
    from_boottime_ns: int
    to_boottime_ns: int


class EventQueue:
    """Waiting events by severity, sent events by number."""

    def __init__(self, events_max: int = EVENTS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._events_max, self._bytes_max = events_max, bytes_max
        self._waiting: dict[int, deque[tuple[int, Item]]] = {
            severity: deque() for severity in range(SEVERITY_MIN, SEVERITY_MAX + 1)
        }
        self._order = itertools.count()
        self._sent: deque[tuple[int, Item]] = deque()
        self._next_number = 1
        self._count = 0
        self._bytes = 0
        self._loss: Loss | None = None
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Events never sent yet."""
        return self._count

    @property
    def unkept(self) -> int:
        """Events sent and not yet known to be durable."""
        return len(self._sent)

    @property
    def last_number(self) -> int:
        """The last number given out; 0 when none was."""
        return self._next_number - 1

    @property
    def held_bytes(self) -> int:
        """What waits, in bytes of memory (estimated)."""
        return self._bytes

    @property
    def has_room(self) -> bool:
        """Whether the queue is far enough from its bounds that reporting a loss makes sense."""
        return self._count <= self._events_max * 3 // 4 and self._bytes <= self._bytes_max * 3 // 4

    def add(self, item: Item) -> None:
        """Take an event in; the oldest of the least severe make room, be it this one."""
        self._waiting[item.severity].append((next(self._order), item))
        self._count += 1
        self._bytes += item.cost_bytes
        while self._count > self._events_max or self._bytes > self._bytes_max:
            self._give_up_one()

    def refuse(self, item: Item) -> None:
        """Count an event that can never be sent (too large) as lost."""
        self._note_loss(item)

    def take_loss(self) -> Loss | None:
        """What was given up since last asked."""
        loss, self._loss = self._loss, None
        return loss

    def next_to_send(self) -> tuple[int, Item] | None:
        """The oldest waiting event with its number from now on, or None. It is kept until ``kept`` covers it."""
        severity = min(
            (severity for severity, waiting in self._waiting.items() if waiting),
            key=lambda severity: self._waiting[severity][0][0],
            default=None,
        )
        if severity is None:
            return None
        _, item = self._waiting[severity].popleft()
        self._count -= 1
        self._bytes -= item.cost_bytes
        return self.number(item)

    def number(self, item: Item) -> tuple[int, Item]:
        """Give an event its number at once, past the queue (for what must not wait behind a full one)."""
        numbered = (self._next_number, item)
        self._next_number += 1
        self._sent.append(numbered)
        return numbered

    def kept(self, number: int) -> int:
        """Forget what is durable up to and including ``number``; how many that were."""
        forgotten = 0
        while self._sent and self._sent[0][0] <= number:
            self._sent.popleft()
            forgotten += 1
        return forgotten

    def to_resend(self) -> tuple[tuple[int, Item], ...]:
        """Everything sent and not known to be durable, in order."""
        return tuple(self._sent)

    def _give_up_one(self) -> None:
        waiting = next(waiting for _, waiting in sorted(self._waiting.items()) if waiting)
        _, item = waiting.popleft()
        self._count -= 1
        self._bytes -= item.cost_bytes
        self._note_loss(item)

    def _note_loss(self, item: Item) -> None:
        self.dropped += 1
        at = item.boottime_ns
        before = self._loss or Loss(0, at, at)
        self._loss = Loss(before.count + 1, min(before.from_boottime_ns, at), max(before.to_boottime_ns, at))
