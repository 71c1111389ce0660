"""The system calls the child may make, as a BPF program built once by libseccomp.

An allow-list. What is not on it fails with EPERM, so that a harmless surprise of another libc or Python (a new clock, a
lazy import) costs at most one file its verdict; what only an intruder wants kills the child on the spot, and the file's
verdict says ``crashed``. libseccomp is loaded in a throw-away process: the warm parent stays small and never runs it.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import Any, Final

ALLOWED: Final = (
    "read", "pread64", "readv", "preadv", "write", "writev", "lseek", "close", "fstat",
    "brk", "munmap", "mremap", "madvise", "futex", "membarrier", "rseq", "set_robust_list",
    "rt_sigreturn", "rt_sigprocmask", "sigaltstack", "restart_syscall", "exit", "exit_group",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom", "sched_yield", "getrusage",
    "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid",
)  # fmt: skip
"""Enough to read, compute, answer and end."""
NO_EXEC_MAPPINGS: Final = ("mmap", "mprotect")
"""Allowed without PROT_EXEC: no new code enters the process."""
FATAL: Final = (
    "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "process_vm_readv", "process_vm_writev",
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "recvfrom",
    "recvmsg", "kill", "tkill", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "mount", "umount2", "pivot_root",
    "chroot", "unshare", "setns", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
    "init_module", "finit_module", "delete_module", "kexec_load", "reboot", "iopl", "ioperm", "io_uring_setup",
    "open_by_handle_at", "name_to_handle_at", "setuid", "setresuid", "setgid", "setresgid", "capset", "memfd_create",
)  # fmt: skip
"""Calls no reader of documents makes by mistake."""
_PROT_EXEC: Final = 4
_PROGRAM_BYTES_MAX: Final = 1 << 16


def build() -> bytes:
    """The BPF program for this machine; empty when libseccomp or pyseccomp is not installed."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        _build_and_exit(read_fd, write_fd)
    os.close(write_fd)
    program = b""
    with os.fdopen(read_fd, "rb") as pipe:
        program = pipe.read(_PROGRAM_BYTES_MAX)
    _, status = os.waitpid(pid, 0)
    return program if status == 0 and program and len(program) % 8 == 0 else b""


def _build_and_exit(read_fd: int, write_fd: int) -> None:
    """In the throw-away process: write the program, never return."""
    status = 1
    try:
        signal.alarm(20)
        os.close(read_fd)
        # Its own search would start ldconfig or a compiler; the loader finds both by these names.
        import ctypes.util  # noqa: PLC0415 - only here, as below

        names = {"seccomp": "libseccomp.so.2", "c": None}
        ctypes.util.find_library = names.get  # type: ignore[assignment]
        with os.fdopen(write_fd, "wb") as pipe:
            _compiled().export_bpf(pipe)
        status = 0
    except Exception:  # noqa: BLE001, S110 - whatever it was, the caller sees an empty program and says so
        pass
    finally:
        os._exit(status)


def _compiled() -> Any:
    import pyseccomp  # noqa: PLC0415 - only here, so that only the throw-away process pays for it

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        _add(rules, pyseccomp.ALLOW, name)
    for name in NO_EXEC_MAPPINGS:
        _add(rules, pyseccomp.ALLOW, name, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, _PROT_EXEC, 0))
    for name in FATAL:
        _add(rules, pyseccomp.KILL_PROCESS, name)
    return rules


def _add(rules: Any, action: int, name: str, *conditions: Any) -> None:
    """One rule; a call this architecture does not have needs none."""
    import pyseccomp  # noqa: PLC0415 - see above

    try:
        pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
        rules.add_rule(action, name, *conditions)
    except (OSError, ValueError):
        return
