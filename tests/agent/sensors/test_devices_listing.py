"""Listing anew: at the start, after an overrun, after a restart - with a udev that says what it is told."""

from __future__ import annotations

import asyncio

import pytest

from gapwatch_agent.clock import SystemClock
from gapwatch_agent.kernel.udev import UdevDevice
from gapwatch_agent.sensors.devices import DevicesSensor
from gapwatch_agent.sensors.media import MediaSensor, MediaSettings
from gapwatch_proto.kinds import Kind
from support.sensing import sensing
from support.udev import FakeUdev


def usb(tmp_path, name, serial, action="present"):
    folder = tmp_path / "devices" / name
    folder.mkdir(parents=True, exist_ok=True)
    properties = {"ID_SERIAL_SHORT": serial}
    return UdevDevice(action, "usb", str(folder), "usb_device", properties=properties)


def disk(tmp_path, name, action="present"):
    folder = tmp_path / "devices" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "size").write_text("2048\n")
    return UdevDevice(
        action, "block", str(folder), "disk", f"/dev/{name}", (8, 0), {"ID_BUS": "usb", "ID_FS_UUID": name}
    )


def serials(said, kind):
    return [found.device.serial_number for found in said.of(kind)]


def test_an_overrun_is_a_gap_then_what_really_is_there(tmp_path):
    async def scenario():
        udev = FakeUdev(usb(tmp_path, "1-1", "A"))
        async with sensing(DevicesSensor(SystemClock(), lambda: udev, settle_s=0)) as said:
            udev.there = [usb(tmp_path, "1-2", "B")]
            udev.send(usb(tmp_path, "1-3", "ghost", "add"))  # its removal was among what was dropped
            udev.overrun()
            (gap,) = await said.until(Kind.GAP)
            await said.until(Kind.DEVICE_REMOVED, 2)
            assert (gap.source, gap.reason) == ("devices.udev", "kernel_overflow")
            assert sorted(serials(said, Kind.DEVICE_ATTACHED)) == ["A", "B", "ghost"]
            assert sorted(serials(said, Kind.DEVICE_REMOVED)) == ["A", "ghost"]
            flags = {found.device.serial_number: found.present_at_start for found in said.of(Kind.DEVICE_ATTACHED)}
            assert flags == {"A": True, "B": False, "ghost": False}

    asyncio.run(scenario())


def test_a_run_after_a_crash_begins_anew_and_every_source_is_closed(tmp_path):
    async def scenario():
        opened = []

        def open_source():
            opened.append(FakeUdev(usb(tmp_path, "1-1", "A")))
            return opened[-1]

        sensor = DevicesSensor(SystemClock(), open_source)
        for _ in range(2):
            async with sensing(sensor) as said:
                (attached,) = await said.until(Kind.DEVICE_ATTACHED)
                assert attached.present_at_start
            assert sensor.health().state == "stopped"
        assert [source.closed for source in opened] == [True, True]

    asyncio.run(scenario())


def test_media_are_listed_anew_too(tmp_path):
    async def scenario():
        udev = FakeUdev(disk(tmp_path, "sdx"))
        (tmp_path / "mountinfo").touch()
        settings = MediaSettings(sessions=tmp_path, mountinfo=tmp_path / "mountinfo", settle_s=0)
        async with sensing(MediaSensor(SystemClock(), None, settings, lambda: udev)) as said:
            await said.until(Kind.MEDIUM_ATTACHED)
            udev.there = [disk(tmp_path, "sdy")]
            udev.overrun()
            await said.until(Kind.MEDIUM_ATTACHED, 2)
            assert said.kinds() == ["MEDIUM_ATTACHED", "GAP", "MEDIUM_REMOVED", "MEDIUM_ATTACHED"]

    asyncio.run(scenario())


@pytest.mark.parametrize("source", ["udev", "kernel"])
def test_without_udevd_the_sensor_says_what_it_misses(tmp_path, source):
    async def scenario():
        udev = FakeUdev()
        udev.source = source
        sensor = DevicesSensor(SystemClock(), lambda: udev)
        async with sensing(sensor):
            health = sensor.health()
            assert (health.state, bool(health.missing)) == (
                ("running", False) if source == "udev" else ("degraded", True)
            )
            assert health.mechanism == source

    asyncio.run(scenario())
