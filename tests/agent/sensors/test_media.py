"""Media, made by umockdev; mounts by writing the mount table, except where the kernel's own is used."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.udev import Udev
from gapwatch_agent.sensors.media import MediaSensor, MediaSettings
from gapwatch_proto.kinds import Kind
from support.isolation import in_testbed
from support.sensing import sensing

ATTACHED, MOUNTED = Kind.MEDIUM_ATTACHED, Kind.MEDIUM_MOUNTED
UNMOUNTED, REMOVED = Kind.MEDIUM_UNMOUNTED, Kind.MEDIUM_REMOVED


def sensor(folder=None, *, settle_s=0.05, extra_nodes=()):
    folder = Path(folder or tempfile.mkdtemp())
    (folder / "sessions").mkdir(exist_ok=True)
    table = folder / "mountinfo"
    table.touch()
    settings = MediaSettings(frozenset(extra_nodes), folder / "sessions", table, settle_s)
    return MediaSensor(SystemClock(), None, settings, lambda: Udev(("block",), source="udev"))


@in_testbed
def test_a_stick_is_announced_once_with_its_filesystem():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor(settle_s=20)) as said:
            stick = bed.stick()
            (attached,) = await said.until(ATTACHED)
            bed.uevent(stick.partition, "change")
            bed.unplug(stick)
            (removed,) = await said.until(REMOVED)
            assert said.kinds() == ["MEDIUM_ATTACHED", "MEDIUM_REMOVED"]
        medium = attached.medium
        assert (medium.vendor_id, medium.product_id, medium.serial_number) == ("0781", "5567", "4C530001")
        assert (medium.vendor_name, medium.product_name, medium.bus) == ("SanDisk", "Cruzer Blade", "usb")
        assert (medium.filesystem_id, medium.filesystem_type, medium.label) == ("1234-ABCD", "vfat", "My Stick")
        assert (medium.size_bytes, medium.device_node) == (131072 * 512, "/dev/sdz1")
        assert removed.medium == medium
        assert not attached.present_at_start

    asyncio.run(scenario())


@in_testbed
def test_a_stick_without_serial_is_still_an_event():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            bed.stick(strings={"product": "Mass Storage"})
            (attached,) = await said.until(ATTACHED)
        assert (attached.medium.serial_number, attached.medium.product_name) == ("", "Mass Storage")

    asyncio.run(scenario())


@in_testbed
def test_names_come_from_udev_where_the_device_has_no_strings():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            names = {"ID_VENDOR_ENC": "Generic\\x20", "ID_MODEL_ENC": "Flash\\x20Disk", "ID_SERIAL_SHORT": "77"}
            bed.stick(strings={}, filesystem=names)
            (attached,) = await said.until(ATTACHED)
        medium = attached.medium
        assert (medium.vendor_name, medium.product_name, medium.serial_number) == ("Generic", "Flash Disk", "77")

    asyncio.run(scenario())


@in_testbed
def test_a_stick_without_filesystem_is_announced_after_it_settled():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            bed.stick(filesystem={"ID_FS_TYPE": "", "ID_FS_UUID": "", "ID_FS_LABEL_ENC": ""})
            (attached,) = await said.until(ATTACHED)
        assert (attached.medium.filesystem_id, attached.medium.serial_number) == ("", "4C530001")

    asyncio.run(scenario())


@in_testbed
def test_a_card_is_announced_when_it_goes_into_the_reader_not_with_the_reader():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            _, (interface,) = bed.usb("1-2")
            numbers = {"DEVTYPE": "disk", "DEVNAME": "/dev/sdy", "MAJOR": "8", "MINOR": "32"}
            reader = bed.add("block", "sdy", interface, {"size": "0", "removable": "1"}, numbers)
            bed.set_attribute(reader, "size", "2048")
            bed.uevent(reader, "change")
            await said.until(ATTACHED)
            bed.set_attribute(reader, "size", "0")
            bed.uevent(reader, "change")
            await said.until(REMOVED)
            assert said.kinds() == ["MEDIUM_ATTACHED", "MEDIUM_REMOVED"]
            assert said.of(ATTACHED)[0].medium.size_bytes == 2048 * 512

    asyncio.run(scenario())


@in_testbed
def test_an_internal_disk_is_no_medium_unless_the_site_says_so():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        numbers = {"DEVTYPE": "disk", "DEVNAME": "/dev/sda", "MAJOR": "8", "MINOR": "0", "ID_BUS": "ata"}
        disk = bed.add("block", "sda", None, {"size": "99", "removable": "0"}, numbers)
        parts = {"DEVTYPE": "partition", "MAJOR": "8", "ID_FS_TYPE": "ext4", "ID_FS_UUID": "u-3"}
        for minor in (1, 3):
            bed.add("block", f"sda{minor}", disk, {"size": "9", "partition": str(minor)},
                    parts | {"DEVNAME": f"/dev/sda{minor}", "MINOR": str(minor)})  # fmt: skip
        async with sensing(sensor(extra_nodes={"/dev/sda3"})) as said:
            (attached,) = await said.until(ATTACHED)
            bed.stick()
            await said.until(ATTACHED, 2)
            assert (attached.medium.device_node, attached.medium.filesystem_id) == ("/dev/sda3", "u-3")
            assert attached.present_at_start
            assert [found.medium.device_node for found in said.of(ATTACHED)] == ["/dev/sda3", "/dev/sdz1"]

    asyncio.run(scenario())


@in_testbed
def test_the_person_at_the_seat_is_named_and_called_inferred():
    from support.testbed import Testbed

    async def scenario():
        folder = Path(tempfile.mkdtemp())
        bed = Testbed()
        watching = sensor(folder)
        (folder / "sessions" / "3").write_text("UID=1000\nUSER=liming\nACTIVE=1\nREMOTE=0\nSEAT=seat0\nCLASS=user\n")
        async with sensing(watching) as said:
            bed.stick()
            (attached,) = await said.until(ATTACHED)
        assert (attached.actor.user.name, attached.actor.user.uid) == ("liming", 1000)
        assert (attached.actor.session.uid, attached.actor.session.seat) == ("3", "seat0")
        assert attached.actor_inferred

    asyncio.run(scenario())


@in_testbed
def test_hostile_labels_and_strings_are_cut():
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor()) as said:
            label = {"ID_FS_LABEL_ENC": "\\x1b\\x5b2J\\xff" + "L" * 900}
            bed.stick(strings={"product": "P" * 65536}, filesystem=label)
            (attached,) = await said.until(ATTACHED)
        assert attached.medium.label == ("\x1b[2J\udcff" + "L" * 900)[:256]
        assert attached.medium.product_name == "P" * 256

    asyncio.run(scenario())


@in_testbed
def test_sticks_one_after_another_are_all_told_apart():
    from support.eventually import eventually
    from support.testbed import Testbed

    async def scenario():
        bed = Testbed()
        async with sensing(sensor(settle_s=20)) as said:
            for number in range(60):
                stick = bed.stick(disk=f"sdx{number}x", strings={"serial": f"S{number}"})
                await eventually(lambda seen=number: len(said.of(ATTACHED)) > seen)
                bed.unplug(stick)
                await eventually(lambda seen=number: len(said.of(REMOVED)) > seen)
            assert [found.medium.serial_number for found in said.of(ATTACHED)] == [f"S{n}" for n in range(60)]

    asyncio.run(scenario())
