"""Reading what is left of a spool; recovery's tests prove the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.spool.port import SpoolLimits
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_agent.spool.remains import Remains
from support.clock import FakeClock
from support.spools import BOOT, records


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    directory = tmp_path_factory.mktemp("whole")
    spool = open_spool(directory, SpoolLimits(reserve_bytes=0), FakeClock(), BOOT)
    spool.append(records(300))
    spool.ack(20)
    spool.close()
    return (directory / "spool.db").read_bytes()


def test_a_missing_file_has_nothing_left(tmp_path: Path) -> None:
    remains = Remains(tmp_path / "gone")
    assert (remains.waiting(), list(remains.records()), remains.sources()) == (-1, [], [])
    remains.close()


def test_a_whole_file_gives_everything(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "spool.db").write_bytes(whole)
    remains = Remains(tmp_path / "spool.db")
    assert remains.waiting() == 280
    assert list(remains.records()) == records(300)[20:]
    remains.close()


@settings(max_examples=60, deadline=None)
@given(damage=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=40)), min_size=1, max_size=6))
def test_whatever_is_damaged_only_true_records_come_out(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, damage: list[tuple[float, bytes]]
) -> None:
    data = bytearray(whole)
    for place, garbage in damage:
        at = int(place * (len(data) - len(garbage)))
        data[at : at + len(garbage)] = garbage
    path = tmp_path_factory.mktemp("damaged") / "spool.db"
    path.write_bytes(data)
    remains = Remains(path)
    true = {record.payload for record in records(300)}
    assert {record.payload for record in remains.records()} <= true
    remains.close()
