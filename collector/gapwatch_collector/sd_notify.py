"""Telling systemd how we are: ready, alive, stopping (sd_notify(3)).

Where NOTIFY_SOCKET is not set every call does nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """The collector's line to its service manager."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    def ready(self) -> None:
        """Everything listens."""
        self._send(b"READY=1")

    def alive(self) -> None:
        """Feed the watchdog; called only while work moves."""
        self._send(b"WATCHDOG=1")

    def stopping(self) -> None:
        """On the way out by our own decision."""
        self._send(b"STOPPING=1")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, state: bytes) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(state, self._address)
        except OSError:  # the manager is busy or gone: it notices by itself and must not hold us up
            return
