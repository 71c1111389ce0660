"""What guard alone costs whoever copies to a medium: 10,000 files of 2 kB by ``cp -r``, marked and unmarked, in turn.

The whole agent's cost stands in ``bench_files``; here nobody inspects, and whoever reads the captures only reads them.
``copy_ratio`` is until everything is on an ext4 medium (``sync -f``), ``copy_ratio_cached`` until ``cp`` ends there,
``copy_ratio_tmpfs`` until ``cp`` ends on tmpfs, which writes nothing at all. ``guard_us_per_event`` is guard's own CPU
time an event; ``answer_*_us`` how much longer an open takes than on the same file unmarked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.guard import messages
from support.file_watching import GuardProcess
from support.filesystems import mounted, unmount

FILES = 10_000
FILE_BYTES = 2_000
FOLDERS = 100
PAIRS = 5
OPENS = 4_000


def run() -> dict[str, float]:
    """Medians of interleaved pairs; microseconds."""
    with tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as name:
        folder = Path(name)
        source = _source(folder / "source")
        guard = GuardProcess(folder / "guard.sock")
        try:
            with channel.connect(guard.socket_path) as line:
                watch = _Watch(guard, line)
                figures: dict[str, float] = {}
                for filesystem in ("ext4", "tmpfs"):
                    place = folder / filesystem
                    place.mkdir()
                    with mounted(filesystem, place, size_mib=256) as point:
                        figures |= _copies(watch, filesystem, source, point)
                        if filesystem == "tmpfs":
                            figures |= _opens(watch, point)
                        unmount(point)
                line.shutdown(socket.SHUT_RDWR)
                watch.reader.join()
            return figures
        finally:
            guard.stop()


class _Watch:
    """Reads what guard says and counts it."""

    def __init__(self, guard: GuardProcess, line: socket.socket) -> None:
        self.guard = guard
        self._line = line
        self._marked = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def cpu_ns(self) -> int:
        """What guard's threads have run for."""
        return int(Path(f"/proc/{self.guard.pid}/schedstat").read_bytes().split()[0])

    @contextlib.contextmanager
    def marking(self, point: Path) -> Iterator[None]:
        fd = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
        self._marked.clear()
        channel.send(self._line, Message(messages.WATCH, messages.encode({"key": "k"}), (fd,)))
        os.close(fd)
        assert self._marked.wait(10)
        yield
        channel.send(self._line, Message(messages.RELEASE, messages.encode({"key": "k"})))

    def _read(self) -> None:
        while (message := channel.receive(self._line)) is not None:
            if message.type == messages.MARKED:
                assert messages.decode_marked(message.body).ok
                self._marked.set()


def _source(folder: Path) -> Path:
    for number in range(FILES):
        place = folder / f"{number % FOLDERS:03d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.txt").write_bytes(b"%06d " % number * (FILE_BYTES // 7))
    return folder


def _copies(watch: _Watch, filesystem: str, source: Path, point: Path) -> dict[str, float]:
    _copy(source, point)  # the first one fills caches and tables
    cached, whole, spent = [], [], []
    for number in range(PAIRS):
        took: dict[bool, tuple[float, float]] = {}
        for marked in (True, False) if number % 2 else (False, True):
            with watch.marking(point) if marked else contextlib.nullcontext():
                before = watch.cpu_ns()
                took[marked] = _copy(source, point)
                if marked:
                    spent.append((watch.cpu_ns() - before) / 1e3 / FILES)
        cached.append(took[True][0] / took[False][0])
        whole.append(took[True][1] / took[False][1])
    if filesystem == "tmpfs":
        return {"copy_ratio_tmpfs": statistics.median(cached), "guard_us_per_event": statistics.median(spent)}
    return {"copy_ratio": statistics.median(whole), "copy_ratio_cached": statistics.median(cached)}


def _copy(source: Path, point: Path) -> tuple[float, float]:
    subprocess.run(["sync", "-f", point], check=True)
    begun = time.perf_counter()
    subprocess.run(["cp", "-r", source, point / "copy"], check=True)
    cached = time.perf_counter()
    subprocess.run(["sync", "-f", point], check=True)
    whole = time.perf_counter()
    shutil.rmtree(point / "copy")
    return cached - begun, whole - begun


def _opens(watch: _Watch, point: Path) -> dict[str, float]:
    """Opens by a process of its own: our own are exempt."""
    path = point / "there"
    path.write_bytes(b"x")
    bare = _timed_opens(path)
    with watch.marking(point):
        ours = _timed_opens(path)
    middle = statistics.median(bare)
    cuts = statistics.quantiles(ours, n=100, method="inclusive")
    return {"answer_p50_us": cuts[49] - middle, "answer_p99_us": cuts[98] - middle}


def _timed_opens(path: Path) -> list[float]:
    program = (
        "import os, sys, time\nfor _ in range(int(sys.argv[2])):\n begun = time.perf_counter_ns()\n"
        " fd = os.open(sys.argv[1], os.O_RDONLY)\n print(time.perf_counter_ns() - begun)\n os.close(fd)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path, str(OPENS)], check=True, capture_output=True)
    return [int(line) / 1e3 for line in done.stdout.split()]
