"""The SQLite spool: what survives a close, what fits no more, what may be opened twice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool.port import SpoolLimits
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_proto.record import PAYLOAD_BYTES_MAX
from support.clock import FakeClock
from support.spools import BOOT, a_record, records, require_chain

SOURCE = b"i" * 16


def reopened(spool: SqliteSpool, directory: Path) -> SqliteSpool:
    spool.close()
    return opened(directory)


def opened(directory: Path) -> SqliteSpool:
    return open_spool(directory, SpoolLimits(reserve_bytes=0), FakeClock(), BOOT)


def test_everything_survives_a_close(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool_id = spool.spool_id
    spool.append(records(10), source=SOURCE, numbers=range(1, 11))
    spool.ack(4)
    spool = reopened(spool, tmp_path)
    assert (spool.spool_id, spool.next_seq, spool.acked_seq) == (spool_id, 11, 4)
    assert spool.last_number(SOURCE) == 10
    require_chain(spool.read(5, 100, 1 << 20), spool_id, 5)
    spool.close()


def test_an_emptied_spool_still_knows_its_last_number_and_hash(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(records(10))
    tail = spool.tail_hash
    spool.ack(10)
    spool = reopened(spool, tmp_path)
    assert (spool.next_seq, spool.tail_hash) == (11, tail)
    spool.append([a_record(11)])
    require_chain(spool.read(11, 1, 1000), spool.spool_id, 11, tail)
    spool.close()


def test_a_spool_has_one_writer(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(UnavailableError, match="another process"):
        opened(tmp_path)
    spool.close()
    opened(tmp_path).close()


def test_a_payload_over_the_limit_is_refused_whole(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(ValueError, match="payload"):
        spool.append([a_record(1), a_record(2, size=PAYLOAD_BYTES_MAX + 1)])
    assert spool.next_seq == 1
    spool.append([a_record(1, size=PAYLOAD_BYTES_MAX)])
    assert spool.next_seq == 2
    spool.close()


def test_old_sources_are_forgotten_new_ones_kept(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for number in range(100):
        spool.append([a_record(number)], source=number.to_bytes(16, "big"), numbers=[7])
    assert spool.last_number((0).to_bytes(16, "big")) == 0
    assert spool.last_number((99).to_bytes(16, "big")) == 7
    spool.close()


def test_an_empty_payload_is_not_an_evicted_one(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([a_record(1, size=0)])
    (item,) = spool.read(1, 1, 1000)
    assert item.payload == b""
    spool.close()


def test_space_is_given_back_after_a_long_outage(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for start in range(0, 4000, 200):
        spool.append(records(200, start, size=2000))
    spool.ack(4000)
    spool.maintain()
    spool = reopened(spool, tmp_path)
    assert (tmp_path / "spool.db").stat().st_size < 4 * 1024 * 1024
    spool.close()


def test_a_failing_disk_is_trouble_for_later_and_changes_nothing(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(records(3))
    saboteur = sqlite3.OperationalError("disk I/O error")
    saboteur.sqlite_errorcode = sqlite3.SQLITE_IOERR
    real = spool._connection

    class Failing:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def executemany(self, *_: object) -> None:
            raise saboteur

    spool._connection = Failing()
    with pytest.raises(UnavailableError, match="disk I/O"):
        spool.append(records(2))
    spool._connection = real
    assert spool.next_seq == 4
    spool.append(records(2))
    require_chain(spool.read(1, 10, 1 << 20), spool.spool_id, 1)
    spool.close()
