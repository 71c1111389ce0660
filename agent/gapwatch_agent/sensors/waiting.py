"""Waiting for descriptors, and the ports of the kernel objects that sensors wait on."""

from __future__ import annotations

import asyncio
from typing import Protocol

from gapwatch_agent.kernel.udev import UdevDevice


class Readable(Protocol):
    """Anything with a descriptor that becomes readable."""

    def fileno(self) -> int: ...


async def readable(*sources: Readable) -> None:
    """Return when at least one source has something to read."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    numbers = [source.fileno() for source in sources]
    try:
        for number in numbers:
            loop.add_reader(number, woken.set)
        await woken.wait()
    finally:
        for number in numbers:
            loop.remove_reader(number)


class DeviceSource(Protocol):
    """udev as sensors use it; ``kernel.udev.Udev`` is the real one."""

    source: str

    def start(self) -> None: ...

    def fileno(self) -> int: ...

    def read(self) -> list[UdevDevice]:
        """Events waiting, without blocking. Raises OverrunError when some were dropped."""
        ...

    def present(self) -> list[UdevDevice]: ...

    def block_device(self, major: int, minor: int) -> UdevDevice | None: ...

    def at(self, sys_path: str) -> UdevDevice | None: ...

    def close(self) -> None: ...


NO_UDEVD = "udevd is not running: filesystem ids and names come from the kernel alone"
"""What a sensor misses where only the kernel's own events can be read."""
