"""The door: light until somebody asks, light again after, and never fed for a parent that is stuck."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gapwatch_agent import channel
from gapwatch_agent.inspector import service, verdict

_PROGRAM = """
import sys, pathlib
from gapwatch_agent.inspector import door
from gapwatch_agent.inspector.limits import Limits

def serve(listener, beat):
    from gapwatch_agent.inspector import service
    service.serve(listener, Limits(), alive=beat, idle_exit_s=float(sys.argv[2]))

assert not {"gapwatch_agent.inspector.examine", "pypdfium2_raw"} & set(sys.modules)
sys.exit(door.run(pathlib.Path(sys.argv[1]), serve, ready=lambda: print("ready", flush=True)))
"""


@pytest.fixture
def keeper(tmp_path):
    started = []

    def start(idle_s=30.0):
        path = tmp_path / "inspector.sock"
        command = [sys.executable, "-c", _PROGRAM, str(path), str(idle_s)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return path, process

    yield start
    for process in started:
        process.terminate()
        assert process.wait(15) == 0
        process.stdout.close()


def inspect(path, tmp_path):
    (tmp_path / "a.txt").write_text("机密★5年\n", encoding="utf-8")
    with channel.connect(path) as connection, (tmp_path / "a.txt").open("rb") as file:
        connection.settimeout(60)
        channel.send(connection, channel.Message(service.INSPECT, json.dumps({"name": "a"}).encode(), (file.fileno(),)))
        return verdict.decode(channel.receive(connection).body)


def children(process):
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in listed.split()]


def until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_readers_come_when_asked_for_and_go_when_idle(keeper, tmp_path):
    path, process = keeper(idle_s=0.5)
    assert children(process) == []
    assert inspect(path, tmp_path).inspection.mark.level == "secret"
    until(lambda: children(process) == [])
    assert inspect(path, tmp_path).inspection.mark.level == "secret"


def test_a_parent_that_dies_is_started_anew(keeper, tmp_path):
    path, process = keeper()
    inspect(path, tmp_path)
    (first,) = children(process)
    os.kill(first, signal.SIGKILL)
    assert inspect(path, tmp_path).inspection.mark.level == "secret"
    assert children(process) != [first]


def test_the_parent_goes_with_the_door(keeper, tmp_path):
    path, process = keeper()
    inspect(path, tmp_path)
    (parent,) = children(process)
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    until(lambda: not Path(f"/proc/{parent}").exists())
    assert not path.exists()


def test_a_stuck_parent_is_not_fed_for(tmp_path):
    program = """
import sys, pathlib, time
from gapwatch_agent.inspector import door
door._BEAT_S, door._SILENCE_MAX_S, door._STARTING_MAX_S = 0.05, 0.3, 0.3
def serve(listener, beat):
    beat()
    time.sleep(60)
def say(word):
    return lambda: print(word, flush=True)
door.run(pathlib.Path(sys.argv[1]), serve, ready=say("ready"), alive=say("fed"))
"""
    path = tmp_path / "inspector.sock"
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    with channel.connect(path):
        time.sleep(1.5)
        os.set_blocking(process.stdout.fileno(), False)
        os.read(process.stdout.fileno(), 1 << 16)
        time.sleep(1.0)
        with pytest.raises(BlockingIOError):
            os.read(process.stdout.fileno(), 1 << 16)
    process.kill()
    process.wait()
    process.stdout.close()
