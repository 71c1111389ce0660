"""What /proc says about a process: parsers of its files, and a bounded capture of who a process is.

Only the standard library, because ``guard`` captures while it holds a process. Nothing here ever stats a path that
/proc names: the filesystem behind it may hang, a readlink in /proc cannot. Text is ``os.fsdecode``d, so surrogates
stand for bytes that are not UTF-8.
"""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from typing import Final, NamedTuple

UNSET_ID: Final = 4294967295
"""What the kernel prints for a login uid or audit session that was never set."""

TEXT_BYTES_MAX: Final = 4096
COMMAND_BYTES_MAX: Final = 8192
SOURCES_MAX: Final = 16
SOURCES_BYTES_MAX: Final = 32 * 1024
_FDS_MAX: Final = 1024
_OUTPUTS: Final = ("1", "2")
"""Standard output and error: often one file open for reading too, never where a copy comes from."""
_NOT_A_FILE: Final = ("/dev/", "/proc/", "/sys/", "/memfd:", "/dmabuf:", "/anon_hugepage", "/SYSV")


class Stat(NamedTuple):
    """/proc/PID/stat: what names one process for ever (with boot id), and what changes when it executes another."""

    pid: int
    name: str
    parent_pid: int
    start_ticks: int
    image: tuple[bytes, ...]


class Ids(NamedTuple):
    """Real and effective uid of /proc/PID/status."""

    uid: int
    euid: int


class Who(NamedTuple):
    """A process as it was when captured. Ids that the kernel does not know are -1; texts are bounded."""

    pid: int
    start_ticks: int
    name: str
    exe: str
    cmd_line: str
    parent_pid: int
    parent_name: str
    uid: int
    euid: int
    login_uid: int
    audit_session: int
    cgroup: str


def parse_stat(data: bytes) -> Stat:
    """Fields of interest. The name may hold spaces and parentheses. Raises ValueError when it is not a stat line."""
    begin, end = data.find(b"("), data.rfind(b")")
    if not 0 < begin < end:
        raise ValueError("a process name in parentheses is missing")
    fields = data[end + 2 :].split()
    if len(fields) < 20:
        raise ValueError(f"{len(fields)} fields after the name, at least 20 expected")
    # Start of code, stack and arguments: a new program in the same process has new ones.
    image = (data[begin:end], *fields[23:26], *fields[45:49])
    return Stat(int(data[:begin]), os.fsdecode(data[begin + 1 : end]), int(fields[1]), int(fields[19]), image)


def parse_status(data: bytes) -> Ids:
    """The Uid line. Raises ValueError when there is none."""
    for line in data.split(b"\n"):
        if line.startswith(b"Uid:"):
            fields = line.split()
            if len(fields) >= 3:
                return Ids(int(fields[1]), int(fields[2]))
    raise ValueError("no Uid line")


def parse_cmd_line(data: bytes) -> str:
    """Arguments joined by blanks; one that holds blanks or control characters is quoted as a shell would read it."""
    arguments = data.rstrip(b"\0").split(b"\0") if data.strip(b"\0") else []
    return " ".join(_quoted(os.fsdecode(argument)) for argument in arguments)


def parse_number(data: bytes) -> int:
    """A lone unsigned number; what was never set is -1. Raises ValueError."""
    value = int(data)
    return -1 if value in (UNSET_ID, -1) else value


def parse_cgroup(data: bytes) -> str:
    """The path in the unified hierarchy, else in systemd's named one; empty when there is neither."""
    found = ""
    for line in data.split(b"\n"):
        parts = line.split(b":", 2)
        if len(parts) == 3 and (parts[1] == b"name=systemd" or (parts[0], parts[1]) == (b"0", b"")):
            found = os.fsdecode(parts[2])
            if parts[0] == b"0":
                break
    return found


def is_file_name(target: str) -> bool:
    """Whether what a descriptor link says can be a file on a filesystem: not a pipe, socket, device or memory."""
    return target.startswith("/") and not target.startswith(_NOT_A_FILE)


def open_files(pid: int) -> tuple[str, ...]:
    """Paths of the files a process has open for reading, in descriptor order, at most the last 16 and 32 KiB.

    The links alone are looked at, never what they lead to. Empty when the process is gone or hidden.
    """
    folder = f"/proc/{pid}/fd"
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:  # the kernel lists descriptors in order, and lazily
            for entry in entries:
                if entry.name not in _OUTPUTS:
                    names.append(entry.name)
                if len(names) >= _FDS_MAX:
                    break
    except OSError:
        return ()
    found: list[str] = []
    left = SOURCES_BYTES_MAX
    for name in reversed(names):
        link = f"{folder}/{name}"
        target = _link(link)
        if is_file_name(target) and target not in found and _readable(link):
            left -= len(target)
            if left < 0 or len(found) >= SOURCES_MAX:
                break
            found.append(target)
    found.reverse()
    return tuple(found)


def read_who(pid: int) -> Who | None:
    """Capture a process, or None when it is gone."""
    stat = _stat(pid)
    return None if stat is None else _who(stat, _parent(stat))


def _stat(pid: int) -> Stat | None:
    try:
        return parse_stat(_read(f"/proc/{pid}/stat", TEXT_BYTES_MAX))
    except (OSError, ValueError):
        return None


def _parent(stat: Stat) -> Stat | None:
    return _stat(stat.parent_pid) if stat.parent_pid else None


def _who(stat: Stat, parent: Stat | None) -> Who:
    folder = f"/proc/{stat.pid}"
    ids = Ids(-1, -1)
    with contextlib.suppress(OSError, ValueError):
        ids = parse_status(_read(f"{folder}/status", TEXT_BYTES_MAX))
    return Who(
        pid=stat.pid,
        start_ticks=stat.start_ticks,
        name=stat.name,
        exe=_link(f"{folder}/exe"),
        cmd_line=_cmd_line(folder),
        parent_pid=stat.parent_pid,
        parent_name=parent.name if parent else "",
        uid=ids.uid,
        euid=ids.euid,
        login_uid=_number(f"{folder}/loginuid"),
        audit_session=_number(f"{folder}/sessionid"),
        cgroup=_cgroup(folder),
    )


class _Kept(NamedTuple):
    """A capture and the open file that tells whether it still holds; ``stat`` is None where that file is environ."""

    fd: int
    stat: Stat | None
    who: Who


class WhoCache:
    """Captures, kept while the process and the program it runs stay the same; bounded, not for use by two threads.

    An open environ file belongs to the program's memory and not to the pid: it reads empty once the process has ended
    or executed another program. One byte of it is the cheapest proof there is, and keeps a copy of ten thousand files
    cheap. A process that may share its memory with its parent (vfork) or has no environment is told by its stat file,
    which fails when the process is gone and changes when it executes another program.
    """

    def __init__(self, size_max: int = 64) -> None:
        self._size_max = size_max
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def who(self, pid: int) -> Who | None:
        """Who the process is now, or None when it is gone."""
        kept = self._kept.get(pid)
        if kept is not None:
            if _holds(kept):
                return kept.who
            self._drop(pid)
        return self._capture(pid)

    def close(self) -> None:
        """Let go of every open file."""
        for pid in list(self._kept):
            self._drop(pid)

    def _capture(self, pid: int) -> Who | None:
        # Opened first: if another program is executed from here on, the file is that of the one before and reads empty.
        memory = _opened(f"/proc/{pid}/environ")
        stat = _stat(pid)
        if stat is None:
            _close(memory)
            return None
        parent = _parent(stat)
        kept = _Kept(memory, None, _who(stat, parent))
        if parent is None or parent.image[1:] == stat.image[1:] or memory < 0 or not _holds(kept):
            _close(memory)
            kept = _Kept(_opened(f"/proc/{pid}/stat"), stat, kept.who)
        if kept.fd >= 0:
            self._kept[pid] = kept
        while len(self._kept) > self._size_max:
            self._drop(next(iter(self._kept)))
        return kept.who

    def _drop(self, pid: int) -> None:
        os.close(self._kept.pop(pid).fd)


def _holds(kept: _Kept) -> bool:
    try:
        if kept.stat is None:
            return bool(os.pread(kept.fd, 1, 0))
        now = parse_stat(os.pread(kept.fd, TEXT_BYTES_MAX, 0))
    except (OSError, ValueError):
        return False
    return (now.image, now.parent_pid) == (kept.stat.image, kept.stat.parent_pid)


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _close(fd: int) -> None:
    if fd >= 0:
        os.close(fd)


def _quoted(argument: str) -> str:
    if argument and argument.isprintable() and not set(argument) & set(" \"'\\$`"):
        return argument
    return "'" + argument.replace("'", "'\\''") + "'"


def _cmd_line(folder: str) -> str:
    try:
        return parse_cmd_line(_read(f"{folder}/cmdline", COMMAND_BYTES_MAX))
    except OSError:
        return ""


def _cgroup(folder: str) -> str:
    try:
        return parse_cgroup(_read(f"{folder}/cgroup", TEXT_BYTES_MAX))
    except OSError:
        return ""


def _number(path: str) -> int:
    try:
        return parse_number(_read(path, 32))
    except (OSError, ValueError):
        return -1


def _readable(link: str) -> bool:
    """The link's own mode says how the descriptor was opened: a log that is only written is nobody's source."""
    try:
        return bool(os.lstat(link).st_mode & 0o400)
    except OSError:
        return False


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 (pathlib costs microseconds a link)
    except OSError:
        return ""


def _read(path: str, bytes_max: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, bytes_max)
    finally:
        os.close(fd)
