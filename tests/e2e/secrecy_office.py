"""The secrecy office: a real collector outside the guest, run by its own commands, and an officer's browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

BIN = Path(sys.executable).parent
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip

CONFIG = """
[collector]
data_dir = "{folder}/data"
keys_dir = "{folder}/keys/collector"
zone = "red"
tick_interval_s = 1
[ingest]
listen = "127.0.0.1:0"
[enrolment]
listen = "127.0.0.1:0"
ask_again_s = 1
[evaluate]
silence_after_s = 20
[console]
listen = "127.0.0.1:0"
classification = "机密"
"""

POLICY = (
    'version = 1\nzone = "red"\nheartbeat_interval_s = 10\n[controls]\nusb_storage = "observe"\nradios = "observe"\n'
)


def port_of(address: str) -> int:
    return int(address.rstrip("/").rsplit(":", 1)[1])


class SecrecyOffice:
    """One collector in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "collector.toml"
        self.config.write_text(CONFIG.format(folder=folder), encoding="utf-8")
        self.process: subprocess.Popen[str] | None = None
        self.addresses: dict[str, Any] = {}

    def command(self, *arguments: str) -> Any:
        """One command of gapwatch-collector; its JSON."""
        full = [str(BIN / "gapwatch-collector"), *arguments, "--config", str(self.config), "--json"]
        done = subprocess.run(full, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def open(self) -> None:
        """Keys, accounts by two people each, a policy with two signatures, the collector itself."""
        officers = ("--officer", "one", "--officer", "two")
        self.command("keys", "create", "--out", str(self.folder / "keys"), "--zone", "red", "--development", *officers)
        for name, role in (("officer", "secrecy_administrator"), ("auditor", "security_auditor")):
            self.command("accounts", "create", name, "--by", "first")
            self.command("accounts", "grant", name, role, "--by", "second")
        self._publish_policy()
        self.start()

    def _publish_policy(self) -> None:
        source = self.folder / "policy.toml"
        source.write_text(POLICY, encoding="utf-8")
        for name in ("one", "two"):
            key = self.folder / "keys" / "officers" / name
            signed = self.folder / f"{name}.policy"
            options = ("--key", f"{key}.key", "--certificate", f"{key}.pem", "--out", str(signed))
            self.command("policy", "sign", str(source), *options)
            source = signed
        self.command("policy", "publish", str(source), "--by", "first")

    def start(self) -> None:
        command = [str(BIN / "gapwatch-collector"), "serve", "--json", "--config", str(self.config)]
        with (self.folder / "collector.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout
        self.addresses = json.loads(self.process.stdout.readline())

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)
        if self.process and self.process.stdout:
            self.process.stdout.close()

    def root_certificate(self) -> bytes:
        return (self.folder / "keys/collector/root.pem").read_bytes()

    def token(self) -> str:
        return str(self.command("token", "create", "--by", "first")["token"])

    def register(self, name: str, **ceilings: str) -> None:
        """Put the one awaiting or enrolled host into the register as a classified machine."""
        (host,) = self.command("hosts", "list")
        options = [option for axis, level in ceilings.items() for option in ("--ceiling", f"{axis}={level}")]
        self.command(
            "hosts", "set", host["id"], "--name", name, "--zone", "red", "--unit", "档案室",
            "--profile", "standalone", "--by", "officer", *options,
        )  # fmt: skip

    def confirm_who_asks(self, deadline_s: float = 180) -> None:
        """The officer says yes to the machine that spent the token."""
        end = time.monotonic() + deadline_s
        while True:
            waiting = [host for host in self.command("hosts", "list") if host["state"] == "awaiting"]
            if waiting:
                self.command("hosts", "confirm", waiting[0]["id"], "--by", "officer")
                return
            assert time.monotonic() < end, "no machine asked to be enrolled"
            time.sleep(0.3)


class Officer:
    """An officer's browser, signed in, network closed but for the console."""

    def __init__(self, playwright: Playwright, office: SecrecyOffice) -> None:
        executable = shutil.which("chromium")
        assert executable, "Chromium is part of the prerequisites"
        self.office = office
        self.browser: Browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        context = self.browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self.page: Page = context.new_page()
        self.base = f"http://127.0.0.1:{port_of(office.addresses['console'])}"

    def sign_in(self) -> None:
        code = self.office.command("accounts", "sign-in", "officer", "--by", "first")["code"]
        self.page.goto(f"{self.base}/sign-in?code={code}")
        self.page.locator("form.sign-in button.primary").first.click()
        self.page.wait_for_selector("#queue")

    def alerts(self) -> list[dict[str, Any]]:
        """What the console says, newest first, each with its facts."""
        listed = self.page.request.get(f"{self.base}/api/alerts?limit=200").json()["alerts"]
        return [self.page.request.get(f"{self.base}/api/alerts/{a['alert_id']}").json() for a in listed]

    def alert(
        self, catalogue_id: str, matches: Callable[[dict[str, Any]], bool] = lambda _: True, deadline_s: float = 60
    ) -> dict[str, Any]:
        """Wait for an alert of this rule whose facts match."""
        end = time.monotonic() + deadline_s
        while True:
            alerts = self.alerts()
            for alert in alerts:
                if alert["catalogue_id"] == catalogue_id and matches(alert["facts"]):
                    return alert
            seen = [(a["catalogue_id"], a["sentence"]) for a in alerts]
            assert time.monotonic() < end, f"no {catalogue_id}; there are {seen}"
            time.sleep(0.3)

    def open_detail(self, alert: dict[str, Any], picture: Path) -> str:
        """The alert's page as the officer reads it, with a screenshot; returns its text."""
        self.page.goto(f"{self.base}/alerts/{alert['alert_id']}")
        self.page.screenshot(path=str(picture), full_page=True)
        return self.page.inner_text("body")
