"""Network interfaces: whose device carries them."""

from __future__ import annotations

import pytest

from gapwatch_agent.enrich.interface import network_interface
from gapwatch_agent.kernel.rtnetlink import LinkMessage
from support.sysfs_tree import SysfsTree

LINK = LinkMessage(False, 5, 0x3, 1, "usb0", "02:00", 6, "")


@pytest.fixture
def tree(tmp_path):
    return SysfsTree(tmp_path / "sys")


@pytest.mark.parametrize(
    ("driver", "tethered"),
    [
        ("rndis_host", True),
        ("ipheth", True),
        ("cdc_ether", True),
        ("cdc_ncm", True),
        ("cdc_eem", True),
        ("cdc_subset", True),
        ("r8152", False),
    ],
)
def test_a_phone_is_told_by_its_driver(tree, driver, tethered):
    tree.device("usb1/1-1", "usb", {"idVendor": "18d1"}, devtype="usb_device")
    carrier = tree.device("usb1/1-1/1-1:1.0", "usb", driver=driver, devtype="usb_interface")
    tree.in_class(tree.device("usb1/1-1/1-1:1.0/net/usb0", "net", {"ifindex": "5"}), "net", carrier)
    found = network_interface(LINK, tree.root)
    assert (found.driver, found.tethered, found.bus, found.kind) == (driver, tethered, "usb", "ethernet")
    assert found.device.vendor_id == "18d1"


def test_an_interface_renamed_meanwhile_is_found_by_its_index(tree):
    tree.in_class(tree.device("virtual/net/enx02", "net", {"ifindex": "5"}, devtype="bluetooth"), "net")
    found = network_interface(LINK, tree.root)
    assert (found.name, found.kind, found.tethered) == ("usb0", "bnep", True)


def test_bluetooth_sharing(tree):
    tree.in_class(tree.device("virtual/net/usb0", "net", {"ifindex": "5"}, devtype="bluetooth"), "net")
    found = network_interface(LINK, tree.root)
    assert (found.kind, found.driver, found.tethered) == ("bnep", "bnep", True)


def test_wireless(tree):
    folder = tree.device("virtual/net/usb0", "net", {"ifindex": "5"})
    tree.in_class(folder, "net")
    (folder / "phy80211").mkdir()
    assert network_interface(LINK, tree.root).kind == "wlan"


def test_an_interface_of_another_namespace_is_not_taken_for_ours(tree):
    tree.in_class(tree.device("virtual/net/usb0", "net", {"ifindex": "6"}, devtype="wlan"), "net")
    assert network_interface(LINK, tree.root).kind == "ethernet"
