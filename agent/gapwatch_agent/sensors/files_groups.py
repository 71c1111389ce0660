"""The notification side of file watching: fanotify groups of mounted media, read by a thread of their own.

An event carries an open descriptor, and an open descriptor keeps a medium busy: the thread takes what it says (device,
inode, path, size) and closes it at once. File-id groups, where the kernel has them, tell of renames, which have no
descriptor. The thread also keeps the kernel's queue empty while the event loop is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from gapwatch_agent.clock import Clock
from gapwatch_agent.kernel import fanotify
from gapwatch_agent.kernel.fanotify import FanEvent, MalformedEventError
from gapwatch_agent.kernel.procfs import Who, WhoCache

CLOSED_WRITE: Final = "closed_write"
MOVED_IN: Final = "moved_in"

BACKLOG_MAX: Final = 32_768
"""Observations handed to the loop and not yet taken in; beyond it the kernel's own queue fills, which it reports."""
_BATCH_MAX: Final = 512
_PAUSE_S: Final = 0.02
_GROUP_FLAGS: Final = fanotify.CLASS_NOTIF | fanotify.CLOEXEC | fanotify.NONBLOCK


class Observed(NamedTuple):
    """A regular file was written and closed, or renamed into place.

    ``changed_ns`` is its ctime. ``links`` is 0 when it had no name any more. ``who`` is what /proc said when the event
    was read, if it was asked.
    """

    action: str
    dev: int
    ino: int
    path: str
    pid: int
    size: int
    changed_ns: int
    links: int
    boottime_ns: int
    wall_ns: int
    who: Who | None = None


class Overflowed(NamedTuple):
    """The kernel dropped events of a filesystem."""

    dev: int


Observation = Observed | Overflowed


@dataclass(slots=True)
class _Marked:
    dev: int
    mount_point: str
    content: int
    names: int


class FileGroups:
    """Add and remove filesystems from any thread; observations arrive in the loop as lists, in the kernel's order."""

    def __init__(self, clock: Clock, deliver: Callable[[list[Observation]], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._added: list[_Marked] = []
        self._removed: list[int] = []
        self._stopping = False
        self._outstanding = 0
        self._pause = threading.Event()
        self._whos = WhoCache()
        self.capture = True
        """Whether /proc is asked about every event: needed only while guard is away."""
        self._thread = threading.Thread(target=self._run, name="files-fanotify", daemon=True)
        self._thread.start()

    def add(self, dev: int, directory: int, mount_point: str) -> str:
        """Mark the filesystem of an open directory. Returns what cannot be seen there, or nothing.

        Raises OSError when it cannot be marked at all.
        """
        content = fanotify.init(_GROUP_FLAGS)
        missing = ""
        names = -1
        try:
            fanotify.mark_filesystem(content, directory, fanotify.CLOSE_WRITE)
            try:
                names = fanotify.init(_GROUP_FLAGS | fanotify.REPORT_DFID_NAME, 0)
                fanotify.mark_filesystem(names, directory, fanotify.MOVED_TO)
            except OSError as error:
                fanotify.close_all([names])
                names = -1
                missing = f"renames ({error.strerror})"
        except OSError:
            os.close(content)
            raise
        with self._lock:
            self._added.append(_Marked(dev, mount_point, content, names))
        os.eventfd_write(self._wake, 1)
        return missing

    def remove(self, dev: int) -> None:
        """Read what is left of a filesystem, then let go of it."""
        with self._lock:
            self._removed.append(dev)
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Stop the thread and close every group."""
        self._stopping = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)

    # --- in the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        groups: dict[int, _Marked] = {}
        try:
            while not self._stopping:
                for fd, _ in poll.poll():
                    if fd in groups:
                        self._read(groups[fd], fd)
                with contextlib.suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
                    self._change(poll, groups)
                while self._outstanding > BACKLOG_MAX and not self._stopping:
                    self._pause.wait(_PAUSE_S)
        finally:
            fanotify.close_all(groups)
            self._whos.close()

    def _change(self, poll: select.poll, groups: dict[int, _Marked]) -> None:
        with self._lock:
            added, self._added = self._added, []
            removed, self._removed = self._removed, []
        for marked in added:
            for fd in (marked.content, marked.names):
                if fd >= 0:
                    groups[fd] = marked
                    poll.register(fd, select.POLLIN)
        for fd in [fd for fd, marked in groups.items() if marked.dev in removed]:
            self._read(groups.pop(fd), fd)
            poll.unregister(fd)
            os.close(fd)

    def _read(self, marked: _Marked, group: int) -> None:
        batch: list[Observation] = []
        while len(batch) < _BATCH_MAX:
            try:
                events = fanotify.read(group)
            except (OSError, MalformedEventError):
                batch.append(Overflowed(marked.dev))
                break
            if not events:
                break
            if group == marked.names:
                batch.extend(self._renamed(marked, events))
            else:
                batch.extend(filter(None, (self._closed(marked, event) for event in events)))
        if batch:
            self._outstanding += len(batch)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._hand_over, batch)

    def _closed(self, marked: _Marked, event: FanEvent) -> Observation | None:
        if event.overflow:
            return Overflowed(marked.dev)
        if event.fd < 0:
            return None
        try:
            status = os.fstat(event.fd)
            if not stat.S_ISREG(status.st_mode):
                return None
            path = _path_of(event.fd)
        except OSError:
            return None
        finally:
            os.close(event.fd)
        if not status.st_nlink:
            path = path.removesuffix(" (deleted)")
        elif not path.startswith(marked.mount_point.rstrip("/") + "/"):
            path = _as_seen_here(path, marked.mount_point, status)
        return self._observed(CLOSED_WRITE, status, path, event.pid)

    def _renamed(self, marked: _Marked, events: list[FanEvent]) -> list[Observation]:
        """Where the kernel's directory handles lead now; what is gone again by now is left out."""
        found: list[Observation] = [Overflowed(marked.dev) for event in events if event.overflow]
        try:
            mount = os.open(marked.mount_point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return found
        try:
            for event in events:
                if event.directory is None or not event.name:
                    continue
                with contextlib.suppress(OSError):
                    directory = fanotify.open_by_handle(mount, event.directory)
                    try:
                        status = os.stat(event.name, dir_fd=directory, follow_symlinks=False)
                        folder = os.readlink(f"/proc/self/fd/{directory}")  # noqa: PTH115 (as above)
                    finally:
                        os.close(directory)
                    if stat.S_ISREG(status.st_mode):
                        path = f"{folder.rstrip('/')}/{os.fsdecode(event.name)}"
                        found.append(self._observed(MOVED_IN, status, path, event.pid))
        finally:
            os.close(mount)
        return found

    def _observed(self, action: str, status: os.stat_result, path: str, pid: int) -> Observed:
        return Observed(
            action=action,
            dev=status.st_dev,
            ino=status.st_ino,
            path=path,
            pid=pid,
            size=status.st_size,
            changed_ns=status.st_ctime_ns,
            links=status.st_nlink,
            boottime_ns=self._clock.boottime_ns(),
            wall_ns=self._clock.wall_ns(),
            who=self._whos.who(pid) if self.capture and pid > 0 else None,
        )

    # --- in the loop ------------------------------------------------------------------------------------------------

    def _hand_over(self, batch: list[Observation]) -> None:
        self._outstanding -= len(batch)
        self._deliver(batch)


def _as_seen_here(path: str, mount_point: str, status: os.stat_result) -> str:
    """The path by which this process reaches a file that was written through another mount of its filesystem.

    In another mount namespace the mount point may be another, and once that namespace has ended there is none: then the
    path begins at the filesystem's root. Whichever part of it leads to the same file under our mount point is right.
    """
    parts = path.strip("/").split("/")
    candidates = [path, *(f"{mount_point.rstrip('/')}/{'/'.join(parts[skip:])}" for skip in range(len(parts)))]
    for candidate in candidates:
        with contextlib.suppress(OSError, ValueError):
            if os.path.samestat(os.lstat(candidate), status):
                return candidate
    return path


def _path_of(fd: int) -> str:
    """Where an open file stands; empty when its path is longer than a path may be."""
    try:
        return os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115 (pathlib costs microseconds an event)
    except OSError:
        return ""
