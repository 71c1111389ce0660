"""Spool appends per second, 32 a batch, beside a raw file with the same bytes and one flush a batch in the same run."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.spool.port import NewRecord, SpoolLimits
from gapwatch_agent.spool.recovery import open_spool

_BATCH = 32
_BATCHES = 100
_PAYLOAD_BYTES = 300
_ROUNDS = 5


def _batch(boot_id: bytes) -> list[NewRecord]:
    payload = os.urandom(_PAYLOAD_BYTES)
    return [NewRecord(300, 2, 1, 1, boot_id, payload) for _ in range(_BATCH)]


def _appends(directory: Path) -> float:
    """Records a second that survive power loss."""
    boot_id = bytes(16)
    spool = open_spool(directory, SpoolLimits(reserve_bytes=0), SystemClock(), boot_id)
    batch = _batch(boot_id)
    began = time.perf_counter()
    for _ in range(_BATCHES):
        spool.append(batch)
    seconds = time.perf_counter() - began
    spool.close()
    return _BATCHES * _BATCH / seconds


def _raw(directory: Path) -> float:
    """The reference: the same bytes appended to a file, one fdatasync a batch."""
    data = os.urandom((124 + _PAYLOAD_BYTES) * _BATCH)
    descriptor = os.open(directory / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = time.perf_counter()
    for _ in range(_BATCHES):
        os.write(descriptor, data)
        os.fdatasync(descriptor)
    seconds = time.perf_counter() - began
    os.close(descriptor)
    return _BATCHES * _BATCH / seconds


def run() -> dict[str, float]:
    """Medians of five rounds, the two measured in turn: records a second, and the spool's part of the reference."""
    spool: list[float] = []
    raw: list[float] = []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as place:
            raw.append(_raw(Path(place)))
            spool.append(_appends(Path(place) / "spool"))
    return {
        "spool_appends_per_s": statistics.median(spool),
        "raw_appends_per_s": statistics.median(raw),
        "ratio": statistics.median(spool) / statistics.median(raw),
    }
