"""From a mount to its medium: through encryption and volumes, and past numbers the kernel made up."""

from __future__ import annotations

import asyncio

import pytest

from gapwatch_agent.kernel.mountinfo import Mount
from gapwatch_agent.kernel.udev import UdevDevice
from gapwatch_agent.sensors.media_origin import identified, medium_under
from gapwatch_proto.events import Medium
from support.sysfs_tree import SysfsTree
from support.udev import FakeUdev


@pytest.fixture
def tree(tmp_path):
    return SysfsTree(tmp_path / "sys")


def block(tree, path, number, node, **properties):
    folder = tree.device(path, "block", {"dev": f"{number[0]}:{number[1]}", "size": "2048", "removable": "0"})
    return UdevDevice("present", "block", str(folder), "disk", node, number, properties)


def mount(major, minor, source="none", kind="ext4"):
    return Mount(9, 1, major, minor, "/", "/mnt", "rw", kind, source, "rw")


def test_an_encrypted_stick_is_found_under_its_mapping(tree):
    stick = block(tree, "sdb", (8, 16), "/dev/sdb", ID_BUS="usb", ID_FS_UUID="luks-uuid", ID_FS_TYPE="crypto_LUKS")
    mapping = block(tree, "dm-0", (253, 0), "/dev/dm-0")
    volume = block(tree, "dm-1", (253, 1), "/dev/dm-1")
    for upper, lower in ((mapping, stick), (volume, mapping)):
        (upper.path / "slaves").mkdir()
        (upper.path / "slaves" / lower.sys_name).symlink_to(lower.path)
    udev = FakeUdev(stick, mapping, volume)
    medium = medium_under(udev, mount(253, 1), ())
    assert (medium.device_node, medium.filesystem_id) == ("/dev/sdb", "luks-uuid")
    udev.close()


def test_a_mapping_that_names_itself_ends(tree):
    mapping = block(tree, "dm-0", (253, 0), "/dev/dm-0")
    (mapping.path / "slaves").mkdir()
    (mapping.path / "slaves" / "dm-0").symlink_to(mapping.path)
    udev = FakeUdev(mapping)
    assert medium_under(udev, mount(253, 0), ()) is None
    udev.close()


def test_the_type_comes_from_the_mount_where_udev_knows_none(tree):
    udev = FakeUdev(block(tree, "sdb", (8, 16), "/dev/sdb", ID_BUS="usb"))
    assert medium_under(udev, mount(8, 16, kind="exfat"), ()).filesystem_type == "exfat"
    udev.close()


@pytest.mark.parametrize("source", ["none", "/dev/no/such/node", "/dev/null", "/dev/\0"])
def test_a_made_up_number_with_no_device_behind_it(tree, source):
    udev = FakeUdev()
    assert medium_under(udev, mount(0, 44, source), ()) is None
    udev.close()


def test_a_device_that_is_gone_already_is_no_medium():
    udev = FakeUdev()
    assert medium_under(udev, mount(8, 16), ()) is None
    udev.close()


def test_what_udev_knows_is_not_read_again_and_what_cannot_be_read_stays_empty(tmp_path):
    known = Medium(filesystem_id="x", device_node=str(tmp_path / "gone"))
    assert asyncio.run(identified(known)) is known
    assert asyncio.run(identified(Medium(device_node=str(tmp_path / "gone")))).filesystem_id == ""
