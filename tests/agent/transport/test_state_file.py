"""Small files replaced whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gapwatch_agent.transport.state_file import replace_file


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_whole_with_its_mode_whatever_the_umask(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "state"
    before = os.umask(0o077)
    try:
        replace_file(path, b"one", mode=0o644, durable=durable)
        replace_file(path, b"two", mode=0o600, durable=durable)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match="irectory"):
        replace_file(path, b"data")
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
