"""A disk that somebody else filled: the reserve goes first, then the oldest least severe, and nothing crashes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_agent.spool.port import SpoolFullError, SpoolLimits, StoredRecord
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_proto import codec
from gapwatch_proto.events import Gap
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, RecordHeader
from support.clock import FakeClock
from support.spools import BOOT, a_record, records, require_chain

pytestmark = pytest.mark.kernel

MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real filesystem of 16 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill_up(disk: Path) -> None:
    """Leave not one block free."""
    with (disk / "hog").open("ab", buffering=0) as hog:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    hog.write(b"x" * size)
            except OSError:
                continue


def opened(disk: Path, reserve: int, clock: FakeClock) -> SqliteSpool:
    return open_spool(disk / "spool", SpoolLimits(64 * MIB, 0.25, reserve, 60), clock, BOOT)


def gaps(spool: SqliteSpool) -> list[Gap]:
    items = spool.read(spool.acked_seq + 1, 1_000_000, 1 << 40)
    kept = [item for item in items if isinstance(item, StoredRecord) and item.payload]
    heads = [(RecordHeader.unpack(item.header).kind, item.payload or b"") for item in kept]
    return [gap for kind, data in heads if kind == Kind.GAP and isinstance(gap := codec.decode(Kind.GAP, data), Gap)]


def test_the_reserve_is_given_up_first_and_made_again(disk: Path) -> None:
    clock = FakeClock()
    spool = opened(disk, 4 * MIB, clock)
    spool.append(records(200, size=1000))
    assert (disk / "spool" / "spool.reserve").exists()
    fill_up(disk)
    for start in range(200, 3200, 100):
        spool.append(records(100, start, size=500))
    assert not (disk / "spool" / "spool.reserve").exists()
    assert gaps(spool) == []  # the reserve was enough: nothing went
    (disk / "hog").unlink()
    spool.maintain()
    assert (disk / "spool" / "spool.reserve").stat().st_size == 4 * MIB
    items = spool.read(1, 1_000_000, 1 << 40)
    assert len(items) == 3200
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    spool.close()


def test_without_a_reserve_the_oldest_least_severe_go_and_it_is_said(disk: Path) -> None:
    clock = FakeClock()
    spool = opened(disk, 0, clock)
    for start in range(0, 4000, 100):
        spool.append(records(100, start, severity=1 + start // 100 % 4, size=1000))
    fill_up(disk)
    for start in range(4000, 8000, 100):
        spool.append(records(100, start, severity=5, size=700))
        clock.advance(5)
    clock.advance(61)
    spool.maintain()
    items = spool.read(1, 1_000_000, 1 << 40)
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    worst = [
        item.payload is not None
        for item in items
        if isinstance(item, StoredRecord) and RecordHeader.unpack(item.header).severity == 5
    ]
    assert len(worst) == 4000
    assert all(worst)
    reported = [gap for gap in gaps(spool) if gap.reason == "disk_full"]
    gone = sum(isinstance(item, StoredRecord) and item.payload is None for item in items)
    assert sum(gap.count for gap in reported) == gone > 0
    spool.close()


def test_when_nothing_may_go_the_caller_keeps_it_and_tries_again(disk: Path) -> None:
    spool = opened(disk, 0, FakeClock())
    fill_up(disk)
    for _ in range(2):
        with pytest.raises(SpoolFullError, match="full"):
            spool.append(records(20, severity=5, size=200_000))
    assert spool.append([a_record(1)]) == 1  # what does fit is still kept
    before = spool.next_seq
    (disk / "hog").unlink()
    assert spool.append(records(20, 2, severity=5, size=200_000)) == 20
    assert spool.next_seq >= before + 20
    items = spool.read(1, 1_000_000, 1 << 40)
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    spool.close()


def test_acknowledging_and_reopening_work_on_a_full_disk(disk: Path) -> None:
    spool = opened(disk, 0, FakeClock())
    for start in range(0, 4000, 100):
        spool.append(records(100, start, size=1000))
    fill_up(disk)
    spool.mark_sent(3000)
    spool.ack(3000)
    assert spool.acked_seq == 3000
    spool.close()
    fill_up(disk)
    spool = opened(disk, 0, FakeClock())
    assert spool.append(records(10, size=1000)) == 10
    spool.close()
