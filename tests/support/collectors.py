"""The collector as a program: its command line in-process, and served as a process of its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapwatch_collector.cli import main
from support.zones import zone_keys_dir

CONFIG = """
[collector]
data_dir = "{data}"
keys_dir = "{keys}"
tick_interval_s = 1
[ingest]
listen = "127.0.0.1:0"
register_poll_s = 1
[enrolment]
listen = "127.0.0.1:0"
{enrolment}
[console]
listen = "127.0.0.1:0"
"""


def write_config(folder: Path, enrolment: str = "") -> Path:
    """A configuration over the test zone's keys, with its state in ``folder``."""
    path = folder / "collector.toml"
    text = CONFIG.format(data=folder / "data", keys=zone_keys_dir() / "collector", enrolment=enrolment)
    path.write_text(text, encoding="utf-8")
    return path


@dataclass
class CommandLine:
    """Runs commands in-process and hands back what they printed."""

    config: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """stdout of a command that must end with ``code``; stderr is kept in ``complaint``."""
        given = [*arguments, "--config", str(self.config)] if "--config" not in arguments else list(arguments)
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        try:
            found = main(given)
        finally:
            root.handlers[:] = handlers  # serve logs to this test's stderr, which the next test no longer has
            root.setLevel(level)
        out, self.complaint = self.capture.readouterr()
        assert found == code, f"exit code {found}: {out}{self.complaint}"
        assert "Traceback" not in out + self.complaint
        return out

    def json(self, *arguments: str, code: int = 0) -> object:
        """The same, as a machine reads it."""
        return json.loads(self(*arguments, "--json", code=code))


@dataclass
class Served:
    """A collector process and where it listens."""

    process: subprocess.Popen[str]
    started: dict[str, object]

    def port(self, name: str) -> int:
        return int(str(self.started[name]).rstrip("/").rsplit(":", 1)[1])


@contextmanager
def served(config: Path, *roles: str) -> Iterator[Served]:
    """``gapwatch-collector serve``, ready; killed at the end if it still runs."""
    command = [sys.executable, "-m", "gapwatch_collector", "serve", "--json", "--config", str(config)]
    for role in roles:
        command += ["--role", role]
    log = (config.parent / "stderr.log").open("a", encoding="utf-8")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line, (config.parent / "stderr.log").read_text(encoding="utf-8")
            yield Served(process, json.loads(line))
        finally:
            process.kill()
            process.wait()
