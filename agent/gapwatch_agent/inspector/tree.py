"""The files under the paths a person names, in the order of their names; nothing is followed and nothing entered that
the kernel makes up (proc, sys and their like).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.kernel import mountinfo

_MADE_UP: Final = frozenset(
    {"proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "bpf", "pstore"}
    | {"efivarfs", "mqueue", "configfs", "fusectl", "binfmt_misc", "rpc_pipefs", "nsfs", "autofs", "hugetlbfs"}
)
_UNSTEADY: Final = frozenset(
    {"vfat", "msdos", "fat", "exfat", "ntfs", "ntfs3", "iso9660", "udf", "nfs", "nfs4", "cifs", "smb3", "9p", "overlay"}
)
"""Filesystems whose inode numbers or change times do not tell one content from another."""
_SYSFS: Final = Path("/sys/dev/block")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file to be inspected; with a ``reason`` it is a folder that could not be listed."""

    path: str
    reason: str = ""


class Mounts:
    """What the mount table says about paths and devices; read once."""

    def __init__(self, data: bytes | None = None, sysfs: Path = _SYSFS) -> None:
        self._sysfs = sysfs
        self._carried: dict[int, bool] = {}
        table = mountinfo.parse(_mountinfo() if data is None else data).values()
        self._made_up = frozenset(mount.mount_point for mount in table if mount.filesystem_type in _MADE_UP)
        self._unsteady = frozenset(
            os.makedev(mount.major, mount.minor)
            for mount in table
            if mount.filesystem_type in _UNSTEADY or mount.filesystem_type.startswith("fuse")
        )

    def enters(self, folder: str) -> bool:
        """Whether a folder holds files rather than the kernel's own inventions."""
        return os.path.realpath(folder) not in self._made_up

    def is_steady(self, device: int) -> bool:
        """Whether (inode, size, times) on that device identify a content: not on what comes from elsewhere, where a
        stranger may have written any of them.
        """
        if device in self._unsteady:
            return False
        if device not in self._carried:
            self._carried[device] = self._is_carried(device)
        return not self._carried[device]

    def _is_carried(self, device: int) -> bool:
        """Whether a block device is removable, hangs on USB, or is a file in disguise."""
        place = (self._sysfs / f"{os.major(device)}:{os.minor(device)}").resolve()
        if any(part.startswith(("usb", "loop", "mmc")) for part in place.parts):
            return True
        for folder in (place, place.parent):
            with contextlib.suppress(OSError):
                if (folder / "removable").read_text(encoding="ascii").strip() == "1":
                    return True
        return False


def _mountinfo() -> bytes:
    try:
        return mountinfo.MOUNTINFO.read_bytes()
    except OSError:
        return b""


def files(paths: Iterable[str], mounts: Mounts) -> Iterator[Listed]:
    """Every regular file at or under the paths. A path named outright is taken whatever it is, links are followed."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - any bytes may be a name
            yield from _under(path, mounts)
        else:
            yield Listed(path)


def _under(top: str, mounts: Mounts) -> Iterator[Listed]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        if not mounts.enters(folder):
            continue
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            yield Listed(folder, "unreadable")
            continue
        inner = []
        for entry in found:
            try:
                if entry.is_dir(follow_symlinks=False):
                    inner.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield Listed(entry.path)
            except OSError:
                yield Listed(entry.path, "unreadable")
        waiting.extend(reversed(inner))
