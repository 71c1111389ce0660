"""What running processes take of the machine: memory, by who shares it, and processor time. Needs root."""

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path

_PRESENT = 1 << 63
_FRAME = (1 << 55) - 1
_PAGE = os.sysconf("SC_PAGE_SIZE")


def pss_bytes(pids: Iterable[int]) -> int:
    """Proportional set size: a page shared by n processes, whoever they are, counts one n-th."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def frames_bytes(pids: Iterable[int]) -> int:
    """The page frames these processes hold, each counted once: their PSS on a machine where nobody else maps them."""
    frames: set[int] = set()
    for pid in pids:
        frames |= _frames(pid)
    return len(frames) * _PAGE


def cpu_ns(pids: Iterable[int]) -> int:
    """Processor time of all threads so far, ended ones included; to the nanosecond, unlike /proc/PID/stat."""
    return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in pids)


def _frames(pid: int) -> set[int]:
    found: set[int] = set()
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pagemap:
        for line in maps:
            begin, end = (int(word, 16) for word in line.split(maxsplit=1)[0].split("-"))
            if line.endswith(("[vsyscall]", "[vvar]", "[vdso]", "[vvar_vclock]")):
                continue
            pagemap.seek(begin // _PAGE * 8)
            with contextlib.suppress(OSError):
                found.update(_present(pagemap.read((end - begin) // _PAGE * 8)))
    return found


def _present(entries: bytes) -> Iterable[int]:
    return (entry & _FRAME for (entry,) in struct.iter_unpack("=Q", entries) if entry & _PRESENT)
