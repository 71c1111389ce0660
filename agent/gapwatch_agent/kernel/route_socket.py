"""The rtnetlink socket: subscribed to links, addresses and routes, and asked for all of them when needed.

Changes and dumps go over two sockets, so that a dump never waits behind a storm of changes. Subscribing needs no
privilege. Messages that do not come from the kernel (port 0) are thrown away: any local process may send to ours.
"""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from typing import Final, TypeVar

from gapwatch_agent.kernel import rtnetlink
from gapwatch_agent.kernel.overrun import OverrunError
from gapwatch_agent.kernel.rtnetlink import AddressMessage, DoneMessage, LinkMessage, RouteMessage, RouteSocketMessage

RECEIVE_BUFFER_BYTES: Final = 8 * 1024 * 1024
DATAGRAM_BYTES_MAX: Final = 256 * 1024
DUMP_ATTEMPTS: Final = 8
DUMP_TIMEOUT_S: Final = 5.0
READ_MAX: Final = 256

LINKS: Final = 0x1
ADDRESSES: Final = 0x10 | 0x100
ROUTES: Final = 0x40 | 0x400
"""Multicast groups (RTMGRP_… in linux/rtnetlink.h), IPv4 and IPv6 together."""
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h; the socket module does not name it

_M = TypeVar("_M", LinkMessage, AddressMessage, RouteMessage)


@dataclass(frozen=True, slots=True)
class NetworkDump:
    """Everything the kernel has, asked for in this order."""

    links: tuple[LinkMessage, ...]
    addresses: tuple[AddressMessage, ...]
    routes: tuple[RouteMessage, ...]


class RouteSocket:
    """Changes as they come, dumps on request. ``fileno`` becomes readable when there are changes."""

    def __init__(self, groups: int = LINKS | ADDRESSES | ROUTES, buffer_bytes: int = RECEIVE_BUFFER_BYTES) -> None:
        self._overrun: OverrunError | None = None
        self._changes = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        try:
            self._changes.setblocking(False)
            try:
                self._changes.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
            except PermissionError:
                self._changes.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            self._changes.bind((0, groups))
        except OSError:
            self._changes.close()
            raise

    def fileno(self) -> int:
        return self._changes.fileno()

    def read(self) -> list[RouteSocketMessage]:
        """Changes waiting, oldest first, of at most READ_MAX datagrams.

        Raises OverrunError when the kernel dropped some or sent what we cannot read: read on, then dump again. What was
        read before the overrun is given first.
        """
        found: list[RouteSocketMessage] = []
        try:
            if self._overrun is None:
                self._read_into(found)
        except OverrunError as error:
            self._overrun = error
        if self._overrun is not None and not found:
            overrun, self._overrun = self._overrun, None
            raise overrun
        return found

    def _read_into(self, found: list[RouteSocketMessage]) -> None:
        for _ in range(READ_MAX):
            try:
                data, _, flags, sender = self._changes.recvmsg(DATAGRAM_BYTES_MAX)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                raise OverrunError("rtnetlink messages were dropped: the receive buffer was full") from error
            if sender[0] == 0:
                found += _parse(data, flags)

    def dump(self) -> NetworkDump:
        """Links, addresses and routes as they are now. Raises OSError when the kernel will not say."""
        with _asking_socket() as asking:
            return NetworkDump(
                links=_ask(asking, rtnetlink.RTM_GETLINK, LinkMessage),
                addresses=_ask(asking, rtnetlink.RTM_GETADDR, AddressMessage),
                routes=_ask(asking, rtnetlink.RTM_GETROUTE, RouteMessage),
            )

    def routes(self) -> tuple[RouteMessage, ...]:
        """Only the routes. Raises OSError when the kernel will not say."""
        with _asking_socket() as asking:
            return _ask(asking, rtnetlink.RTM_GETROUTE, RouteMessage)

    def close(self) -> None:
        self._changes.close()


def _asking_socket() -> socket.socket:
    asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    asking.settimeout(DUMP_TIMEOUT_S)
    asking.bind((0, 0))
    return asking


def _parse(data: bytes, flags: int) -> list[RouteSocketMessage]:
    if flags & socket.MSG_TRUNC:
        raise OverrunError(f"an rtnetlink datagram was larger than {DATAGRAM_BYTES_MAX} bytes")
    try:
        return rtnetlink.parse(data)
    except rtnetlink.MalformedNetlinkError as error:
        raise OverrunError(f"an rtnetlink datagram cannot be read: {error}") from error


def _ask(asking: socket.socket, request: int, wanted: type[_M]) -> tuple[_M, ...]:
    """One dump; asked again while the kernel says that the table changed under it."""
    found: list[_M] = []
    for attempt in range(1, DUMP_ATTEMPTS + 1):
        sequence = request * DUMP_ATTEMPTS + attempt
        asking.sendto(rtnetlink.dump_request(request, sequence), (0, 0))
        found, done = _collect(asking, wanted)
        if done.error:
            raise OSError(done.error, f"the kernel refused a dump: {os.strerror(done.error)}")
        if not done.interrupted:
            break
    return tuple(found)


def _collect(asking: socket.socket, wanted: type[_M]) -> tuple[list[_M], DoneMessage]:
    found: list[_M] = []
    interrupted = False
    while True:
        data, _, flags, sender = asking.recvmsg(DATAGRAM_BYTES_MAX)
        if sender[0] != 0:
            continue
        interrupted |= rtnetlink.interrupted(data)
        for message in _parse(data, flags):
            if isinstance(message, DoneMessage):
                return found, DoneMessage(message.error, interrupted or message.interrupted)
            if isinstance(message, wanted):
                found.append(message)
