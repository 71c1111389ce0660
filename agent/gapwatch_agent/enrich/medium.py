"""Which block devices are media, and a medium in the words of the event vocabulary.

A medium is recognised by where it hangs, not by what it calls itself: anything behind USB, an SD or MMC slot, FireWire
or an external PCIe port, anything whose media can be taken out, and whatever the site names by its device node.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.enrich.device import Strings, bounded, unescaped, usb_device_of, usb_strings
from gapwatch_agent.kernel import sysfs
from gapwatch_agent.kernel.udev import UdevDevice
from gapwatch_proto.events import Medium

SECTOR_BYTES: Final = 512
_FLOPPY_MAJOR: Final = 2


@dataclass(frozen=True, slots=True)
class Filesystem:
    """What udev found on a block device; empty where it found none."""

    type: str = ""
    uid: str = ""
    label: str = ""


def filesystem_of(properties: Mapping[str, str]) -> Filesystem:
    """The filesystem (or encrypted container) on a block device, by udev's properties."""
    return Filesystem(
        type=bounded(properties.get("ID_FS_TYPE", "")),
        uid=bounded(properties.get("ID_FS_UUID", "")),
        label=bounded(unescaped(properties, "ID_FS_LABEL")),
    )


def disk_of(block: UdevDevice) -> Path:
    """The whole disk of a block device: itself, or the disk a partition lies on."""
    is_partition = block.devtype == "partition" or (block.path / "partition").exists()
    return block.path.parent if is_partition else block.path


def is_medium(block: UdevDevice, extra_nodes: Collection[str]) -> bool:
    """Whether a block device (disk or partition) is a removable medium or one the site named."""
    disk = disk_of(block)
    if extra_nodes and (block.node in extra_nodes or f"/dev/{disk.name.replace('!', '/')}" in extra_nodes):
        return True
    if block.properties.get("ID_BUS") in ("usb", "ieee1394") or sysfs.attribute(disk, "removable") == "1":
        return True
    parents = tuple(sysfs.lineage(disk))[1:]
    return any(_makes_removable(parent, disk) for parent in parents)


def _makes_removable(parent: Path, disk: Path) -> bool:
    subsystem = sysfs.link_name(parent, "subsystem")
    if subsystem in ("usb", "firewire", "memstick", "pcmcia"):
        return True
    if subsystem == "mmc":  # soldered-down eMMC has boot partitions beside it, a card has none
        return not (disk.parent / f"{disk.name}boot0").exists() and "boot" not in disk.name
    # The kernel calls a PCI device removable when it hangs on an external port (Thunderbolt, USB4, ExpressCard).
    return subsystem == "pci" and sysfs.attribute(parent, "removable") == "removable"


def has_media(disk: UdevDevice) -> bool:
    """Whether there is anything in the drive: card readers and optical drives are there without."""
    if disk.number[0] == _FLOPPY_MAJOR:  # tells nobody whether a disk is in; a mount will
        return False
    if disk.sys_name.startswith("sr"):
        return disk.properties.get("ID_CDROM_MEDIA") == "1"
    return sysfs.number(disk.path, "size") > 0


def medium_of(block: UdevDevice, tag: str = "") -> Medium:
    """The medium a block device is or lies on, with the filesystem of that very block device."""
    disk = disk_of(block)
    filesystem = filesystem_of(block.properties)
    strings, bus = _identity(disk, block.properties)
    return Medium(
        tag=tag,
        vendor_id=strings.vendor_id,
        product_id=strings.product_id,
        vendor_name=strings.vendor_name,
        product_name=strings.product_name,
        serial_number=strings.serial_number,
        filesystem_id=filesystem.uid,
        filesystem_type=filesystem.type,
        label=filesystem.label,
        size_bytes=max(sysfs.number(disk, "size"), 0) * SECTOR_BYTES,
        bus=bus,
        device_node=bounded(block.node),
        syspath=block.sys_path,
    )


def _identity(disk: Path, properties: Mapping[str, str]) -> tuple[Strings, str]:
    usb = usb_device_of(disk)
    if usb is not None:
        return usb_strings(usb, properties), "usb"
    for parent in tuple(sysfs.lineage(disk))[1:]:
        subsystem = sysfs.link_name(parent, "subsystem")
        if subsystem == "mmc":
            return _mmc_strings(parent), "mmc"
        if subsystem in ("scsi", "nvme", "firewire"):
            bus = properties.get("ID_BUS", "") or subsystem
            return _inquiry_strings(parent, properties), bounded(bus)
    return _inquiry_strings(disk, properties), bounded(properties.get("ID_BUS", "") or _bus_by_name(disk.name))


def _mmc_strings(card: Path) -> Strings:
    return Strings(
        vendor_id=bounded(sysfs.attribute(card, "manfid").removeprefix("0x")),
        product_id=bounded(sysfs.attribute(card, "oemid").removeprefix("0x")),
        product_name=bounded(sysfs.attribute(card, "name")),
        serial_number=bounded(sysfs.attribute(card, "serial").removeprefix("0x")),
    )


def _inquiry_strings(parent: Path, properties: Mapping[str, str]) -> Strings:
    """What a SCSI, ATA or NVMe disk says; its names are padded with blanks."""
    return Strings(
        vendor_name=bounded(sysfs.attribute(parent, "vendor").strip() or unescaped(properties, "ID_VENDOR")),
        product_name=bounded(sysfs.attribute(parent, "model").strip() or unescaped(properties, "ID_MODEL")),
        serial_number=bounded(sysfs.attribute(parent, "serial").strip() or properties.get("ID_SERIAL_SHORT", "")),
    )


def _bus_by_name(name: str) -> str:
    return name.rstrip("0123456789") if name.startswith(("loop", "sr", "fd", "ram", "zram")) else ""
