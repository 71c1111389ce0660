"""The inspector process over its socket: verdicts, strangers' requests, misbehaving children, idling."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gapwatch_agent import channel
from gapwatch_agent.inspector import service, verdict

_PROGRAM = """
import sys, pathlib
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.service import run
idle = float(sys.argv[2]) or None
sys.exit(run(pathlib.Path(sys.argv[1]), Limits(), ready=lambda: print("ready", flush=True), idle_exit_s=idle))
"""


def _start(path, idle_s=0.0):
    command = [sys.executable, "-c", _PROGRAM, str(path), str(idle_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def inspector(tmp_path):
    path = tmp_path / "inspector.sock"
    process = _start(path)
    yield path, process
    process.terminate()
    process.wait(10)
    process.stdout.close()


def _connect(path):
    connection = channel.connect(path)
    connection.settimeout(30)
    return connection


def _ask(connection, file, name="x.txt"):
    fd = os.open(file, os.O_RDONLY)
    try:
        body = json.dumps({"name": name, "size": 0}).encode()
        channel.send(connection, channel.Message(service.INSPECT, body, (fd,)))
    finally:
        os.close(fd)


def _verdict(connection):
    answer = channel.receive(connection)
    assert answer is not None
    assert answer.type == service.VERDICT
    return verdict.decode(answer.body)


def test_a_marked_file_gets_its_verdict(inspector, tmp_path):
    file = tmp_path / "a"
    file.write_text("机密★5年\n关于某项工作的通知\n", encoding="utf-8")
    with _connect(inspector[0]) as connection:
        _ask(connection, file)
        found = _verdict(connection)
        assert (found.inspection.mark.axis, found.inspection.mark.period) == ("state", "P5Y")
        assert found.size == file.stat().st_size
        assert len(found.sha256) == 64
        _ask(connection, file, "again.txt")
        assert _verdict(connection).inspection.inspected == "full"


def test_four_connections_are_served_at_once_and_a_fifth_waits(inspector, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"nothing here")
    connections = [_connect(inspector[0]) for _ in range(5)]
    for connection in connections:
        _ask(connection, file)
    for connection in connections[:4]:
        assert _verdict(connection).inspection.type == "text"
    connections[0].close()
    assert _verdict(connections[4]).inspection.type == "text"
    for connection in connections[1:]:
        connection.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"name":1}', b"\xff", b"[" * 50_000],
)
def test_a_malformed_request_ends_its_connection_only(inspector, tmp_path, body):
    file = tmp_path / "a"
    file.write_bytes(b"text")
    with _connect(inspector[0]) as bad, _connect(inspector[0]) as good:
        fd = os.open(file, os.O_RDONLY)
        channel.send(bad, channel.Message(service.INSPECT, body, (fd,)))
        os.close(fd)
        assert channel.receive(bad) is None
        _ask(good, file)
        assert _verdict(good).inspection.inspected == "full"


def test_a_request_without_a_descriptor_ends_its_connection(inspector):
    with _connect(inspector[0]) as connection:
        channel.send(connection, channel.Message(service.INSPECT, b'{"name":"x"}'))
        assert channel.receive(connection) is None


def test_bytes_that_are_not_our_protocol_end_the_connection(inspector):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.settimeout(30)
        stranger.connect(str(inspector[0]))
        stranger.send(b"GET / HTTP/1.0")
        assert stranger.recv(10) == b""


def test_a_pipe_is_unreadable(inspector):
    read_fd, write_fd = os.pipe()
    with _connect(inspector[0]) as connection:
        channel.send(connection, channel.Message(service.INSPECT, b'{"name":"x"}', (read_fd,)))
        assert _verdict(connection).inspection.reason == "unreadable"
    os.close(read_fd)
    os.close(write_fd)


def test_names_survive_lone_surrogates(inspector, tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"\x7fELF\2\1\0")
    with _connect(inspector[0]) as connection:
        _ask(connection, file, "【机密】" + os.fsdecode(b"\xff") + ".png")
        found = _verdict(connection).inspection
    assert (found.reason, found.mark.level, found.mark.evidence[0].part) == ("unsupported", "secret", "name")


def test_it_ends_when_idle(tmp_path):
    process = _start(tmp_path / "inspector.sock", idle_s=0.1)
    assert process.wait(20) == 0
    process.stdout.close()
    assert not (tmp_path / "inspector.sock").exists()


def test_a_client_that_leaves_takes_its_child_along(inspector, tmp_path):
    file = tmp_path / "a"
    with file.open("wb") as handle:
        handle.truncate(2 << 30)
    with _connect(inspector[0]) as connection:
        _ask(connection, file)
    deadline = time.monotonic() + 10
    children = f"/proc/{inspector[1].pid}/task/{inspector[1].pid}/children"
    while time.monotonic() < deadline:
        with Path(children).open(encoding="ascii") as listed:
            if not listed.read().split():
                break
        time.sleep(0.02)
    else:
        pytest.fail("the child outlived its client")


def test_a_client_that_leaves_just_before_its_child_answers_takes_nothing_down(inspector, tmp_path):
    path, process = inspector
    file = tmp_path / "a"
    with file.open("wb") as sparse:
        sparse.truncate(256 * 1024 * 1024)  # long enough to hash that the child is met at work
    leaving = _connect(path)
    _ask(leaving, file)
    born = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 10
    while not born.read_text():
        assert time.monotonic() < deadline
    os.kill(process.pid, signal.SIGSTOP)  # hanging up and the answer are seen in one turn of its loop
    try:
        leaving.close()
        while any(_state(pid) != "Z" for pid in born.read_text().split()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    file.write_bytes(b"nothing here")
    with _connect(path) as connection:
        _ask(connection, file)
        assert _verdict(connection).inspection.inspected == "full"
    assert process.poll() is None


def _state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
