"""Opening files for inspection, and telling where a copy came from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from gapwatch_agent.sensors.files_reading import (
    COPY_BYTES_MAX,
    SOURCE_HASH_BYTES_MAX,
    Readable,
    Unreadable,
    describe_source,
    open_file,
)
from gapwatch_proto.events import File


def opened(path: Path, at: Path | None = None, *, search: bool = True) -> Readable | Unreadable:
    status = path.lstat()
    return open_file(str(at or path), status.st_dev, status.st_ino, search=search)


@pytest.mark.parametrize("size", [0, 1, COPY_BYTES_MAX, COPY_BYTES_MAX + 1])
def test_a_small_file_is_copied_and_let_go_and_a_large_one_is_held(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    readable = opened(path)
    assert isinstance(readable, Readable)
    held = str(Path(f"/proc/self/fd/{readable.fd}").readlink())
    assert (held == str(path)) == (size > COPY_BYTES_MAX)
    with os.fdopen(readable.fd, "rb") as file:
        assert file.read() == b"x" * size
    assert (readable.path, readable.status.st_size) == (str(path), size)


def test_a_copy_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    readable = opened(tmp_path / "file")
    with pytest.raises(PermissionError):
        os.pwrite(readable.fd, b"y", 0)
    os.close(readable.fd)


def test_a_file_that_was_renamed_in_its_folder_is_found_when_wanted(tmp_path: Path) -> None:
    path = tmp_path / "final\n"
    path.write_bytes(b"x")
    readable = opened(path, tmp_path / "temporary")
    assert isinstance(readable, Readable)
    assert readable.path == str(path)
    os.close(readable.fd)
    assert opened(path, tmp_path / "temporary", search=False) == Unreadable("vanished")


def test_another_file_at_the_same_path_is_not_taken_for_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert opened(one, two, search=False) == Unreadable("vanished")


def test_what_is_no_regular_file_is_not_opened_and_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "target").write_bytes(b"x")
    (tmp_path / "link").symlink_to("target")
    for name in ("fifo", "folder", "link"):
        assert opened(tmp_path / name, search=False) == Unreadable("vanished")
    assert open_file("/no\0where", 1, 1, search=True) == Unreadable("vanished")
    assert open_file(str(tmp_path / ("n" * 300)), 1, 1, search=True) == Unreadable("vanished")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for search in (True, False):
        opened(tmp_path / "file", tmp_path / "nowhere" / "file", search=search)
        os.close(opened(tmp_path / "file").fd)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_source_is_the_last_regular_file_elsewhere(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second\udcff"
    first.write_bytes(b"1")
    second.write_bytes(b"22")
    digest = hashlib.sha256(b"22").hexdigest()
    candidates = [str(first), str(second), str(tmp_path), "/x\0y"]
    assert describe_source(candidates, -1) == File(str(second), second.name, 2, digest)
    assert describe_source(candidates, first.stat().st_dev) == File()
    assert describe_source([], -1) == File()
    assert describe_source([*candidates, "/moved", "/tmp/#5 (deleted)"], -1) == File("/moved", "moved")


def test_a_large_source_is_named_but_not_hashed(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(SOURCE_HASH_BYTES_MAX + 1)
    assert describe_source([str(path)], -1) == File(str(path), "large", SOURCE_HASH_BYTES_MAX + 1, "")
