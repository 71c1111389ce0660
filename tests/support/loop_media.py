"""Media made of images: a loop device of their own with a filesystem on it, mounted; given back whatever happened.

Unlike ``support.filesystems`` the device is known before anything is mounted, so that an agent can be told of it first.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.filesystems import unmount


@dataclass(frozen=True)
class LoopMedium:
    """``node`` is the device, ``point`` where its filesystem is mounted."""

    node: str
    point: Path


@contextlib.contextmanager
def loop_medium(folder: Path, name: str = "medium", *, size_mib: int = 64, options: str = "") -> Iterator[LoopMedium]:
    """A fresh ext4 filesystem on a loop device, mounted at ``folder/name``."""
    image, point = folder / f"{name}.img", folder / name
    with image.open("wb") as file:
        file.truncate(size_mib << 20)
    point.mkdir()
    # Nothing is written later by a kernel thread that one measurement would pay for and the next would not.
    lazy = "lazy_itable_init=0,lazy_journal_init=0"
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", lazy, image], check=True, capture_output=True)
    attached = subprocess.run(["losetup", "-f", "--show", image], check=True, capture_output=True, text=True)
    node = attached.stdout.strip()
    try:
        how = ["-o", options] if options else []
        subprocess.run(["mount", "-t", "ext4", *how, node, point], check=True)
        yield LoopMedium(node, point)
    finally:
        if os.path.ismount(point):
            unmount(point)
        subprocess.run(["losetup", "-d", node], check=True)
        image.unlink()
