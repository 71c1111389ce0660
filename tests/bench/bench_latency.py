"""How long it takes from a marked file closed on a medium to its alert readable in the collector's database.

A real zone on this machine: real agent, real collector, mutual TLS, the shipped rules; real ``cp`` of a marked .docx to
an ext4 medium on a loop device. Before each copy a pause of no fixed length, so that nobody's rhythm is met.

The file's close lies between its last modification, which the kernel stamps by its tick (4 ms at 250 Hz), and the first
that is known of it: ``cp`` was seen to end, or the agent stamped the close. ``p50_ms``, ``p95_ms`` and ``max_ms`` count
from the modification and so never flatter; ``from_close_p95_ms`` counts from the first that is known.
"""

from __future__ import annotations

import io
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import docx

from support.arrivals import Arrivals, ArrivalsThread
from support.development_zone import development_zone
from support.loop_media import loop_medium

FILES = 60
BURST = 40
PAUSE_S = 0.3
PARAGRAPHS = 40


@dataclass(frozen=True)
class Copy:
    """One copy, on CLOCK_BOOTTIME: when ``cp`` was started, when the file was last written, when ``cp`` had ended."""

    name: str
    begun_ns: int
    written_ns: int
    ended_ns: int


def run() -> dict[str, float]:
    """Milliseconds. ``stored_p50_ms``: to the record readable; ``burst_p95_ms``: copied without waiting in between."""
    with tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as folder:
        source = Path(folder) / "documents"
        source.mkdir()
        with loop_medium(Path(folder)) as medium, development_zone([medium.node]) as zone:
            with ArrivalsThread(zone.store, r"single-\d{4}") as arrivals:
                warm = _document(source, "single", 0)
                _copy(warm, medium.point)
                arrivals.wait(lambda seen: warm.stem in seen.alerted_ns)
                copies = [_one(_document(source, "single", n), medium.point, arrivals) for n in range(1, FILES + 1)]
            with ArrivalsThread(zone.store, r"burst-\d{4}") as burst:
                documents = [_document(source, "burst", number) for number in range(BURST)]
                burst_copies = [_copy(path, medium.point) for path in documents]
                burst.wait(lambda seen: len(seen.alerted_ns) == BURST)
    return _figures(copies, arrivals.seen) | {
        "burst_p95_ms": _percentile([_ms(burst.seen.alerted_ns[c.name] - c.written_ns) for c in burst_copies], 95)
    }


def _figures(copies: Sequence[Copy], seen: Arrivals) -> dict[str, float]:
    alerted = [_ms(seen.alerted_ns[copy.name] - copy.written_ns) for copy in copies]
    first_known = [min(copy.ended_ns, seen.closed_ns[copy.name]) for copy in copies]
    pairs = list(zip(copies, first_known, strict=True))
    return {
        "p50_ms": statistics.median(alerted),
        "p95_ms": _percentile(alerted, 95),
        "max_ms": max(alerted),
        "from_close_p95_ms": _percentile([_ms(seen.alerted_ns[copy.name] - known) for copy, known in pairs], 95),
        "from_start_p95_ms": _percentile([_ms(seen.alerted_ns[copy.name] - copy.begun_ns) for copy in copies], 95),
        "close_unsure_max_ms": max(_ms(known - copy.written_ns) for copy, known in pairs),
        "stored_p50_ms": statistics.median(_ms(seen.stored_ns[copy.name] - copy.written_ns) for copy in copies),
        "evaluated_p50_ms": statistics.median(
            _ms(seen.alerted_ns[copy.name] - seen.stored_ns[copy.name]) for copy in copies
        ),
    }


def _one(document: Path, medium: Path, arrivals: ArrivalsThread) -> Copy:
    time.sleep(random.uniform(0, PAUSE_S))
    copy = _copy(document, medium)
    arrivals.wait(lambda seen: copy.name in seen.alerted_ns)
    return copy


def _copy(document: Path, medium: Path) -> Copy:
    begun_ns = _now_ns()
    subprocess.run(["cp", document, medium], check=True)
    ended_ns = _now_ns()
    wall_ahead_ns = time.time_ns() - _now_ns()
    written_ns = (medium / document.name).stat().st_mtime_ns - wall_ahead_ns
    return Copy(document.stem, begun_ns, written_ns, ended_ns)


def _document(folder: Path, kind: str, number: int) -> Path:
    """A marked document of a few pages; no two alike."""
    document = docx.Document()
    document.add_paragraph("机密★5年")
    document.add_heading(f"关于设备检修的通知（第{number}号）", level=1)
    for paragraph in range(PARAGRAPHS):
        document.add_paragraph(f"{paragraph + 1}、各单位：请按要求开展检修工作，并于每月{number + 1}日前报送情况。" * 4)
    content = io.BytesIO()
    document.save(content)
    path = folder / f"{kind}-{number:04d}.docx"
    path.write_bytes(content.getvalue())
    return path


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _ms(duration_ns: int) -> float:
    return duration_ns / 1e6


def _now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
