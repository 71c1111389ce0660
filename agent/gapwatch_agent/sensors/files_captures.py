"""Who opened which file: guard's captures kept until the file's close is read, bounded. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from gapwatch_agent.guard.messages import Opened
from gapwatch_agent.kernel.procfs import Who

CAPTURES_MAX: Final = 16_384


class Capture(NamedTuple):
    """Who held a file open and which other files the process read from then."""

    who: Who
    sources: tuple[str, ...]


class Captures:
    """The last captures by device and inode; one file keeps those of its last few openers."""

    def __init__(self, size_max: int = CAPTURES_MAX) -> None:
        self._size_max = size_max
        self._kept: OrderedDict[tuple[int, int, int], Capture] = OrderedDict()
        self._last_pid: dict[tuple[int, int], int] = {}
        self._whos: dict[Who, Who] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, opened: Opened) -> None:
        """Remember a capture; one without a process tells nothing."""
        if opened.who is None:
            return
        if len(self._whos) >= 256:
            self._whos.clear()
        who = self._whos.setdefault(opened.who, opened.who)
        key = (opened.dev, opened.ino, opened.pid)
        self._kept[key] = Capture(who, opened.sources)
        self._kept.move_to_end(key)
        self._last_pid[key[:2]] = opened.pid
        while len(self._kept) > self._size_max:
            dev, ino, pid = self._kept.popitem(last=False)[0]
            if self._last_pid.get((dev, ino)) == pid:
                del self._last_pid[(dev, ino)]

    def find(self, dev: int, ino: int, pid: int) -> Capture | None:
        """The capture of this process, else of whoever opened the file last (a descriptor can be inherited)."""
        capture = self._kept.get((dev, ino, pid))
        if capture is None and (dev, ino) in self._last_pid:
            capture = self._kept.get((dev, ino, self._last_pid[(dev, ino)]))
        return capture
