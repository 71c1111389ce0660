"""Which filesystems are never marked, on mount tables of several makes."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.guard import protected

TABLE = b"""\
21 1 0:24 /@ / rw shared:1 - btrfs /dev/sda2 rw,subvol=/@
22 21 0:24 /@home /home rw shared:2 - btrfs /dev/sda2 rw,subvol=/@home
23 21 8:1 / /boot rw - ext4 /dev/sda1 rw
24 21 8:33 / /media/user/STICK rw - vfat /dev/sdc1 rw
25 21 8:49 /var /var rw - ext4 /dev/sdd1 rw
26 21 0:30 / /tmp rw - tmpfs tmpfs rw
"""


def device(text: str) -> int:
    major, minor = text.split(":")
    return os.makedev(int(major), int(minor))


@pytest.mark.parametrize(
    ("mount_id", "dev", "named"),
    [
        (24, "8:33", ""),
        (21, "0:24", "/"),
        (22, "0:51", "/"),  # a btrfs subvolume has a device number of its own; the superblock is the root's
        (23, "8:1", "/boot"),
        (25, "8:49", "/var"),  # also bind mounts of a data disk
        (99, "8:49", "/var"),  # of another mount namespace: the device number still tells
        (26, "0:30", "/tmp"),
        (99, "8:99", ""),
    ],
)
def test_the_filesystems_the_machine_stands_on_are_refused(mount_id: int, dev: str, named: str) -> None:
    complaint = protected.complaint(TABLE, mount_id, device(dev))
    assert complaint == (f"it is the filesystem of {named}, which is never marked" if named else "")


def test_a_filesystem_that_a_protected_link_leads_to_is_refused() -> None:
    table = TABLE + b"27 21 8:65 / /data rw - ext4 /dev/sde1 rw\n"
    assert protected.complaint(table, 27, device("8:65")) == ""
    assert "/data/home" in protected.complaint(table, 27, device("8:65"), ["/", "/data/home"])


def test_one_hidden_by_another_mount_on_the_same_point_is_refused_too() -> None:
    table = TABLE + b"28 23 8:77 / /boot rw - ext4 /dev/sdf1 rw\n"
    assert "/boot" in protected.complaint(table, 23, device("8:1"))
    assert "/boot" in protected.complaint(table, 28, device("8:77"))


def test_a_table_that_says_nothing_allows_nothing() -> None:
    assert "does not say" in protected.complaint(b"", 24, device("8:33"))


@given(st.binary(max_size=200))
def test_any_table_gives_an_answer(data: bytes) -> None:
    assert isinstance(protected.complaint(data, 1, 2), str)


def test_filesystems_served_by_a_process_or_another_machine_are_refused() -> None:
    assert "fuse" in protected.may_wait(0x65735546)
    assert protected.may_wait(0x4D44) == ""


def test_this_machines_root_is_refused() -> None:
    fd = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert "never marked" in protected.of_directory(fd, 0xEF53)
    finally:
        os.close(fd)
