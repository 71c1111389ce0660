"""A collector's command line over the test zone's keys and an empty store."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.collectors import CommandLine, write_config


@pytest.fixture
def collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(write_config(tmp_path), capsys)
