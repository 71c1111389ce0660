"""What stands on a filesystem: a bounded walk that follows no link and leaves the filesystem nowhere."""

from __future__ import annotations

import itertools
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

ENTRIES_MAX: Final = 500_000
FOLDER_ENTRIES_MAX: Final = 50_000
DEPTH_MAX: Final = 128
CHUNK_MAX: Final = 64


class Listed(NamedTuple):
    """A regular file found by listing."""

    path: str
    status: os.stat_result


@dataclass(slots=True)
class Tally:
    """What a walk met. ``unread`` are directories that could not be read; ``cut`` tells that the bound was reached."""

    files: int = 0
    unread: int = 0
    cut: bool = False


def walk(root: str, dev: int, tally: Tally, entries_max: int = ENTRIES_MAX) -> Iterator[Listed]:
    """Regular files under ``root`` on the filesystem ``dev``; counts into ``tally``."""
    folders = [(root, 0)]
    left = entries_max
    while folders and not tally.cut:
        folder, depth = folders.pop()
        try:
            # Read whole and closed before anything is handed out: an open folder would keep the medium busy.
            with os.scandir(folder) as scan:
                entries = list(itertools.islice(scan, min(left, FOLDER_ENTRIES_MAX) + 1))
        except OSError:
            tally.unread += 1
            continue
        tally.cut = len(entries) > min(left, FOLDER_ENTRIES_MAX)
        left -= len(entries)
        for entry in entries:
            status = _status(entry)
            if status is None or status.st_dev != dev:
                continue
            if stat.S_ISREG(status.st_mode):
                tally.files += 1
                yield Listed(entry.path, status)
            elif stat.S_ISDIR(status.st_mode):
                if depth < DEPTH_MAX:
                    folders.append((entry.path, depth + 1))
                else:
                    tally.unread += 1


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def next_of(found: Iterator[Listed]) -> list[Listed]:
    """The next few: as many as a quarter of a second gives, so that a slow medium does not hold them back."""
    until = time.monotonic() + 0.25
    chunk: list[Listed] = []
    for listed in itertools.islice(found, CHUNK_MAX):
        chunk.append(listed)
        if time.monotonic() > until:
            break
    return chunk
