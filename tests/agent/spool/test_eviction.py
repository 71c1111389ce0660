"""What goes first when a spool is full, and that every bit of it is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.spool.eviction import header_count
from gapwatch_agent.spool.port import Item, SpoolLimits, StoredRecord
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_proto import codec
from gapwatch_proto.events import Gap
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, CollapsedSpan, RecordHeader
from support.clock import FakeClock
from support.spools import BOOT, a_record, records, require_chain

CAP = 1024 * 1024


def small(directory: Path, clock: FakeClock, share: float = 0.25) -> SqliteSpool:
    return open_spool(directory, SpoolLimits(CAP, share, 0, 60), clock, BOOT)


def everything(spool: SqliteSpool) -> list[Item]:
    return spool.read(spool.acked_seq + 1, 1_000_000, 1 << 40)


def gaps(items: list[Item]) -> list[Gap]:
    kept = [item for item in items if isinstance(item, StoredRecord) and item.payload is not None]
    found = [item for item in kept if RecordHeader.unpack(item.header).kind == Kind.GAP]
    return [codec.decode(Kind.GAP, item.payload) for item in found]


def fill(spool: SqliteSpool, clock: FakeClock, count: int, severities: str = "12345", size: int = 300) -> None:
    for start in range(0, count, 128):
        numbers = range(start, min(start + 128, count))
        spool.append([a_record(number, int(severities[number % len(severities)]), size) for number in numbers])
        clock.advance(4)


def test_the_least_severe_payloads_go_first_oldest_first_and_headers_stay(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock, share=0.9)
    fill(spool, clock, 3200, "1234")
    items = everything(spool)
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    assert not any(isinstance(item, CollapsedSpan) for item in items)
    kept_payload: dict[int, list[bool]] = {severity: [] for severity in range(1, 6)}
    for item in items:
        header = RecordHeader.unpack(item.header)
        if header.kind != Kind.GAP:
            kept_payload[header.severity].append(item.payload is not None)
    for severity in range(1, 5):  # oldest first: gone, gone, … kept, kept
        assert kept_payload[severity] == sorted(kept_payload[severity])
    assert sum(kept_payload[1]) < 40
    assert all(kept_payload[4])
    assert spool.depth().bytes_used <= CAP
    spool.close()


def test_headers_over_their_share_collapse_into_spans_and_the_chain_still_closes(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    fill(spool, clock, 12_800)
    items = everything(spool)
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    spans = [item for item in items if isinstance(item, CollapsedSpan)]
    assert spans
    assert all(span.last_seq > span.first_seq for span in spans)
    assert header_count(spool._connection) == sum(isinstance(item, StoredRecord) for item in items)
    depth = spool.depth()
    assert depth.bytes_used <= CAP
    assert depth.records == spool.next_seq - 1
    spool.close()


def test_one_severity_alone_becomes_one_run(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    fill(spool, clock, 12_800, "5")
    items = everything(spool)
    require_chain(items, spool.spool_id, 1, GENESIS_HASH)
    assert isinstance(items[0], CollapsedSpan)
    assert sum(isinstance(item, CollapsedSpan) for item in items) == 1
    spool.close()


def test_what_went_is_reported_once_an_interval_and_adds_up(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock, share=0.9)
    fill(spool, clock, 3200, "2", size=500)
    clock.advance(61)
    spool.maintain()
    items = everything(spool)
    reported = gaps(items)
    gone = sum(isinstance(item, StoredRecord) and item.payload is None for item in items)
    assert 0 < len(reported) <= 3  # a hundred appends evicted; two minutes passed
    assert sum(gap.count for gap in reported) == gone
    assert {(gap.source, gap.reason) for gap in reported} == {("spool", "evicted")}
    assert reported[0].from_boottime_ns == a_record(0).boottime_ns
    spool.close()


def test_collapsed_numbers_are_named_in_the_gap(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    fill(spool, clock, 12_800, "2")
    clock.advance(61)
    spool.maintain()
    spans = [item for item in everything(spool) if isinstance(item, CollapsedSpan)]
    reported = gaps(everything(spool))
    assert reported[-1].last_seq == max(span.last_seq for span in spans)
    assert 0 < reported[-1].first_seq <= reported[-1].last_seq
    assert f"boot {BOOT.hex()}" in reported[-1].detail
    spool.close()


def test_an_account_survives_a_restart_before_it_was_reported(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock, share=0.9)
    fill(spool, FakeClock(), 1600, "2", size=1000)  # this clock stands still for the spool: nothing is due
    gone = sum(isinstance(item, StoredRecord) and item.payload is None for item in everything(spool))
    assert gone > 0
    assert gaps(everything(spool)) == []
    spool.close()
    later = FakeClock(boottime_ns=5)  # another boot: its clock began anew
    spool = small(tmp_path, later)
    spool.maintain()
    assert sum(gap.count for gap in gaps(everything(spool))) == gone
    spool.close()


def test_what_left_the_host_is_never_collapsed(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    spool.append(records(100))
    spool.mark_sent(60)
    fill(spool, clock, 12_800, "2")
    items = everything(spool)
    assert [item.seq for item in items[:60]] == list(range(1, 61))
    assert isinstance(items[60], CollapsedSpan)
    assert items[60].first_seq == 61
    spool.close()
    spool = small(tmp_path, clock)  # the mark survives
    fill(spool, clock, 3200, "2")
    assert [item.seq for item in everything(spool)[:60]] == list(range(1, 61))
    spool.close()


def test_a_run_acknowledged_in_part_is_still_sent_whole(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    fill(spool, clock, 12_800, "2")
    span = everything(spool)[0]
    assert isinstance(span, CollapsedSpan)
    spool.ack(span.first_seq + 5)
    assert spool.read(span.first_seq + 6, 1, 1000) == [span]
    spool.ack(span.last_seq)
    assert spool.read(span.last_seq + 1, 1, 1000) != [span]
    spool.close()


@pytest.mark.parametrize("limit", [1, 2, 7, 50])
def test_reading_in_pieces_gives_the_same_as_reading_at_once(tmp_path: Path, limit: int) -> None:
    clock = FakeClock()
    spool = small(tmp_path, clock)
    fill(spool, clock, 6400, "11115")
    whole = everything(spool)
    assert any(isinstance(item, CollapsedSpan) for item in whole)
    pieces: list[Item] = []
    seq = 1
    while part := spool.read(seq, limit, 1 << 20):
        pieces += part
        seq = (part[-1].seq if isinstance(part[-1], StoredRecord) else part[-1].last_seq) + 1
    assert pieces == whole
    spool.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 20_000)), min_size=1, max_size=60))
def test_whatever_comes_the_cap_holds_and_the_chain_closes(
    tmp_path_factory: pytest.TempPathFactory, shape: list[tuple[int, int]]
) -> None:
    clock = FakeClock()
    directory = tmp_path_factory.mktemp("spool")
    spool = open_spool(directory, SpoolLimits(256 * 1024, 0.25, 0, 60), clock, BOOT)
    for number, (severity, size) in enumerate(shape):
        spool.append([a_record(number, severity, size)])
        clock.advance(7)
    assert spool.depth().bytes_used <= 256 * 1024
    require_chain(everything(spool), spool.spool_id, 1, GENESIS_HASH)
    spool.close()
