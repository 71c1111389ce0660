"""The registers as the log has told them so far: hosts and media, with look-up of a medium by what a device says.

The evaluator feeds it every register change in the order of the log, so a replay sees history as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gapwatch_collector.facts.medium_key import normal_filesystem_id, normal_serial, serial_missing
from gapwatch_collector.model import Host, RegisteredMedium
from gapwatch_proto.events import Medium

OUT_OF_USE: Final = frozenset({"retired", "destroyed"})
"""Status words of media that are in the register but must not be used: they count as unregistered."""


class RegisterView:
    """Hosts by id; media by serial number and filesystem id. ``version`` counts the changes."""

    def __init__(self, hosts: Iterable[Host] = (), media: Iterable[RegisteredMedium] = ()) -> None:
        self._hosts: dict[bytes, Host] = {}
        self._media: dict[bytes, RegisteredMedium] = {}
        self._by_name: dict[tuple[str, str], dict[bytes, RegisteredMedium]] = {}
        self._by_serial: dict[str, dict[bytes, RegisteredMedium]] = {}
        self.version = 0
        for host in hosts:
            self.put_host(host)
        for medium in media:
            self.put_medium(medium)

    def put_host(self, host: Host) -> None:
        self._hosts[host.host_id] = host
        self.version += 1

    def put_medium(self, medium: RegisteredMedium) -> None:
        known = self._media.get(medium.medium_id)
        if known is not None:
            name = _name(known)
            self._by_name[name].pop(known.medium_id)
            self._by_serial[name[0]].pop(known.medium_id)
        self._media[medium.medium_id] = medium
        name = _name(medium)
        self._by_name.setdefault(name, {})[medium.medium_id] = medium
        self._by_serial.setdefault(name[0], {})[medium.medium_id] = medium
        self.version += 1

    def host(self, host_id: bytes) -> Host | None:
        return self._hosts.get(host_id)

    @property
    def hosts(self) -> Mapping[bytes, Host]:
        return self._hosts

    @property
    def media(self) -> Mapping[bytes, RegisteredMedium]:
        return self._media

    def medium(self, seen: Medium) -> RegisteredMedium | None:
        """The register entry of a medium as a device reported it, None when nobody registered it.

        A registered filesystem id must be the one seen, unless the device has not shown its filesystem yet (a disk is
        announced before its partitions are read). An entry without one covers the whole device; an entry without a
        serial number is found by its filesystem id alone.
        """
        serial = "" if serial_missing(seen.serial_number) else normal_serial(seen.serial_number)
        filesystem = normal_filesystem_id(seen.filesystem_id)
        names = [(serial, filesystem), (serial, "")] if serial else []
        if filesystem:
            names.append(("", filesystem))
        for name in names:
            found = self._pick(name, seen)
            if found is not None:
                return found
        return self._by_serial_alone(serial, seen) if serial and not filesystem else None

    def serial_registered(self, seen: Medium) -> bool:
        """Whether some entry has this serial number, whatever filesystem it names (a registered stick, reformatted)."""
        serial = "" if serial_missing(seen.serial_number) else normal_serial(seen.serial_number)
        return bool(serial) and self._by_serial_alone(serial, seen) is not None

    def _pick(self, name: tuple[str, str], seen: Medium) -> RegisteredMedium | None:
        return _first_of_make(self._by_name.get(name, {}), seen)

    def _by_serial_alone(self, serial: str, seen: Medium) -> RegisteredMedium | None:
        return _first_of_make(self._by_serial.get(serial, {}), seen)


def _name(medium: RegisteredMedium) -> tuple[str, str]:
    serial = "" if serial_missing(medium.serial_number) else normal_serial(medium.serial_number)
    return serial, normal_filesystem_id(medium.filesystem_id)


def _first_of_make(entries: Mapping[bytes, RegisteredMedium], seen: Medium) -> RegisteredMedium | None:
    """Of several entries one in use counts, then the lowest id: never the order in which they were entered or read."""
    fitting = [entry for entry in entries.values() if _same_make(entry, seen)]
    return min(fitting, key=lambda entry: (entry.status in OUT_OF_USE, entry.medium_id), default=None)


def _same_make(entry: RegisteredMedium, seen: Medium) -> bool:
    """Two vendors may use one serial: where the register names vendor or product, they must be those seen."""
    return all(
        not written or written.lower() == said.lower()
        for written, said in ((entry.vendor_id, seen.vendor_id), (entry.product_id, seen.product_id))
    )
