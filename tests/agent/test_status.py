"""The status a person asks for: fresh, connected, delivering, or the reason why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gapwatch_agent import compose, status
from gapwatch_agent.config import Config, Paths

NOW_NS = 1_790_000_000_000_000_000
GOOD = {"state": "connected", "watch_connected": True, "written_ns": NOW_NS - 2_000_000_000, "last_error": ""}


def written(tmp_path: Path, **changes: object) -> Config:
    config = Config(paths=Paths(runtime=tmp_path))
    compose.status_file(config).parent.mkdir(parents=True)
    compose.status_file(config).write_text(json.dumps({**GOOD, **changes}), encoding="utf-8")
    return config


def test_a_fresh_connected_agent_is_healthy(tmp_path: Path) -> None:
    snapshot = status.read(written(tmp_path), NOW_NS)
    assert snapshot.healthy
    assert snapshot.age_s == pytest.approx(2)
    assert json.loads(status.as_json(snapshot))["healthy"] is True


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"written_ns": NOW_NS - 60_000_000_000}, "60 s old"),
        ({"state": "connecting", "last_error": "refused: revoked"}, "refused: revoked"),
        ({"state": "awaiting_confirmation"}, "awaiting_confirmation"),
        ({"watch_connected": False}, "does not deliver"),
    ],
)
def test_anything_else_is_said(tmp_path: Path, changes: dict, verdict: str) -> None:
    snapshot = status.read(written(tmp_path, **changes), NOW_NS)
    assert not snapshot.healthy
    assert verdict in status.as_table(snapshot)


def test_no_snapshot_means_not_running(tmp_path: Path) -> None:
    snapshot = status.read(Config(paths=Paths(runtime=tmp_path)))
    assert not snapshot.healthy
    assert "not running" in snapshot.verdict


def test_what_came_from_outside_is_escaped(tmp_path: Path) -> None:
    snapshot = status.read(written(tmp_path, last_error="a\x1b[2Jb\nc"), NOW_NS)
    assert "\x1b" not in status.as_table(snapshot)
    assert r"a\x1b[2Jb\nc" in status.as_table(snapshot)
