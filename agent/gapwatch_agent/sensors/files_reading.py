"""Opening a file on a medium for inspection without keeping the medium busy, and describing the file a copy came from.

Everything here may wait for a disk or a network and runs in a thread. A file up to ``COPY_BYTES_MAX`` is copied into
sealed memory at once, so that the medium can be unmounted while the inspector still reads.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Final

from gapwatch_agent.kernel import fanotify
from gapwatch_proto.events import File

COPY_BYTES_MAX: Final = 2 * 1024 * 1024
SOURCE_HASH_BYTES_MAX: Final = 1024 * 1024
_SIBLINGS_MAX: Final = 10_000
_READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


@dataclass(frozen=True, slots=True)
class Readable:
    """A file ready to be inspected: ``fd`` belongs to the holder; ``path`` is where it stood when opened."""

    fd: int
    path: str
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there is nothing to inspect: vanished, unreadable, or nothing for what is no regular file."""

    reason: str


def open_file(path: str, dev: int, ino: int, *, search: bool) -> Readable | Unreadable:
    """Open the regular file with this identity at ``path``.

    When another stands there now and ``search`` is set, its folder is searched: an editor renames what it wrote.
    """
    if not path:
        return Unreadable("unreadable")
    opened = _open_exactly(path, dev, ino)
    if isinstance(opened, Unreadable) and opened.reason == "vanished" and search:
        moved = _sibling(path, dev, ino)
        if moved:
            opened = _open_exactly(moved, dev, ino)
    if isinstance(opened, Unreadable) or opened.status.st_size > COPY_BYTES_MAX:
        return opened
    return _copied(opened)


def describe_source(candidates: Sequence[str], dev: int) -> File:
    """The last candidate that is a regular file elsewhere than on the medium; an empty File when none is.

    One that is gone by now (``mv`` deletes what it copied) is known by its name alone; one that had no name even when
    it was captured is passed over.
    """
    for path in reversed(candidates):
        try:
            status = Path(path).stat()
        except FileNotFoundError:
            if path.endswith(" (deleted)"):
                continue
            return File(path, PurePath(path).name)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode) and status.st_dev != dev:
            return File(path, PurePath(path).name, status.st_size, _hash(path, status))
    return File()


def _open_exactly(path: str, dev: int, ino: int) -> Readable | Unreadable:
    try:
        fd = os.open(path, _READ_FLAGS)
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", errno.ENOENT)
        gone = number in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO)
        return Unreadable("vanished" if gone else "unreadable")
    status = os.fstat(fd)
    if (status.st_dev, status.st_ino) == (dev, ino) and stat.S_ISREG(status.st_mode):
        return Readable(fd, path, status)
    os.close(fd)
    return Unreadable("vanished")


def _sibling(path: str, dev: int, ino: int) -> str:
    """The name in the same folder that leads to this inode, if one does."""
    with contextlib.suppress(OSError, ValueError), os.scandir(PurePath(path).parent) as scan:
        for _, entry in zip(range(_SIBLINGS_MAX), scan, strict=False):
            if entry.inode() == ino and entry.stat(follow_symlinks=False).st_dev == dev:
                return entry.path
    return ""


def _copied(opened: Readable) -> Readable | Unreadable:
    """The same content in sealed memory; the file on the medium is closed."""
    memory = -1
    try:
        memory = os.memfd_create("inspected", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        left = COPY_BYTES_MAX + 1
        while left > 0 and (chunk := os.read(opened.fd, min(left, 1 << 18))):
            os.write(memory, chunk)
            left -= len(chunk)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
        os.lseek(memory, 0, os.SEEK_SET)
    except OSError:
        fanotify.close_all((memory, opened.fd))
        return Unreadable("unreadable")
    if left == 0:  # it grew while it was read
        os.close(memory)
        os.lseek(opened.fd, 0, os.SEEK_SET)
        return opened
    os.close(opened.fd)
    # The status from before the reading: whatever changes the file later also changes that.
    return Readable(memory, opened.path, opened.status)


def _hash(path: str, status: os.stat_result) -> str:
    """The content's hash where it costs little."""
    if status.st_size > SOURCE_HASH_BYTES_MAX:
        return ""
    try:
        fd = os.open(path, _READ_FLAGS)
    except OSError:
        return ""
    try:
        now = os.fstat(fd)
        if (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino):
            return ""
        return sha256(os.read(fd, SOURCE_HASH_BYTES_MAX)).hexdigest()
    except OSError:
        return ""
    finally:
        os.close(fd)
