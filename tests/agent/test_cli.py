"""The agent's command line as an administrator meets it: messages, exit codes, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gapwatch_agent import cli

GOOD = '[collector]\naddress = "127.0.0.1:7443"\nenrolment_address = "127.0.0.1:1"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    paths = f'[paths]\nstate = "{tmp_path}/state"\nruntime = "{tmp_path}/run"\n'
    root = f'root_certificate = "{tmp_path}/root.pem"\n'
    path.write_text(GOOD + root + paths, encoding="utf-8")
    return path


def test_a_good_configuration(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-config", "--config", str(config)]) == cli.DONE
    assert "127.0.0.1:7443" in capsys.readouterr().out


def test_three_mistakes_on_one_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "agent.toml"
    path.write_text('[collector]\naddress = "x"\n[spool]\nbytes_max = 1\n[sensor]\n', encoding="utf-8")
    assert cli.main(["check-config", "--config", str(path)]) == cli.USAGE
    complaint = capsys.readouterr().err
    assert "3 mistake(s)" in complaint
    assert all(word in complaint for word in ("collector.address", "spool.bytes_max", "[sensor]"))
    assert cli.main(["check-config", "--json", "--config", str(path)]) == cli.USAGE
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 3


@pytest.mark.parametrize("command", ["check-config", "run", "guard", "watch", "link", "inspector", "status"])
def test_no_configuration_is_a_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--config", "/nowhere/agent.toml"]) == cli.USAGE
    assert "/nowhere/agent.toml" in capsys.readouterr().err


def test_wrong_usage_has_its_own_exit_code() -> None:
    for arguments in ([], ["dance"], ["enrol"]):
        with pytest.raises(SystemExit) as caught:
            cli.main(arguments)
        assert caught.value.code == cli.USAGE


def test_enrolment_says_what_is_missing(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = tmp_path / "token"
    assert cli.main(["enrol", "--config", str(config), "--token-file", str(token)]) == cli.NO
    assert str(token) in capsys.readouterr().err
    token.write_text("abc", encoding="ascii")
    assert cli.main(["enrol", "--config", str(config), "--token-file", str(token)]) == cli.FAILED
    assert "root.pem" in capsys.readouterr().err


def test_status_of_an_agent_that_does_not_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--config", str(config)]) == cli.NO
    assert "not running" in capsys.readouterr().out


def test_doctor_answers_without_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor", "--json", "--config", str(tmp_path / "none.toml")])
    findings = json.loads(capsys.readouterr().out)
    assert code == (cli.DONE if all(f["in_force"] for f in findings) else cli.NO)


def test_help_teaches() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gapwatch_agent", "--help"], capture_output=True, text=True, check=True
    )
    assert "first steps on a workstation" in done.stdout
    assert "exit codes" in done.stdout


LOADED = """
import sys
from gapwatch_agent import cli, compose
import {modules}
banned = {banned!r}
print(sorted(name for name in sys.modules if name in banned))
"""


@pytest.mark.parametrize(
    ("modules", "banned"),
    [
        (
            "gapwatch_agent.guard",
            ["asyncio", "cryptography", "google.protobuf", "grpc", "psutil", "pyudev", "email"],
        ),
        ("gapwatch_agent.watch.process, gapwatch_agent.sensors.files", ["cryptography", "grpc", "sqlalchemy"]),
    ],
    ids=["guard", "watch"],
)
def test_a_process_loads_only_what_it_needs(modules: str, banned: list[str]) -> None:
    script = LOADED.format(modules=modules, banned=banned)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
