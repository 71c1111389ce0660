"""The image of a USB stick: one MBR partition with a filesystem and some files on it. Needs mkfs.* and mtools."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def make_stick(path: Path, fs="vfat", size_mb=64, files=None):
    start = 1 << 20
    part = path.with_suffix(".part")
    with part.open("wb") as f:
        f.truncate((size_mb << 20) - start)
    mk = {
        "vfat": ["mkfs.vfat", "-n", "STICK"],
        "exfat": ["mkfs.exfat", "-L", "STICK"],
        "ext4": ["mkfs.ext4", "-q", "-F", "-L", "STICK"],
    }[fs]
    subprocess.run([*mk, str(part)], check=True, stdout=subprocess.DEVNULL)
    for name, data in (files or {}).items():
        subprocess.run(["mcopy", "-i", str(part), "-", f"::{name}"], input=data, check=True)
    kind = {"vfat": 0x0C, "exfat": 0x07, "ext4": 0x83}[fs]
    mbr = bytearray(512)
    mbr[440:444] = os.urandom(4)
    mbr[446:462] = (
        bytes([0, 0xFE, 0xFF, 0xFF, kind, 0xFE, 0xFF, 0xFF])
        + (start // 512).to_bytes(4, "little")
        + (((size_mb << 20) - start) // 512).to_bytes(4, "little")
    )
    mbr[510:] = b"\x55\xaa"
    with path.open("wb") as out, part.open("rb") as src:
        out.write(mbr)
        out.seek(start)
        shutil.copyfileobj(src, out)
    part.unlink()
