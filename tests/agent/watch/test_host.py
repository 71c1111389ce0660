"""What the agent says about its machine, and whether it remembers how it ended."""

from __future__ import annotations

import os
import platform
from hashlib import sha256

from gapwatch_agent.watch.host import RunMarker, describe


def test_a_first_start_is_clean_a_start_after_a_crash_is_not(tmp_path):
    assert RunMarker(tmp_path).begin()
    assert not RunMarker(tmp_path).begin()
    marker = RunMarker(tmp_path)
    assert not marker.begin()
    marker.end()
    assert RunMarker(tmp_path).begin()


def test_a_marker_that_power_loss_cut_short_is_a_crash(tmp_path):
    (tmp_path / "watch.state").write_bytes(b"stop")
    assert not RunMarker(tmp_path).begin()


def test_a_state_folder_that_is_missing_stops_nothing(tmp_path, caplog):
    marker = RunMarker(tmp_path / "missing")
    assert marker.begin()
    marker.end()
    assert "cannot note" in caplog.text


def test_the_machine(tmp_path):
    (tmp_path / "os-release").write_text('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    (tmp_path / "machine-id").write_text("0123\n")
    started = describe("1.2", clean=True, etc=tmp_path)
    assert (started.agent_version, started.os_name, started.kernel) == (
        "1.2",
        "Debian GNU/Linux 12",
        platform.release(),
    )
    assert started.machine_id_hash == sha256(b"gapwatch machine id v1\x000123").hexdigest()
    assert started.user_mode == (os.geteuid() != 0)
    assert describe("1.2", clean=False, etc=tmp_path / "missing").machine_id_hash == ""
