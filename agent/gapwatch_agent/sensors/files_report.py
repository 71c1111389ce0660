"""One waiting file made into one event: opened, inspected, compared with what was said before, told.

Reading from media happens in threads, a few files ahead of the inspector, so that what was copied just before an
unmount has been read when the medium goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import Final, TypeVar

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich.inspection import ABSENT, CRASHED, InspectorClient
from gapwatch_agent.enrich.seen import SeenIndex, Sighting
from gapwatch_agent.sensors.account import Account
from gapwatch_agent.sensors.files_again import SecondLook
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE
from gapwatch_agent.sensors.files_reading import Readable, Unreadable, describe_source, open_file
from gapwatch_agent.sensors.files_work import LISTED, Item, Mounted, WorkQueue
from gapwatch_proto.events import File, FileActivity, Inspection
from gapwatch_proto.kinds import Kind

_V = TypeVar("_V")

AHEAD_MAX: Final = 16
SOURCE_WAIT_S: Final = 2.0
_RENAME_WAIT_S: Final = 0.1
_RENAME_WAITS_MAX: Final = 256
_RECENT_MAX: Final = 4096
_COARSE_NS: Final = 2_000_000_000
_FINE_NS: Final = 20_000_000

PATH_IDENTITY: Final = frozenset({"vfat", "msdos", "fat", "exfat"})
"""Filesystems whose inode numbers are made up at every mount, and whose times are kept to two seconds."""

EMPTY: Final = Inspection(inspected="full", type="empty")
EMPTY_SHA256: Final = sha256().hexdigest()

_WRITTEN_KINDS: Final = (Kind.FILE_WRITTEN, Kind.MARKED_FILE_WRITTEN, Kind.UNINSPECTED_FILE_WRITTEN)
_FOUND_KINDS: Final = (Kind.FILE_FOUND, Kind.MARKED_FILE_FOUND, Kind.UNINSPECTED_FILE_FOUND)


@dataclass(frozen=True, slots=True)
class _Told:
    """What was last said of an inode. ``settled``: no later write can have left the same times."""

    changed: tuple[int, int, int]
    act: str
    path: str
    sha256: str
    settled: bool


@dataclass(slots=True)
class _Turn:
    """Whose turn it is with one file; the lock serves in order."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


def sighting_of(mounted: Mounted, path: str, status: os.stat_result, digest: str = "") -> Sighting:
    """How the seen index knows a file."""
    medium = mounted.medium
    filesystem_id = medium.filesystem_id or f"{medium.serial_number}:{medium.device_node}"
    if medium.filesystem_type in PATH_IDENTITY:
        points = [point for point in mounted.mount_points if path.startswith(point.rstrip("/") + "/")]
        relative = path[max((len(point) for point in points), default=0) :].lstrip("/")
        name = "p" + sha256(os.fsencode(relative)).hexdigest()
        return Sighting(filesystem_id, name, status.st_mtime_ns // _COARSE_NS, status.st_size, digest)
    return Sighting(filesystem_id, f"i{status.st_ino}", status.st_ctime_ns, status.st_size, digest)


def kind_of(action: str, inspection: Inspection) -> Kind:
    """The record kind: marked before uninspected, because what was found counts more than what was not looked at."""
    plain, marked, uninspected = _FOUND_KINDS if action == LISTED else _WRITTEN_KINDS
    if inspection.mark.axis:
        return marked
    return plain if inspection.inspected == "full" else uninspected


class Reporter:
    """``run`` takes items until cancelled. ``listed_unmarked`` counts listed files of which there is nothing to say."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        queue: WorkQueue,
        inspector: InspectorClient,
        seen: SeenIndex,
        second_look: SecondLook,
        workers: int,
    ) -> None:
        self._account = account
        self._clock = clock
        self._queue = queue
        self._inspector = inspector
        self._seen = seen
        self._second_look = second_look
        self._workers = workers
        self._told: OrderedDict[tuple[int, int], _Told] = OrderedDict()
        self._renamed: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._ready: asyncio.Queue[tuple[Item, Readable | Unreadable]] = asyncio.Queue(AHEAD_MAX)
        self._reading = ThreadPoolExecutor(2, "files-reading")
        self._sources = ThreadPoolExecutor(2, "files-sources")
        self._turns: dict[tuple[int, int], _Turn] = {}
        self._patience = asyncio.Semaphore(_RENAME_WAITS_MAX)
        self._waiting: set[asyncio.Task[None]] = set()
        self._busy = 0
        self.listed_unmarked = 0

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is being inspected."""
        return not len(self._queue) and not self._busy

    async def run(self) -> None:
        """Read ahead and report, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read_ahead())
                for _ in range(self._workers):
                    tasks.create_task(self._report_ready())
        finally:
            for waiting in self._waiting:
                waiting.cancel()
            while not self._ready.empty():
                item, readable = self._ready.get_nowait()
                _close(readable)
                if item.source is not None:
                    item.source.cancel()
            self._reading.shutdown(wait=False, cancel_futures=True)
            self._sources.shutdown(wait=False, cancel_futures=True)

    def renamed(self, dev: int, ino: int, path: str) -> None:
        """Remember where a file went, for the item of it that may be on its way."""
        _remember(self._renamed, (dev, ino), path)

    async def _read_ahead(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            item = await self._queue.take()
            self._busy += 1
            readable: Readable | Unreadable
            if item.links == 0:
                readable = Unreadable("vanished")
            else:
                search = item.action == CLOSED_WRITE
                readable = await loop.run_in_executor(self._reading, _open, item, search)
            # Asked now, while a moved source may still stand where it was.
            item.source = asyncio.ensure_future(self._source(item)) if item.sources else None
            if _may_be_renamed(item, readable):
                await self._patience.acquire()
                waiting = asyncio.create_task(self._after_rename(item))
                self._waiting.add(waiting)
                waiting.add_done_callback(self._waiting.discard)
            else:
                await self._ready.put((item, readable))

    async def _report_ready(self) -> None:
        while True:
            item, readable = await self._ready.get()
            try:
                # One file's items one after the other and in order, or an older content would be told last.
                async with self._turn_of((item.mounted.dev, item.ino)):
                    if isinstance(readable, Readable):
                        await self._report_readable(item, readable)
                    else:
                        await self._report_unreadable(item, readable.reason)
            finally:
                _close(readable)
                if item.source is not None:
                    item.source.cancel()
                self._busy -= 1

    @contextlib.asynccontextmanager
    async def _turn_of(self, key: tuple[int, int]) -> AsyncIterator[None]:
        turn = self._turns.setdefault(key, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[key]

    async def _after_rename(self, item: Item) -> None:
        """The file is not where it was closed: it may have been renamed, and the news of that be on its way.

        It waits beside the workers, not in one: files that are written and removed at once delay nobody's report.
        """
        readable: Readable | Unreadable = Unreadable("vanished")
        try:
            key = (item.mounted.dev, item.ino)
            if key not in self._renamed:
                await asyncio.sleep(_RENAME_WAIT_S)
            if key in self._renamed:
                item.path = self._renamed[key]
                readable = await asyncio.get_running_loop().run_in_executor(self._reading, _open, item, False)
            await self._ready.put((item, readable))
        except asyncio.CancelledError:
            _close(readable)
            raise
        finally:
            self._patience.release()

    async def _report_readable(self, item: Item, readable: Readable) -> None:
        status = readable.status
        key = (item.mounted.dev, item.ino)
        changed = (status.st_ctime_ns, status.st_mtime_ns, status.st_size)
        told = self._told.get(key)
        same = told is not None and (told.act, told.path) == (item.act, readable.path)
        if same and told is not None and told.settled and told.changed == changed:
            return
        sighting = sighting_of(item.mounted, readable.path, status)
        before = self._seen.find(sighting.filesystem_id, sighting.object) if item.action == LISTED else None
        if before is not None and (before.changed_ns, before.size) == (sighting.changed_ns, sighting.size):
            return
        coarse = item.mounted.medium.filesystem_type in PATH_IDENTITY
        settled = self._clock.wall_ns() - status.st_ctime_ns > (_COARSE_NS if coarse else _FINE_NS)
        inspection, digest = EMPTY, EMPTY_SHA256
        if status.st_size:
            inspection, digest = await self._inspector.inspect(
                readable.fd, PurePath(readable.path).name, status.st_size
            )
        nothing_new = item.again and (inspection is ABSENT or inspection is CRASHED)
        kept = self._second_look.keep(item, inspection)
        if not nothing_new and not (same and told is not None and digest and digest == told.sha256):
            file = File(readable.path, PurePath(readable.path).name, status.st_size, digest)
            if before is None or not digest or before.sha256 != digest:
                await self._tell(item, file, inspection)
        if kept:  # neither told for good nor seen
            return
        _remember(self._told, key, _Told(changed, item.act, readable.path, digest, settled))
        self._seen.note(sighting_of(item.mounted, readable.path, status, digest))

    async def _report_unreadable(self, item: Item, reason: str) -> None:
        if not reason or item.again or (item.action == LISTED and reason == "vanished"):
            return
        inspection = Inspection(inspected="none", reason=reason)
        digest = ""
        if item.size == 0 and item.action != LISTED:  # there was nothing to read when it was closed
            inspection, digest = EMPTY, EMPTY_SHA256
        await self._tell(item, File(item.path, PurePath(item.path).name, item.size, digest), inspection)

    async def _tell(self, item: Item, file: File, inspection: Inspection) -> None:
        kind = kind_of(item.action, inspection)
        if kind is Kind.FILE_FOUND:
            self.listed_unmarked += 1
            return
        activity = FileActivity(
            action=item.action,
            file=file,
            source=await item.source if item.source else File(),
            medium=item.mounted.medium,
            inspection=inspection,
            actor=item.actor,
            act=item.act,
            closed_boottime_ns=item.at.boottime_ns if item.action == CLOSED_WRITE else 0,
        )
        self._account.say(kind, activity, item.at)

    async def _source(self, item: Item) -> File:
        points = tuple(point.rstrip("/") + "/" for point in item.mounted.mount_points)
        candidates = [path for path in item.sources if not path.startswith(points)]
        if not candidates:
            return File()
        work = asyncio.get_running_loop().run_in_executor(self._sources, describe_source, candidates, item.mounted.dev)
        try:
            return await asyncio.wait_for(work, SOURCE_WAIT_S)
        except TimeoutError:  # a network filesystem that does not answer: its name is still worth telling
            return File(candidates[-1], PurePath(candidates[-1]).name)


def _may_be_renamed(item: Item, readable: Readable | Unreadable) -> bool:
    vanished = isinstance(readable, Unreadable) and readable.reason == "vanished"
    return vanished and item.action != LISTED and not item.mounted.gone and bool(item.links)


def _open(item: Item, search: bool) -> Readable | Unreadable:
    return open_file(item.path, item.mounted.dev, item.ino, search=search)


def _close(readable: Readable | Unreadable) -> None:
    if isinstance(readable, Readable):
        with contextlib.suppress(OSError):
            os.close(readable.fd)


def _remember(kept: OrderedDict[tuple[int, int], _V], key: tuple[int, int], value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _RECENT_MAX:
        kept.popitem(last=False)
