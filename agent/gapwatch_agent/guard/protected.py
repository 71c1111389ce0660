"""Which filesystems guard refuses to mark (contract C11): a permission mark there could stop the machine with us.

Everything is read from the mount table; nothing is statted that could hang. The superblock's own device number is
compared because btrfs gives every subvolume a device number of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

PROTECTED_PATHS: Final = ("/", "/usr", "/var", "/home", "/boot", "/etc", "/run", "/tmp", "/opt", "/srv", "/root")  # noqa: S108 (named, not used)
_MOUNTINFO: Final = "/proc/self/mountinfo"
_MOUNTINFO_BYTES_MAX: Final = 4 * 1024 * 1024

# A filesystem served by a process or another machine: opening the event's own descriptor would wait for it.
_MAY_WAIT: Final = {
    0x65735546: "fuse",
    0x6969: "nfs",
    0xFF534D42: "cifs",
    0xFE534D42: "smb2",
    0x01021997: "9p",
    0x00C36400: "ceph",
    0x5346414F: "afs",
    0x0187: "autofs",
}


def complaint(mountinfo: bytes, mount_id: int, device: int, paths: Iterable[str] = PROTECTED_PATHS) -> str:
    """Why a directory's filesystem must not be marked, or empty.

    ``mount_id`` is that of the open directory, ``device`` its st_dev.
    """
    mounts = _mounts(mountinfo)
    superblocks = {f"{os.major(device)}:{os.minor(device)}"}
    superblocks.update(superblock for number, superblock, _ in mounts if number == mount_id)
    for path in paths:
        covering = [(len(point), superblock) for _, superblock, point in mounts if _covers(point, path)]
        if not covering:
            return f"the mount table does not say what {path} lies on"
        longest = max(length for length, _ in covering)
        # Mounts stacked on one point all count, also those that another hides.
        if superblocks & {superblock for length, superblock in covering if length == longest}:
            return f"it is the filesystem of {path}, which is never marked"
    return ""


def may_wait(filesystem_type: int) -> str:
    """Why a filesystem with this statfs magic could make guard wait, or empty."""
    name = _MAY_WAIT.get(filesystem_type)
    return f"{name} can make guard wait; files there are reported without permission marks" if name else ""


def of_directory(directory: int, filesystem_type: int) -> str:
    """Why the filesystem of an open directory must not be marked, or empty. Raises OSError."""
    slow = may_wait(filesystem_type)
    if slow:
        return slow
    paths = [*PROTECTED_PATHS, *_linked()]
    return complaint(_read(_MOUNTINFO), _mount_id(directory), os.fstat(directory).st_dev, paths)


def _mounts(mountinfo: bytes) -> list[tuple[int, str, str]]:
    """Mount id, superblock (major:minor) and mount point of every line."""
    rows = (line.split(b" ", 5) for line in mountinfo.split(b"\n"))
    return [
        (int(row[0]), row[2].decode("ascii", "replace"), os.fsdecode(row[4]))
        for row in rows
        if len(row) == 6 and row[0].isdigit()
    ]


def _covers(point: str, path: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _linked() -> list[str]:
    """Where protected paths lead that are symbolic links (``/home`` on a data disk); no target is looked at."""
    with os.scandir("/") as entries:
        links = [entry.path for entry in entries if entry.path in PROTECTED_PATHS and entry.is_symlink()]
    return [os.path.normpath("/" + os.readlink(link)) for link in links]  # noqa: PTH115 (as scandir gives it)


def _mount_id(fd: int) -> int:
    for line in _read(f"/proc/self/fdinfo/{fd}").split(b"\n"):
        if line.startswith(b"mnt_id:"):
            return int(line[7:])
    return -1


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunks, left = [], _MOUNTINFO_BYTES_MAX
        while left > 0 and (chunk := os.read(fd, min(left, 65536))):
            chunks.append(chunk)
            left -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(fd)
