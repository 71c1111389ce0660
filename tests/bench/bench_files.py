"""What watching costs whoever copies to a medium: 10,000 small files by ``cp -r``, watched and unwatched, in turn.

An ext4 medium on a loop device; a real agent in ``observe`` that is started for each watched copy, because working off
what it saw takes it minutes, and is not there for the unwatched one. ``copy_ratio`` is of copies until they are on the
medium (``sync -f``), because nobody may pull it before; ``cached_ratio`` of ``cp`` alone. A loop device writes at the
speed of memory, so both ratios are the worst there are: ``added_us`` is what watching adds to each file, to be held
against what a stick needs for one.

``open_*_us``: one open of a file that is there, the answer of ``guard`` included; ``bare_*_us`` without an agent.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.development_zone import DevelopmentZone, development_zone
from support.loop_media import loop_medium
from support.processes import cpu_ns

FILES = 10_000
FOLDERS = 100
FILE_BYTES = 2_000
SAMPLES = 3
OPENS = 4_000
MEDIUM_MIB = 512
REST_S = 60.0
REST_WINDOW_S = 0.5
REST_PERCENT = 5.0


@dataclass(frozen=True)
class Took:
    """Seconds until ``cp`` ended, and until everything was on the medium."""

    cached_s: float
    whole_s: float


def run() -> dict[str, float]:
    """Seconds and medians of ratios of pairs; microseconds of opens."""
    with tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as folder:
        source = _source(Path(folder) / "source")
        with loop_medium(Path(folder), size_mib=MEDIUM_MIB) as medium:
            _copy(source, medium.point)  # the first one fills caches
            pairs: list[tuple[Took, Took]] = []
            opens: dict[str, float] = {}
            for _ in range(SAMPLES):
                bare = _copy(source, medium.point)
                opens |= _opens(medium.point, "bare")
                shutil.rmtree(medium.point / "copy")  # or the agent would begin by listing it
                with development_zone([medium.node]) as zone:
                    _rest(zone)
                    opens |= _opens(medium.point, "open")
                    pairs.append((_copy(source, medium.point), bare))
    return _figures(pairs) | opens


def _figures(pairs: Sequence[tuple[Took, Took]]) -> dict[str, float]:
    return {
        "copy_ratio": statistics.median(ours.whole_s / bare.whole_s for ours, bare in pairs),
        "added_us": statistics.median((ours.whole_s - bare.whole_s) / FILES * 1e6 for ours, bare in pairs),
        "copy_s": statistics.median(ours.whole_s for ours, _ in pairs),
        "bare_copy_s": statistics.median(bare.whole_s for _, bare in pairs),
        "cached_ratio": statistics.median(ours.cached_s / bare.cached_s for ours, bare in pairs),
        "cached_s": statistics.median(ours.cached_s for ours, _ in pairs),
        "bare_cached_s": statistics.median(bare.cached_s for _, bare in pairs),
    }


def _source(folder: Path) -> Path:
    """Unmarked texts, no two alike."""
    for number in range(FILES):
        place = folder / f"{number % FOLDERS:03d}"
        place.mkdir(parents=True, exist_ok=True)
        line = f"{number:06d} An ordinary note about an ordinary day.\n"
        (place / f"{number:06d}.txt").write_text((line * (FILE_BYTES // len(line) + 1))[:FILE_BYTES], encoding="ascii")
    return folder


def _copy(source: Path, medium: Path) -> Took:
    shutil.rmtree(medium / "copy", ignore_errors=True)
    os.sync()
    begun = time.perf_counter()
    subprocess.run(["cp", "-r", source, medium / "copy"], check=True)
    cached = time.perf_counter()
    subprocess.run(["sync", "-f", medium], check=True)
    return Took(cached - begun, time.perf_counter() - begun)


def _rest(zone: DevelopmentZone) -> None:
    """Until the agent has listed the medium and come to rest."""
    deadline = time.monotonic() + REST_S
    pids = [pid for group in zone.processes().values() for pid in group[:1]]
    busy_percent = 100.0
    while busy_percent > REST_PERCENT:
        assert time.monotonic() < deadline, f"the agent still takes {busy_percent:.0f} % of a core"
        before = cpu_ns(pids)
        time.sleep(REST_WINDOW_S)
        busy_percent = (cpu_ns(pids) - before) / (REST_WINDOW_S * 1e9) * 100


def _opens(medium: Path, name: str) -> dict[str, float]:
    """Opens of one file, one after the other."""
    path = medium / "there.txt"
    path.write_text("there", encoding="ascii")
    took: list[float] = []
    for _ in range(OPENS):
        begun = time.perf_counter_ns()
        descriptor = os.open(path, os.O_RDONLY)
        took.append((time.perf_counter_ns() - begun) / 1e3)
        os.close(descriptor)
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {f"{name}_p{percent}_us": cuts[percent - 1] for percent in (50, 99)}
