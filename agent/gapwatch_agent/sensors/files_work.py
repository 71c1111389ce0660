"""Files waiting to be inspected: what was written goes before what was listed. Bounded; what does not fit is counted.

Pure but for the waiting. Several closes of one file in one act that nobody looked at yet are one item. Acts take turns:
whoever copies ten thousand files does not delay the alert for the one that somebody copies after them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.sensors.account import Moment
from gapwatch_proto.events import Actor, File, Medium

WRITTEN_MAX: Final = 16_384
LISTED_MAX: Final = 64
LISTED: Final = "listed"


@dataclass(slots=True)
class Mounted:
    """A medium's filesystem and where it is mounted, or was when it is ``gone``.

    ``marked_wall_ns`` is when our own marks on it came into force.
    """

    medium: Medium
    dev: int
    mount_points: list[str]
    marked_wall_ns: int = 0
    gone: bool = False

    @property
    def key(self) -> str:
        """The filesystem's name towards guard."""
        return str(self.dev)


@dataclass(slots=True)
class Item:
    """A file to inspect and report. ``changed_ns``, ``size`` and ``links`` are as the event found them.

    ``sources`` are candidates by name; ``source`` is the answer to which it was, once it has been asked. ``again``: it
    was told already, but not inspected.
    """

    action: str
    mounted: Mounted
    ino: int
    path: str
    at: Moment
    size: int
    changed_ns: int
    links: int = 1
    actor: Actor = Actor()  # noqa: RUF009 (frozen)
    act: str = ""
    sources: tuple[str, ...] = ()
    source: asyncio.Future[File] | None = None
    again: bool = False


_Key = tuple[int, int, str]
"""Filesystem, inode, act."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Items for which there was no room: how many, from when to when (boottime)."""

    count: int
    from_boottime_ns: int
    to_boottime_ns: int


class WorkQueue:
    """Used from one event loop."""

    def __init__(self, written_max: int = WRITTEN_MAX, listed_max: int = LISTED_MAX) -> None:
        self._written_max = written_max
        self._written: dict[_Key, Item] = {}
        self._acts: OrderedDict[str, OrderedDict[_Key, None]] = OrderedDict()
        self._by_file: dict[tuple[int, int], list[Item]] = {}
        self._listed: deque[Item] = deque()
        self._listed_room = asyncio.Semaphore(listed_max)
        self._some = asyncio.Event()
        self._refused: Refusals | None = None

    def __len__(self) -> int:
        return len(self._written) + len(self._listed)

    @property
    def has_room(self) -> bool:
        """One more written file would not be refused."""
        return len(self._written) < self._written_max

    def add(self, item: Item) -> None:
        """Queue a written file, or fold it into the item of the same file and act that still waits."""
        key = (item.mounted.dev, item.ino, item.act)
        waiting = self._written.get(key)
        if waiting is not None:
            waiting.path, waiting.size, waiting.changed_ns = item.path, item.size, item.changed_ns
            waiting.links, waiting.at = item.links, item.at
            waiting.sources = item.sources or waiting.sources
            waiting.again = waiting.again and item.again
        elif len(self._written) >= self._written_max:
            at = item.at.boottime_ns
            before = self._refused or Refusals(0, at, at)
            self._refused = Refusals(before.count + 1, before.from_boottime_ns, at)
        else:
            self._written[key] = item
            self._acts.setdefault(item.act, OrderedDict())[key] = None
            self._by_file.setdefault(key[:2], []).append(item)
            self._some.set()

    def rename(self, dev: int, ino: int, path: str) -> bool:
        """A file got another name. True when an item of it still waits: it then speaks of the new name."""
        waiting = self._by_file.get((dev, ino), ())
        for item in waiting:
            item.path = path
        return bool(waiting)

    async def add_listed(self, item: Item) -> None:
        """Queue a listed file; waits for room, because a listing can go slowly."""
        await self._listed_room.acquire()
        self._listed.append(item)
        self._some.set()

    async def take(self) -> Item:
        """The next item, written ones first, a turn for each act; waits for one."""
        while True:
            if self._written:
                return self._take_written()
            if self._listed:
                self._listed_room.release()
                return self._listed.popleft()
            self._some.clear()
            await self._some.wait()

    def _take_written(self) -> Item:
        act, keys = next(iter(self._acts.items()))
        dev, ino, _ = next(iter(keys))
        same = self._by_file[dev, ino]
        item = same.pop(0)  # of one file the earliest, also when another act closed it
        if not same:
            del self._by_file[dev, ino]
        key = (dev, ino, item.act)
        del self._written[key]
        of_act = self._acts[item.act]
        del of_act[key]
        if not of_act:
            del self._acts[item.act]
        if act in self._acts:
            self._acts.move_to_end(act)
        return item

    def forget_listed(self, dev: int) -> None:
        """Drop listed files of a filesystem that is no longer mounted."""
        kept = [item for item in self._listed if item.mounted.dev != dev]
        for _ in range(len(self._listed) - len(kept)):
            self._listed_room.release()
        self._listed = deque(kept)

    def take_refusals(self) -> Refusals | None:
        """What found no room since last asked."""
        refused, self._refused = self._refused, None
        return refused
