"""udev: frozen values out, devices of umockdev in."""

from __future__ import annotations

import dataclasses
import select
import types

import pytest

from gapwatch_agent.kernel.overrun import OverrunError
from gapwatch_agent.kernel.udev import PROPERTIES_MAX, PROPERTY_CHARS_MAX, Udev, UdevDevice, _freeze
from support.isolation import in_testbed


class Strict(dict):
    """Properties as pyudev gives them: bytes that are not UTF-8 raise."""

    def __getitem__(self, name):
        value = super().__getitem__(name)
        return value if isinstance(value, str) else value.decode("utf-8")


def frozen(**properties):
    return _freeze(types.SimpleNamespace(sys_path="/sys/devices/x", properties=Strict(properties)), "add")


def test_a_frozen_device():
    device = frozen(SUBSYSTEM="block", DEVTYPE="disk", DEVNAME="/dev/sdz", MAJOR="8", MINOR="16", ID_BUS="usb")
    assert (device.subsystem, device.devtype, device.node, device.number) == ("block", "disk", "/dev/sdz", (8, 16))
    assert (device.sys_name, device.properties["ID_BUS"], device.action) == ("x", "usb", "add")
    with pytest.raises(dataclasses.FrozenInstanceError):
        device.action = "remove"


def test_hostile_properties_are_bounded_and_survive():
    device = frozen(ID_VENDOR=b"\xff\xfe", ID_MODEL="x" * 70000, MAJOR="-1", MINOR="9" * 30)
    assert device.properties["ID_VENDOR"].encode("utf-8", "surrogateescape") == b"\xff\xfe"
    assert len(device.properties["ID_MODEL"]) == PROPERTY_CHARS_MAX
    assert device.number == (0, 0)
    many = frozen(**{f"P{number}": "" for number in range(1000)})
    assert len(many.properties) == PROPERTIES_MAX


def test_a_real_monitor_can_be_opened_without_privileges_and_devices():
    udev = Udev(("block",))
    udev.start()
    assert udev.source in ("udev", "kernel")
    assert all(isinstance(device, UdevDevice) and device.subsystem == "block" for device in udev.present())
    assert udev.block_device(4095, 1) is None
    assert udev.at("/sys/no/such/device") is None
    assert udev.read() == []
    udev.close()


def test_a_socket_error_is_an_overrun():
    class Broken:
        def poll(self, _):
            raise OSError("Error while polling fd")

        def fileno(self):
            return udev._socket.fileno()

    udev = Udev(("block",))
    udev._monitor = Broken()
    with pytest.raises(OverrunError):
        udev.read()
    udev.close()


@in_testbed
def test_listing_and_watching():
    from support.testbed import Testbed

    bed = Testbed()
    udev = Udev(("block", "usb"), source="udev")
    udev.start()
    stick = bed.stick()
    poll = select.poll()
    poll.register(udev.fileno(), select.POLLIN)
    assert poll.poll(5000)
    assert [(found.action, found.sys_path) for found in udev.read()] == [
        ("add", path) for path in (stick.usb, stick.interface, stick.disk, stick.partition)
    ]
    present = [found.sys_path for found in udev.present()]
    assert present == sorted([stick.usb, stick.interface, stick.disk, stick.partition])
    assert udev.at(stick.disk).node == "/dev/sdz"
    bed.unplug(stick)
    assert {found.action for found in udev.read()} == {"remove"}
    assert udev.present() == []
    udev.close()
