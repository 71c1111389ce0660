"""Reading sysfs: attributes, drivers, subsystems and the chain of parents of one device.

Attribute text comes from devices and is hostile: reads are bounded, bytes that are not UTF-8 survive as surrogates, and
a device that vanishes in the middle of a read is simply a device without that attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ATTRIBUTE_BYTES_MAX: Final = 4096
"""A sysfs attribute is at most one page; umockdev and a lying driver may offer more."""

ANCESTORS_MAX: Final = 32
"""Devices nest a dozen deep (seven hubs at most); the bound stops a loop made by a broken link."""


def attribute(device: Path, name: str) -> str:
    """The attribute's text without its trailing line feed; empty when it cannot be read."""
    return attribute_bytes(device, name).removesuffix(b"\n").decode("utf-8", "surrogateescape")


def attribute_bytes(device: Path, name: str) -> bytes:
    """The attribute as it stands (``descriptors`` is binary); empty when it cannot be read."""
    try:
        with (device / name).open("rb", buffering=0) as file:
            return file.read(ATTRIBUTE_BYTES_MAX) or b""
    except OSError:
        return b""


def number(device: Path, name: str, base: int = 10) -> int:
    """A numeric attribute, 0 when it is missing or not a number."""
    try:
        return int(attribute(device, name).strip() or "0", base)
    except ValueError:
        return 0


def link_name(device: Path, name: str) -> str:
    """The last part of what a link of the device (``driver``, ``subsystem``) points to."""
    try:
        return (device / name).readlink().name
    except OSError:
        return ""


def link_target(device: Path, name: str) -> str:
    """The name of the device that a link of this device (``device``, ``phy80211``) leads to; empty when there is none.

    Unlike ``link_name`` it follows the link: one that leads to a parent reads ``..``.
    """
    target = resolve(device / name)
    return target.name if target else ""


def uevent(device: Path) -> dict[str, str]:
    """The ``KEY=value`` lines of the device's uevent file."""
    pairs = (line.partition("=") for line in attribute(device, "uevent").split("\n"))
    return {key: value for key, separator, value in pairs if separator}


def resolve(path: Path) -> Path | None:
    """Where a class entry or device number link points to, or None when it is gone."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None


def entries(folder: Path) -> tuple[str, ...]:
    """Names in a folder in a fixed order; none when there is no such folder."""
    try:
        return tuple(sorted(entry.name for entry in folder.iterdir()))
    except OSError:
        return ()


def lineage(device: Path) -> Iterator[Path]:
    """The device and then its parents, nearest first: every folder above it that is itself a device."""
    for _, folder in zip(range(ANCESTORS_MAX), (device, *device.parents), strict=False):
        if folder.name == "devices":
            return
        if folder == device or (folder / "uevent").exists():
            yield folder


def nearest(device: Path, subsystem: str, devtype: str = "") -> Path | None:
    """The device itself or its nearest parent of a subsystem (and device type, as in its uevent file)."""
    for folder in lineage(device):
        if link_name(folder, "subsystem") == subsystem and (not devtype or uevent(folder).get("DEVTYPE") == devtype):
            return folder
    return None
