"""Devices as sysfs shows them, in a made-up tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.enrich import device
from support.sysfs_tree import SysfsTree

DESCRIPTORS = bytes.fromhex("12010002000000408107675500010102030109022000010100800909040000020806500007058102000200")


@pytest.fixture
def tree(tmp_path):
    return SysfsTree(tmp_path / "sys")


def usb(tree, path="pci/usb1/1-1", **attributes):
    return tree.device(path, "usb", {"idVendor": "0781", "idProduct": "5567", **attributes}, devtype="usb_device")


def test_interfaces_come_from_udev_descriptors_and_folders_each_once(tree):
    stick = usb(tree, descriptors=DESCRIPTORS)
    keyboard = {"bInterfaceClass": "03", "bInterfaceSubClass": "01", "bInterfaceProtocol": "02"}
    tree.device("pci/usb1/1-1/1-1:1.0", "usb", keyboard, driver="usbhid")
    triples = device.interface_triples(stick, {"ID_USB_INTERFACES": ":080650:e00101:junk:"})
    assert triples == ("08/06/50", "e0/01/01", "03/01/02")
    assert device.usb_device(stick, {}).driver == "usbhid"


def test_raw_strings_go_before_udevs(tree):
    stick = usb(tree, serial="RAW", product="Raw Name")
    udev = {"ID_SERIAL_SHORT": "udev", "ID_MODEL_ENC": "x", "ID_VENDOR_ENC": "Two\\x20Words\\x20"}
    strings = device.usb_strings(stick, udev)
    assert (strings.serial_number, strings.product_name, strings.vendor_name) == ("RAW", "Raw Name", "Two Words")


def test_the_hardware_behind_a_usb_interface(tree):
    usb(tree, product="Phone")
    interface = tree.device("pci/usb1/1-1/1-1:1.0", "usb", driver="rndis_host", devtype="usb_interface")
    net = tree.device("pci/usb1/1-1/1-1:1.0/net/usb0", "net")
    entry = tree.in_class(net, "net", carrier=interface)
    found = device.hardware_behind(entry)
    assert (found.bus, found.driver, found.vendor_id, found.product_name) == ("usb", "rndis_host", "0781", "Phone")


def test_the_hardware_behind_a_pci_card(tree):
    card = tree.device("pci0000:00/0000:00:19.0", "pci", {"vendor": "0x8086", "device": "0x15fb"}, driver="e1000e")
    entry = tree.in_class(tree.device("pci0000:00/0000:00:19.0/net/eno1", "net"), "net", carrier=card)
    found = device.hardware_behind(entry)
    assert (found.bus, found.driver, found.vendor_id, found.product_id) == ("pci", "e1000e", "8086", "15fb")


def test_nothing_behind_a_virtual_device(tree):
    assert device.hardware_behind(tree.device("virtual/net/br0", "net")).bus == ""


@given(st.binary(max_size=200))
def test_any_descriptors_are_read(data):
    for triple in device.descriptor_triples(data):
        assert len(triple) == 8


@given(st.text(max_size=50), st.text(max_size=600))
def test_any_udev_text_is_unescaped(plain, encoded):
    device.unescaped({"ID_X": plain, "ID_X_ENC": encoded}, "ID_X").encode("utf-8", "surrogatepass")
