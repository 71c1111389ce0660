"""One connection to guard: what it marked, whom it exempted, and the bounded backlog of what it has not read yet."""

from __future__ import annotations

import socket
from collections import deque
from typing import Final

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.errors import PeerError

BACKLOG_MESSAGES_MAX: Final = 2048
BACKLOG_BYTES_MAX: Final = 2 * 1024 * 1024
_SEND_BUFFER_BYTES: Final = 4 * 1024 * 1024


class Peer:
    """``groups`` are this peer's fanotify groups by key; ``exempt`` the processes it vouches for."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid
        self.groups: dict[str, int] = {}
        self.exempt: frozenset[int] = frozenset()
        self.polled_for_writing = False
        self._backlog: deque[Message] = deque()
        self._backlog_bytes = 0
        # The kernel grants what net.core.wmem_max allows; the backlog covers the rest.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def fileno(self) -> int:
        return self.connection.fileno()

    @property
    def waiting(self) -> bool:
        """Something is left to be written."""
        return bool(self._backlog)

    def offer(self, message: Message) -> bool:
        """Send now or keep for later, never waiting. False when it had to be dropped."""
        if not self._backlog and self._send(message):
            return True
        size = len(message.body)
        if len(self._backlog) >= BACKLOG_MESSAGES_MAX or self._backlog_bytes + size > BACKLOG_BYTES_MAX:
            return False
        self._backlog.append(message)
        self._backlog_bytes += size
        return True

    def flush(self) -> None:
        """Send what waits, as far as it goes without waiting."""
        while self._backlog and self._send(self._backlog[0]):
            self._backlog_bytes -= len(self._backlog.popleft().body)

    def _send(self, message: Message) -> bool:
        try:
            channel.send(self.connection, message)
        except BlockingIOError:
            return False
        except (OSError, PeerError):
            # The other end is gone (its hang-up is read next) or the message can never be sent: waiting helps neither.
            return True
        return True
