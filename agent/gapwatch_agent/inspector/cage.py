"""What the child may do while it reads a stranger's bytes (C6), layer by layer; each says whether it is in force.

Every layer is tried and none is required: a kernel or container that refuses one leaves the others standing, and
``gapwatch-agent doctor`` says which. Order matters: namespaces while there are rights, then the user, then the filter.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import seccomp_filter, syscalls
from gapwatch_agent.inspector.limits import Limits

THROW_AWAY_UID: Final = 1_879_048_192
"""First uid of the range systemd's allocation leaves unused: nobody owns a file or a process there."""
_OWN_PID_NAMESPACE: Final = "/proc/self/ns/pid"
_ISOLATION: Final = syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Layer:
    """One wall: ``detail`` says what it is made of, or why it does not stand."""

    name: str
    in_force: bool
    detail: str = ""


class Cage:
    """Prepared once in the parent (it may still open files there), entered in every child."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._filter = seccomp_filter.build()
        self._pid_namespace = _open_namespace()
        self._isolated = False

    def close(self) -> None:
        """Let go of what was prepared."""
        if self._pid_namespace >= 0:
            os.close(self._pid_namespace)
            self._pid_namespace = -1

    def isolate_parent(self) -> None:
        """Leave network, ipc and uts already in the parent, for good: every child inherits it and need not pay for it.

        A process that listens on a path keeps listening. Where it is not permitted each child tries by itself.
        """
        try:
            syscalls.unshare(_ISOLATION)
        except OSError:
            return
        self._isolated = True

    def fork(self) -> int:
        """Fork; the child is alone in a new pid namespace where the kernel permits: it sees no process but itself."""
        fenced = self._fence()
        try:
            pid = os.fork()
        except OSError:
            if fenced:
                syscalls.setns(self._pid_namespace, syscalls.CLONE_NEWPID)
            raise
        if pid and fenced:
            # What the parent forks next (another program, in a command line's case) belongs beside it again.
            syscalls.setns(self._pid_namespace, syscalls.CLONE_NEWPID)
        return pid

    def enter(self, slot: int) -> tuple[Layer, ...]:
        """In the child: put up every wall that can be had. ``slot`` makes the throw-away uid its own."""
        return (
            _try("parent's death", lambda: syscalls.die_with_parent(signal.SIGKILL)),
            _try("resource limits", self._limit),
            Layer("pid namespace", os.getpid() == 1, "" if os.getpid() == 1 else "not permitted"),
            _try("namespaces", self._leave_namespaces),
            _try("no paths", syscalls.detach_mounts),
            _try("throw-away user", lambda: _change_user(THROW_AWAY_UID + slot)),
            _try("capabilities", syscalls.drop_capabilities),
            _try("no core, no ptrace", syscalls.no_dump),
            # Changing the user undid the first one.
            _try("parent's death after change of user", lambda: syscalls.die_with_parent(signal.SIGKILL)),
            _try("no new privileges", syscalls.no_new_privileges),
            _try("landlock", _landlock),
            _try("seccomp", self._load_filter),
        )

    def _fence(self) -> bool:
        if self._pid_namespace < 0:
            return False
        try:
            syscalls.unshare(syscalls.CLONE_NEWPID)
        except OSError:
            return False
        return True

    def _limit(self) -> None:
        limits = self._limits
        inherited = _virtual_bytes()
        for name, soft, hard in (
            (resource.RLIMIT_AS, inherited + limits.memory_bytes, inherited + limits.memory_bytes),
            (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),
            (resource.RLIMIT_FSIZE, 0, 0),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_NPROC, 0, 0),
            (resource.RLIMIT_MEMLOCK, 0, 0),
            (resource.RLIMIT_MSGQUEUE, 0, 0),
        ):
            _lower(name, soft, hard)
        # Last: Landlock's ruleset and this one's own descriptors need a few numbers, files nothing more.
        _lower(resource.RLIMIT_NOFILE, 8, 8)

    def _leave_namespaces(self) -> str:
        kinds = syscalls.CLONE_NEWNS | (0 if self._isolated else _ISOLATION)
        try:
            syscalls.unshare(kinds)
        except PermissionError:
            syscalls.unshare(kinds | syscalls.CLONE_NEWUSER)
            return "user, network, ipc, uts, mount"
        return "network, ipc, uts, mount"

    def _load_filter(self) -> None:
        if not self._filter:
            raise OSError("libseccomp or pyseccomp is not installed")
        syscalls.load_seccomp(self._filter)


def _try(name: str, build: Callable[[], str | None]) -> Layer:
    try:
        detail = build()
    except (OSError, ValueError) as error:
        return Layer(name, in_force=False, detail=str(error))
    return Layer(name, in_force=True, detail=detail or "")


def _lower(name: int, soft: int, hard: int) -> None:
    """Set a limit, never above what is already allowed."""
    _, allowed = resource.getrlimit(name)
    if allowed != resource.RLIM_INFINITY:
        hard = min(hard, allowed)
    resource.setrlimit(name, (min(soft, hard), hard))


def _virtual_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a Path costs more than the read
        return int(statm.read().split()[0]) * _PAGE_BYTES


def _change_user(uid: int) -> str:
    if os.geteuid() != 0:
        raise PermissionError("not root: the child keeps the parent's user")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    return f"uid {uid}"


def _landlock() -> str:
    version = syscalls.landlock_version()
    syscalls.landlock_everything(version)
    return f"ABI {version}"


def _open_namespace() -> int:
    try:
        return os.open(_OWN_PID_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
