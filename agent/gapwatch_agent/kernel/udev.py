"""udev: which devices are there, and which come and go. The only file that knows pyudev; frozen values leave it.

Where no udevd runs (a container, a minimal machine) the kernel's own uevents are read instead: the same devices,
without what udev's rules find out (filesystem ids, names from its database).

Python monitors are known to die in storms of events: the receive buffer is asked to be large, and when it overflows all
the same, ``read`` raises OverrunError and the caller lists what is there again.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyudev

from gapwatch_agent.kernel.overrun import OverrunError

PROPERTIES_MAX: Final = 256
PROPERTY_CHARS_MAX: Final = 4096
RECEIVE_BUFFER_BYTES: Final = 64 * 1024 * 1024
"""Address space only until used; systemd-udevd itself asks for 128 MiB."""
READ_MAX: Final = 256
"""Events taken in one go, so that a storm does not hold up the loop."""

_UDEVD: Final = Path("/run/udev/control")
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h; the socket module does not name it


@dataclass(frozen=True, slots=True)
class UdevDevice:
    """A device at one moment.

    ``action`` is udev's (add, remove, change, bind, unbind, move) or ``present`` when it was listed.
    ``number`` is (major, minor), (0, 0) for a device without a node. Property text is what the device said, bounded.
    """

    action: str
    subsystem: str
    sys_path: str
    devtype: str = ""
    node: str = ""
    number: tuple[int, int] = (0, 0)
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def sys_name(self) -> str:
        return self.sys_path.rpartition("/")[2]

    @property
    def path(self) -> Path:
        return Path(self.sys_path)


class Udev:
    """Devices present now, and one monitor of the given subsystems.

    ``fileno`` becomes readable when there are events. Nothing is received before ``start``; start, then list, so that
    nothing falls between the two.
    """

    def __init__(self, subsystems: Iterable[str], buffer_bytes: int = RECEIVE_BUFFER_BYTES, source: str = "") -> None:
        self.subsystems = tuple(subsystems)
        self.source = source or ("udev" if _UDEVD.exists() else "kernel")
        self._context = pyudev.Context()
        self._monitor = pyudev.Monitor.from_netlink(self._context, self.source)
        for subsystem in self.subsystems:
            self._monitor.filter_by(subsystem)
        self._socket = socket.socket(fileno=os.dup(self._monitor.fileno()))
        self.buffer_bytes = self._widen(buffer_bytes)

    def _widen(self, buffer_bytes: int) -> int:
        """Ask for a larger buffer than the system's limit, which takes a privilege; else for as much as is allowed."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def start(self) -> None:
        self._monitor.start()

    def fileno(self) -> int:
        return int(self._monitor.fileno())

    def read(self) -> list[UdevDevice]:
        """Events waiting, oldest first, at most READ_MAX.

        Raises OverrunError when the kernel dropped some: read on, then list what is there.
        """
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # ENOBUFS; reading it clears it
            raise OverrunError("udev events were dropped: the receive buffer was full")
        devices: list[UdevDevice] = []
        while len(devices) < READ_MAX:
            try:
                device = self._monitor.poll(0)
            except OSError as error:
                if devices:  # met again, and raised, at the next read
                    break
                raise OverrunError(f"udev events cannot be read: {error}") from error
            if device is None:
                break
            devices.append(_freeze(device, device.action or ""))
        return devices

    def present(self) -> list[UdevDevice]:
        """Every device of the subsystems that is there now, parents before children."""
        found = [
            _freeze(device, "present")
            for subsystem in self.subsystems
            for device in self._context.list_devices(subsystem=subsystem)
        ]
        return sorted(found, key=lambda device: device.sys_path)

    def block_device(self, major: int, minor: int) -> UdevDevice | None:
        """The block device of a number, or None when there is none (any more)."""
        with contextlib.suppress(pyudev.DeviceNotFoundError, OSError, ValueError):
            device = pyudev.Devices.from_device_number(self._context, "block", os.makedev(major, minor))
            return _freeze(device, "present")
        return None

    def at(self, sys_path: str) -> UdevDevice | None:
        """The device at a path under /sys, or None when it is gone."""
        with contextlib.suppress(pyudev.DeviceNotFoundError, OSError, ValueError):
            return _freeze(pyudev.Devices.from_sys_path(self._context, sys_path), "present")
        return None

    def close(self) -> None:
        self._socket.close()


def _freeze(device: Any, action: str) -> UdevDevice:
    properties = _properties(device)
    return UdevDevice(
        action=action,
        subsystem=properties.get("SUBSYSTEM", ""),
        sys_path=os.fsdecode(device.sys_path),
        devtype=properties.get("DEVTYPE", ""),
        node=properties.get("DEVNAME", ""),
        number=(_number(properties.get("MAJOR", "")), _number(properties.get("MINOR", ""))),
        properties=properties,
    )


def _properties(device: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    names = iter(device.properties)
    while len(found) < PROPERTIES_MAX:
        try:
            name = next(names)
        except (StopIteration, UnicodeDecodeError):
            break
        found[name] = _property(device, name)[:PROPERTY_CHARS_MAX]
    return found


def _property(device: Any, name: str) -> str:
    try:
        return str(device.properties[name])
    except KeyError:
        return ""
    except UnicodeDecodeError as error:  # pyudev decodes strictly; a stick's strings need not be UTF-8
        return bytes(error.object).decode("utf-8", "surrogateescape")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
