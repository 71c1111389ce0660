"""When a record happened, by the collector's clock (C15). Pure.

A tie says "at this boot time of this boot it was that time here". Event time is the best tie of the record's boot plus
the difference in boot time; its uncertainty is the tie's own plus drift. A boot without any tie falls back on what the
host's wall clock said, kept between its neighbours and marked with an uncertainty that shows how little is known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from gapwatch_collector.model import AnchorPoint

DRIFT_PPM: Final = 50
"""A quartz clock's usual worst: 4.3 seconds a day."""

HELLO_UNCERTAINTY_NS: Final = 2_000_000_000
"""A hello is read at most about this long after it was made; an anchor measures better."""

ROUND_TRIP_MAX_NS: Final = 60_000_000_000
ANCHOR_TOLERANCE_NS: Final = 60_000_000_000
"""An anchor that contradicts this boot's hello by more is not ours and is not used."""

UNKNOWN_UNCERTAINTY_NS: Final = 86_400_000_000_000
UNCERTAINTY_MAX_NS: Final = 10 * 366 * 86_400_000_000_000

_BOOTS_MAX: Final = 64


class Tie(NamedTuple):
    """At ``boottime_ns`` it was ``collector_ns``, give or take ``uncertainty_ns``."""

    boottime_ns: int
    collector_ns: int
    uncertainty_ns: int


class Moment(Protocol):
    """What the host's clocks said about one record; a record's header is one."""

    @property
    def boot_id(self) -> bytes: ...

    @property
    def boottime_ns(self) -> int: ...

    @property
    def wall_ns(self) -> int: ...


class EventTime(NamedTuple):
    """Nanoseconds since 1970 UTC by the collector's clock, and how far off that may be."""

    event_ns: int
    uncertainty_ns: int


def tie_of_anchor(anchor: AnchorPoint) -> Tie:
    """An anchor is as uncertain as its round trip."""
    return Tie(anchor.boottime_ns, anchor.collector_ns, anchor.round_trip_ns)


def anchored(tie: Tie, boottime_ns: int) -> EventTime:
    """Event time by one tie."""
    apart_ns = boottime_ns - tie.boottime_ns
    return EventTime(tie.collector_ns + apart_ns, tie.uncertainty_ns + abs(apart_ns) * DRIFT_PPM // 1_000_000)


def from_wall_clock(wall_ns: int, not_before_ns: int | None, not_after_ns: int) -> EventTime:
    """Event time without any tie: the host's word, kept between what is known around it."""
    if not_before_ns is None:
        event_ns = max(0, min(wall_ns, not_after_ns))
        return EventTime(event_ns, min(max(not_after_ns - event_ns, UNKNOWN_UNCERTAINTY_NS), UNCERTAINTY_MAX_NS))
    event_ns = max(min(wall_ns, not_after_ns), min(not_before_ns, not_after_ns))
    widest = max(event_ns - not_before_ns, not_after_ns - event_ns)
    return EventTime(event_ns, min(max(widest, HELLO_UNCERTAINTY_NS), UNCERTAINTY_MAX_NS))


@dataclass(slots=True)
class Timeline:
    """What is known about the clocks of one host while its stream is open.

    ``current_boot`` is the boot that said hello; ``recall`` asks the store for the last anchor of an earlier boot.
    """

    host_id: bytes
    current_boot: bytes
    hello: Tie
    recall: Callable[[bytes], AnchorPoint | None]
    _ties: OrderedDict[bytes, Tie | None] = field(default_factory=OrderedDict)
    _last_ns: int | None = None

    def learn(self, anchor: AnchorPoint, now_ns: int) -> bool:
        """Use this anchor from now on; False when it cannot be true (the agent is not trusted with our time)."""
        if not 0 <= anchor.round_trip_ns <= ROUND_TRIP_MAX_NS or not 0 < anchor.collector_ns <= now_ns:
            return False
        if anchor.boot_id == self.current_boot:
            by_hello = anchored(self.hello, anchor.boottime_ns)
            if abs(by_hello.event_ns - anchor.collector_ns) > ANCHOR_TOLERANCE_NS + by_hello.uncertainty_ns:
                return False
        self._remember(anchor.boot_id, tie_of_anchor(anchor))
        return True

    def place(self, moments: Sequence[Moment], now_ns: int) -> list[EventTime]:
        """Event times of records in the order of their numbers. Runs for every record: plain loops, no small values."""
        times: list[EventTime | None] = []
        ties: tuple[Tie, ...] = ()
        boot_id, unplaced = b"", False
        for moment in moments:
            if moment.boot_id != boot_id:
                boot_id = moment.boot_id
                ties = self._ties_of(boot_id)
            boottime_ns, event_ns, uncertainty_ns = moment.boottime_ns, 0, UNCERTAINTY_MAX_NS + 1
            for tie_boottime_ns, tie_collector_ns, tie_uncertainty_ns in ties:
                apart_ns = boottime_ns - tie_boottime_ns
                by_tie_ns = tie_uncertainty_ns + abs(apart_ns) * DRIFT_PPM // 1_000_000
                if by_tie_ns < uncertainty_ns:
                    event_ns, uncertainty_ns = tie_collector_ns + apart_ns, by_tie_ns
            if uncertainty_ns > UNCERTAINTY_MAX_NS:
                times.append(None)
                unplaced = True
            else:
                # Nothing is reported before it happened.
                times.append(EventTime(max(0, event_ns) if event_ns < now_ns else now_ns, uncertainty_ns))
        if unplaced:
            self._bound_by_neighbours(moments, times, now_ns)
        placed = [time for time in times if time is not None]
        if placed:
            self._last_ns = placed[-1].event_ns
        return placed

    def hello_anchor(self) -> AnchorPoint | None:
        """The hello as an anchor to keep, when nothing better is known of this boot yet."""
        if self._tie(self.current_boot) is not None:
            return None
        return AnchorPoint(
            self.host_id, self.current_boot, self.hello.boottime_ns, self.hello.collector_ns, self.hello.uncertainty_ns
        )

    def _ties_of(self, boot_id: bytes) -> tuple[Tie, ...]:
        tie = self._tie(boot_id)
        known = () if tie is None else (tie,)
        return (*known, self.hello) if boot_id == self.current_boot else known

    def _bound_by_neighbours(self, moments: Sequence[Moment], times: list[EventTime | None], now_ns: int) -> None:
        """Fill the holes in ``times``: after the last known time before them, before the next one after."""
        this_boot_began_ns = self.hello.collector_ns - self.hello.boottime_ns
        ceilings, ceiling_ns = [0] * len(times), min(now_ns, this_boot_began_ns)
        for number in range(len(times) - 1, -1, -1):
            time = times[number]
            ceiling_ns = ceiling_ns if time is None else min(ceiling_ns, time.event_ns)
            ceilings[number] = ceiling_ns
        floor_ns = self._last_ns
        for number, time in enumerate(times):
            filled = time or from_wall_clock(moments[number].wall_ns, floor_ns, ceilings[number])
            times[number] = filled
            floor_ns = filled.event_ns

    def _tie(self, boot_id: bytes) -> Tie | None:
        if boot_id not in self._ties:
            anchor = self.recall(boot_id)
            self._remember(boot_id, tie_of_anchor(anchor) if anchor else None)
        return self._ties[boot_id]

    def _remember(self, boot_id: bytes, tie: Tie | None) -> None:
        self._ties[boot_id] = tie
        self._ties.move_to_end(boot_id)
        while len(self._ties) > _BOOTS_MAX:
            self._ties.popitem(last=False)
