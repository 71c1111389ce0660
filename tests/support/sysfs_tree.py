"""A made-up /sys in a folder: devices with attributes, subsystems, drivers and class links."""

from __future__ import annotations

from pathlib import Path


class SysfsTree:
    """``device`` makes a device folder; everything else hangs links on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "devices").mkdir(parents=True)

    def device(self, path: str, subsystem: str, attributes=None, *, driver="", devtype="") -> Path:
        folder = self.root / "devices" / path
        folder.mkdir(parents=True, exist_ok=True)
        self._link(folder / "subsystem", self.root / "class" / subsystem)
        if driver:
            self._link(folder / "driver", self.root / "bus" / subsystem / "drivers" / driver)
        (folder / "uevent").write_text(f"DEVTYPE={devtype}\n" if devtype else "")
        for name, value in (attributes or {}).items():
            (folder / name).write_bytes(value if isinstance(value, bytes) else f"{value}\n".encode())
        return folder

    def in_class(self, folder: Path, class_name: str, carrier: Path | None = None) -> Path:
        """Show a device under /sys/class; ``carrier`` is what its ``device`` link names."""
        entry = self.root / "class" / class_name / folder.name
        self._link(entry, folder)
        if carrier is not None:
            self._link(folder / "device", carrier)
        return entry

    def _link(self, link: Path, target: Path) -> None:
        link.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
