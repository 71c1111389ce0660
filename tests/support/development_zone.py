"""A whole zone on this machine: a collector with development keys, and an agent that really watches; both run by their
own commands, in one folder, on ports of their own. What ``make run`` does, for measurements.
"""

from __future__ import annotations

import compileall
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
READY_S = 90.0
STOP_S = 30.0

COLLECTOR = """
[collector]
data_dir = "{folder}/collector"
keys_dir = "{folder}/keys/collector"
zone = "development"
[ingest]
listen = "127.0.0.1:0"
[enrolment]
listen = "127.0.0.1:0"
auto_confirm = true
ask_again_s = 1
[console]
listen = "127.0.0.1:0"
"""

AGENT = """
[paths]
state = "{folder}/agent"
runtime = "{folder}/run"
[collector]
address = "{ingest}"
enrolment_address = "{enrolment}"
root_certificate = "{folder}/keys/collector/root.pem"
[zone]
name = "development"
[watch]
extra_media = {media}
"""

# The heartbeat is the default's: what is measured at rest must be what a workstation does at rest.
POLICY = """
version = 1
zone = "development"
heartbeat_interval_s = 60
[controls]
storage_access = "observe"
marked_copies = "observe"
"""


class DevelopmentZone:
    """One collector and one agent; the host is registered as a classified one (state: secret)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.collector: subprocess.Popen[str] | None = None
        self.agent: subprocess.Popen[str] | None = None

    @property
    def store(self) -> Path:
        """The collector's database."""
        (path,) = (self.folder / "collector").glob("*.sqlite3")
        return path

    def open(self, media: Sequence[str]) -> None:
        """Keys, policy, collector, enrolment, agent: until everything is up and connected."""
        config = self.folder / "collector.toml"
        config.write_text(COLLECTOR.format(folder=self.folder), encoding="utf-8")
        officers = ("--officer", "one", "--officer", "two")
        self._office(
            "keys", "create", "--out", str(self.folder / "keys"), "--zone", "development", "--development", *officers
        )
        self._office("accounts", "create", "officer", "--by", "first")
        self._office("accounts", "grant", "officer", "secrecy_administrator", "--by", "second")
        self._publish_policy()
        command = [str(BIN / "gapwatch-collector"), "serve", "--json", "--config", str(config)]
        self.collector = self._start(command, "collector.log", subprocess.PIPE)
        assert self.collector.stdout
        line = self.collector.stdout.readline()
        assert line, f"the collector did not start: {self.tail('collector.log')}"
        where = json.loads(line)
        text = AGENT.format(
            folder=self.folder, ingest=where["ingest"], enrolment=where["enrolment"], media=json.dumps(list(media))
        )
        (self.folder / "agent.toml").write_text(text, encoding="utf-8")
        self._enrol()
        self.agent = self._start(self._agent_command("run"), "agent.log")
        self._wait_until_watching()

    def close(self) -> None:
        """Stop the agent, then the collector."""
        for process in (self.agent, self.collector):
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._kill(process)
            if process.stdout:
                process.stdout.close()

    def processes(self) -> dict[str, list[int]]:
        """Process ids of the agent by name, each with whatever it has started; ``supervisor`` is what runs them."""
        assert self.agent
        named: dict[str, list[int]] = {"supervisor": [self.agent.pid]}
        for pid in children(self.agent.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            name = words[words.index(b"gapwatch_agent") + 1].decode()
            named[name] = [pid, *descendants(pid)]
        return named

    def tail(self, log: str) -> str:
        """The end of a log, for complaints."""
        return "\n".join((self.folder / log).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    # --- steps --------------------------------------------------------------------------------------------------------

    def _office(self, *arguments: str) -> Any:
        """One command of gapwatch-collector; its JSON."""
        config = str(self.folder / "collector.toml")
        full = [str(BIN / "gapwatch-collector"), *arguments, "--config", config, "--json"]
        done = subprocess.run(full, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _agent_command(self, name: str) -> list[str]:
        return [str(BIN / "gapwatch-agent"), name, "--config", str(self.folder / "agent.toml")]

    def _start(self, command: Sequence[str], log: str, stdout: int | None = None) -> subprocess.Popen[str]:
        with (self.folder / log).open("a", encoding="utf-8") as file:
            return subprocess.Popen(command, stdout=stdout or file, stderr=file, text=True)

    def _publish_policy(self) -> None:
        source = self.folder / "policy.toml"
        source.write_text(POLICY, encoding="utf-8")
        for name in ("one", "two"):
            key = self.folder / "keys" / "officers" / name
            signed = self.folder / f"{name}.policy"
            options = ("--key", f"{key}.key", "--certificate", f"{key}.pem", "--out", str(signed))
            self._office("policy", "sign", str(source), *options)
            source = signed
        self._office("policy", "publish", str(source), "--by", "first")

    def _enrol(self) -> None:
        token = self.folder / "token"
        token.write_text(str(self._office("token", "create", "--by", "first")["token"]), encoding="ascii")
        token.chmod(0o600)
        command = [*self._agent_command("enrol"), "--token-file", str(token)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"enrolment: {done.stderr}"
        self._office(
            "hosts", "set", done.stdout.split()[-1], "--name", "workstation", "--zone", "development",
            "--profile", "standalone", "--ceiling", "state=secret", "--by", "officer",
        )  # fmt: skip

    def _wait_until_watching(self) -> None:
        """Until link is connected and the sensors deliver: link's own snapshot says so."""
        assert self.agent
        deadline = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError, ValueError):
                status = json.loads((self.folder / "run" / "link" / "status.json").read_text(encoding="utf-8"))
                if status["state"] == "connected" and status["watch_connected"] and status["policy_version"]:
                    return
            assert self.agent.poll() is None, f"the agent ended: {self.tail('agent.log')}"
            assert time.monotonic() < deadline, f"the agent is not up: {self.tail('agent.log')}"
            time.sleep(0.1)

    def _kill(self, process: subprocess.Popen[str]) -> None:
        """A supervisor that is killed leaves its processes behind, so these are named first."""
        left = descendants(process.pid)
        process.kill()
        process.wait()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Process ids that this process started and that are still there."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except FileNotFoundError:
        return []


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    found: list[int] = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def _compile() -> None:
    """An installed package carries its bytecode; a tree may not, and compiling leaves megabytes of holes in a heap."""
    for package in ("agent/gapwatch_agent", "collector/gapwatch_collector", "proto/gapwatch_proto"):
        compileall.compile_dir(ROOT / package, quiet=2)


@contextlib.contextmanager
def development_zone(media: Sequence[str] = ()) -> Iterator[DevelopmentZone]:
    """A running zone whose agent takes these device nodes for removable media; stopped and gone afterwards."""
    assert os.geteuid() == 0, "an agent that watches files needs root"
    with tempfile.TemporaryDirectory(prefix="gapwatch-zone-") as folder:
        Path(folder).chmod(0o755)  # enrolment goes on as link's user where the packages made one
        zone = DevelopmentZone(Path(folder))
        # A benchmark that is told to stop must not leave an agent behind that watches the machine.
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
        try:
            _compile()
            zone.open(media)
            yield zone
        finally:
            zone.close()
            signal.signal(signal.SIGTERM, before)
