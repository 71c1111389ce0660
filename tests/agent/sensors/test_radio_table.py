"""The radios of a made-up /sys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gapwatch_agent.kernel.rtnetlink import LinkMessage
from gapwatch_agent.sensors.radio_table import radios
from support.sysfs_tree import SysfsTree

DOWN = LinkMessage(False, 9, 0x2, 1, "wlan0", "", 2, "")
MONITOR = replace(DOWN, flags=0x10003, operstate=6, hardware_type=803)


@pytest.fixture
def tree(tmp_path):
    tree = SysfsTree(tmp_path / "sys")
    card = tree.device("pci/wifi", "pci", {"vendor": "0x8086"}, driver="iwlwifi")
    phy = tree.device("pci/wifi/ieee80211/phy0", "ieee80211", {"macaddress": "00:01"})
    tree.in_class(phy, "ieee80211", card)
    net = tree.device("pci/wifi/net/wlan0", "net", {"ifindex": "9"})
    (net / "phy80211").symlink_to(phy)
    tree.in_class(net, "net", card)
    return tree


def state(tree, *links):
    return radios(tree.root, {link.index: link for link in links})["wifi", "phy0"].state


def switch(tree, soft, hard):
    folder = tree.device("pci/wifi/ieee80211/phy0/rfkill0", "rfkill", {"soft": soft, "hard": hard})
    tree.in_class(folder, "rfkill", tree.root / "devices/pci/wifi/ieee80211/phy0")


def test_states(tree):
    assert state(tree) == "present"
    assert state(tree, DOWN) == "present"
    assert state(tree, replace(DOWN, flags=0x3)) == "up"
    assert state(tree, replace(DOWN, flags=0x10003, operstate=6)) == "associated"
    assert state(tree, MONITOR) == "up"


@pytest.mark.parametrize(
    ("soft", "hard", "expected"), [("1", "0", "blocked"), ("0", "1", "blocked"), ("0", "0", "present")]
)
def test_switches(tree, soft, hard, expected):
    switch(tree, soft, hard)
    assert state(tree) == expected


def test_an_interface_that_is_up_outranks_its_switch(tree):
    switch(tree, "1", "0")
    assert state(tree, replace(DOWN, flags=0x3)) == "up"


def test_the_card_behind_it(tree):
    radio = radios(tree.root, {})["wifi", "phy0"]
    assert (radio.device.driver, radio.device.vendor_id, radio.address) == ("iwlwifi", "8086", "00:01")
    assert radio.interfaces == (9,)


def test_no_radios(tmp_path):
    assert radios(tmp_path, {}) == {}
