"""The declared fallback without CAP_SYS_ADMIN: watchdog's inotify observers on mount points.

It sees no process, loses events in bursts without saying so and misses folders made while it looks elsewhere; health
says which mechanism is in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Callable

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from gapwatch_agent.clock import Clock
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE, MOVED_IN, Observation, Observed

MISSING = "CAP_SYS_ADMIN: no process, no permission events, and a burst loses events unseen"


class FileObservers:
    """The same face as ``FileGroups``, with less behind it."""

    def __init__(self, clock: Clock, deliver: Callable[[list[Observation]], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._observer: BaseObserver = Observer()
        self._watches: dict[int, ObservedWatch] = {}
        self.capture = False
        self._observer.start()

    def add(self, dev: int, directory: int, mount_point: str) -> str:
        """Watch everything under a mount point. Raises OSError when inotify's limits are reached."""
        del directory
        self._watches[dev] = self._observer.schedule(_Handler(self._heard), mount_point, recursive=True)
        return MISSING

    def remove(self, dev: int) -> None:
        """Stop watching; a filesystem that is gone already is no error."""
        watch = self._watches.pop(dev, None)
        if watch is not None:
            with contextlib.suppress(KeyError, OSError):
                self._observer.unschedule(watch)

    def close(self) -> None:
        """Stop the threads."""
        self._observer.stop()
        self._observer.join()

    def _heard(self, action: str, path: str) -> None:
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            return
        if not stat.S_ISREG(status.st_mode):
            return
        observed: Observation = Observed(
            action=action,
            dev=status.st_dev,
            ino=status.st_ino,
            path=path,
            pid=0,
            size=status.st_size,
            changed_ns=status.st_ctime_ns,
            links=status.st_nlink,
            boottime_ns=self._clock.boottime_ns(),
            wall_ns=self._clock.wall_ns(),
        )
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._deliver, [observed])


class _Handler(FileSystemEventHandler):
    def __init__(self, heard: Callable[[str, str], None]) -> None:
        self._heard = heard

    def on_closed(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileClosedEvent):
            self._heard(CLOSED_WRITE, os.fsdecode(event.src_path))

    def on_moved(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileMovedEvent):
            self._heard(MOVED_IN, os.fsdecode(event.dest_path))
