"""Files on media: who wrote which, from where, and what mark it bears.

The media sensor tells of mounts. Each filesystem is marked twice: by ``guard``, which captures who opens what while
it holds the opener, and by this process's own groups, which tell what was written and closed. The two are joined by
device, inode and process. A medium that appears is listed once for what nobody was seen writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich.actor import Actors, act_of
from gapwatch_agent.enrich.inspection import ABSENT_WAIT_S, CONCURRENCY_MAX, DEADLINE_S, InspectorClient
from gapwatch_agent.enrich.seen import OBJECTS_MAX, SeenIndex
from gapwatch_agent.guard.client import GuardClient
from gapwatch_agent.guard.messages import Opened, Status
from gapwatch_agent.kernel import fanotify
from gapwatch_agent.kernel.procfs import Who, read_who
from gapwatch_agent.sensors import Emit
from gapwatch_agent.sensors.account import Account, Moment
from gapwatch_agent.sensors.files_again import SecondLook
from gapwatch_agent.sensors.files_captures import CAPTURES_MAX, Captures
from gapwatch_agent.sensors.files_groups import MOVED_IN, FileGroups, Observation, Observed, Overflowed
from gapwatch_agent.sensors.files_listing import ENTRIES_MAX, Listed, Tally, next_of, walk
from gapwatch_agent.sensors.files_report import Reporter, sighting_of
from gapwatch_agent.sensors.files_watchdog import MISSING, FileObservers
from gapwatch_agent.sensors.files_work import LISTED, WRITTEN_MAX, Item, Mounted, WorkQueue
from gapwatch_proto.events import Actor, Gap, Medium, SensorHealth
from gapwatch_proto.kinds import Kind

_log = logging.getLogger(__name__)

_FLUSH_S: Final = 2.0
_SETTLE_S: Final = 2.0
_ENDED_MAX: Final = 8
_NO_GUARD: Final = "guard is away: who wrote is asked after the event"


@dataclass(frozen=True, slots=True)
class FilesLimits:
    """Bounds of the sensor. ``settle_s`` is how long a file that changes during a listing is left alone,
    ``absent_wait_s`` how long after the inspector went files wait for it.
    """

    written_max: int = WRITTEN_MAX
    captures_max: int = CAPTURES_MAX
    listed_max: int = ENTRIES_MAX
    seen_max: int = OBJECTS_MAX
    inspections_max: int = CONCURRENCY_MAX
    inspection_s: float = DEADLINE_S
    absent_wait_s: float = ABSENT_WAIT_S
    settle_s: float = _SETTLE_S


@dataclass(frozen=True, slots=True)
class _Parts:
    """What exists only while the sensor runs."""

    groups: FileGroups | FileObservers
    guard: GuardClient
    reporter: Reporter
    seen: SeenIndex
    second_look: SecondLook


class FilesSensor:
    """A sensor and a listener to mounts; both may begin in either order, and the sensor may be run again after a crash.

    ``delivered`` says whether every event emitted so far is durable: only then is the seen index written, so that a
    process killed in between reports a file twice rather than never.
    """

    name = "files"

    def __init__(
        self,
        guard_socket: Path,
        inspector_socket: Path,
        state_dir: Path,
        clock: Clock,
        boot_id: bytes,
        limits: FilesLimits | None = None,
        *,
        delivered: Callable[[], bool] = lambda: True,
    ) -> None:
        self._guard_socket = guard_socket
        self._inspector_socket = inspector_socket
        self._state_dir = state_dir
        self._clock = clock
        self._boot_id = boot_id
        self._limits = limits or FilesLimits()
        self._delivered = delivered
        self._account = Account(self.name, "fanotify", clock)
        self._mounted: dict[int, Mounted] = {}
        # Their last events may still be on their way from the thread.
        self._ended: dict[int, Mounted] = {}
        self._missing: dict[int, str] = {}
        self._captures = Captures(self._limits.captures_max)
        self._actors = Actors()
        self._queue = WorkQueue()
        self._listings: dict[int, asyncio.Task[None]] = {}
        self._parts: _Parts | None = None
        self._guard_lost_ns = 0
        self._guard_seen = False
        self._guard_dropped = 0

    def health(self) -> SensorHealth:
        """What is in force and what is missing."""
        health = self._account.health()
        if self._parts is None:
            return health
        fallback = isinstance(self._parts.groups, FileObservers)
        missing = {MISSING} if fallback else set(self._missing.values())
        if not fallback and not self._parts.guard.connected:
            missing.add(_NO_GUARD)
        missing.add(self._parts.second_look.missing)
        missing.discard("")
        text = "; ".join(sorted(missing))
        return replace(health, missing=text, state="degraded" if text else "running")

    @property
    def idle(self) -> bool:
        """Nothing waits to be inspected and no listing goes on."""
        parts = self._parts
        return parts is not None and parts.reporter.idle and all(task.done() for task in self._listings.values())

    async def run(self, emit: Emit) -> None:
        """Watch until cancelled."""
        seen = SeenIndex(self._state_dir / "seen.sqlite", self._limits.seen_max)
        self._queue = WorkQueue(self._limits.written_max)
        limits = self._limits
        inspector = InspectorClient(
            self._inspector_socket, limits.inspections_max, limits.inspection_s, limits.absent_wait_s
        )
        again = SecondLook(inspector, self._queue, self._clock, self._list_again)
        reporter = Reporter(self._account, self._clock, self._queue, inspector, seen, again, limits.inspections_max)
        groups = self._make_groups()
        guard = GuardClient(self._guard_socket, self._clock, self)
        self._parts = _Parts(groups, guard, reporter, seen, again)
        mechanism = "watchdog" if isinstance(groups, FileObservers) else "fanotify"
        self._account.opened(emit, mechanism)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(reporter.run())
                tasks.create_task(self._keep_seen(seen))
                tasks.create_task(again.run())
                if mechanism == "fanotify":
                    tasks.create_task(guard.run())
                for mounted in list(self._mounted.values()):
                    await self._begin(mounted)
        finally:
            self._parts = None
            for listing in self._listings.values():
                listing.cancel()
            self._listings.clear()
            groups.close()
            inspector.close()
            with contextlib.suppress(sqlite3.Error):
                self._flush(seen)
            seen.close()
            self._account.closed()

    # --- mounts -----------------------------------------------------------------------------------------------------

    async def medium_mounted(self, medium: Medium, mount_point: str | Path) -> None:
        """A medium's filesystem was mounted: mark it before anybody writes to it, then list it."""
        point = os.fspath(mount_point)
        dev = Path(point).stat().st_dev  # noqa: ASYNC240 (just mounted: its root is in memory)
        known = self._mounted.get(dev)
        if known is not None:
            if known.medium == medium and point not in known.mount_points:
                known.mount_points.append(point)
                return
            self._end(known)  # its end was not heard of; the kernel took its marks away
        mounted = self._mounted[dev] = Mounted(medium, dev, [point])
        if self._parts is not None:
            await self._begin(mounted)

    async def medium_unmounted(self, mount_point: str | Path) -> None:
        """A mount point went; with the last one of a filesystem its marks go."""
        point = os.fspath(mount_point)
        for mounted in [m for m in self._mounted.values() if point in m.mount_points]:
            mounted.mount_points.remove(point)
            if mounted.mount_points:
                continue
            # What is still to be reported needs to know where the file stood.
            mounted.mount_points.append(point)
            self._end(mounted)

    async def _begin(self, mounted: Mounted) -> None:
        parts = self._parts
        if parts is None:
            return
        point = mounted.mount_points[0]
        marked = await parts.guard.watch(mounted.key, Path(point))
        refused = "" if marked.ok or not parts.guard.connected else f"guard on {point}: {marked.error}"
        try:
            directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                missing = parts.groups.add(mounted.dev, directory, point)
            finally:
                os.close(directory)
        except OSError as error:
            missing = f"{point}: {error.strerror}"
            self._account.lost("sensor_restarted", f"{point} cannot be watched: {error.strerror}")
        self._missing[mounted.dev] = "; ".join(filter(None, (refused, missing)))
        mounted.marked_wall_ns = self._clock.wall_ns()
        self._list(mounted)

    def _end(self, mounted: Mounted) -> None:
        mounted.gone = True
        self._missing.pop(mounted.dev, None)
        listing = self._listings.pop(mounted.dev, None)
        if listing is not None:
            listing.cancel()
        self._queue.forget_listed(mounted.dev)
        if self._parts is not None:
            self._parts.guard.release(mounted.key)
            self._parts.groups.remove(mounted.dev)
        self._ended[mounted.dev] = self._mounted.pop(mounted.dev, mounted)
        while len(self._ended) > _ENDED_MAX:
            self._ended.pop(next(iter(self._ended)))

    def _make_groups(self) -> FileGroups | FileObservers:
        try:
            fanotify.close_all([fanotify.init(fanotify.CLASS_NOTIF | fanotify.CLOEXEC | fanotify.NONBLOCK)])
        except OSError:
            return FileObservers(self._clock, self._observed)
        return FileGroups(self._clock, self._observed)

    # --- guard ------------------------------------------------------------------------------------------------------

    def opened(self, opened: Opened) -> None:
        """A capture by guard."""
        self._captures.add(opened)

    def guard_present(self, present: bool) -> None:
        """Guard came or went; the time without it is reported when it is over."""
        parts = self._parts
        if parts is None:
            return
        parts.groups.capture = not present
        now = self._clock.boottime_ns()
        if not present:
            self._guard_lost_ns = now
            self._guard_dropped = 0
        elif self._guard_seen:
            detail = "guard was away: who wrote was asked after the event"
            self._say_gap("files.guard", "sensor_restarted", -1, self._guard_lost_ns, now, detail)
        self._guard_seen = self._guard_seen or present

    def guard_status(self, status: Status) -> None:
        """Captures that guard had to drop are reported once."""
        if status.dropped > self._guard_dropped:
            now = self._clock.boottime_ns()
            count = status.dropped - self._guard_dropped
            self._say_gap("files.guard", "queue_full", count, self._guard_lost_ns, now, "captures of openers")
        self._guard_dropped = status.dropped
        self._guard_lost_ns = self._clock.boottime_ns()

    # --- what was written -------------------------------------------------------------------------------------------

    def _observed(self, batch: list[Observation]) -> None:
        parts = self._parts
        if parts is None:
            return
        parts.guard.drain()
        for observation in batch:
            if isinstance(observation, Overflowed):
                self._overflowed(observation.dev)
            else:
                self._take(parts, observation)
        refused = self._queue.take_refusals()
        if refused is not None:
            detail = "files were written faster than they can be inspected"
            self._say_gap(
                "files.pending", "queue_full", refused.count, refused.from_boottime_ns, refused.to_boottime_ns, detail
            )
        self._account.caught_up()

    def _take(self, parts: _Parts, observed: Observed) -> None:
        mounted = self._mounted.get(observed.dev) or self._ended.get(observed.dev)
        if mounted is None:
            return
        if observed.action == MOVED_IN:
            parts.reporter.renamed(observed.dev, observed.ino, observed.path)
            if self._queue.rename(observed.dev, observed.ino, observed.path):
                return
        actor, who, sources = self._who_wrote(observed)
        self._queue.add(
            Item(
                action=observed.action,
                mounted=mounted,
                ino=observed.ino,
                path=observed.path,
                at=Moment(observed.boottime_ns, observed.wall_ns),
                size=observed.size,
                changed_ns=observed.changed_ns,
                links=observed.links,
                actor=actor,
                act=act_of(self._boot_id, who, observed.pid),
                sources=sources,
            )
        )

    def _who_wrote(self, observed: Observed) -> tuple[Actor, Who | None, tuple[str, ...]]:
        capture = self._captures.find(observed.dev, observed.ino, observed.pid)
        if capture is not None:
            return self._actors.actor(capture.who, observed.pid, "held"), capture.who, capture.sources
        who = observed.who or (read_who(observed.pid) if observed.pid > 0 else None)
        return self._actors.actor(who, observed.pid, "event"), who, ()

    def _overflowed(self, dev: int) -> None:
        mounted = self._mounted.get(dev)
        point = mounted.mount_points[0] if mounted else ""
        self._account.lost("kernel_overflow", f"{point}: listed again")
        if mounted is not None:
            self._list(mounted)

    # --- what stands there ------------------------------------------------------------------------------------------

    def _list_again(self, dev: int) -> None:
        if dev in self._mounted:
            self._list(self._mounted[dev])

    def _list(self, mounted: Mounted) -> None:
        before = self._listings.pop(mounted.dev, None)
        if before is not None:
            before.cancel()
        self._queue.forget_listed(mounted.dev)
        task = asyncio.create_task(self._list_safely(mounted), name=f"list {mounted.dev}")
        self._listings[mounted.dev] = task

    async def _list_safely(self, mounted: Mounted) -> None:
        try:
            await self._listing(mounted)
        except (OSError, sqlite3.Error, ValueError) as error:
            _log.warning("a listing ended early", exc_info=True)
            self._account.lost("damaged", f"{mounted.mount_points[0]} was not listed to its end: {error}")

    async def _listing(self, mounted: Mounted) -> None:
        tally = Tally()
        began_ns = self._clock.boottime_ns()
        found = walk(mounted.mount_points[0], mounted.dev, tally, self._limits.listed_max)
        changing: list[Listed] = []
        while chunk := await asyncio.to_thread(next_of, found):
            for listed in chunk:
                status = listed.status
                if min(status.st_mtime_ns, status.st_ctime_ns) + 2_000_000_000 >= mounted.marked_wall_ns:
                    changing.append(listed)
                else:
                    await self._offer(mounted, listed)
        if changing:
            # Written while we were watching: its close is seen, and tells more than a listing can.
            await self._clock.sleep(self._limits.settle_s)
            for listed in changing:
                await self._offer(mounted, listed)
        _log.debug("listed", extra={"files": tally.files, "unread": tally.unread})
        if tally.cut or tally.unread:
            detail = f"{tally.files} files listed, {tally.unread} folders unread, bound reached: {tally.cut}"
            self._say_gap("files.listing", "queue_full", -1, began_ns, self._clock.boottime_ns(), detail)

    async def _offer(self, mounted: Mounted, listed: Listed) -> None:
        parts = self._parts
        if parts is None:
            return
        status = listed.status
        sighting = sighting_of(mounted, listed.path, status)
        before = parts.seen.find(sighting.filesystem_id, sighting.object)
        if before is not None and (before.changed_ns, before.size) == (sighting.changed_ns, sighting.size):
            return
        at = Moment(self._clock.boottime_ns(), self._clock.wall_ns())
        item = Item(LISTED, mounted, status.st_ino, listed.path, at, status.st_size, status.st_ctime_ns)
        await self._queue.add_listed(item)

    async def _keep_seen(self, seen: SeenIndex) -> None:
        while True:
            await self._clock.sleep(_FLUSH_S)
            self._flush(seen)

    def _flush(self, seen: SeenIndex) -> None:
        if self._delivered():
            try:
                seen.flush()
            except sqlite3.OperationalError:  # the disk is full: what was seen is told once more after a restart
                _log.warning("the seen index cannot be written", exc_info=True)

    def _say_gap(self, source: str, reason: str, count: int, begin_ns: int, end_ns: int, detail: str) -> None:
        gap = Gap(source, reason, count, begin_ns, end_ns, detail=detail)
        self._account.say(Kind.GAP, gap)
