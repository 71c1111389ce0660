"""`make run` from outside: what it prints is where it listens, each sign-in opens its duty's page, and nothing is left
behind. As root also the README's own example: a marked file copied to an extra medium stands on the alert list.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from support.loop_media import loop_medium

ROOT = Path(__file__).parents[2]
RUN = ROOT / "packaging" / "development" / "run.py"
START_S, ALERT_S, STOP_S = 60.0, 30.0, 30.0
LANDING = {
    "secrecy_administrator": "/alerts",
    "system_administrator": "/hosts",
    "security_auditor": "/audit",
}


@dataclass
class Running:
    """One `make run`: what it has printed so far, and its process."""

    process: subprocess.Popen[str]
    state: Path
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def listen(self) -> None:
        assert self.process.stdout
        self.lines.extend(self.process.stdout)

    def sign_ins(self) -> dict[str, str]:
        return dict(re.findall(r"^  (\w+) +(http://\S+/sign-in\?code=\S+)$", self.text, re.MULTILINE))


def until(condition: Callable[[], object], seconds: float, complaint: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.1)


def free_ports() -> int:
    """The first of three neighbours nobody listens on."""
    for first in range(20000 + os.getpid() % 10000, 32000, 3):
        with contextlib.ExitStack() as held:
            try:
                for port in range(first, first + 3):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no three free ports")


def of_this_state(state: Path) -> list[str]:
    """Command lines of processes that work on this state folder."""
    found = []
    for cmd_line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = cmd_line.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if f"{state}/" in words:
                found.append(words)
    return found


@contextlib.contextmanager
def make_run(state: Path, port: int, media: Sequence[str] = ()) -> Iterator[Running]:
    command = [sys.executable, str(RUN), "--state", str(state), "--port", str(port)]
    if media:
        command += ["--extra-media", *media]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    running = Running(process, state)
    reader = threading.Thread(target=running.listen)
    reader.start()
    try:
        yield running
    finally:
        process.terminate()
        process.wait(STOP_S * 2)
        reader.join()
        assert process.stdout
        process.stdout.close()


def wait_for_sign_ins(running: Running) -> dict[str, str]:
    until(
        lambda: "manual check" in running.text or "人工核查" in running.text or running.process.poll() is not None,
        START_S,
        lambda: running.text,
    )
    assert running.process.poll() is None, running.text
    return running.sign_ins()


@contextlib.contextmanager
def signed_in(address: str) -> Iterator[tuple[httpx.Client, str]]:
    """What a person does: open the address, press the button. Yields where that leads."""
    with httpx.Client(base_url=str(httpx.URL(address).join("/")), follow_redirects=True) as client:
        form = client.get(address)
        inputs = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", form.text)]
        fields = {tag["name"]: tag.get("value", "") for tag in inputs if "name" in tag}
        assert fields["code"], form.text
        answer = client.post("/sign-in", data=fields, headers={"origin": str(client.base_url).rstrip("/")})
        assert answer.status_code == 200, answer.text
        yield client, answer.url.path


def refused(state: Path, *arguments: str) -> str:
    """A run that must not start; what it says."""
    done = subprocess.run(
        [sys.executable, str(RUN), "--state", str(state), *arguments],
        capture_output=True, text=True, check=False, timeout=START_S,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_run_prints_what_opens_and_a_second_one_takes_its_state_up(tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_ports()
    with make_run(state, port) as running:
        first = wait_for_sign_ins(running)
        assert set(first) == set(LANDING), running.text
        for role, address in first.items():
            with signed_in(address) as (client, landing):
                assert landing == LANDING[role]
                hosts = client.get("/api/hosts").json()
        assert [(host["state"], host["condition"]) for host in hosts] == [("enrolled", "online")], hosts
        assert "using" in refused(state, "--port", str(port))
        assert f"port {port}" in refused(tmp_path / "other", "--port", str(port))
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(STOP_S) == 0, running.text
        until(lambda: not of_this_state(state), STOP_S, lambda: "\n".join(of_this_state(state)))
    with make_run(state, port) as running:
        again = wait_for_sign_ins(running)
        assert not set(again.values()) & set(first.values())
        assert "making development keys" not in running.text
        assert "enrolling" not in running.text
        running.process.terminate()
        assert running.process.wait(STOP_S) == 0, running.text


def test_what_cannot_work_is_said_before_anything_starts(tmp_path: Path) -> None:
    port = str(free_ports())
    state = tmp_path / "state"
    assert "/dev/nowhere is not a block device" in refused(state, "--port", port, "--extra-media", "/dev/nowhere")
    assert "too long a path" in refused(tmp_path / ("long" * 30), "--port", port)
    state.write_text("a file")
    assert str(state) in refused(state, "--port", port)


def test_damaged_state_is_said_with_the_way_out(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "keys" / "collector").mkdir(parents=True)
    said = refused(state, "--port", str(free_ports()))
    assert "ca.key" in said
    assert f"mv {state} {state}.old" in said


@pytest.mark.kernel
def test_the_readmes_copy_stands_on_the_alert_list(tmp_path: Path) -> None:
    notice = tmp_path / "notice.txt"
    notice.write_text("机密★5年\n关于……的通知\n", encoding="utf-8")
    with (
        loop_medium(tmp_path, "stick") as medium,
        make_run(tmp_path / "state", free_ports(), [medium.node]) as running,
    ):
        address = wait_for_sign_ins(running)["secrecy_administrator"]
        with signed_in(address) as (client, _):
            subprocess.run(["cp", str(notice), str(medium.point)], check=True)

            def rules() -> set[str]:
                return {alert["catalogue_id"] for alert in client.get("/api/alerts").json()["alerts"]}

            until(lambda: rules() & {"MED-06", "FIL-17"}, ALERT_S, lambda: client.get("/api/alerts").text)
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(STOP_S) == 0, running.text
