"""Which block devices are media."""

from __future__ import annotations

import pytest

from gapwatch_agent.enrich.medium import disk_of, has_media, is_medium, medium_of
from gapwatch_agent.kernel.udev import UdevDevice
from support.sysfs_tree import SysfsTree


@pytest.fixture
def tree(tmp_path):
    return SysfsTree(tmp_path / "sys")


def block(folder, devtype="disk", number=(8, 0), **properties):
    return UdevDevice("add", "block", str(folder), devtype, f"/dev/{folder.name}", number, properties)


def disk(tree, path, **attributes):
    return tree.device(path, "block", {"removable": "0", "size": "2048", **attributes})


def test_behind_usb(tree):
    tree.device("usb1/1-1", "usb", devtype="usb_device")
    tree.device("usb1/1-1/host0", "scsi")
    assert is_medium(block(disk(tree, "usb1/1-1/host0/block/sdb")), ())


def test_a_card_but_not_soldered_memory(tree):
    tree.device("mmc0/mmc0:0001", "mmc", {"name": "SU08G", "serial": "0xdeadbeef", "manfid": "0x000003"})
    card = block(disk(tree, "mmc0/mmc0:0001/block/mmcblk0"))
    assert is_medium(card, ())
    medium = medium_of(card)
    assert (medium.bus, medium.product_name, medium.serial_number) == ("mmc", "SU08G", "deadbeef")
    tree.device("mmc1/mmc1:0001", "mmc")
    soldered = block(disk(tree, "mmc1/mmc1:0001/block/mmcblk1"))
    disk(tree, "mmc1/mmc1:0001/block/mmcblk1boot0")
    assert not is_medium(soldered, ())


def test_behind_an_external_pci_port(tree):
    tree.device("pci0/tb", "pci", {"removable": "removable"})
    inside = tree.device("pci0/nv", "pci", {"removable": "fixed"})
    assert is_medium(block(disk(tree, "pci0/tb/nvme0/nvme0n1")), ())
    assert not is_medium(block(disk(tree, f"pci0/{inside.name}/nvme1/nvme1n1")), ())


def test_firewire_and_removable_media(tree):
    tree.device("fw0", "firewire")
    assert is_medium(block(disk(tree, "fw0/sdc")), ())
    assert is_medium(block(disk(tree, "ata1/sr0", removable="1")), ())


def test_what_the_site_names(tree):
    inner = disk(tree, "ata1/sda")
    part = tree.device("ata1/sda/sda3", "block", {"partition": "3"})
    partition = block(part, "partition")
    assert disk_of(partition) == inner
    assert is_medium(partition, {"/dev/sda3"})
    assert is_medium(partition, {"/dev/sda"})
    assert not is_medium(block(inner), {"/dev/sda3"})
    assert not is_medium(partition, ())


def test_whether_there_is_anything_in_the_drive(tree):
    assert has_media(block(disk(tree, "a/sdb")))
    assert not has_media(block(disk(tree, "a/sdc", size="0")))
    assert not has_media(block(disk(tree, "a/fd0"), number=(2, 0)))
    assert not has_media(block(disk(tree, "a/sr0")))
    assert has_media(block(disk(tree, "a/sr1"), ID_CDROM_MEDIA="1"))
