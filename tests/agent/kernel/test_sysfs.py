"""Reading sysfs, in a made-up tree."""

from __future__ import annotations

import pytest

from gapwatch_agent.kernel import sysfs
from support.sysfs_tree import SysfsTree


@pytest.fixture
def tree(tmp_path):
    return SysfsTree(tmp_path / "sys")


def test_attributes(tree):
    device = tree.device("a", "usb", {"serial": b"\xff4C\x1b\n", "size": "12", "bad": "x", "long": "y" * 9000})
    assert sysfs.attribute(device, "serial") == "\udcff4C\x1b"
    assert len(sysfs.attribute(device, "long")) == sysfs.ATTRIBUTE_BYTES_MAX
    assert (sysfs.number(device, "size"), sysfs.number(device, "bad"), sysfs.number(device, "none")) == (12, 0, 0)
    assert sysfs.attribute(device / "gone", "serial") == ""


def test_parents(tree):
    outer = tree.device("usb1/1-1", "usb", devtype="usb_device")
    inner = tree.device("usb1/1-1/1-1:1.0/host0/block/sdb", "block")
    tree.device("usb1/1-1/1-1:1.0/host0", "scsi")
    assert [folder.name for folder in sysfs.lineage(inner)] == ["sdb", "host0", "1-1"]
    assert sysfs.nearest(inner, "usb", "usb_device") == outer
    assert sysfs.nearest(inner, "usb", "usb_interface") is None
    assert sysfs.nearest(inner, "pci") is None


def test_what_is_missing(tree):
    device = tree.device("a", "usb", driver="usb-storage")
    assert sysfs.link_name(device, "driver") == "usb-storage"
    assert sysfs.link_name(device, "none") == ""
    assert sysfs.entries(device / "none") == ()
    assert sysfs.resolve(device / "none") is None
