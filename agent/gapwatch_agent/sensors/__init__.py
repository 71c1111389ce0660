"""Subjects: what the kernel says turned into what happened, one file each.

A sensor owns its descriptors, states its own health and calls ``emit`` for everything it sees. It does not know who
keeps or sends events. Nothing it depends on for long may die with another sensor: each opens what it needs itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gapwatch_proto.events import Event, Medium, SensorHealth

Emit = Callable[[Event], None]
"""Takes an event at once and without waiting; may be called from any thread. It never raises."""


class Sensor(Protocol):
    """Watches one subject.

    ``run`` watches until it is cancelled. It may be called again after it raised: it then opens everything anew and
    reports what is there as at a first start. It returns only when this machine has nothing to watch, for good.
    """

    @property
    def name(self) -> str:
        """The subject, as it stands in SensorHealth and as the first word of its gaps."""
        ...

    async def run(self, emit: Emit) -> None: ...

    def health(self) -> SensorHealth:
        """What it uses, what it cannot see and how much it said; may be asked at any time."""
        ...


class MountListener(Protocol):
    """Who wants to know at once that a medium's filesystem came or went, before the event about it is emitted.

    Both are awaited, one call at a time in the order of the mounts; a call that raises or takes longer than the media
    sensor allows is reported as a gap and not repeated. Each mount point of a filesystem (bind mounts) is its own call.
    """

    async def medium_mounted(self, medium: Medium, mount_point: str) -> None: ...

    async def medium_unmounted(self, mount_point: str) -> None: ...


class NoMountListener:
    """Nobody wants to know."""

    async def medium_mounted(self, medium: Medium, mount_point: str) -> None:
        """Nothing to do."""

    async def medium_unmounted(self, mount_point: str) -> None:
        """Nothing to do."""
