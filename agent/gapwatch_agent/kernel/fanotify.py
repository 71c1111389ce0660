"""fanotify(7) without a library: the three system calls, the event buffer made into values, responses made into bytes.

Python's standard library has no wrappers, so the calls go through ctypes. The parser is pure: bytes in, values out, one
documented error. Descriptors that came with events belong to whoever reads them; ``MalformedEventError`` carries the
ones already found so that none is leaked.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

CLASS_NOTIF: Final = 0x0
CLASS_CONTENT: Final = 0x4
CLOEXEC: Final = 0x1
NONBLOCK: Final = 0x2
REPORT_DFID_NAME: Final = 0xC00

MARK_ADD: Final = 0x1
MARK_REMOVE: Final = 0x2
MARK_FILESYSTEM: Final = 0x100

CLOSE_WRITE: Final = 0x8
MOVED_TO: Final = 0x80
OPEN_PERM: Final = 0x10000
Q_OVERFLOW: Final = 0x4000
ONDIR: Final = 0x40000000

ALLOW: Final = 1
NO_FD: Final = -1

EVENT_FLAGS: Final = os.O_RDONLY | os.O_LARGEFILE | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOATIME
"""How the kernel opens the descriptor of an event. Without O_NONBLOCK a FIFO would hold whoever reads the event."""

BUFFER_BYTES: Final = 64 * 24
"""One read returns at most 64 plain events and so costs at most 64 descriptors."""

_METADATA: Final = struct.Struct("=IBBHQii")
_METADATA_VERSION: Final = 3
_INFO_HEAD: Final = struct.Struct("=BBH")
_HANDLE_HEAD: Final = struct.Struct("=Ii")
_RESPONSE: Final = struct.Struct("=iI")
_INFO_FID: Final = 1
_INFO_DFID_NAME: Final = 2
_INFO_DFID: Final = 3
_FSID_BYTES: Final = 8
_HANDLE_BYTES_MAX: Final = 128
_FSTATFS_BYTES: Final = 256

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fanotify_mark.argtypes = (ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p)
_libc.fanotify_init.argtypes = (ctypes.c_uint, ctypes.c_uint)
_libc.open_by_handle_at.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
_libc.fstatfs.argtypes = (ctypes.c_int, ctypes.c_char_p)


class Handle(NamedTuple):
    """A file handle as the kernel gives it: filesystem id, type and opaque bytes."""

    fsid: bytes
    type: int
    opaque: bytes


class FanEvent(NamedTuple):
    """One event. ``fd`` is -1 when the group reports file ids; ``directory`` and ``name`` are set when it does."""

    mask: int
    pid: int
    fd: int
    directory: Handle | None = None
    name: bytes = b""

    @property
    def overflow(self) -> bool:
        """The kernel dropped events because nobody read them in time."""
        return bool(self.mask & Q_OVERFLOW)


class MalformedEventError(ValueError):
    """The buffer is not what fanotify(7) promises. ``fds`` are the descriptors found in it, still open."""

    def __init__(self, complaint: str, fds: tuple[int, ...]) -> None:
        self.fds = fds
        super().__init__(complaint)


def init(flags: int, event_flags: int = EVENT_FLAGS) -> int:
    """A new group; the caller owns the descriptor. Raises OSError (EPERM without CAP_SYS_ADMIN)."""
    fd: int = _libc.fanotify_init(flags, event_flags)
    if fd < 0:
        raise _os_error("fanotify_init")
    return fd


def mark_filesystem(group: int, directory: int, mask: int) -> None:
    """Mark the whole filesystem that the open ``directory`` lies on. Raises OSError."""
    # A null path with a directory descriptor means that very directory.
    if _libc.fanotify_mark(group, MARK_ADD | MARK_FILESYSTEM, mask, directory, None) < 0:
        raise _os_error("fanotify_mark")


def open_by_handle(mount: int, handle: Handle, flags: int = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) -> int:
    """Open what a handle names, on the filesystem of the open descriptor ``mount``. Raises OSError (ESTALE: gone)."""
    fd: int = _libc.open_by_handle_at(mount, _HANDLE_HEAD.pack(len(handle.opaque), handle.type) + handle.opaque, flags)
    if fd < 0:
        raise _os_error("open_by_handle_at")
    return fd


def filesystem_type(fd: int) -> int:
    """The magic number (statfs(2) f_type) of the filesystem an open descriptor lies on. Raises OSError."""
    buffer = ctypes.create_string_buffer(_FSTATFS_BYTES)
    if _libc.fstatfs(fd, buffer) < 0:
        raise _os_error("fstatfs")
    return int.from_bytes(buffer.raw[: struct.calcsize("@l")], "little") & 0xFFFFFFFF


def response(fd: int, verdict: int = ALLOW) -> bytes:
    """The answer to a permission event. The kernel matches it by descriptor number."""
    return _RESPONSE.pack(fd, verdict)


def parse(buffer: bytes) -> list[FanEvent]:
    """Every event in one read. Raises MalformedEventError, which owns the descriptors seen so far."""
    events: list[FanEvent] = []
    offset, end = 0, len(buffer)
    while offset < end:
        if end - offset < _METADATA.size:
            raise _malformed("an event is cut short", events)
        length, version, _, head, mask, fd, pid = _METADATA.unpack_from(buffer, offset)
        if version != _METADATA_VERSION:
            raise _malformed(f"metadata version {version} is not known", events)
        if head < _METADATA.size or not head <= length <= end - offset:
            raise _malformed(f"an event of {length} bytes with a head of {head} does not fit", events, fd)
        if length == head:
            events.append(FanEvent(mask, pid, fd))
        else:
            try:
                directory, name = _information(buffer[offset + head : offset + length])
            except ValueError as error:
                raise _malformed(str(error), events, fd) from error
            events.append(FanEvent(mask, pid, fd, directory, name))
        offset += length
    return events


def read(group: int, buffer_bytes: int = BUFFER_BYTES) -> list[FanEvent]:
    """Read and parse once; empty when nothing waits. No descriptor leaks when the buffer is malformed.

    Raises MalformedEventError and OSError.
    """
    try:
        return parse(os.read(group, buffer_bytes))
    except BlockingIOError:
        return []
    except MalformedEventError as error:
        close_all(error.fds)
        raise


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors of events that nobody will handle."""
    for fd in fds:
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


def _information(data: bytes) -> tuple[Handle | None, bytes]:
    """The directory handle and name among the information records; records of other kinds are skipped."""
    directory, name = None, b""
    offset = 0
    while offset < len(data):
        if len(data) - offset < _INFO_HEAD.size:
            raise ValueError("an information record is cut short")
        kind, _, length = _INFO_HEAD.unpack_from(data, offset)
        if not _INFO_HEAD.size <= length <= len(data) - offset:
            raise ValueError(f"an information record of {length} bytes does not fit")
        if kind in (_INFO_DFID_NAME, _INFO_DFID):
            body = data[offset + _INFO_HEAD.size : offset + length]
            directory, name = _directory(body, named=kind == _INFO_DFID_NAME)
        offset += length
    return directory, name


def _directory(body: bytes, *, named: bool) -> tuple[Handle, bytes]:
    if len(body) < _FSID_BYTES + _HANDLE_HEAD.size:
        raise ValueError("a file id is cut short")
    handle_bytes, handle_type = _HANDLE_HEAD.unpack_from(body, _FSID_BYTES)
    begin = _FSID_BYTES + _HANDLE_HEAD.size
    if handle_bytes > _HANDLE_BYTES_MAX or handle_bytes > len(body) - begin:
        raise ValueError(f"a file handle of {handle_bytes} bytes does not fit")
    handle = Handle(body[:_FSID_BYTES], handle_type, body[begin : begin + handle_bytes])
    name = body[begin + handle_bytes :].partition(b"\0")[0] if named else b""
    return handle, name


def _malformed(complaint: str, events: list[FanEvent], fd: int = NO_FD) -> MalformedEventError:
    fds = [event.fd for event in events] + [fd]
    return MalformedEventError(complaint, tuple(known for known in fds if known >= 0))


def _os_error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
