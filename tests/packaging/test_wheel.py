"""The wheel of the collector carries everything it needs at run time: pages, their assets, rules, migrations."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "gapwatch_collector/console/static/vendor/htmx.min.js",
        "gapwatch_collector/console/static/vendor/sse.min.js",
        "gapwatch_collector/console/static/console.css",
        "gapwatch_collector/console/templates/alerts.html",
        "gapwatch_collector/console/locale/zh.toml",
        "gapwatch_collector/shipped_rules/clauses.yaml",
        "gapwatch_collector/shipped_rules/media/MED-01.yml",
        "gapwatch_collector/store/migrations/env.py",
        "gapwatch_agent/cli.py",
        "gapwatch_proto/v1/stream_pb2.py",
    ],
)
def test_the_wheel_carries(name: str, names: set[str]) -> None:
    assert name in names


def test_the_wheel_carries_nothing_else(names: set[str]) -> None:
    packages = ("gapwatch_agent/", "gapwatch_collector/", "gapwatch_proto/", "gapwatch-")
    assert [name for name in names if not name.startswith(packages)] == []
