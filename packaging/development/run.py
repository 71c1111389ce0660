"""`make run`: a collector, its console and an agent watching this very machine, for looking at the product.

Development only: it makes keys that are marked as such, confirms the agent's enrolment by itself, and registers this
machine as a classified one (state: secret) so that the rules have something to say. Every control stays in `observe`.
It uses the two programs' own commands, nothing behind their backs. State is kept in .state/; Ctrl-C stops everything.
Whatever was interrupted is taken up by the next run. Exit codes: 0 stopped by a signal, 2 something could not be done.

    run.py [--state DIR] [--extra-media /dev/loop0 …] [--port 7440]
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ROLES = {
    "officer": "secrecy_administrator",
    "administrator": "system_administrator",
    "auditor": "security_auditor",
}
STOP_S = 45.0
STATE_PATH_MAX = 80
"""Unix sockets' paths end at 107 bytes; ours are at most 26 longer than the state folder's."""
CONTROLS = ("usb_authorisation", "storage_access", "marked_copies", "media_execution", "radios", "network", "phones")


class Failed(Exception):  # noqa: N818 (a sentence for the person at the terminal)
    """Something could not be done; the message says what."""


class Development:
    """One development zone in one folder."""

    def __init__(self, state: Path, port: int, extra_media: Sequence[str]) -> None:
        self.state, self.port, self.extra_media = state, port, extra_media
        self.collector_toml = state / "collector.toml"
        self.agent_toml = state / "agent.toml"
        self.keys = state / "keys"
        self.started: dict[str, subprocess.Popen[bytes]] = {}
        self.lock: IO[bytes] | None = None

    def collector(self, *arguments: str) -> dict:
        """One command of the collector's program; its answer as JSON."""
        command = [str(BIN / "gapwatch-collector"), *arguments, "--config", str(self.collector_toml), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode < 0 or done.returncode == 128 + signal.SIGINT:
            raise KeyboardInterrupt  # Ctrl-C reached the command before us
        if done.returncode:
            raise Failed(f"{(done.stdout + done.stderr).strip()}\n  said by: {' '.join(command)}\n{self.way_out()}")
        last = done.stdout.strip().splitlines()
        return json.loads(last[-1]) if last else {}

    def way_out(self) -> str:
        """What helps when the state is damaged or made by an older version."""
        return f"  to start afresh, move the state away: mv {self.state} {self.state}.old"

    def check(self) -> None:
        """Refuse early what would fail obscurely later; holds the state for this run alone."""
        if len(os.fsencode(self.state)) > STATE_PATH_MAX:
            raise Failed(f"{self.state} is too long a path for the agent's sockets; choose another: --state DIR")
        for node in self.extra_media:
            if not Path(node).exists() or not stat.S_ISBLK(Path(node).stat().st_mode):
                raise Failed(
                    f"extra media: {node} is not a block device here; an image becomes one by: losetup -f --show FILE"
                )
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lock = (self.state / "lock").open("ab")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another `make run` is using {self.state}; stop it first, or choose --state DIR") from None
        for port in range(self.port, self.port + 3):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError as error:
                    raise Failed(f"port {port}: {error.strerror}; choose three others: make run PORT=7540") from None

    def prepare(self) -> None:
        """Configuration, keys, accounts, policy: each only when missing."""
        self.write_configuration()
        if not self.keys.exists():
            say("making development keys: offline root, two officers, collector")
            officers = ("--officer", "officer-1", "--officer", "officer-2")
            fresh = self.state / f"keys.{os.getpid()}"
            self.collector("keys", "create", "--out", str(fresh), "--zone", "development", "--development", *officers)
            fresh.rename(self.keys)  # whole or not at all
        roles = {account["name"]: account["role"] for account in self.collector("accounts", "list")}
        for name, role in ROLES.items():
            if name not in roles:
                self.collector("accounts", "create", name, "--by", "development-1")
            if not roles.get(name):
                self.collector("accounts", "grant", name, role, "--by", "development-2")
        if not (self.state / "policy" / "published").exists():
            self.publish_policy()

    def write_configuration(self) -> None:
        base = self.port
        self.collector_toml.write_text(
            f"""# made by `make run`; development only
[collector]
data_dir = "{self.state}/collector"
keys_dir = "{self.keys}/collector"
zone = "development"
tick_interval_s = 5
[ingest]
listen = "127.0.0.1:{base}"
[enrolment]
listen = "127.0.0.1:{base + 1}"
auto_confirm = true
ask_again_s = 1
[console]
listen = "127.0.0.1:{base + 2}"
classification = "开发环境 DEVELOPMENT"
""",
            encoding="utf-8",
        )
        extra = ", ".join(json.dumps(node) for node in self.extra_media)
        self.agent_toml.write_text(
            f"""# made by `make run`; development only
[paths]
state = "{self.state}/agent"
runtime = "{self.state}/run"
[collector]
address = "127.0.0.1:{base}"
enrolment_address = "127.0.0.1:{base + 1}"
root_certificate = "{self.keys}/collector/root.pem"
[zone]
name = "development"
[watch]
extra_media = [{extra}]
""",
            encoding="utf-8",
        )

    def publish_policy(self) -> None:
        folder = self.state / "policy"
        folder.mkdir(exist_ok=True)
        controls = "\n".join(f'{name} = "observe"' for name in CONTROLS)
        text = f'version = 1\nzone = "development"\nheartbeat_interval_s = 10\n[controls]\n{controls}\n'
        (folder / "policy.toml").write_text(text, encoding="utf-8")
        source = folder / "policy.toml"
        for number in (1, 2):
            out = folder / f"{number}.policy"
            out.unlink(missing_ok=True)
            officer = self.keys / "officers" / f"officer-{number}"
            signing = ("--key", f"{officer}.key", "--certificate", f"{officer}.pem", "--out", str(out))
            self.collector("policy", "sign", str(source), *signing)
            source = out
        self.collector("policy", "publish", str(source), "--by", "administrator")
        (folder / "published").touch()

    def start(self, name: str, *arguments: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
        """One of the two programs, in a session of its own: Ctrl-C is passed on in order, our end is its end."""
        command = ["setpriv", "--pdeathsig", "TERM", str(BIN / f"gapwatch-{name}"), *arguments]
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log, start_new_session=True
            )
        self.started[name] = process
        return process

    def log(self, name: str) -> Path:
        return self.state / f"{name}.log"

    def complaint(self, name: str, what: str) -> Failed:
        """With the end of the program's log, where the reason stands."""
        return Failed(f"the {name} {what}; the end of {self.log(name)}:\n{tail(self.log(name))}\n{self.way_out()}")

    def start_collector(self) -> dict:
        say("starting the collector")
        process = self.start(
            "collector", "serve", "--json", "--config", str(self.collector_toml), stdout=subprocess.PIPE
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise self.complaint("collector", "did not start")
        return json.loads(line)

    def start_agent(self) -> None:
        if not any((self.state / "agent" / "link" / "identity").glob("*.pem")):
            self.enrol()
        for host in self.collector("hosts", "list"):
            if not host["ceilings"]:
                self.collector("hosts", "set", host["id"], "--name", socket.gethostname(), "--zone", "development",
                               "--profile", "standalone", "--ceiling", "state=secret", "--ceiling",
                               "enterprise=secret", "--by", "officer")  # fmt: skip
        say("starting the agent")
        self.start("agent", "run", "--config", str(self.agent_toml))

    def enrol(self) -> None:
        say("enrolling this machine; confirmed by itself, which happens in development only")
        token = self.state / "token"
        token.touch(mode=0o600)
        token.write_text(self.collector("token", "create", "--by", "administrator")["token"], encoding="ascii")
        command = [str(BIN / "gapwatch-agent"), "enrol", "--config", str(self.agent_toml), "--token-file", str(token)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        token.unlink()
        if done.returncode:
            raise Failed(f"enrolment failed: {done.stderr}{self.way_out()}")

    def wait_until_connected(self) -> None:
        command = [str(BIN / "gapwatch-agent"), "status", "--json", "--config", str(self.agent_toml)]
        deadline = time.monotonic() + 60
        while subprocess.run(command, capture_output=True, check=False).returncode:
            if self.started["agent"].poll() is not None or time.monotonic() > deadline:
                raise self.complaint("agent", "did not connect")
            time.sleep(0.3)

    def keep_running(self) -> NoReturn:
        while True:
            for name, process in self.started.items():
                if process.poll() is not None:
                    raise self.complaint(name, f"ended by itself (code {process.returncode})")
            time.sleep(0.5)

    def stop(self) -> None:
        """The agent, then the collector; a second Ctrl-C does not leave half of it behind."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in reversed(self.started.values()):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def tail(path: Path) -> str:
    """The last lines of a log; nothing from outside is printed unescaped, and logs are JSON in ASCII."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def welcome(development: Development, addresses: dict) -> None:
    console = addresses["console"]
    console = console.rstrip("/")
    if not console.startswith("http"):
        console = f"http://{console}"
    print(
        f"\nGapwatch is running on this machine; development keys, every control in observe.\n\n  console  {console}/\n"
    )
    for name, role in ROLES.items():
        code = development.collector("accounts", "sign-in", name, "--by", "development-1")["code"]
        print(f"  {role:24} {console}/sign-in?code={code}")
    print(f"\n  each sign-in works once; state and logs are in {development.state}; Ctrl-C stops everything\n")
    report = subprocess.run(
        [str(BIN / "gapwatch-agent"), "doctor", "--config", str(development.agent_toml)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(report.stdout, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a development zone on this machine.")
    parser.add_argument("--state", type=Path, default=ROOT / ".state", help="default: %(default)s")
    parser.add_argument(
        "--port", type=int, default=7440, help="first of three ports on loopback (default: %(default)s)"
    )
    parser.add_argument("--extra-media", nargs="*", default=[], metavar="NODE", help="device nodes treated as media")
    arguments = parser.parse_args()
    os.environ.update(PYTHONUNBUFFERED="1", PYTHONUTF8="1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    media = [os.path.realpath(node) for node in arguments.extra_media]
    development = Development(arguments.state.resolve(), arguments.port, media)
    try:
        development.check()
        development.prepare()
        addresses = development.start_collector()
        development.start_agent()
        development.wait_until_connected()
        welcome(development, addresses)
        development.keep_running()
    except (Failed, OSError, ValueError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):  # the terminal may be what went away
            say("stopping")
        return 0
    finally:
        development.stop()


def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Whichever signal it was, and even where a shell started us with SIGINT ignored."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
