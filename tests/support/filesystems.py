"""Real filesystems for tests of the file sensor: made in an image, mounted through a loop device of their own, taken
down whatever happened. Loop devices are shared with everybody on the machine: mount asks for a free one and umount
gives that very one back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

MAKERS = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-O", "^has_journal"],
    "vfat": ["mkfs.vfat", "-n", "STICK"],
    "exfat": ["mkfs.exfat", "-L", "STICK"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
}
SIZES_MIB = {"xfs": 320, "btrfs": 128}


def available(filesystem: str) -> bool:
    """Whether this kernel can mount it and the tool that makes it is here."""
    if filesystem != "tmpfs" and not shutil.which(MAKERS[filesystem][0]):
        return False
    if shutil.which("modprobe"):
        subprocess.run(["modprobe", "-q", filesystem], check=False, capture_output=True)
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    return filesystem in known


# The first is everywhere; media wear the FAT ones, which this kernel may lack (the guest has them).
FILESYSTEMS = [name for name in ("tmpfs", "ext4", "vfat", "exfat", "btrfs") if available(name)]


@contextlib.contextmanager
def mounted(filesystem: str, folder: Path, size_mib: int = 64) -> Iterator[Path]:
    """A fresh filesystem mounted at ``folder/medium``; unmounted and gone afterwards."""
    point = folder / "medium"
    point.mkdir()
    if filesystem == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "medium", point], check=True)
    else:
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(SIZES_MIB.get(filesystem, size_mib) << 20)
        subprocess.run([*MAKERS[filesystem], image], check=True, capture_output=True)
        subprocess.run(["mount", "-t", filesystem, "-o", "loop", image, point], check=True)
    try:
        yield point
    finally:
        if os.path.ismount(point):
            unmount(point)


def unmount(point: Path, within_s: float = 5.0) -> float:
    """Unmount, trying again while it is busy; returns how long that took. Fails when it stays busy."""
    began = time.monotonic()
    while True:
        done = subprocess.run(["umount", point], capture_output=True, text=True, check=False)
        took = time.monotonic() - began
        if done.returncode == 0:
            return took
        if took > within_s:
            subprocess.run(["umount", "-l", point], check=False)
            raise AssertionError(f"{point} stayed busy for {took:.1f} s: {done.stderr}")
        time.sleep(0.02)
