"""Kernel interfaces that Python has no name for: prctl, unshare, setns, capset, Landlock. Mechanism only.

Every call raises OSError with the kernel's reason; what a refusal means is decided in ``cage``.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2
_M_MMAP_THRESHOLD: Final = -3
_MS_REC_PRIVATE: Final = 0x4000 | 0x40000
_MNT_DETACH: Final = 2
_CAPABILITY_VERSION_3: Final = 0x20080522
# The same numbers on every architecture: these calls are younger than the unified table.
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_RESTRICT_SELF: Final = 446
_LANDLOCK_VERSION: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _call(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags: int) -> None:
    """Leave the shared namespaces named by ``flags``."""
    _call(_libc.unshare(flags))


def setns(fd: int, kind: int) -> None:
    """Enter the namespace ``fd`` refers to (for pid namespaces: children born from now on do)."""
    _call(_libc.setns(fd, kind))


def detach_mounts() -> None:
    """Empty this process's own mount namespace: no path leads anywhere and no medium is held busy."""
    _call(_libc.mount(None, b"/", None, ctypes.c_ulong(_MS_REC_PRIVATE), None))
    _call(_libc.umount2(b"/", _MNT_DETACH))


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this signal when the parent ends. Changing user ids undoes it."""
    _call(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0))


def no_dump() -> None:
    """No core, no ptrace, no /proc/PID/mem for others of this user."""
    _call(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def no_new_privileges() -> None:
    """No exec gives anything any more; also what seccomp and Landlock ask of the unprivileged."""
    _call(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def drop_capabilities() -> None:
    """Give up every capability in every set."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _call(_libc.capset(ctypes.c_char_p(header), ctypes.c_char_p(b"\0" * 24)))


def load_seccomp(program: bytes) -> None:
    """Put this BPF program before every further system call. Raises OSError when the kernel will not have it."""
    buffer = ctypes.create_string_buffer(program, len(program))
    head = _FilterProgram(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p).value)
    _call(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(head), 0, 0))


def landlock_version() -> int:
    """The kernel's Landlock ABI. Raises OSError where there is none."""
    return _call(_syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION)))


def landlock_everything(version: int) -> None:
    """Forbid every path, TCP port, abstract socket and foreign process this ABI knows of: a ruleset without a rule."""
    files = (1 << 13) - 1
    files |= (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0) | (1 << 15 if version >= 5 else 0)
    attributes = struct.pack("=Q", files)
    attributes += struct.pack("=Q", 3) if version >= 4 else b""
    attributes += struct.pack("=Q", 3) if version >= 6 else b""
    fd = _call(
        _syscall(
            _LANDLOCK_CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
        )
    )
    try:
        _call(_syscall(_LANDLOCK_RESTRICT_SELF, ctypes.c_int(fd), ctypes.c_uint(0), ctypes.c_uint(0)))
    finally:
        os.close(fd)


def give_back_memory() -> None:
    """Return what the allocator holds but nobody uses; does nothing where the C library cannot."""
    trim = getattr(_libc, "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def map_large_blocks() -> None:
    """Have blocks of a megabyte and more mapped by themselves, for good; does nothing where the C library cannot.

    Left alone, the allocator soon keeps large blocks among the small ones, which pin them: page after page a child that
    reads pictures would grow until it meets its limit.
    """
    option = getattr(_libc, "mallopt", None)
    if option is not None:
        option(ctypes.c_int(_M_MMAP_THRESHOLD), ctypes.c_int(1 << 20))


def _syscall(number: int, *arguments: object) -> int:
    _libc.syscall.restype = ctypes.c_long
    return int(_libc.syscall(ctypes.c_long(number), *arguments))
