"""Listing what stands on a filesystem."""

from __future__ import annotations

import os
from pathlib import Path

from gapwatch_agent.sensors import files_listing
from gapwatch_agent.sensors.files_listing import Tally, walk


def names(root: Path, tally: Tally, **bounds: int) -> list[str]:
    return sorted(os.path.relpath(listed.path, root) for listed in walk(str(root), root.stat().st_dev, tally, **bounds))


def test_regular_files_of_this_filesystem_whatever_their_names(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("a\nb", "deep/er/x", "\udcff\udcfe", "机密"):
        (tmp_path / name).write_bytes(b"1")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "loop").symlink_to(".")
    tally = Tally()
    assert names(tmp_path, tally) == sorted(["a\nb", "deep/er/x", "\udcff\udcfe", "机密"])
    assert (tally.files, tally.unread, tally.cut) == (4, 0, False)
    assert list(walk(str(tmp_path), -1, Tally())) == []  # another filesystem is mounted here by now


def test_bounds_are_kept_and_told(tmp_path: Path, monkeypatch) -> None:
    for number in range(30):
        (tmp_path / str(number)).touch()
    tally = Tally()
    assert len(names(tmp_path, tally, entries_max=10)) <= 11
    assert tally.cut
    monkeypatch.setattr(files_listing, "DEPTH_MAX", 1)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    tally = Tally()
    names(tmp_path, tally)
    assert tally.unread == 1


def test_no_folder_stays_open_between_two_files(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / str(number)).touch()
    found = walk(str(tmp_path), tmp_path.stat().st_dev, Tally())
    next(found)
    links = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert str(tmp_path) not in links


def test_a_folder_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    tally = Tally()
    assert list(walk(str(tmp_path / "gone"), 1, tally)) == []
    assert tally.unread == 1
