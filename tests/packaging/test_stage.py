"""What a workstation gets: the agent, the wire, its units, and nothing of the collector."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gapwatch_agent import config

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    subprocess.run([sys.executable, str(ROOT / "packaging/stage.py"), "--root", str(root)], check=True)
    return root


def test_nothing_of_the_collector_reaches_a_workstation(staged: Path) -> None:
    names = [path.relative_to(staged).as_posix() for path in staged.rglob("*")]
    assert not [name for name in names if "gapwatch_collector" in name or "__pycache__" in name]
    site = staged / "opt/gapwatch/lib/python3.11/site-packages"
    assert {path.name for path in site.iterdir()} == {"gapwatch_agent", "gapwatch_proto"}


def test_the_example_configuration_is_valid(staged: Path) -> None:
    read = config.load(staged / "etc/gapwatch/agent.toml.example")
    assert read.watch == config.Watch()
    assert read.spool == config.SpoolLimits()
    assert read.inspector == config.InspectorLimits()


def test_the_launcher_is_isolated_from_the_environment(staged: Path) -> None:
    launcher = staged / "usr/bin/gapwatch-agent"
    assert os.access(launcher, os.X_OK)
    assert launcher.read_text(encoding="utf-8").splitlines()[0] == "#!/opt/gapwatch/bin/python -I"


def test_systemd_accepts_the_units(staged: Path) -> None:
    units = sorted((staged / "usr/lib/systemd/system").iterdir())
    assert [unit.name for unit in units] == [
        "gapwatch-guard.service",
        "gapwatch-inspector.service",
        "gapwatch-link.service",
        "gapwatch-watch.service",
        "gapwatch.target",
    ]
    if not Path("/usr/bin/systemd-analyze").exists():
        pytest.fail("systemd-analyze is part of the prerequisites")
    # The launcher is only staged, so its absence is the one complaint that is expected.
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, units)], capture_output=True, text=True, check=False
    )
    complaints = [
        line for line in done.stderr.splitlines() if "gapwatch" in line and "/usr/bin/gapwatch-agent" not in line
    ]
    assert complaints == []


@pytest.mark.parametrize("process", ["guard", "watch", "link", "inspector"])
def test_every_process_is_watched_and_comes_back(staged: Path, process: str) -> None:
    text = (staged / f"usr/lib/systemd/system/gapwatch-{process}.service").read_text(encoding="utf-8")
    for line in ("Type=notify", "Restart=always", "StartLimitIntervalSec=0", "NoNewPrivileges=yes"):
        assert line in text
    assert "WatchdogSec=" in text
