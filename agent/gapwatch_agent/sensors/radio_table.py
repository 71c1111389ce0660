"""The radios sysfs shows, each with its state. Reads sysfs, keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.enrich.device import bounded, hardware_behind
from gapwatch_agent.kernel import sysfs
from gapwatch_agent.kernel.rtnetlink import IFF_UP, OPERSTATE_UP, LinkMessage
from gapwatch_proto.events import Device

_ARPHRD_RADIOTAP: Final = 803
"""A monitor interface: it is always operational when up and never associated."""

_PRESENCE_CLASSES: Final = (("wwan", "wwan"), ("nfc", "nfc"), ("uwb", "uwb_rc"))
"""Technologies of which being there is all there is to know, with their sysfs class."""


@dataclass(frozen=True, slots=True)
class Radio:
    """One radio. ``interfaces`` are the indexes of its network interfaces (Wi-Fi only)."""

    technology: str
    name: str
    state: str
    address: str
    device: Device
    interfaces: tuple[int, ...] = ()


def radios(root: Path, links: Mapping[int, LinkMessage]) -> dict[tuple[str, str], Radio]:
    """Every radio by (technology, name). ``links`` are the network links by index, as rtnetlink last told them."""
    found = [*_wifi(root, links), *_bluetooth(root), *_present_only(root)]
    return {(radio.technology, radio.name): radio for radio in found}


def _wifi(root: Path, links: Mapping[int, LinkMessage]) -> Iterator[Radio]:
    interfaces: dict[str, list[int]] = {}
    net = root / "class" / "net"
    for name in sysfs.entries(net):
        phy = sysfs.link_target(net / name, "phy80211")
        if phy:
            interfaces.setdefault(phy, []).append(sysfs.number(net / name, "ifindex"))
    blocked = _blocked(root)
    for name in sysfs.entries(root / "class" / "ieee80211"):
        folder = root / "class" / "ieee80211" / name
        own = tuple(interfaces.get(name, ()))
        state = _wifi_state([links[index] for index in own if index in links], name in blocked)
        address = bounded(sysfs.attribute(folder, "macaddress"))
        yield Radio("wifi", bounded(name), state, address, hardware_behind(folder), own)


def _wifi_state(links: list[LinkMessage], blocked: bool) -> str:
    if any(link.operstate == OPERSTATE_UP and link.hardware_type != _ARPHRD_RADIOTAP for link in links):
        return "associated"
    if any(link.flags & IFF_UP for link in links):
        return "up"
    return "blocked" if blocked else "present"


def _bluetooth(root: Path) -> Iterator[Radio]:
    names = sysfs.entries(root / "class" / "bluetooth")
    blocked = _blocked(root)
    for name in names:
        if ":" in name:  # hci0:11 is a connection of hci0
            continue
        folder = root / "class" / "bluetooth" / name
        connected = any(other.startswith(f"{name}:") for other in names)
        state = "associated" if connected else "blocked" if name in blocked else "present"
        yield Radio(
            "bluetooth", bounded(name), state, bounded(sysfs.attribute(folder, "address")), hardware_behind(folder)
        )


def _present_only(root: Path) -> Iterator[Radio]:
    for technology, class_name in _PRESENCE_CLASSES:
        for name in sysfs.entries(root / "class" / class_name):
            folder = root / "class" / class_name / name
            if technology == "wwan" and not name.removeprefix("wwan").isdigit():
                continue  # wwan0at0 is a port of the modem wwan0
            yield Radio(technology, bounded(name), "present", "", hardware_behind(folder))


def _blocked(root: Path) -> frozenset[str]:
    """Names of radios that a soft or hard rfkill switch holds silent."""
    switches = root / "class" / "rfkill"
    return frozenset(
        sysfs.link_target(switches / name, "device")
        for name in sysfs.entries(switches)
        if "1" in (sysfs.attribute(switches / name, "soft"), sysfs.attribute(switches / name, "hard"))
    )
