"""One file in a child of its own: fork, cage, judge, hash, answer over a pipe; and what the parent makes of its end.

The child holds three things: the file, the pipe, /dev/null. It answers line by line: each file inside the file as it is
examined, what the first page says when the rest takes long, the verdict, and the verdict with the hash, so that neither
a slow medium nor a hopeless page costs the mark. The parent trusts neither its words nor its manners.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector import marks, ocr, verdict, warm
from gapwatch_agent.inspector.cage import Cage, Layer
from gapwatch_agent.inspector.examine import Examination, MemberFound, Terms, sha256_of
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers.source import DescriptorSource, StopReading
from gapwatch_agent.inspector.verdict import VERDICT_BYTES_MAX, Verdict, uninspected
from gapwatch_proto.events import Inspection

_FILE_FD: Final = 3
_ANSWER_FD: Final = 4
_FIRST_OTHER_FD: Final = 5
_ANSWER_BYTES_MAX: Final = 4 * (VERDICT_BYTES_MAX + 1)
_MEMBERS_BYTES_MAX: Final = 64 * MIB
"""What all members of one file together may answer; those beyond are ``too_many``."""
_SAVED_FDS: Final = 16
_HASH_ONLY_MIN_S: Final = 0.5
_BURIAL_S: Final = 1.0
"""How long a killed child may take to end. One that waits for a medium that does not answer ends when that does."""
_UNBURIED_MAX: Final = 16
_OWN_HANDLING: Final = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2),
    # A handler the parent has for its own crashes (faulthandler) could neither finish nor give way in the cage.
    *(signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL),
)
"""Signals whose handling the child does not inherit."""

Work = Callable[[Cage, int, str, Limits], None]
"""What a child does with the file at ``_FILE_FD``, writing to ``_ANSWER_FD``; tests give it worse things to do."""


def inspect_and_answer(cage: Cage, slot: int, name: str, limits: Limits, terms: Terms | None = None) -> None:
    """The child's normal work."""
    terms = terms or Terms()
    try:
        facts = os.fstat(_FILE_FD)
    except OSError:
        _answer(uninspected("unreadable"))
        return
    if not stat.S_ISREG(facts.st_mode):
        _answer(uninspected("unreadable"))
        return
    cage.enter(slot)
    source = DescriptorSource(_FILE_FD, facts.st_size)
    size = facts.st_size
    examination = Examination(limits, terms, _unwanted if terms.sum_up else _Members().answer, _FirstWord(size).answer)
    judged = Verdict(examination.examine(source, name), size=size)
    _answer(judged)
    if size <= limits.file_bytes_max:
        _answer(replace(judged, sha256=sha256_of(source)))


def _unwanted(_found: MemberFound) -> None:
    """A sum is wanted, not its parts."""


@dataclass(frozen=True, slots=True)
class _FirstWord:
    """Answers with what the first page says, before the rest is read."""

    size: int

    def answer(self, found: Inspection) -> None:
        _answer(Verdict(found, size=self.size, first_word=True))


class _Members:
    """Answers for the files inside the file, as many as there is room for."""

    def __init__(self) -> None:
        self._bytes_left = _MEMBERS_BYTES_MAX

    def answer(self, found: MemberFound) -> None:
        """One line. Raises StopReading when there is no room for more."""
        path = found.path[-verdict.MEMBER_CHARACTERS_MAX :]
        self._bytes_left -= _answer(Verdict(found.inspection, found.sha256, found.size, path), self._bytes_left)


def hash_and_answer(cage: Cage, slot: int, _name: str, _limits: Limits) -> None:
    """After a crash: a second child that parses nothing still gives the content's hash."""
    facts = os.fstat(_FILE_FD)
    cage.enter(slot)
    source = DescriptorSource(_FILE_FD, facts.st_size)
    _answer(replace(uninspected("crashed", facts.st_size), sha256=sha256_of(source)))


def _answer(found: Verdict, bytes_max: int = VERDICT_BYTES_MAX + 1) -> int:
    """Write a line; its length. Raises StopReading when it is longer than there is room for."""
    data = verdict.encode(found) + b"\n"
    length = len(data)
    if length > bytes_max:
        raise StopReading("too_many")
    while data:
        data = data[os.write(_ANSWER_FD, data) :]
    return length


End = tuple[int, float]
"""How a child ended (wait status) and the CPU seconds it took."""


def bury(pid: int) -> End | None:
    """Wait for a killed child, but not for ever: None when it cannot even be killed."""
    watch = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        if not poll.poll(_BURIAL_S * 1000):
            return None
    finally:
        os.close(watch)
    _, status, usage = os.wait4(pid, 0)
    return status, usage.ru_utime + usage.ru_stime


@dataclass(slots=True)
class Child:
    """A running child as the parent sees it. ``deadline`` is on the monotonic clock."""

    pid: int
    answer_fd: int
    deadline: float
    limits: Limits
    name: str
    answer_bytes_max: int = _ANSWER_BYTES_MAX
    answer: bytearray = field(default_factory=bytearray)
    overdue: bool = False
    unburied: set[int] = field(default_factory=set)
    bury: Callable[[int], End | None] = bury

    def read(self) -> bool:
        """Take what the child wrote; False once it has ended or written too much."""
        try:
            piece = os.read(self.answer_fd, 1 << 16)
        except BlockingIOError:
            return True
        self.answer += piece
        return bool(piece) and len(self.answer) <= self.answer_bytes_max

    def kill(self) -> None:
        """End it for exceeding its time."""
        self.overdue = True
        os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> Verdict:
        """Bury it and say what its file gets (``members`` then says what was in it). Closes the pipe; call once."""
        # It may have closed the pipe and live on.
        os.kill(self.pid, signal.SIGKILL)
        end = self.bury(self.pid)
        os.close(self.answer_fd)
        if end is None:
            self.unburied.add(self.pid)
            self.overdue = True
        found = self._last_answer()
        if found is not None and not found.first_word:
            return found
        status, cpu_s = end or (0, 0.0)
        out_of_time = (
            self.overdue
            or cpu_s >= self.limits.cpu_s - 0.1
            or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
        )
        reason = "timed_out" if out_of_time else "crashed"
        if found is not None:
            return replace(found, inspection=replace(found.inspection, reason=reason), first_word=False)
        failed = uninspected(reason)
        named = marks.find_marks((), self.name)
        return replace(failed, inspection=replace(failed.inspection, mark=named.mark))

    def members(self) -> tuple[Verdict, ...]:
        """What stood about the files inside the file, in their order, however it ended."""
        return tuple(found for line in self._lines() if (found := _decoded(line)) is not None and found.member)

    def _lines(self) -> list[bytes]:
        """The whole lines."""
        return bytes(self.answer[: self.answer_bytes_max]).split(b"\n")[:-1]

    def _last_answer(self) -> Verdict | None:
        """The last whole line that is a verdict on the file itself."""
        for line in reversed(self._lines()):
            found = _decoded(line)
            if found is not None and not found.member:
                return found
        return None


def _decoded(line: bytes) -> Verdict | None:
    try:
        return verdict.decode(line)
    except PeerError:
        return None


@dataclass(slots=True)
class Nursery:
    """Starts children: everything they share, made once in the parent, which is warm from then on."""

    limits: Limits
    terms: Terms = field(default_factory=Terms)
    cage: Cage = field(init=False)
    _null_fd: int = field(init=False)
    _unburied: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        warm.warm_up()
        if self.limits.ocr:
            ocr.load()
        self.cage = Cage(self.limits)
        self._null_fd = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

    def settle(self) -> None:
        """Make every child cheaper, for good: for a process that does nothing but inspect from now on."""
        self.cage.isolate_parent()
        gc.collect()
        # What exists now is never freed in a child, so collecting must not touch (and so copy) its pages.
        gc.freeze()

    def close(self) -> None:
        """Let go of what the children shared."""
        self.cage.close()
        os.close(self._null_fd)

    def start(self, fd: int, name: str, slot: int = 0, work: Work | None = None) -> Child:
        """A child at work on ``fd``, which stays the caller's. Raises OSError when there is no room for one."""
        self._unburied.difference_update([pid for pid in self._unburied if os.waitpid(pid, os.WNOHANG)[0]])
        if len(self._unburied) >= _UNBURIED_MAX:
            raise BlockingIOError(f"{_UNBURIED_MAX} children wait for media that do not answer")
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            os.set_blocking(write_fd, True)
            pid = self.cage.fork()
        except OSError:
            os.close(read_fd)
            os.close(write_fd)
            raise
        if pid == 0:
            self._become(fd, write_fd, name, slot, work)
        os.close(write_fd)
        room = _ANSWER_BYTES_MAX + (0 if self.terms.sum_up else _MEMBERS_BYTES_MAX)
        deadline = time.monotonic() + self.limits.wall_s
        return Child(pid, read_fd, deadline, self.limits, name, room, unburied=self._unburied)

    def _become(self, fd: int, write_fd: int, name: str, slot: int, work: Work | None) -> NoReturn:
        """In the child: never returns, whatever happens."""
        try:
            for number in _OWN_HANDLING:
                signal.signal(number, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            _keep_only(fd, write_fd, self._null_fd)
            if work is None:
                inspect_and_answer(self.cage, slot, name, self.limits, self.terms)
            else:
                work(self.cage, slot, name, self.limits)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - not even SystemExit may run the parent's code in the child
            os._exit(70)


def _keep_only(file_fd: int, answer_fd: int, null_fd: int) -> None:
    """Descriptors 0-2 to /dev/null, the file at 3, the pipe at 4, nothing else."""
    kept = [os.dup(fd) for fd in (file_fd, answer_fd, null_fd)]
    # Out of the way first: the numbers wanted may be taken by one another.
    high = [_moved(fd) for fd in kept]
    for target in (0, 1, 2):
        os.dup2(high[2], target)
    os.dup2(high[0], _FILE_FD)
    os.dup2(high[1], _ANSWER_FD)
    os.closerange(_FIRST_OTHER_FD, 1 << 20)


def _moved(fd: int) -> int:
    import fcntl  # noqa: PLC0415 - loaded before the cage, used by nothing else

    return fcntl.fcntl(fd, fcntl.F_DUPFD, _SAVED_FDS)


def wait(child: Child) -> Verdict:
    """Block until the child has ended or its time is up."""
    poll = select.poll()
    poll.register(child.answer_fd, select.POLLIN)
    while (left_s := child.deadline - time.monotonic()) > 0:
        if poll.poll(left_s * 1000) and not child.read():
            return child.reap()
    child.kill()
    return child.reap()


def needs_hash(child: Child, found: Verdict) -> bool:
    """Whether a second child should hash what the first could not finish."""
    failed = found.inspection.inspected == "none" and found.inspection.reason in {"crashed", "timed_out"}
    return failed and not found.sha256 and not child.overdue and child.deadline - time.monotonic() > _HASH_ONLY_MIN_S


def with_hash(found: Verdict, hashed: Verdict) -> Verdict:
    """The first child's verdict with the second one's hash."""
    return replace(found, sha256=hashed.sha256, size=hashed.size)


def layers(nursery: Nursery) -> tuple[Layer, ...]:
    """Which walls stand on this machine, asked of a child that put them up and did nothing else."""
    collected: list[Layer] = []
    read_fd, write_fd = os.pipe()
    pid = nursery.cage.fork()
    if pid == 0:
        try:
            # As every child: nothing but what it needs is open, and the limits leave room for a few descriptors more.
            os.dup2(write_fd, _FILE_FD)
            os.closerange(_FILE_FD + 1, 1 << 20)
            found = nursery.cage.enter(0)
            text = "\n".join(f"{layer.name}\t{int(layer.in_force)}\t{layer.detail}" for layer in found)
            os.write(_FILE_FD, text.encode()[:4096])
        finally:
            os._exit(0)
    os.close(write_fd)
    with os.fdopen(read_fd, encoding="utf-8") as pipe:
        for line in pipe.read().split("\n"):
            name, stands, detail = (*line.split("\t"), "", "")[:3]
            collected.append(Layer(name, stands == "1", detail))
    os.waitpid(pid, 0)
    return tuple(collected)
