"""Drive a QEMU guest from a test: boot, run commands, hot-plug USB devices, collect output.

Stdlib only. Control channels are two Unix sockets (QMP and the guest agent over virtio-serial),
so nothing depends on the guest's network being up.  Image: ./build-image.sh (env VM_CACHE).

    with VM("t1") as vm:                       # restores the ready snapshot, made on first use
        vm.run("udevadm --version")
        vm.usb_stick_add("stick", serial="ABC123", fs="vfat")
        vm.wait_for("test -b /dev/sda1")
        vm.usb_del("stick")
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stick import make_stick

HERE = Path(__file__).resolve().parent


def cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("VM_CACHE") or Path(base) / "gapwatch-guest")


class GuestError(RuntimeError):
    pass


@dataclass
class Result:
    rc: int
    out: str
    err: str


class _Json:
    """One JSON object a line over a Unix socket."""

    def __init__(self, path: Path, timeout: float):
        end = time.monotonic() + timeout
        while True:
            self.s = socket.socket(socket.AF_UNIX)
            try:
                self.s.connect(str(path))
                break
            except OSError:
                self.s.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        self.buf = b""

    def send(self, obj, prefix: bytes = b"") -> None:
        self.s.sendall(prefix + json.dumps(obj).encode() + b"\n")

    def recv(self, timeout: float):
        end = time.monotonic() + timeout
        while b"\n" not in self.buf:
            self.s.settimeout(max(0.01, end - time.monotonic()))
            chunk = self.s.recv(65536)
            if not chunk:
                raise EOFError("socket closed")
            self.buf += chunk
        line, self.buf = self.buf.split(b"\n", 1)
        return json.loads(line.lstrip(b"\xff"))


class VM:
    """mem in MiB. forward: {host_port: guest_port}. guestfwd: {guest_port: 'host:port'} reached in
    the guest as 10.0.2.100:guest_port; nothing else on the host or beyond is reachable."""

    def __init__(
        self, name="vm", mem=768, cpus=2, forward=None, guestfwd=None, share=None, accel=None, snapshot=True, keep=False
    ):
        self.name, self.mem, self.cpus = name, mem, cpus
        self.forward, self.guestfwd, self.share = forward or {}, guestfwd or {}, share
        self.accel = accel or os.environ.get("VM_ACCEL", "tcg,thread=multi,tb-size=256")
        self.snapshot, self.keep = snapshot, keep
        self.proc = None
        self.media: dict[str, Path] = {}

    # -- life cycle -------------------------------------------------------------------------
    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *exc):
        self.stop()

    def start(self):
        self.cache = cache_dir()
        self.dir = Path(tempfile.mkdtemp(prefix=f"run-{self.name}-", dir=self.cache))
        if self.snapshot:
            ready = self._ready_image()
            shutil.copyfile(ready, self.dir / "disk.qcow2")
            self._launch(["-loadvm", "ready"])
            self.sync(60)
            self.qga("guest-set-time", time=time.time_ns())
        else:
            self._overlay(self.dir / "disk.qcow2")
            self._launch([])
            self.sync(300)
            self.wait_boot()
        return self

    def _overlay(self, path: Path):
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", str(self.cache / "root.qcow2"), str(path)],
            check=True,
        )

    def _ready_image(self) -> Path:
        """A booted guest saved with its memory; one per image, memory size and CPU count."""
        key = (
            (self.cache / "stamp").read_bytes()
            + (HERE / "vm.py").read_bytes()
            + subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, check=True).stdout
        )
        key = hashlib.sha256(key + self.accel.encode()).hexdigest()[:16]
        ready = self.cache / f"ready-{key}-{self.mem}-{self.cpus}.qcow2"
        with (self.cache / "ready.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ready.exists():
                boot = VM("boot", self.mem, self.cpus, accel=self.accel, snapshot=False)
                with boot:
                    boot.run("systemctl is-system-running --wait", check=False, timeout=120)
                    boot.run("sync; echo 3 >/proc/sys/vm/drop_caches; fstrim -a || true")
                    boot.hmp("savevm ready", timeout=120)
                    boot.qmp("quit")
                    boot.proc.wait(30)
                    (boot.dir / "disk.qcow2").replace(ready)
        return ready

    def _launch(self, extra):
        d, c = self.dir, self.cache
        net = "user,id=n0,restrict=on"
        for h, g in self.forward.items():
            net += f",hostfwd=tcp:127.0.0.1:{h}-:{g}"
        for g, target in self.guestfwd.items():
            host, port = target.rsplit(":", 1)
            net += f",guestfwd=tcp:10.0.2.100:{g}-cmd:{self._relay()} {host} {port}"
        share = str(self.share or self._empty())
        argv = [
            "qemu-system-x86_64",
            "-accel",
            self.accel,
            "-cpu",
            "Nehalem",
            "-M",
            "q35",
            "-m",
            str(self.mem),
            "-smp",
            str(self.cpus),
            "-nodefaults",
            "-display",
            "none",
            "-kernel",
            f"{c}/vmlinuz",
            "-initrd",
            f"{c}/initrd.img",
            "-append",
            "root=/dev/vda rw console=ttyS0 mitigations=off quiet net.ifnames=1 audit=1",
            "-drive",
            f"file={d}/disk.qcow2,if=virtio,discard=unmap,cache=unsafe",
            "-chardev",
            f"file,id=con,path={d}/console.log",
            "-serial",
            "chardev:con",
            "-chardev",
            f"socket,id=mon,path={d}/qmp,server=on,wait=off",
            "-mon",
            "chardev=mon,mode=control",
            "-device",
            "virtio-serial-pci",
            "-chardev",
            f"socket,id=ga,path={d}/ga,server=on,wait=off",
            "-device",
            "virtserialport,chardev=ga,name=org.qemu.guest_agent.0",
            "-device",
            "qemu-xhci,id=xhci,p2=8,p3=8",
            "-netdev",
            net,
            "-device",
            "virtio-net-pci,netdev=n0,romfile=",
            "-fsdev",
            f"local,id=fs0,path={share},security_model=none,readonly=on",
            "-device",
            "virtio-9p-pci,fsdev=fs0,mount_tag=share",
            "-device",
            "virtio-rng-pci",
            "-rtc",
            "base=utc,clock=host",
            *extra,
        ]
        self.log = (d / "qemu.log").open("wb")
        self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.mon = _Json(d / "qmp", 20)
        self.mon.recv(20)
        self.events: list[dict] = []
        self.qmp("qmp_capabilities")
        self.ga = _Json(d / "ga", 20)

    def _empty(self):
        p = self.dir / "share"
        p.mkdir()
        return p

    @staticmethod
    def _relay():
        return f"{shutil.which('python3')} {HERE / 'relay.py'}"

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
        for channel in (getattr(self, "mon", None), getattr(self, "ga", None)):
            if channel:
                channel.s.close()
        if getattr(self, "log", None):
            self.log.close()
        if not self.keep and getattr(self, "dir", None):
            shutil.rmtree(self.dir, ignore_errors=True)

    # -- control channels -------------------------------------------------------------------
    def qmp(self, command, timeout=30, **args):
        self.mon.send({"execute": command, "arguments": args} if args else {"execute": command})
        while True:
            m = self.mon.recv(timeout)
            if "event" in m:
                self.events.append(m)
            elif "error" in m:
                raise GuestError(f"{command}: {m['error']['desc']}")
            else:
                return m["return"]

    def hmp(self, line, timeout=60):
        out = self.qmp("human-monitor-command", timeout, **{"command-line": line})
        if "Error" in out:
            raise GuestError(f"{line}: {out.strip()}")
        return out

    def sync(self, timeout):
        """Wait until the guest agent answers."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.proc.poll() is not None:
                raise GuestError("qemu ended: " + (self.dir / "qemu.log").read_text()[-500:])
            n = time.monotonic_ns() & 0x7FFFFFFF
            with contextlib.suppress(TimeoutError, ValueError):
                self.ga.send({"execute": "guest-sync-delimited", "arguments": {"id": n}}, b"\xff")
                while self.ga.recv(5).get("return") != n:
                    pass
                return
        raise GuestError(f"no guest agent after {timeout} s; console: {self.dir}/console.log")

    def qga(self, command, timeout=60, **args):
        self.ga.send({"execute": command, "arguments": args} if args else {"execute": command})
        m = self.ga.recv(timeout)
        if "error" in m:
            raise GuestError(f"{command}: {m['error']['desc']}")
        return m["return"]

    # -- in the guest -----------------------------------------------------------------------
    def run(self, script, timeout=60, check=True, stdin: bytes = b"") -> Result:
        """bash -c script as root in the guest."""
        pid = self.qga(
            "guest-exec",
            path="/bin/bash",
            arg=["-c", script],
            **{"capture-output": True, "input-data": base64.b64encode(stdin).decode()},
        )["pid"]
        end = time.monotonic() + timeout
        while True:
            st = self.qga("guest-exec-status", pid=pid)
            if st["exited"]:
                break
            if time.monotonic() > end:
                raise GuestError(f"guest command ran past {timeout} s: {script[:80]}")
            time.sleep(0.05)
        text = [base64.b64decode(st.get(k, "")).decode(errors="replace") for k in ("out-data", "err-data")]
        r = Result(st.get("exitcode", 128 + st.get("signal", 0)), *text)
        if check and r.rc:
            raise GuestError(f"rc {r.rc}: {script[:80]}\n{r.out[-500:]}{r.err[-1500:]}")
        return r

    def spawn(self, unit, script):
        """Start script in the background as a transient systemd unit; read it with journal(unit)."""
        self.run(f'systemd-run --collect --unit={unit} /bin/bash -c "$(cat)"', stdin=script.encode())

    def journal(self, unit):
        return self.run(f"journalctl -o cat -u {unit}").out

    def put(self, path, data: bytes, mode="644"):
        self.run(f"install -D -m {mode} /dev/stdin '{path}'", stdin=data)

    def mount_share(self, at="/mnt/share"):
        self.run(f"mkdir -p {at} && mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144 share {at}")

    def wait_for(self, script, timeout=60):
        """Poll inside the guest (one round trip) until script succeeds."""
        self.run(
            f"for i in $(seq {timeout * 5}); do ({script}) >/dev/null 2>&1 && exit 0; sleep 0.2; done; exit 1",
            timeout=timeout * 3,
        )

    def reboot(self, timeout=180):
        self.qga_noreply("guest-shutdown", mode="reboot")
        end = time.monotonic() + timeout
        while True:
            self.qmp("query-status")
            if any(e["event"] == "RESET" for e in self.events):
                break
            if time.monotonic() > end:
                raise GuestError("no reset")
            time.sleep(0.2)
        self.events.clear()
        self.sync(timeout)
        self.wait_boot()

    def qga_noreply(self, command, **args):
        self.ga.send({"execute": command, "arguments": args})

    def wait_boot(self, timeout=300):
        self.run("systemctl is-system-running --wait", check=False, timeout=timeout)

    # -- USB --------------------------------------------------------------------------------
    def usb_add(self, name, driver, **props):
        self.qmp("device_add", driver=driver, id=name, bus="xhci.0", **props)

    def usb_del(self, name, timeout=20):
        self.qmp("device_del", id=name)
        end = time.monotonic() + timeout
        while not any(e["event"] == "DEVICE_DELETED" and e["data"].get("device") == name for e in self.events):
            if time.monotonic() > end:
                raise GuestError(f"{name} did not go away")
            self.qmp("query-status")
            time.sleep(0.05)
        self.events = [e for e in self.events if e["data"].get("device") != name]
        if name in self.media:
            with contextlib.suppress(GuestError):
                self.qmp("blockdev-del", **{"node-name": f"{name}-f"})

    def gadget_add(self, *args):
        """A stick with any identity, made inside the guest (dummy_hcd): see gadget.sh."""
        self.put("/run/gadget.sh", (HERE / "gadget.sh").read_bytes())
        self.run("bash /run/gadget.sh add " + " ".join(f"'{a}'" for a in args))

    def gadget_del(self):
        self.run("bash /run/gadget.sh del")

    def usb_stick_add(
        self, name, serial="0001", fs="vfat", size_mb=64, files=None, image=None, readonly=False, driver="usb-storage"
    ):
        """Hot-plug a stick with one MBR partition; files: {name: bytes} (vfat only, needs mtools)."""
        path = Path(image) if image else self.dir / f"{name}.img"
        if not path.exists():
            make_stick(path, fs, size_mb, files or {})
        self.media[name] = path
        self.qmp(
            "blockdev-add",
            driver="raw",
            **{"node-name": f"{name}-f", "read-only": readonly, "file": {"driver": "file", "filename": str(path)}},
        )
        self.usb_add(name, driver, drive=f"{name}-f", serial=serial, removable=True)
