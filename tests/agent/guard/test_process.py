"""The guard process as the kernel and its peers meet it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.guard import messages
from gapwatch_agent.guard import process as guard_process
from support.file_watching import GuardProcess
from support.filesystems import FILESYSTEMS, mounted, unmount

pytestmark = pytest.mark.kernel


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[GuardProcess]:
    process = GuardProcess(tmp_path / "guard.sock")
    yield process
    process.stop()


@pytest.fixture
def line(guard: GuardProcess) -> Iterator[socket.socket]:
    with channel.connect(guard.socket_path) as connection:
        connection.settimeout(10)
        yield connection


def ask(line: socket.socket, kind: int, body: dict, directory: Path | None = None) -> None:
    fds = () if directory is None else (os.open(directory, os.O_RDONLY | os.O_DIRECTORY),)
    channel.send(line, Message(kind, json.dumps(body).encode(), fds))
    for fd in fds:
        os.close(fd)


def hear(line: socket.socket) -> Message:
    message = channel.receive(line)
    assert message is not None
    return message


def mark(line: socket.socket, directory: Path, key: str = "k") -> messages.Marked:
    ask(line, messages.WATCH, {"key": key}, directory)
    while (message := hear(line)).type != messages.MARKED:
        continue
    return messages.decode_marked(message.body)


def status(line: socket.socket) -> messages.Status:
    ask(line, messages.STATUS_WANTED, {})
    while (message := hear(line)).type != messages.STATUS:
        continue
    return messages.decode_status(message.body)


@pytest.mark.parametrize("filesystem", FILESYSTEMS)
def test_an_opener_is_captured_with_its_source(filesystem: str, tmp_path: Path, line: socket.socket) -> None:
    source = tmp_path / "source\n\udcff"
    source.write_bytes(b"x")
    with mounted(filesystem, tmp_path) as point:
        assert mark(line, point).ok
        child = subprocess.Popen(["cp", source, point / "copy"])
        child.wait()
        opened = messages.decode_opened(hear(line).body)
        assert (opened.pid, opened.path) == (child.pid, str(point / "copy"))
        assert opened.who is not None
        assert (opened.who.name, opened.who.parent_pid, opened.who.uid) == ("cp", os.getpid(), os.getuid())
        assert opened.sources[-1] == str(source)
        copy = (point / "copy").stat()
        assert (opened.dev, opened.ino) == (copy.st_dev, copy.st_ino)
        unmount(point)


def test_the_machines_own_filesystems_are_refused(tmp_path: Path, line: socket.socket) -> None:
    for directory in ("/", "/usr", "/etc", "/proc"):
        marked = mark(line, Path(directory), directory)
        if directory != "/proc":
            assert not marked.ok
            assert "never marked" in marked.error
    ask(line, messages.WATCH, {"key": "none"})
    assert "directory" in messages.decode_marked(hear(line).body).error
    assert status(line).answered < 10_000


def test_exempt_processes_are_answered_and_not_captured(tmp_path: Path, line: socket.socket) -> None:
    with mounted("tmpfs", tmp_path) as point:
        assert mark(line, point).ok
        (point / "by the peer itself").write_bytes(b"x")
        command = ["sh", "-c", f"read line; echo x > {point}/a"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE)
        ask(line, messages.EXEMPT, {"pids": [child.pid]})
        before = status(line)
        child.communicate(b"\n")
        after = status(line)
        assert (after.answered - before.answered, after.captured, after.exempt) == (1, 0, 2)


def test_marks_end_with_release_and_with_the_connection(
    tmp_path: Path, guard: GuardProcess, line: socket.socket
) -> None:
    with mounted("tmpfs", tmp_path) as point:
        with channel.connect(guard.socket_path) as other:
            other.settimeout(10)
            assert mark(other, point, "theirs").ok
            assert mark(line, point, "ours").ok
            assert mark(line, point, "ours").ok
            assert status(line).marks == 2
        ask(line, messages.RELEASE, {"key": "ours"})
        ask(line, messages.RELEASE, {"key": "unknown"})
        assert status(line).marks == 0
        subprocess.run(["touch", point / "a"], check=True)
        assert status(line).captured == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [(99, b"{}"), (messages.WATCH, b"{"), (messages.WATCH, b'{"key":5}'), (messages.EXEMPT, b'{"pids":[-1]}')],
)
def test_nonsense_ends_the_connection_and_nothing_else(
    guard: GuardProcess, line: socket.socket, kind: int, body: bytes
) -> None:
    with channel.connect(guard.socket_path) as other:
        other.settimeout(10)
        channel.send(other, Message(kind, body))
        assert channel.receive(other) is None
    with channel.connect(guard.socket_path) as other:
        other.settimeout(10)
        other.send(b"not ours")
        assert channel.receive(other) is None
    assert status(line).marks == 0


def test_a_strangers_connection_is_closed_unheard(tmp_path: Path, guard: GuardProcess, line: socket.socket) -> None:
    guard.socket_path.chmod(0o666)
    program = (
        "import socket, sys, os\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(10)\n"
        "os.chdir(os.path.dirname(sys.argv[1])); os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "s.connect(os.path.basename(sys.argv[1]))\n"
        "try:\n s.send(b'GW\\x01\\x04{}'); answer = s.recv(100)\n"
        "except OSError: answer = b''\n"
        "sys.exit(0 if answer == b'' else 1)\n"
    )
    folder = tmp_path
    while folder != Path("/"):
        folder.chmod(folder.stat().st_mode | 0o011)
        folder = (
            folder.parent if folder.parent.stat().st_uid == os.getuid() and folder.parent != Path("/") else Path("/")
        )
    assert subprocess.run([sys.executable, "-c", program, guard.socket_path], check=False).returncode == 0
    assert status(line).marks == 0


def test_a_peer_that_never_reads_holds_nobody_up(tmp_path: Path, guard: GuardProcess, line: socket.socket) -> None:
    with mounted("tmpfs", tmp_path) as point, channel.connect(guard.socket_path) as deaf:
        deaf.settimeout(10)
        assert mark(deaf, point).ok
        program = f"for i in range(40000): open('{point}/' + str(i % 50), 'w').close()"
        subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
        counted = status(line)
        assert counted.answered == 40_000
        assert counted.captured == 40_000
        assert 0 < counted.dropped < 40_000
        deaf.setblocking(False)
        assert 0 < _count_waiting(deaf) <= 40_000 - counted.dropped


def _count_waiting(connection: socket.socket) -> int:
    received = 0
    with contextlib.suppress(BlockingIOError):
        while channel.receive(connection) is not None:
            received += 1
    return received


def test_whoever_opens_while_guard_is_killed_gets_the_file(
    tmp_path: Path, guard: GuardProcess, line: socket.socket
) -> None:
    with mounted("tmpfs", tmp_path) as point:
        assert mark(line, point).ok
        program = (
            "import os, sys\nprint('go', flush=True)\n"
            f"for i in range(4000): os.close(os.open('{point}/f', os.O_CREAT | os.O_WRONLY))\nprint('done')"
        )
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        drain = threading.Thread(target=_read_all, args=(line,), daemon=True)
        drain.start()
        assert child.stdout.readline() == b"go\n"
        os.kill(guard.pid, 19)  # held: openers now wait for an answer that will not come
        os.kill(guard.pid, 9)
        out, _ = child.communicate(timeout=20)
        assert (child.returncode, out) == (0, b"done\n")
        guard.process.wait()
        guard.process.stdout.close()
        drain.join(10)
        unmount(point)


def _read_all(line: socket.socket) -> None:
    while True:
        try:
            if channel.receive(line) is None:
                return
        except OSError:
            return


def test_it_says_ready_and_alive_and_stops_when_asked(guard: GuardProcess) -> None:
    assert guard.kill(15) == 0
    assert not guard.socket_path.exists()


def test_alive_is_called_while_the_loop_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("spare_from_oom", "lock_memory", "schedule_fifo"):
        monkeypatch.setattr(guard_process.realtime, name, lambda: guard_process.realtime.Outcome("it", granted=True))
    told: list[str] = []

    class Stop(Exception):  # noqa: N818 (ends the loop of this test)
        pass

    def alive() -> None:
        told.append("alive")
        if told.count("alive") == 2:
            raise Stop

    with pytest.raises(Stop):
        guard_process.run(tmp_path / "g.sock", ready=lambda: told.append("ready"), alive=alive)
    assert told == ["ready", "alive", "alive"]
