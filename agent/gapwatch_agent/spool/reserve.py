"""Disk space held back so that the spool can go on when somebody else fills the disk (C3)."""

from __future__ import annotations

import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)


class Reserve:
    """A preallocated file: removed when the disk is full, made again when there is room to spare."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path, self._size_bytes = path, size_bytes

    def held(self) -> bool:
        """Whether the space is ours now."""
        try:
            return self._path.stat().st_size >= self._size_bytes > 0
        except OSError:
            return False

    def give_up(self) -> bool:
        """Free the space; False when there was none to free."""
        if not self._path.exists():
            return False
        self._path.unlink()
        _log.warning("the %d bytes of disk held in reserve were given up", self._size_bytes)
        return True

    def make(self, margin: int = 2) -> bool:
        """Hold the space (again) if the disk has ``margin`` times as much; True when it is held."""
        if self._size_bytes <= 0 or self.held():
            return self.held()
        try:
            room = os.statvfs(self._path.parent)
            if room.f_bavail * room.f_frsize < margin * self._size_bytes:
                return False
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size_bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._path.unlink(missing_ok=True)
            _log.warning("no reserve could be made: %s", error)
            return False
        return True
