"""Joining captures to closes, within bounds."""

from __future__ import annotations

from gapwatch_agent.guard.messages import Opened
from gapwatch_agent.kernel.procfs import Who
from gapwatch_agent.sensors.files_captures import Captures


def opened(pid: int, ino: int, sources: tuple[str, ...] = ()) -> Opened:
    who = Who(pid, pid * 10, "cp", "/bin/cp", "cp", 1, "sh", 0, 0, -1, -1, "/")
    return Opened(pid, 7, ino, "/m/a", 1, 2, who, sources)


def test_the_same_process_goes_before_the_last_opener() -> None:
    captures = Captures()
    captures.add(opened(1, 5, ("/a",)))
    captures.add(opened(2, 5, ("/b",)))
    assert captures.find(7, 5, 1).sources == ("/a",)
    assert captures.find(7, 5, 9).sources == ("/b",)  # closed by a child that inherited it
    assert captures.find(7, 6, 1) is None
    assert captures.find(8, 5, 1) is None


def test_the_last_open_of_a_process_counts_and_one_without_a_process_does_not() -> None:
    captures = Captures()
    captures.add(opened(1, 5, ("/a",)))
    captures.add(opened(1, 5, ("/b",)))
    captures.add(opened(1, 5, ("/c",))._replace(who=None))
    assert captures.find(7, 5, 1).sources == ("/b",)
    assert len(captures) == 1


def test_the_oldest_go_first_and_equal_processes_are_kept_once() -> None:
    captures = Captures(size_max=100)
    for ino in range(1000):
        captures.add(opened(1, ino))
    assert len(captures) == 100
    assert captures.find(7, 899, 1) is None
    assert captures.find(7, 899, 2) is None
    assert captures.find(7, 900, 1).who is captures.find(7, 999, 1).who
    assert len(captures._last_pid) == 100
