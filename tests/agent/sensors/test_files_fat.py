"""The file sensor on vfat and exFAT, in the guest: what media wear, and what a small kernel may lack."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ("agent", "proto", "tests/support")


def packed() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in SOURCES:
            archive.add(ROOT / name, name, filter=lambda entry: None if "__pycache__" in entry.name else entry)
    return buffer.getvalue()


@pytest.mark.guest
@pytest.mark.timeout(600)
def test_copies_saves_and_what_came_while_nobody_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tests/e2e/guest"), *sys.path])
    from vm import VM  # the harness stands in a folder of its own, it is not a package

    with VM("fat") as vm:
        vm.put("/root/sources.tgz", packed())
        script = (
            "mkdir -p /root/sources && tar xzf /root/sources.tgz -C /root/sources && cd /root/sources && "
            "PYTHONPATH=agent:proto:tests /opt/gapwatch/bin/python tests/support/media_session.py vfat exfat"
        )
        said = [json.loads(line) for line in vm.run(script, timeout=500).out.splitlines()]
    assert [session["filesystem"] for session in said] == ["vfat", "exfat"]
    for session in said:
        assert all(line[0] == "MARKED_FILE_WRITTEN" and line[4] == "held" for line in session["written"])
        by_name = {line[1]: line for line in session["written"]}
        assert set(by_name) - {".t"} == {"cp", "dd", "mv", "final"}
        for name in ("cp", "dd", "mv"):
            assert by_name[name][2].endswith("机密.txt")
            assert by_name[name][3] == name
        assert session["second"] == []
        assert [line[:2] for line in session["third"]] == [["MARKED_FILE_FOUND", "between"]]
    # exFAT has no file-id events on this kernel, and health says so.
    assert said[0]["missing"] == ""
    assert "renames" in said[1]["missing"]
