"""USB devices, made by umockdev."""

from __future__ import annotations

import asyncio

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.udev import Udev
from gapwatch_agent.sensors.devices import DevicesSensor
from gapwatch_proto.kinds import Kind
from support.eventually import eventually
from support.isolation import in_testbed
from support.sensing import sensing

ATTACHED, REMOVED = Kind.DEVICE_ATTACHED, Kind.DEVICE_REMOVED


def sensor(settle_s=0.05):
    return DevicesSensor(SystemClock(), lambda: Udev(("usb",), source="udev"), settle_s=settle_s)


@in_testbed
def test_a_stick_comes_and_goes():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            stick = bed.stick()
            (attached,) = await said.until(ATTACHED)
            bed.unplug(stick)
            (removed,) = await said.until(REMOVED)
        device = attached.device
        assert (device.vendor_id, device.product_id, device.serial_number) == ("0781", "5567", "4C530001")
        assert (device.vendor_name, device.product_name) == ("SanDisk", "Cruzer Blade")
        assert (device.bus, device.interfaces, device.syspath) == ("usb", ("08/06/50",), "/sys/devices/1-1")
        assert not attached.present_at_start
        assert removed.device == device

    asyncio.run(scenario())


@in_testbed
def test_what_is_there_at_the_start_is_flagged():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        bed.usb("1-1", ("08/06/50",))
        bed.usb("usb1", ("09/00/00",))  # the host controller's root hub is part of the machine
        async with sensing(sensor()) as said:
            (attached,) = await said.until(ATTACHED)
            assert attached.present_at_start
            bed.usb("1-2", ("03/01/01",))
            assert [found.present_at_start for found in await said.until(ATTACHED, 2)] == [True, False]

    asyncio.run(scenario())


@in_testbed
def test_a_composite_device_names_every_interface_and_driver():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor(settle_s=5)) as said:
            usb, (keyboard, storage) = bed.usb("1-3", ("03/01/01", "08/06/50"))
            bed.link_driver(keyboard, "usbhid")
            bed.link_driver(storage, "usb-storage")
            bed.uevent(usb, "bind")  # drivers are bound: no need to wait for the rest of the settling time
            (attached,) = await said.until(ATTACHED)
        assert attached.device.interfaces == ("03/01/01", "08/06/50")
        assert attached.device.driver == "usbhid,usb-storage"

    asyncio.run(scenario())


@in_testbed
def test_a_modem_that_poses_as_a_disc_is_announced_again_when_it_shows_its_modem():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            usb, _ = bed.usb("1-4", ("08/06/50",))
            await said.until(ATTACHED)
            attributes = {"bInterfaceClass": "02", "bInterfaceSubClass": "0d", "bInterfaceProtocol": "00"}
            bed.add("usb", "1-4:2.0", usb, attributes, {"DEVTYPE": "usb_interface"})
            _, second = await said.until(ATTACHED, 2)
        assert second.device.interfaces == ("08/06/50", "02/0d/00")

    asyncio.run(scenario())


@in_testbed
def test_hostile_strings_are_cut_and_kept_as_they_are():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            strings = {"manufacturer": "M" * 65536, "product": "a\x1b[31m\r\x07b", "serial": "\u202e4C"}
            bed.usb("1-1", attributes=strings)
            (attached,) = await said.until(ATTACHED)
        assert attached.device.vendor_name == "M" * 256
        assert attached.device.product_name == "a\x1b[31m\r\x07b"
        assert attached.device.serial_number == "\u202e4C"

    asyncio.run(scenario())


@in_testbed
def test_strings_that_are_not_utf8_survive():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        usb, _ = bed.usb("1-1")
        bed.set_attribute_bytes(usb, "serial", b"\xff\xfe4C")
        async with sensing(sensor()) as said:
            (attached,) = await said.until(ATTACHED)
        assert attached.device.serial_number.encode("utf-8", "surrogateescape") == b"\xff\xfe4C"

    asyncio.run(scenario())


@in_testbed
def test_a_storm_of_a_thousand_hot_plugs_is_seen_whole():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        devices = [bed.usb(f"2-{port}")[0] for port in range(1, 21)]
        async with sensing(sensor()) as said:
            await said.until(ATTACHED, 20)
            for usb in devices:
                bed.uevent(usb, "remove")
                await eventually(lambda usb=usb: said.of(REMOVED) and said.of(REMOVED)[-1].device.syspath == usb)
            for number in range(1000):  # by events alone: making the folders anew would take umockdev most of a minute
                usb = devices[number % 20]
                bed.set_property(usb, "ID_SERIAL_SHORT", f"S{number}")
                bed.uevent(usb, "add")
                bed.uevent(usb, "remove")
                await eventually(lambda seen=number: len(said.events) > 41 + 2 * seen)  # umockdev's queue is short
            await said.until(REMOVED, 1020)
            assert [found.device.serial_number for found in said.of(ATTACHED)][20:] == [f"S{n}" for n in range(1000)]
            assert not said.of(Kind.GAP)

    asyncio.run(scenario())
