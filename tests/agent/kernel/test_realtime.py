"""Each wish says honestly whether it was granted (in a process of its own: it would change this one)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gapwatch_agent.kernel import realtime

PROGRAM = """
import os, sys
from gapwatch_agent.kernel import realtime
if sys.argv[1] == "plain":
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for outcome in (realtime.schedule_fifo(3), realtime.lock_memory(), realtime.spare_from_oom(-900)):
    print(outcome.wish, outcome.granted, bool(outcome.reason), sep="|")
print(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO)
print(open("/proc/self/oom_score_adj").read().strip())
print([line for line in open("/proc/self/status") if line.startswith("VmLck")])
"""


def said(user: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(realtime.__file__).parents[2])}
    command = ["prlimit", "--rtprio=0", "--memlock=65536", sys.executable, "-c", PROGRAM, user]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.kernel
def test_what_is_granted_is_in_force_and_what_is_not_has_a_reason() -> None:
    for user in ("root", "plain"):
        fifo, locked, oom, scheduled, adjustment, memory = said(user)
        assert (fifo == "SCHED_FIFO 3|True|False") == (scheduled == "True")
        assert (oom == "oom_score_adj -900|True|False") == (adjustment == "-900")
        assert ("|True|" in locked) == ("VmLck:\\t       0 kB" not in memory)
        for line in (fifo, locked, oom):
            assert line.endswith(("|True|False", "|False|True"))
    assert said("plain")[0] == "SCHED_FIFO 3|False|True"


def test_a_missing_oom_file_is_a_reason(tmp_path: Path) -> None:
    outcome = realtime.spare_from_oom(path=tmp_path / "no" / "oom_score_adj")
    assert not outcome.granted
    assert "No such file" in outcome.reason
    odd = tmp_path / "oom"
    odd.write_text("0")
    assert realtime.spare_from_oom(-5, odd).granted
