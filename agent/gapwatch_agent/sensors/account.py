"""A sensor's account of itself: its state, its counts, and the clock it stamps events with."""

from __future__ import annotations

from dataclasses import dataclass

from gapwatch_agent.clock import Clock
from gapwatch_agent.sensors import Emit
from gapwatch_proto.events import Event, Gap, Payload, SensorHealth
from gapwatch_proto.kinds import Kind


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was seen, by this host's clocks."""

    boottime_ns: int
    wall_ns: int


class Account:
    """Every sensor has one and speaks through it, so that what it said and lost is counted in one place."""

    def __init__(self, name: str, mechanism: str, clock: Clock) -> None:
        self.name = name
        self._mechanism = mechanism
        self._clock = clock
        self._state = "stopped"
        self._missing = ""
        self._events = 0
        self._dropped = 0
        self._emit: Emit | None = None
        self._seen_until_ns = clock.boottime_ns()

    def opened(self, emit: Emit, mechanism: str = "", missing: str = "") -> None:
        """The sensor sees now; with something ``missing`` it sees less than it could."""
        self._emit = emit
        self._mechanism = mechanism or self._mechanism
        self._missing = missing
        self._state = "degraded" if missing else "running"
        self.caught_up()

    def closed(self) -> None:
        self._state = "stopped"

    def moment(self) -> Moment:
        return Moment(self._clock.boottime_ns(), self._clock.wall_ns())

    def caught_up(self) -> None:
        """Everything up to now has been read: a later gap begins here."""
        self._seen_until_ns = self._clock.boottime_ns()

    def say(self, kind: Kind, payload: Payload, at: Moment | None = None) -> None:
        """Emit an event, stamped with the moment it was seen (now, when none is given)."""
        assert self._emit is not None, "a sensor speaks only while it runs"
        stamp = at or self.moment()
        self._events += 1
        self._emit(Event(kind, payload, stamp.boottime_ns, stamp.wall_ns))

    def lost(self, reason: str, detail: str, count: int = -1) -> None:
        """Report that something between the last catching-up and now was not seen (C3)."""
        self._dropped += max(count, 1)
        gap = Gap(
            source=f"{self.name}.{self._mechanism.partition(' ')[0]}",
            reason=reason,
            count=count,
            from_boottime_ns=self._seen_until_ns,
            to_boottime_ns=self._clock.boottime_ns(),
            detail=detail[:256],
        )
        self.say(Kind.GAP, gap)
        self.caught_up()

    def health(self) -> SensorHealth:
        return SensorHealth(self.name, self._mechanism, self._state, self._missing, self._events, self._dropped)
