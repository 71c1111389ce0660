"""Disk space held back."""

from __future__ import annotations

from pathlib import Path

from gapwatch_agent.spool.reserve import Reserve


def test_the_space_is_really_taken_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = Reserve(path, 1 << 20)
    assert not reserve.held()
    assert reserve.make()
    assert path.stat().st_blocks * 512 >= 1 << 20
    assert reserve.make()
    assert reserve.give_up()
    assert not path.exists()
    assert not reserve.give_up()


def test_none_is_wanted(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "reserve", 0).make()
    assert not (tmp_path / "reserve").exists()


def test_a_disk_without_room_twice_over_is_left_alone(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1 << 60)
    assert not reserve.make()
    assert not (tmp_path / "reserve").exists()


def test_a_directory_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "gone" / "reserve", 1 << 20).make()
