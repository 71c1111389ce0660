"""The snapshot."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from gapwatch_agent.link.status import StatusFile, read_status


def test_what_was_written_is_read_back_by_anyone(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    status = StatusFile(path)
    status.now.last_error = "机密 \x1b[31m"
    status.now.acked_seq = 12
    status.write(99)
    snapshot = read_status(path)
    assert snapshot is not None
    assert (snapshot["acked_seq"], snapshot["written_ns"], snapshot["state"]) == (12, 99, "starting")
    assert snapshot["last_error"] == "机密 \x1b[31m"
    assert path.read_bytes().isascii()
    assert b"\x1b" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_none_or_garbage_is_no_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert read_status(path) is None
    path.write_bytes(b"{")
    assert read_status(path) is None
    path.write_text(json.dumps([1]))
    assert read_status(path) is None


def test_a_runtime_directory_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    StatusFile(tmp_path / "gone" / "status.json").write(1)
