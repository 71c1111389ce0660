"""Damaged spools: moved aside, replaced, and what could be saved is said and kept."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from gapwatch_agent.spool.port import SpoolLimits, StoredRecord
from gapwatch_agent.spool.recovery import open_spool, renew_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_proto import codec
from gapwatch_proto.events import Gap
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, RecordHeader
from support.clock import FakeClock
from support.spools import BOOT, records, require_chain

SOURCE = b"i" * 16


def opened(directory: Path, clock: FakeClock | None = None) -> SqliteSpool:
    return open_spool(directory, SpoolLimits(reserve_bytes=0), clock or FakeClock(), BOOT)


def filled(directory: Path, count: int = 2000) -> bytes:
    """A closed spool of ``count`` records, 10 of them acknowledged; returns its id."""
    spool = opened(directory)
    for first in range(1, count + 1, 100):
        spool.append(records(100, first, 1 + first % 5), source=SOURCE, numbers=range(first, first + 100))
    spool.ack(10)
    spool_id = spool.spool_id
    spool.close()
    return spool_id


def opening_gap(spool: SqliteSpool) -> Gap:
    (first,) = spool.read(1, 1, 1 << 20)
    assert isinstance(first, StoredRecord)
    assert RecordHeader.unpack(first.header).kind == Kind.GAP
    gap = codec.decode(Kind.GAP, first.payload or b"")
    assert isinstance(gap, Gap)
    return gap


def saved(spool: SqliteSpool) -> list[bytes | None]:
    items = spool.read(2, 1_000_000, 1 << 40)
    return [item.payload for item in items if isinstance(item, StoredRecord)]


def damaged_files(directory: Path) -> list[Path]:
    return [path for path in directory.glob("spool.damaged-*") if not path.name.endswith(("-wal", "-shm"))]


def test_a_garbled_file_header_saves_nothing_and_says_so(tmp_path: Path) -> None:
    spool_id = filled(tmp_path)
    path = tmp_path / "spool.db"
    path.write_bytes(random.Random(1).randbytes(100) + path.read_bytes()[100:])
    spool = opened(tmp_path)
    gap = opening_gap(spool)
    assert spool.spool_id != spool_id
    assert (gap.reason, gap.count) == ("damaged", -1)
    assert "saved: 0; lost: unknown" in gap.detail
    assert len(damaged_files(tmp_path)) == 1
    spool.close()


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_cut_in_the_middle_of_a_record_saves_what_verifies(tmp_path: Path, part: float) -> None:
    filled(tmp_path)
    path = tmp_path / "spool.db"
    os.truncate(path, int(path.stat().st_size * part) | 1)
    spool = opened(tmp_path)
    gap = opening_gap(spool)
    kept = saved(spool)
    expected = [record.payload for first in range(1, 2001, 100) for record in records(100, first)][10:]
    assert set(kept) <= set(expected)
    assert gap.reason == "damaged"
    assert f"records saved: {len(kept)}" in gap.detail
    assert gap.count in {-1, 1990 - len(kept)}
    require_chain(spool.read(1, 1_000_000, 1 << 40), spool.spool_id, 1, GENESIS_HASH)
    spool.close()


def test_a_foreign_schema_is_moved_aside(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool.db") as foreign:
        foreign.execute("CREATE TABLE cats(name TEXT)")
    foreign.close()
    spool = opened(tmp_path)
    assert "not a spool" in opening_gap(spool).detail
    spool.close()


def test_records_after_a_broken_link_are_not_reused(tmp_path: Path) -> None:
    filled(tmp_path)
    connection = sqlite3.connect(tmp_path / "spool.db")
    (header,) = connection.execute("SELECT header FROM headers WHERE seq = 500").fetchone()
    forged = bytearray(header)
    forged[50] ^= 1
    with connection:
        connection.execute("UPDATE headers SET header = ? WHERE seq = 500", (bytes(forged),))
        connection.execute("UPDATE spool SET next_seq = next_seq + 1")  # so that the file is found out
    connection.close()
    spool = opened(tmp_path)
    # The forged record still names the one before it; its own hash is what its successor does not name.
    assert len(saved(spool)) == 500 - 10
    assert opening_gap(spool).count == 2001 - 10 - 490
    spool.close()


def test_a_forged_payload_is_not_reused(tmp_path: Path) -> None:
    filled(tmp_path)
    connection = sqlite3.connect(tmp_path / "spool.db")
    with connection:
        connection.execute("UPDATE payload_2 SET payload = x'666f72676564' WHERE seq = 50")
        connection.execute("UPDATE spool SET next_seq = next_seq + 1")
    connection.close()
    spool = opened(tmp_path)
    kept = saved(spool)
    assert len(kept) == 1989
    assert b"forged" not in kept
    spool.close()


def test_a_spool_that_vanished_is_not_mistaken_for_a_first_start(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "spool.db").unlink()
    spool = opened(tmp_path)
    gap = opening_gap(spool)
    assert (gap.count, "missing" in gap.detail) == (-1, True)
    spool.close()


def test_a_first_start_has_no_gap(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    assert spool.next_seq == 1
    spool.close()


def test_a_spool_is_renewed_with_what_waits(tmp_path: Path) -> None:
    filled(tmp_path)
    spool = opened(tmp_path)
    old_id = spool.spool_id
    fresh = renew_spool(spool, tmp_path, "damaged", "the collector refused the chain (forked)")
    assert fresh.spool_id != old_id
    assert len(saved(fresh)) == 1990
    assert opening_gap(fresh).count == 0
    assert "forked" in opening_gap(fresh).detail
    assert fresh.last_number(SOURCE) == 2000  # what watch resends is still known
    fresh.close()
    assert opened(tmp_path).close() is None


def test_times_kinds_and_boots_of_saved_records_stay(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(records(3, severity=4))
    fresh = renew_spool(spool, tmp_path, "damaged", "why")
    heads = [RecordHeader.unpack(item.header) for item in fresh.read(2, 10, 1 << 20) if isinstance(item, StoredRecord)]
    said = [(head.kind, head.severity, head.boottime_ns, head.wall_ns, head.boot_id) for head in heads]
    assert said == [(r.kind, r.severity, r.boottime_ns, r.wall_ns, r.boot_id) for r in records(3, severity=4)]
    fresh.close()


def test_evidence_is_bounded(tmp_path: Path) -> None:
    clock = FakeClock()
    for _ in range(6):
        opened(tmp_path, clock).close()
        (tmp_path / "spool.db").write_bytes(b"garbage" * 1000)
        clock.advance(10)
    opened(tmp_path, clock).close()
    assert len(damaged_files(tmp_path)) == 3


def test_a_kill_while_replacing_leaves_the_old_spool_or_the_whole_new_one(tmp_path: Path) -> None:
    # A new spool that was built to the end but not put in place: it is put in place now.
    filled(tmp_path / "built", 500)
    spool_id = filled(tmp_path / "spool", 300)
    shutil.copy(tmp_path / "built" / "spool.db", tmp_path / "spool" / "spool.db.new")
    spool = opened(tmp_path / "spool")
    assert (spool.spool_id == spool_id, spool.next_seq) == (False, 501)
    spool.close()
    # One that was only half built is thrown away.
    (tmp_path / "spool" / "spool.db.new").write_bytes(b"half")
    spool = opened(tmp_path / "spool")
    assert spool.next_seq == 501
    assert not (tmp_path / "spool" / "spool.db.new").exists()
    spool.close()
