"""A classified workstation: the guest with the agent installed from its staged files, under systemd, enrolled."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent / "guest"))

from vm import VM, Result  # noqa: E402  (the harness stands beside us, it is not a package)

STREAM_PORT, ENROLMENT_PORT = 7443, 7444
COLLECTOR = "10.0.2.100"  # what the guest sees of the one host port each that is forwarded

CONFIG = f"""
[collector]
address = "{COLLECTOR}:{STREAM_PORT}"
enrolment_address = "{COLLECTOR}:{ENROLMENT_PORT}"
[zone]
name = "red"
"""


def staged_tar(folder: Path) -> bytes:
    """The agent's files as a package would install them."""
    subprocess.run(
        [sys.executable, str(ROOT / "packaging/stage.py"), "--root", str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(folder, arcname=".", filter=_as_root)
    return buffer.getvalue()


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    if member.isdir():
        member.mode = 0o755  # the staging folder is private to us; the guest's / must not become so
    return member


class Workstation:
    """The guest and what a person does at it."""

    def __init__(self, folder: Path, stream: int, enrolment: int) -> None:
        self.folder = folder
        forwards = {STREAM_PORT: f"127.0.0.1:{stream}", ENROLMENT_PORT: f"127.0.0.1:{enrolment}"}
        self.vm = VM("workstation", guestfwd=forwards)

    def __enter__(self) -> Self:
        self.vm.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.vm.__exit__(kind, value, at)

    def install(self, root_certificate: bytes, token: str) -> None:
        """Unpack, configure, enrol, start: what an administrator does."""
        self.vm.put("/run/agent.tar.gz", staged_tar(self.folder))
        self.vm.run(
            "tar -C / -xzf /run/agent.tar.gz && systemd-sysusers && systemd-tmpfiles --create 2>/dev/null; true"
        )
        self.vm.put("/etc/gapwatch/agent.toml", CONFIG.encode())
        self.vm.put("/etc/gapwatch/root.pem", root_certificate)
        self.vm.put("/etc/gapwatch/token", token.encode(), mode="600")
        self.vm.run("gapwatch-agent check-config", timeout=60)
        self.vm.run("systemctl daemon-reload && gapwatch-agent enrol --token-file /etc/gapwatch/token", timeout=180)
        self.vm.run("systemctl enable --now gapwatch.target", timeout=180)
        self.wait("systemctl is-active gapwatch-guard gapwatch-watch gapwatch-link gapwatch-inspector", timeout=120)

    def wait(self, condition: str, timeout: int = 60) -> None:
        self.vm.wait_for(condition, timeout=timeout)

    def run(self, script: str, **options: object) -> Result:
        return self.vm.run(script, **options)

    def as_worker(self, command: str) -> Result:
        """Run a command in a real login session of the person at the workstation (PAM, login uid, logind)."""
        session = "-p User=worker -p PAMName=login -p WorkingDirectory=/home/worker"
        return self.vm.run(f"systemd-run --quiet --wait --collect --pipe {session} /bin/sh -c '{command}'", timeout=120)

    @contextlib.contextmanager
    def stick(self, serial: str, **stick: object) -> Iterator[str]:
        """Plug a stick and mount it for the person, as a desktop would; yields where. Pulled at the end."""
        at = f"/media/{serial}"
        self.vm.usb_stick_add(f"stick-{serial}", serial=serial, **stick)
        try:
            self.wait(f"grep -qs {serial} /sys/bus/usb/devices/*/serial && test -b /dev/disk/by-label/STICK")
            self.vm.run(f"mkdir -p {at} && mount -o uid=worker /dev/disk/by-label/STICK {at}")
            try:
                yield at
                # The agent must let go of a medium by itself: an ordinary umount succeeds soon after a copy.
                self.vm.run(f"for i in $(seq 100); do umount {at} && exit 0; sleep 0.2; done; exit 1", timeout=90)
            finally:
                self.vm.run(f"umount -l {at}", check=False)
        finally:
            self.vm.usb_del(f"stick-{serial}")
            self.wait("! test -e /dev/disk/by-label/STICK")

    @contextlib.contextmanager
    def gadget(self, *identity: str) -> Iterator[None]:
        """A stick with any identity, plugged for as long as the context lasts."""
        self.vm.gadget_add(*identity)
        try:
            yield
        finally:
            self.vm.gadget_del()

    def journal(self) -> str:
        return self.vm.run("journalctl --no-pager -o cat -u 'gapwatch-*' -n 80").out
