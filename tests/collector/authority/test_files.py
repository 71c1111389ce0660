"""Key files: whole, private, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_collector.authority.files import read_bounded, readable_by_others, write_new
from gapwatch_collector.errors import RefusedError


def test_a_key_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "root.key"
    write_new(path, b"secret")
    assert path.read_bytes() == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not readable_by_others(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["root.key"]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    write_new(path, b"first")
    with pytest.raises(RefusedError, match="never overwritten"):
        write_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["root.key"]


def test_reading_is_bounded_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(100_000))
    with pytest.raises(RefusedError, match="larger than"):
        read_bounded(tmp_path / "large")
    with pytest.raises(RefusedError, match="No such file"):
        read_bounded(tmp_path / "none")


def test_a_key_others_may_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x")
    path.chmod(0o640)
    assert readable_by_others(path)
