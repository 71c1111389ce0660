"""A network interface in the words of the event vocabulary: which device carries it, and is it a phone's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gapwatch_agent.enrich.device import bounded, hardware_behind
from gapwatch_agent.kernel import sysfs
from gapwatch_agent.kernel.rtnetlink import LinkMessage
from gapwatch_proto.events import NetworkInterface

TETHER_DRIVERS: Final = frozenset({"rndis_host", "cdc_ether", "cdc_ncm", "cdc_eem", "cdc_subset", "ipheth", "bnep"})
"""Drivers by which phones and USB gadgets share their connection (NET-07).

One device may offer several of these and the kernel binds whichever comes first.
"""

_ARPHRD_ETHER: Final = 1
_KIND_OF_DEVTYPE: Final = {"wlan": "wlan", "wwan": "wwan", "bluetooth": "bnep"}


def network_interface(link: LinkMessage, sysfs_root: Path) -> NetworkInterface:
    """The interface of a link message. What sysfs does not show (another network namespace) stays empty."""
    folder = _folder(link, sysfs_root / "class" / "net")
    if folder is None:
        return NetworkInterface(name=bounded(link.name), index=link.index, mac=link.mac, kind=_kind(link, None))
    device = hardware_behind(folder)
    kind = _kind(link, folder)
    driver = device.driver or ("bnep" if kind == "bnep" else "")
    return NetworkInterface(
        name=bounded(link.name),
        index=link.index,
        mac=link.mac,
        kind=kind,
        driver=driver,
        bus=device.bus,
        tethered=driver in TETHER_DRIVERS,
        device=device,
    )


def _folder(link: LinkMessage, interfaces: Path) -> Path | None:
    """The interface's folder by its index: udev may have renamed it since the message was sent."""
    if "/" not in link.name and sysfs.number(interfaces / link.name, "ifindex") == link.index:
        return interfaces / link.name
    try:
        names = sorted(interfaces.iterdir())
    except OSError:
        return None
    return next((folder for folder in names if sysfs.number(folder, "ifindex") == link.index), None)


def _kind(link: LinkMessage, folder: Path | None) -> str:
    if folder is not None:
        devtype = sysfs.uevent(folder).get("DEVTYPE", "")
        if devtype in _KIND_OF_DEVTYPE:
            return _KIND_OF_DEVTYPE[devtype]
        if (folder / "phy80211").exists():
            return "wlan"
    return bounded(link.kind) or ("ethernet" if link.hardware_type == _ARPHRD_ETHER else "")
