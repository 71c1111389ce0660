"""Radios: what sysfs shows under umockdev, what rtnetlink says about their interfaces."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.route_socket import NetworkDump
from gapwatch_agent.kernel.rtnetlink import LinkMessage
from gapwatch_agent.kernel.udev import Udev
from gapwatch_agent.sensors.radios import SUBSYSTEMS, RadiosSensor
from gapwatch_proto.kinds import Kind
from support.isolation import in_testbed
from support.sensing import sensing

DOWN = LinkMessage(False, 9, 0x2, 1, "wlan0", "00:01", 2, "")
UP = replace(DOWN, flags=0x3)
ASSOCIATED = replace(DOWN, flags=0x10003, operstate=6)


class FakeLinks:
    """rtnetlink that says what the test tells it to."""

    def __init__(self, *links):
        self._links = links
        self._pending = []
        self._fd = os.eventfd(0, os.EFD_NONBLOCK)

    def fileno(self):
        return self._fd

    def send(self, *messages):
        self._pending += messages
        os.eventfd_write(self._fd, 1)

    def read(self):
        if self._pending:
            os.eventfd_read(self._fd)
        pending, self._pending = self._pending, []
        return pending

    def dump(self):
        return NetworkDump(self._links, (), ())

    def routes(self):
        return ()

    def close(self):
        os.close(self._fd)


def sensor(links):
    return RadiosSensor(SystemClock(), lambda: Udev(SUBSYSTEMS, source="udev"), lambda: links)


def dongle(bed, name="1-1", interface="ff/ff/ff", driver="mt76x0u"):
    usb, (path,) = bed.usb(name, (interface,), attributes={"idVendor": "148f", "idProduct": "7610", "product": "WiFi"})
    bed.link_driver(path, driver)
    return usb, path


def wifi(bed, parent, phy="phy0"):
    path = bed.add("ieee80211", phy, parent, {"macaddress": "00:11:22:33:44:55"})
    bed.link(path, "device", parent)
    return path


def wlan(bed, parent, phy):
    net = bed.add("net", "wlan0", parent, {"ifindex": "9"}, {"DEVTYPE": "wlan"})
    bed.link(net, "phy80211", phy)
    bed.uevent(net, "change")
    return net


def rfkill(bed, radio, name="rfkill0", soft="0"):
    switch = bed.add("rfkill", name, radio, {"soft": soft, "hard": "0", "type": "wlan"})
    bed.link(switch, "device", radio)
    bed.uevent(switch, "change")
    return switch


def states(said, technology="wifi"):
    return [(r.previous_state, r.state) for r in said.of(Kind.RADIO_STATE) if r.technology == technology]


@in_testbed
def test_a_wifi_dongle_goes_through_all_its_states():
    from support.testbed import Testbed

    async def scenario():
        bed, links = Testbed(), FakeLinks()
        async with sensing(sensor(links)) as said:
            usb, interface = dongle(bed)
            phy = wifi(bed, interface)
            (present,) = await said.until(Kind.RADIO_STATE)
            assert (present.name, present.state, present.address) == ("phy0", "present", "00:11:22:33:44:55")
            assert (present.device.vendor_id, present.device.driver, present.device.bus) == ("148f", "mt76x0u", "usb")
            switch = rfkill(bed, phy, soft="1")
            await said.until(Kind.RADIO_STATE, 2)
            bed.set_attribute(switch, "soft", "0")
            bed.uevent(switch, "change")
            await said.until(Kind.RADIO_STATE, 3)
            net = wlan(bed, interface, phy)
            await asyncio.sleep(0.05)
            links.send(DOWN, UP, ASSOCIATED, UP)  # a short connection, over before anybody looked
            await said.until(Kind.RADIO_STATE, 6)
            links.send(replace(DOWN, gone=True))
            bed.remove(net, switch, phy, interface, usb)
            await said.until(Kind.RADIO_STATE, 7)
            assert states(said) == [
                ("absent", "present"), ("present", "blocked"), ("blocked", "present"), ("present", "up"),
                ("up", "associated"), ("associated", "up"), ("up", "absent"),
            ]  # fmt: skip

    asyncio.run(scenario())


@in_testbed
def test_a_bluetooth_dongle_and_its_connection():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor(FakeLinks())) as said:
            usb, interface = dongle(bed, interface="e0/01/01", driver="btusb")
            hci = bed.add("bluetooth", "hci0", interface, {}, {"DEVTYPE": "host"})
            bed.link(hci, "device", interface)
            bed.uevent(hci, "change")
            (present,) = await said.until(Kind.RADIO_STATE)
            assert (present.technology, present.name, present.state) == ("bluetooth", "hci0", "present")
            connection = bed.add("bluetooth", "hci0:11", hci, {}, {"DEVTYPE": "link"})
            await said.until(Kind.RADIO_STATE, 2)
            bed.remove(connection)
            bed.uevent(hci, "change")
            await said.until(Kind.RADIO_STATE, 3)
            bed.remove(hci, interface, usb)
            bed.add("net", "x0", None, {"ifindex": "3"})  # anything that makes it look
            await said.until(Kind.RADIO_STATE, 4)
            assert [state for _, state in states(said, "bluetooth")] == ["present", "associated", "present", "absent"]

    asyncio.run(scenario())


@in_testbed
def test_what_is_there_at_the_start_is_flagged_and_other_radios_are_told_by_presence():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        phy = wifi(bed, dongle(bed)[1])
        wlan(bed, None, phy)
        for class_name, name in (("wwan", "wwan0"), ("wwan", "wwan0at0"), ("nfc", "nfc0")):
            bed.add(class_name, name)
        async with sensing(sensor(FakeLinks(ASSOCIATED))) as said:
            found = await said.until(Kind.RADIO_STATE, 3)
            assert {(radio.technology, radio.name, radio.state) for radio in found} == {
                ("wifi", "phy0", "associated"), ("wwan", "wwan0", "present"), ("nfc", "nfc0", "present"),
            }  # fmt: skip
            assert all(radio.present_at_start and radio.previous_state == "absent" for radio in found)

    asyncio.run(scenario())
