"""Parsers of /proc files against anything, and captures of real processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel import procfs

STAT = b"4711 (%s) S 42 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1 18446744073709551615 11 12 13" + b" 0" * 19


@given(st.binary(max_size=15).filter(lambda name: b"\0" not in name))
def test_a_name_may_hold_anything(name: bytes) -> None:
    stat = procfs.parse_stat(STAT % name)
    assert (stat.pid, stat.name, stat.parent_pid, stat.start_ticks) == (4711, os.fsdecode(name), 42, 987654)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_value_or_value_error(data: bytes) -> None:
    for parse in (procfs.parse_stat, procfs.parse_status, procfs.parse_number):
        with contextlib.suppress(ValueError):
            parse(data)
    assert isinstance(procfs.parse_cmd_line(data), str)
    assert isinstance(procfs.parse_cgroup(data), str)


def test_a_new_program_in_the_same_process_has_another_image() -> None:
    before = procfs.parse_stat(STAT % b"sh")
    assert procfs.parse_stat(STAT % b"cp").image != before.image
    assert procfs.parse_stat((STAT % b"sh").replace(b" 13", b" 14", 1)).image != before.image


def test_ids_and_numbers() -> None:
    assert procfs.parse_status(b"Name:\tx\nUid:\t1000\t0\t0\t0\n") == procfs.Ids(1000, 0)
    assert procfs.parse_number(b"4294967295") == -1
    assert procfs.parse_number(b"1000\n") == 1000
    with pytest.raises(ValueError, match="no Uid line"):
        procfs.parse_status(b"Name:\tx\n")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"cp\0a\0b\0", "cp a b"),
        (b"cp\0a b\0it's\0", "cp 'a b' 'it'\\''s'"),
        (b"x\0\0y\0", "x '' y"),
        (b"x\0a\nb\0", "x 'a\nb'"),
        (b"x\0\xff\0", "x '\udcff'"),
    ],
)
def test_a_command_line_reads_as_it_would_be_typed(data: bytes, text: str) -> None:
    assert procfs.parse_cmd_line(data) == text


def test_the_unified_hierarchy_goes_before_the_named_one() -> None:
    mixed = b"4:memory:/x\n1:name=systemd:/user.slice/session-2.scope\n0::/user.slice/session-3.scope\n"
    assert procfs.parse_cgroup(mixed) == "/user.slice/session-3.scope"
    assert procfs.parse_cgroup(b"1:name=systemd:/session-2.scope\n") == "/session-2.scope"


def test_only_what_can_be_a_file_is_a_source() -> None:
    assert procfs.is_file_name("/home/a/b (deleted)")
    assert not any(map(procfs.is_file_name, ["pipe:[1]", "socket:[2]", "/dev/null", "/proc/1/mem", "/memfd:x", ""]))


def test_a_real_process_is_captured_with_the_files_it_reads(tmp_path: Path) -> None:
    first, second, log = tmp_path / "first", tmp_path / "second\n", tmp_path / "log"
    for path in (first, second, log):
        path.write_bytes(b"x")
    with first.open() as one, second.open() as two, log.open("w") as out:
        command = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]
        child = subprocess.Popen(command, stdin=one, stdout=subprocess.PIPE, stderr=out, pass_fds=[two.fileno()])
        try:
            child.stdout.readline()
            who = procfs.read_who(child.pid)
            assert who is not None
            assert (who.pid, who.parent_pid, who.uid, who.euid) == (child.pid, os.getpid(), os.getuid(), os.geteuid())
            assert who.exe == os.path.realpath(sys.executable)
            assert "time.sleep(60)" in who.cmd_line
            assert who.start_ticks > 0
            assert procfs.open_files(child.pid) == (str(first), str(second))  # the log is only written
        finally:
            child.kill()
            child.wait()
            child.stdout.close()


def test_who_is_gone_is_none() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert procfs.read_who(child.pid) is None
    assert procfs.open_files(child.pid) == ()
    assert procfs.WhoCache().who(child.pid) is None


def test_the_cache_notices_another_program_in_the_same_process() -> None:
    child = subprocess.Popen(["sh", "-c", "read line; exec sleep 60"], stdin=subprocess.PIPE)
    cache = procfs.WhoCache()
    try:
        end = time.monotonic() + 10
        while (before := cache.who(child.pid)) is None or before.name != "sh":
            assert time.monotonic() < end
        assert cache.who(child.pid) is cache.who(child.pid)
        child.stdin.write(b"\n")
        child.stdin.flush()
        while (after := cache.who(child.pid)) is None or after.name != "sleep":
            assert time.monotonic() < end
        assert (after.pid, after.start_ticks, after.cmd_line) == (before.pid, before.start_ticks, "sleep 60")
    finally:
        child.kill()
        child.communicate()
        cache.close()


@pytest.mark.parametrize(
    ("environment", "program"),
    [
        ({}, "read line; exec sleep 60"),  # nothing to read in environ
        (None, "(read line; exec sleep 60) <&0; exit"),  # the child has the image of its parent
    ],
)
def test_the_cache_notices_it_also_where_environ_proves_nothing(environment: dict | None, program: str) -> None:
    child = subprocess.Popen(["sh", "-c", program], stdin=subprocess.PIPE, env=environment)
    cache = procfs.WhoCache()
    end = time.monotonic() + 10
    try:
        pid = child.pid
        if environment is None:
            children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
            while not children.read_text():
                assert time.monotonic() < end
            pid = int(children.read_text())
        while (before := cache.who(pid)) is None or before.name != "sh":
            assert time.monotonic() < end
        assert cache._kept[pid].stat is not None
        assert cache.who(pid) is cache.who(pid)
        child.stdin.write(b"\n")
        child.stdin.flush()
        while (after := cache.who(pid)) is None or after.name != "sleep":
            assert time.monotonic() < end
        os.kill(pid, 9)
        while cache.who(pid) is not None:
            child.poll()
            assert time.monotonic() < end
    finally:
        child.kill()
        child.communicate()
        cache.close()


def test_a_memory_that_ended_is_noticed_without_reading_who_it_was() -> None:
    child = subprocess.Popen(["sleep", "60"])
    cache = procfs.WhoCache()
    try:
        end = time.monotonic() + 10
        while (who := cache.who(child.pid)) is None or who.name != "sleep":
            assert time.monotonic() < end
        assert cache._kept[child.pid].stat is None
    finally:
        child.kill()
        child.wait()
    assert cache.who(child.pid) is None
    assert not cache._kept


def test_the_cache_is_bounded_in_open_files() -> None:
    cache = procfs.WhoCache(size_max=2)
    children = [subprocess.Popen(["sleep", "60"]) for _ in range(5)]
    try:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for child in children:
            assert cache.who(child.pid) is not None
        assert len(list(Path("/proc/self/fd").iterdir())) - before == 2
    finally:
        for child in children:
            child.kill()
            child.wait()
        assert cache.who(children[-1].pid) is None
        cache.close()
