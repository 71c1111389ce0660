"""`make run`: a collector, its console and an agent watching this very machine, for looking at the product.

Development only: it makes keys that are marked as such, confirms the agent's enrolment by itself, and registers this
machine as a classified one (state: secret) so that the rules have something to say. Every control stays in `observe`.
It uses the two programs' own commands, nothing behind their backs. State is kept in .state/; Ctrl-C stops everything.

    run.py [--state DIR] [--extra-media /dev/loop0 …] [--port 7440]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ROLES = {
    "officer": "secrecy_administrator",
    "administrator": "system_administrator",
    "auditor": "security_auditor",
}
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
        self.started: list[subprocess.Popen[bytes]] = []

    def collector(self, *arguments: str) -> dict:
        """One command of the collector's program; its answer as JSON."""
        command = [str(BIN / "gapwatch-collector"), *arguments, "--config", str(self.collector_toml), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        last = done.stdout.strip().splitlines()
        return json.loads(last[-1]) if last else {}

    def prepare(self) -> None:
        """Configuration, keys, accounts, policy: each only when missing."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.write_configuration()
        if not self.keys.exists():
            say("making development keys: offline root, two officers, collector")
            officers = ("--officer", "officer-1", "--officer", "officer-2")
            self.collector(
                "keys", "create", "--out", str(self.keys), "--zone", "development", "--development", *officers
            )
        if not (self.state / "accounts").exists():
            for name, role in ROLES.items():
                self.collector("accounts", "create", name, "--by", "development-1")
                self.collector("accounts", "grant", name, role, "--by", "development-2")
            (self.state / "accounts").touch()
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

    def start_collector(self) -> dict:
        say("starting the collector")
        log = (self.state / "collector.log").open("ab")
        command = [str(BIN / "gapwatch-collector"), "serve", "--json", "--config", str(self.collector_toml)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self.started.append(process)
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise Failed(
                f"the collector did not start; see {self.state}/collector.log\n{tail(self.state / 'collector.log')}"
            )
        return json.loads(line)

    def start_agent(self) -> None:
        if not any((self.state / "agent" / "link" / "identity").glob("*.pem")):
            say("enrolling this machine; confirmed by itself, which happens in development only")
            token = self.state / "token"
            token.write_text(self.collector("token", "create", "--by", "administrator")["token"], encoding="ascii")
            token.chmod(0o600)
            command = [
                str(BIN / "gapwatch-agent"),
                "enrol",
                "--config",
                str(self.agent_toml),
                "--token-file",
                str(token),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            token.unlink()
            if done.returncode:
                raise Failed(f"enrolment failed: {done.stderr}")
            host = done.stdout.split()[-1]
            self.collector("hosts", "set", host, "--name", socket.gethostname(), "--zone", "development",
                           "--profile", "standalone", "--ceiling", "state=secret", "--ceiling", "enterprise=secret",
                           "--by", "officer")  # fmt: skip
        say("starting the agent")
        log = (self.state / "agent.log").open("ab")
        command = [str(BIN / "gapwatch-agent"), "run", "--config", str(self.agent_toml)]
        self.started.append(subprocess.Popen(command, stdout=log, stderr=log))

    def wait_until_connected(self) -> None:
        command = [str(BIN / "gapwatch-agent"), "status", "--json", "--config", str(self.agent_toml)]
        deadline = time.monotonic() + 60
        while subprocess.run(command, capture_output=True, check=False).returncode:
            if self.started[-1].poll() is not None or time.monotonic() > deadline:
                raise Failed(f"the agent did not connect; see {self.state}/agent.log\n{tail(self.state / 'agent.log')}")
            time.sleep(0.3)

    def keep_running(self) -> None:
        while all(process.poll() is None for process in self.started):
            time.sleep(0.5)
        raise Failed(f"a process ended by itself; see the logs in {self.state}")

    def stop(self) -> None:
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.started):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def tail(path: Path) -> str:
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
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    development = Development(arguments.state.resolve(), arguments.port, arguments.extra_media)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        development.prepare()
        addresses = development.start_collector()
        development.start_agent()
        development.wait_until_connected()
        welcome(development, addresses)
        development.keep_running()
    except Failed as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopping")
        return 0
    finally:
        development.stop()


if __name__ == "__main__":
    raise SystemExit(main())
