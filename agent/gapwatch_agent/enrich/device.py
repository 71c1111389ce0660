"""A device in the words of the event vocabulary, read from sysfs with udev's properties as the second source.

What a device says about itself is hostile text: it is cut to 256 characters and otherwise left as it is, control
characters included, because whoever prints it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gapwatch_agent.kernel import sysfs
from gapwatch_proto.events import Device

TEXT_CHARS_MAX: Final = 256
INTERFACES_MAX: Final = 64

_UDEV_ESCAPE: Final = re.compile(rb"\\x([0-9a-fA-F]{2})")
_TRIPLE: Final = re.compile(r"[0-9a-f]{6}")
_INTERFACE_DESCRIPTOR: Final = 4
_HUB_OR_CORE_DRIVERS: Final = frozenset({"usb", "hub", "usbfs"})


@dataclass(frozen=True, slots=True)
class Strings:
    """What identifies a device: USB or PCI ids, names and serial number."""

    vendor_id: str = ""
    product_id: str = ""
    vendor_name: str = ""
    product_name: str = ""
    serial_number: str = ""


def bounded(text: str) -> str:
    """Text from a device, cut to what an event may carry."""
    return text[:TEXT_CHARS_MAX]


def usb_device_of(path: Path) -> Path | None:
    """The USB device that carries a device (or is it)."""
    return sysfs.nearest(path, "usb", "usb_device")


def usb_strings(usb: Path, properties: Mapping[str, str]) -> Strings:
    """Raw sysfs first: udev's own names are escaped, shortened or taken from its database of names."""
    return Strings(
        vendor_id=bounded(sysfs.attribute(usb, "idVendor") or properties.get("ID_VENDOR_ID", "")),
        product_id=bounded(sysfs.attribute(usb, "idProduct") or properties.get("ID_MODEL_ID", "")),
        vendor_name=bounded(sysfs.attribute(usb, "manufacturer") or unescaped(properties, "ID_VENDOR")),
        product_name=bounded(sysfs.attribute(usb, "product") or unescaped(properties, "ID_MODEL")),
        serial_number=bounded(sysfs.attribute(usb, "serial") or properties.get("ID_SERIAL_SHORT", "")),
    )


def unescaped(properties: Mapping[str, str], key: str) -> str:
    r"""A udev text: the ``_ENC`` form with its ``\x20`` undone, else the plain form."""
    encoded = properties.get(f"{key}_ENC", "").encode("utf-8", "surrogateescape")
    if not encoded:
        return properties.get(key, "")
    raw = _UDEV_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), encoded)
    return raw.decode("utf-8", "surrogateescape").strip()


def interface_triples(usb: Path, properties: Mapping[str, str]) -> tuple[str, ...]:
    """USB interfaces as ``class/subclass/protocol``, those of every configuration, each once.

    Three sources, because none is always there: udev's list, the descriptors, the interfaces the kernel made.
    """
    listed = (part for part in properties.get("ID_USB_INTERFACES", "").split(":") if _TRIPLE.fullmatch(part))
    found = dict.fromkeys(f"{part[0:2]}/{part[2:4]}/{part[4:6]}" for part in listed)
    found |= dict.fromkeys(descriptor_triples(sysfs.attribute_bytes(usb, "descriptors")))
    found |= dict.fromkeys(_interface_folder_triples(usb))
    return tuple(found)[:INTERFACES_MAX]


def descriptor_triples(descriptors: bytes) -> Iterator[str]:
    """Interface triples in a USB device's raw descriptors (length, type, then the body of each)."""
    offset = 0
    while offset + 2 <= len(descriptors):
        length, kind = descriptors[offset], descriptors[offset + 1]
        if length < 2:
            return
        if kind == _INTERFACE_DESCRIPTOR and length >= 9 and offset + 8 <= len(descriptors):
            yield "/".join(f"{value:02x}" for value in descriptors[offset + 5 : offset + 8])
        offset += length


def _interface_folders(usb: Path) -> Iterator[Path]:
    return (usb / name for name in sysfs.entries(usb) if ":" in name)


def _interface_folder_triples(usb: Path) -> Iterator[str]:
    for folder in _interface_folders(usb):
        parts = [sysfs.attribute(folder, f"bInterface{part}").strip() for part in ("Class", "SubClass", "Protocol")]
        if all(parts):
            yield bounded("/".join(parts))


def _usb_driver(usb: Path) -> str:
    """The drivers of the device's interfaces: that of the device itself is always the USB core's."""
    drivers = (sysfs.link_name(folder, "driver") for folder in _interface_folders(usb))
    named = dict.fromkeys(driver for driver in drivers if driver and driver not in _HUB_OR_CORE_DRIVERS)
    return ",".join(named) or sysfs.link_name(usb, "driver")


def usb_device(usb: Path, properties: Mapping[str, str]) -> Device:
    """A USB device as a whole."""
    strings = usb_strings(usb, properties)
    return Device(
        syspath=str(usb),
        bus="usb",
        vendor_id=strings.vendor_id,
        product_id=strings.product_id,
        vendor_name=strings.vendor_name,
        product_name=strings.product_name,
        serial_number=strings.serial_number,
        driver=bounded(_usb_driver(usb)),
        interfaces=interface_triples(usb, properties),
    )


def with_drivers(device: Device, driver: str, interfaces: tuple[str, ...]) -> Device:
    """The same device with what became known when its drivers took it."""
    return replace(device, driver=bounded(driver) or device.driver, interfaces=interfaces[:INTERFACES_MAX])


def hardware_behind(path: Path) -> Device:
    """The hardware under a class device (a network interface, a radio): its USB device, else its nearest bus device.

    ``driver`` is the one that made the class device, which for USB is an interface's and not the device's.
    """
    folder = sysfs.resolve(path / "device")
    if folder is None:
        return Device()
    driver = next(filter(None, (sysfs.link_name(parent, "driver") for parent in sysfs.lineage(folder))), "")
    usb = usb_device_of(folder)
    if usb is not None:
        whole = usb_device(usb, {})
        return with_drivers(whole, driver, whole.interfaces)
    return Device(
        syspath=str(folder),
        bus=sysfs.link_name(folder, "subsystem"),
        vendor_id=bounded(sysfs.attribute(folder, "vendor").removeprefix("0x")),
        product_id=bounded(sysfs.attribute(folder, "device").removeprefix("0x")),
        driver=bounded(driver),
    )
