"""Inspecting files by path, for the command line and for tests: the same children as the service's, without a socket.

Several children work at once; results come in the order of the paths. Whatever a file is or does costs that file a
reason.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from gapwatch_agent.inspector import child as children
from gapwatch_agent.inspector import marks, verdict
from gapwatch_agent.inspector.child import Child, Nursery
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.tree import Listed, Mounts
from gapwatch_agent.inspector.verdict import Verdict, uninspected
from gapwatch_agent.inspector.verdict_cache import VerdictCache

_AHEAD: Final = 8
"""Files finished before their turn, per worker: one slow file must not hold everything that was read after it."""
_SLOTS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Scanned:
    """One path: its own verdict, then those of the files inside it. ``remembered``: not read, it was unchanged."""

    path: str
    found: Verdict
    members: tuple[Verdict, ...] = ()
    remembered: bool = False


def inspect_file(path: str | os.PathLike[str], limits: Limits | None = None) -> dict[str, Any]:
    """The fields of a VERDICT for the file at ``path``. Never raises for what the file is or does."""
    nursery = Nursery(limits or Limits())
    try:
        return verdict.as_dict(inspect_with(nursery, path))
    finally:
        nursery.close()


def inspect_with(nursery: Nursery, path: str | os.PathLike[str]) -> Verdict:
    """As ``inspect_file``, sharing what a nursery prepared between many files."""
    return next(scan(nursery, [Listed(os.fsdecode(path))])).found


def scan(
    nursery: Nursery,
    listed: Iterable[Listed],
    *,
    jobs: int = 1,
    cache: VerdictCache | None = None,
    mounts: Mounts | None = None,
) -> Generator[Scanned]:
    """Inspect every file of the list, ``jobs`` at a time, in its order. Closing it ends the children."""
    waiting: deque[_Work] = deque()
    slots = set(range(min(max(jobs, 1), _SLOTS_MAX)))
    source = iter(listed)
    keeper = _Keeper(cache, mounts)
    try:
        while True:
            while slots and len(waiting) < jobs * _AHEAD and (one := next(source, None)) is not None:
                waiting.append(_Work(nursery, one, slots.pop(), keeper))
                if waiting[-1].done is not None:
                    slots.add(waiting[-1].slot)
            if not waiting:
                return
            while waiting and waiting[0].done is not None:
                yield waiting.popleft().done_now()
            _turn([work for work in waiting if work.done is None], slots)
    finally:
        for work in waiting:
            work.abandon()


def _turn(running: list[_Work], slots: set[int]) -> None:
    """Wait until one of the children says something or has had its time."""
    if not running:
        return
    poll = select.poll()
    for work in running:
        poll.register(work.answer_fd, select.POLLIN)
    left_s = min(work.deadline for work in running) - time.monotonic()
    spoke = {fd for fd, _ in poll.poll(max(left_s, 0) * 1000)}
    for work in running:
        work.step(spoke=work.answer_fd in spoke)
        if work.done is not None:
            slots.add(work.slot)


class _Keeper:
    """The cache, where there is one and the filesystem is one whose times can be trusted."""

    def __init__(self, cache: VerdictCache | None, mounts: Mounts | None) -> None:
        self._cache = cache
        self._mounts = mounts or (Mounts() if cache else None)

    def find(self, facts: os.stat_result, name: str) -> tuple[Verdict, ...]:
        return self._cache.find(facts, name) if self._cache and self._steady(facts) else ()

    def note(self, facts: os.stat_result, name: str, found: tuple[Verdict, ...], now_ns: int) -> None:
        if self._cache and self._steady(facts):
            self._cache.note(facts, name, found, now_ns)

    def _steady(self, facts: os.stat_result) -> bool:
        return self._mounts is not None and self._mounts.is_steady(facts.st_dev)


class _Work:
    """One file on its way: opened, looked for in the cache, at a child, perhaps at a second one for its hash."""

    def __init__(self, nursery: Nursery, listed: Listed, slot: int, keeper: _Keeper) -> None:
        self._nursery = nursery
        self._path = listed.path
        self._keeper = keeper
        self._fd = -1
        self._child: Child | None = None
        self._judged: Verdict | None = None
        self._members: tuple[Verdict, ...] = ()
        self._facts: os.stat_result | None = None
        self._opened_ns = 0
        self.slot = slot
        self.done: Scanned | None = None
        if listed.reason:
            self._end(uninspected(listed.reason))
        else:
            self._begin()

    @property
    def answer_fd(self) -> int:
        return self._child.answer_fd if self._child else -1

    @property
    def deadline(self) -> float:
        return self._child.deadline if self._child else 0.0

    def done_now(self) -> Scanned:
        """The result; only once it is there."""
        assert self.done is not None
        return self.done

    def _begin(self) -> None:
        try:
            # Non-blocking: a pipe lying in a tree must not hold us; what it is, the child finds out.
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
            self._facts = os.fstat(self._fd)
        except FileNotFoundError:
            return self._end(uninspected("vanished"))
        except OSError:
            return self._end(self._named(uninspected("unreadable")))
        self._opened_ns = time.time_ns()
        known = self._keeper.find(self._facts, self._path)
        if known:
            self._judged, self._members = known[0], known[1:]
            return self._end(known[0], remembered=True)
        try:
            self._child = self._nursery.start(self._fd, self._path, self.slot)
        except OSError:
            self._end(self._named(uninspected("crashed")))
        return None

    def step(self, *, spoke: bool) -> None:
        """Take what the child said, or its life when its time is up."""
        child = self._child
        if child is None:
            return
        if spoke:
            if child.read():
                return
        elif child.deadline <= time.monotonic():
            child.kill()
        else:
            return
        found = child.reap()
        if self._judged is not None:
            self._end(children.with_hash(self._judged, found))
            return
        self._members = child.members()
        if not children.needs_hash(child, found):
            self._end(found)
            return
        self._judged = found
        try:
            self._child = self._nursery.start(self._fd, "", self.slot, work=children.hash_and_answer)
        except OSError:
            self._end(found)
            return
        self._child.deadline = child.deadline

    def abandon(self) -> None:
        """End the child of a scan that is given up."""
        if self._child is not None and self.done is None:
            self._child.kill()
            self._child.reap()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _end(self, found: Verdict, *, remembered: bool = False) -> None:
        self.done = Scanned(self._path, found, self._members, remembered)
        if self._fd >= 0:
            if self._facts is not None and not remembered and _same(self._facts, os.fstat(self._fd)):
                self._keeper.note(self._facts, self._path, (found, *self._members), self._opened_ns)
            os.close(self._fd)
            self._fd = -1

    def _named(self, found: Verdict) -> Verdict:
        mark = marks.find_marks((), self._path, self._nursery.terms.policy).mark
        return replace(found, inspection=replace(found.inspection, mark=mark))


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    times = (before.st_size, before.st_mtime_ns, before.st_ctime_ns)
    return times == (after.st_size, after.st_mtime_ns, after.st_ctime_ns)
