"""Devices of an imagined machine, made with umockdev (only inside ``support.isolation.in_testbed``)."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Stick:
    """A USB stick: paths of its USB device, its interface, its disk and its partition."""

    usb: str
    interface: str
    disk: str
    partition: str


class Testbed:
    """Adding and removing send the uevents that udev would send."""

    __test__ = False

    def __init__(self) -> None:
        import gi

        gi.require_version("UMockdev", "1.0")
        from gi.repository import UMockdev

        self._bed = UMockdev.Testbed.new()
        self._minor = 0

    def add(self, subsystem, name, parent=None, attributes=None, properties=None):
        def flat(pairs):
            return [part for key, value in (pairs or {}).items() for part in (key, value)]

        return self._bed.add_device(subsystem, name, parent, flat(attributes), flat(properties))

    def remove(self, *paths):
        """Children first; each sends its remove event while it is still there."""
        for path in paths:
            self._bed.uevent(path, "remove")
            self._bed.remove_device(path)

    def uevent(self, path, action):
        self._bed.uevent(path, action)

    def set_attribute(self, path, name, value):
        self._bed.set_attribute(path, name, value)

    def set_attribute_bytes(self, path, name, value):
        self._bed.set_attribute_binary(path, name, value)

    def set_property(self, path, name, value):
        self._bed.set_property(path, name, value)

    def link(self, path, name, target):
        """A link of a device, such as ``device`` or ``phy80211``."""
        self._bed.set_attribute_link(path, name, os.path.relpath(target, path))

    def link_driver(self, path, driver):
        self._bed.set_attribute_link(path, "driver", f"../../bus/drivers/{driver}")

    def usb(self, name="1-1", interfaces=("08/06/50",), *, attributes=None, properties=None):
        """A USB device with its interfaces; the paths of both."""
        listed = ":" + ":".join(triple.replace("/", "") for triple in interfaces) + ":"
        usb = self.add(
            "usb",
            name,
            None,
            {"idVendor": "0781", "idProduct": "5567", **(attributes or {})},
            {"DEVTYPE": "usb_device", "DEVNAME": "bus/usb/001/004", "ID_USB_INTERFACES": listed, **(properties or {})},
        )
        paths = []
        for number, triple in enumerate(interfaces):
            parts = zip(("Class", "SubClass", "Protocol"), triple.split("/"), strict=True)
            attributes_of = {f"bInterface{part}": value for part, value in parts}
            paths.append(self.add("usb", f"{name}:1.{number}", usb, attributes_of, {"DEVTYPE": "usb_interface"}))
        return usb, paths

    def stick(self, name="1-1", disk="sdz", *, strings=None, filesystem=None):
        """A stick with one partition, as udev shows it once it has looked at it."""
        strings = (
            {"manufacturer": "SanDisk", "product": "Cruzer Blade", "serial": "4C530001"} if strings is None else strings
        )
        usb, (interface,) = self.usb(name, attributes=strings)
        self._minor += 16
        numbers = {"MAJOR": "8", "MINOR": str(self._minor), "ID_BUS": "usb"}
        block = self.add(
            "block", disk, interface, {"size": "131072", "removable": "1", "dev": f"8:{self._minor}"},
            {"DEVTYPE": "disk", "DEVNAME": f"/dev/{disk}", **numbers},
        )  # fmt: skip
        fs = {"ID_FS_TYPE": "vfat", "ID_FS_UUID": "1234-ABCD", "ID_FS_LABEL_ENC": "My\\x20Stick"} | (filesystem or {})
        numbers["MINOR"] = str(self._minor + 1)
        partition = self.add(
            "block", f"{disk}1", block, {"size": "129024", "partition": "1", "dev": f"8:{self._minor + 1}"},
            {"DEVTYPE": "partition", "DEVNAME": f"/dev/{disk}1", **numbers, **fs},
        )  # fmt: skip
        return Stick(usb, interface, block, partition)

    def unplug(self, stick):
        self.remove(stick.partition, stick.disk, stick.interface, stick.usb)
