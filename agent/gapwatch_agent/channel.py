"""Small versioned messages between our own processes over Unix SOCK_SEQPACKET sockets.

One datagram is one message: magic, version, type, then a body whose meaning belongs to the two ends. Descriptors travel
beside the body. The listening side knows who connected from the kernel (SO_PEERCRED) and turns strangers away. Stdlib
only: ``guard`` imports this.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.errors import PeerError

MESSAGE_BYTES_MAX: Final = 128 * 1024
FDS_MAX: Final = 4
_VERSION: Final = 1
_HEAD = struct.Struct(">2sBB")
_MAGIC: Final = b"GW"
_PEERCRED = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Message:
    """One datagram: a type the two ends agreed on, a body, and descriptors that now belong to the receiver."""

    type: int
    body: bytes = b""
    fds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end, by the kernel's word."""

    pid: int
    uid: int
    gid: int


def listen(path: Path, mode: int = 0o600, backlog: int = 8) -> socket.socket:
    """A listening socket at ``path``; a stale one is replaced. The parent directory must exist and be ours."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    try:
        listener.bind(str(path))
        path.chmod(mode)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def connect(path: Path, buffer_bytes: int = 1 << 20) -> socket.socket:
    """A connection to ``path``. Raises OSError when nobody listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def peer_of(connection: socket.socket) -> Peer:
    """The process that opened the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEERCRED.size)
    return Peer(*_PEERCRED.unpack(raw))


def require_peer(connection: socket.socket, allowed_uids: frozenset[int]) -> Peer:
    """The peer, if its uid is allowed. Raises PeerError otherwise."""
    peer = peer_of(connection)
    if peer.uid not in allowed_uids:
        raise PeerError(f"uid {peer.uid} (pid {peer.pid}) may not speak on this socket")
    return peer


def send(connection: socket.socket, message: Message) -> None:
    """Send one message, whole or not at all. Raises OSError (BlockingIOError when non-blocking and full)."""
    if len(message.body) > MESSAGE_BYTES_MAX:
        raise PeerError(f"a message of {len(message.body)} bytes is too large to send")
    data = [_HEAD.pack(_MAGIC, _VERSION, message.type), message.body]
    if message.fds:
        socket.send_fds(connection, data, list(message.fds))
    else:
        connection.sendmsg(data)


def receive(connection: socket.socket) -> Message | None:
    """The next message, or None when the peer closed.

    Raises PeerError for anything that is not ours; descriptors that came with it are closed.
    """
    ancillary_bytes = socket.CMSG_SPACE(FDS_MAX * array.array("i").itemsize)
    flags = socket.MSG_CMSG_CLOEXEC
    data, ancillary, got_flags, _ = connection.recvmsg(MESSAGE_BYTES_MAX + _HEAD.size, ancillary_bytes, flags)
    fds = _descriptors(ancillary)
    if not data and not fds:
        return None
    try:
        return _parse(data, fds, truncated=bool(got_flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)))
    except PeerError:
        for fd in fds:
            os.close(fd)
        raise


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, ...]:
    fds = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    return tuple(fds)


def _parse(data: bytes, fds: tuple[int, ...], *, truncated: bool) -> Message:
    if truncated:
        raise PeerError("a message was larger than the protocol allows")
    if len(data) < _HEAD.size:
        raise PeerError("a message was shorter than its head")
    magic, version, kind = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise PeerError("a message does not begin with our magic")
    if version != _VERSION:
        raise PeerError(f"protocol version {version} is not spoken here; restart all agent processes")
    return Message(kind, data[_HEAD.size :], fds)
