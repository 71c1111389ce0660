"""What every spool promises, whoever fills the port (``gapwatch_agent.spool.port``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_agent.spool.port import Spool, SpoolLimits
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_proto.record import GENESIS_HASH
from support.clock import FakeClock
from support.spools import BOOT, MemorySpool, a_record, records, require_chain

SOURCE = b"i" * 16


@pytest.fixture(params=["memory", "sqlite"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    made: Spool = MemorySpool()
    if request.param == "sqlite":
        made = open_spool(tmp_path / "spool", SpoolLimits(reserve_bytes=0), FakeClock(), BOOT)
    yield made
    made.close()


def test_numbers_begin_at_one_and_follow_on(spool: Spool) -> None:
    assert (spool.next_seq, spool.acked_seq, len(spool.spool_id)) == (1, 0, 16)
    assert spool.append(records(3)) == 3
    assert spool.append([a_record(4)]) == 1
    assert spool.next_seq == 5


def test_what_was_appended_is_read_back_chained_from_the_beginning(spool: Spool) -> None:
    kept = records(20)
    spool.append(kept[:7])
    spool.append(kept[7:])
    items = spool.read(1, 100, 1 << 20)
    assert [item.payload for item in items] == [record.payload for record in kept]
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)


def test_a_read_is_bounded_in_count_and_bytes_but_never_empty(spool: Spool) -> None:
    spool.append(records(10, size=1000))
    assert [item.seq for item in spool.read(3, 4, 1 << 20)] == [3, 4, 5, 6]
    assert [item.seq for item in spool.read(3, 10, 2500)] == [3, 4]
    assert [item.seq for item in spool.read(3, 10, 1)] == [3]
    assert spool.read(11, 10, 1 << 20) == []


def test_acknowledged_records_are_forgotten_and_the_chain_goes_on(spool: Spool) -> None:
    spool.append(records(5))
    before = spool.read(5, 1, 1 << 20)
    tail = require_chain(before, spool.spool_id, 5)
    spool.ack(5)
    assert spool.acked_seq == 5
    assert spool.read(6, 10, 1 << 20) == []
    spool.append([a_record(6)])
    require_chain(spool.read(6, 10, 1 << 20), spool.spool_id, 6, tail)


def test_an_old_ack_changes_nothing_and_an_impossible_one_is_refused(spool: Spool) -> None:
    spool.append(records(5))
    spool.ack(3)
    spool.ack(2)
    assert spool.acked_seq == 3
    with pytest.raises(ValueError, match="never"):
        spool.ack(6)
    with pytest.raises(ValueError, match="forgotten"):
        spool.read(3, 1, 1000)


def test_a_source_that_resends_is_not_kept_twice(spool: Spool) -> None:
    assert spool.last_number(SOURCE) == 0
    assert spool.append(records(3), source=SOURCE, numbers=[1, 2, 3]) == 3
    assert spool.append(records(4), source=SOURCE, numbers=[2, 3, 5, 9]) == 2
    assert spool.append(records(2), source=SOURCE, numbers=[8, 9]) == 0
    assert spool.last_number(SOURCE) == 9
    assert spool.next_seq == 6
    assert spool.append(records(1), source=b"j" * 16, numbers=[1]) == 1


@pytest.mark.parametrize("numbers", [[1], [2, 1], [1, 1]])
def test_numbers_that_do_not_rise_are_refused(spool: Spool, numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="numbers"):
        spool.append(records(2), source=SOURCE, numbers=numbers)
    assert spool.next_seq == 1


def test_depth_is_what_waits(spool: Spool) -> None:
    assert spool.depth().records == 0
    assert spool.depth().oldest_boot_id == b""
    spool.append([a_record(1, severity=2), a_record(2, severity=5), a_record(3, severity=1)])
    depth = spool.depth()
    assert (depth.records, depth.worst_severity, depth.oldest_boot_id) == (3, 5, BOOT)
    assert depth.oldest_boottime_ns == a_record(1).boottime_ns
    spool.ack(2)
    depth = spool.depth()
    assert (depth.records, depth.worst_severity, depth.oldest_wall_ns) == (1, 1, a_record(3).wall_ns)


def test_nothing_is_appended_by_an_empty_batch(spool: Spool) -> None:
    assert spool.append([]) == 0
    spool.mark_sent(5)
    spool.maintain()
    assert spool.next_seq == 1
