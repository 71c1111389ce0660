"""A udev that says what the test tells it to, readable like the real one."""

from __future__ import annotations

import contextlib
import os

from gapwatch_agent.kernel.overrun import OverrunError
from gapwatch_agent.kernel.udev import UdevDevice


class FakeUdev:
    """``there`` is what listing shows; ``send`` and ``overrun`` make the descriptor readable."""

    source = "udev"

    def __init__(self, *there: UdevDevice) -> None:
        self.there = list(there)
        self.closed = False
        self._pending: list[UdevDevice | OverrunError] = []
        self._fd = os.eventfd(0, os.EFD_NONBLOCK)

    def start(self) -> None:
        """It hears from the beginning."""

    def fileno(self) -> int:
        return self._fd

    def send(self, *changes: UdevDevice) -> None:
        self._pending += changes
        os.eventfd_write(self._fd, 1)

    def overrun(self) -> None:
        self._pending.append(OverrunError("too slow"))
        os.eventfd_write(self._fd, 1)

    def read(self) -> list[UdevDevice]:
        if not self._pending:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._fd)
            return []
        first = self._pending.pop(0)
        if isinstance(first, OverrunError):
            raise first
        return [first]

    def present(self) -> list[UdevDevice]:
        return list(self.there)

    def block_device(self, major: int, minor: int) -> UdevDevice | None:
        return next((device for device in self.there if device.number == (major, minor)), None)

    def at(self, sys_path: str) -> UdevDevice | None:
        return next((device for device in self.there if device.sys_path == sys_path), None)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._fd)
