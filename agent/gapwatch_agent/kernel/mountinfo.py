r"""The mount table (/proc/self/mountinfo): parsed, compared, watched.

A line reads ``id parent major:minor root mount_point options [optional fields] - type source super_options`` (proc(5)).
Space, tab, line feed and backslash inside a field are written as ``\040`` and so on. Paths are bytes to the kernel;
here they are text with surrogates for what is not UTF-8, as ``os.fsdecode`` makes them.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

MOUNTINFO: Final = Path("/proc/self/mountinfo")

_ESCAPE: Final = re.compile(rb"\\([0-3][0-7]{2})")
_CHUNK_BYTES: Final = 1 << 20

MountIdentity = tuple[int, int, int, str, str]
"""What stays the same while it is the same mount: id, device number, root, mount point. Ids alone are reused."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One line. ``options`` are the mount's own, ``super_options`` the filesystem's; both as the kernel lists them."""

    mount_id: int
    parent_id: int
    major: int
    minor: int
    root: str
    mount_point: str
    options: str
    filesystem_type: str
    source: str
    super_options: str

    @property
    def identity(self) -> MountIdentity:
        return (self.mount_id, self.major, self.minor, self.root, self.mount_point)


@dataclass(frozen=True, slots=True)
class MountChanges:
    """What differs between two tables. ``remounted`` are mounts whose options changed, as they are now."""

    mounted: tuple[Mount, ...] = ()
    unmounted: tuple[Mount, ...] = ()
    remounted: tuple[Mount, ...] = ()


MountTable = dict[MountIdentity, Mount]


def parse(data: bytes) -> MountTable:
    """The table by identity, in the kernel's order. A line that is not of the format (a torn read) is left out."""
    mounts = (_parse_line(line) for line in data.split(b"\n") if line)
    return {mount.identity: mount for mount in mounts if mount is not None}


def _parse_line(line: bytes) -> Mount | None:
    fields = line.split(b" ")
    try:
        dash = fields.index(b"-", 6)
        filesystem_type, source, super_options = fields[dash + 1 : dash + 4]
        major, minor = fields[2].split(b":")
        return Mount(
            mount_id=int(fields[0]),
            parent_id=int(fields[1]),
            major=int(major),
            minor=int(minor),
            root=_text(fields[3]),
            mount_point=_text(fields[4]),
            options=_text(fields[5]),
            filesystem_type=_text(filesystem_type),
            source=_text(source),
            super_options=_text(super_options),
        )
    except ValueError:  # too few fields, no dash, not a number
        return None


def _text(field: bytes) -> str:
    return os.fsdecode(_ESCAPE.sub(lambda match: bytes([int(match[1], 8)]), field))


def compare(before: MountTable, now: MountTable) -> MountChanges:
    """What was mounted, unmounted (what was mounted last first) and remounted with other options between two tables."""
    return MountChanges(
        mounted=tuple(mount for key, mount in now.items() if key not in before),
        unmounted=tuple(mount for key, mount in reversed(before.items()) if key not in now),
        remounted=tuple(mount for key, mount in now.items() if key in before and _options_differ(before[key], mount)),
    )


def _options_differ(before: Mount, now: Mount) -> bool:
    return (before.options, before.super_options) != (now.options, now.super_options)


class MountWatch:
    """The open mount table of one mount namespace.

    ``fileno`` becomes readable when the table changed; ``read`` gives it as it is now. The kernel signals a change with
    POLLPRI and POLLERR on a file that is always readable, so the descriptor handed out is an epoll of just these two.
    """

    def __init__(self, path: Path = MOUNTINFO) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._epoll = select.epoll()
        # A plain file (a test's, a copy) cannot be polled; it then never changes.
        with contextlib.suppress(PermissionError):
            self._epoll.register(self._fd, select.EPOLLPRI | select.EPOLLERR)

    def fileno(self) -> int:
        return self._epoll.fileno()

    def read(self) -> MountTable:
        """The table now. Changes up to this moment are taken note of; a later one makes ``fileno`` readable again."""
        self._epoll.poll(0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        chunks = []
        while chunk := os.read(self._fd, _CHUNK_BYTES):
            chunks.append(chunk)
        return parse(b"".join(chunks))

    def close(self) -> None:
        self._epoll.close()
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
