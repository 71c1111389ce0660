"""The agent's configuration: TOML text in, frozen values out, or one ConfigError that names every mistake.

Pure. Whether a path exists or an address answers is asked later, by ``doctor`` and by the processes themselves. Nothing
reads the environment or this file after start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gapwatch_agent.errors import ConfigError

DEFAULT_PATH: Final = Path("/etc/gapwatch/agent.toml")
SENSORS: Final = ("devices", "media", "files", "radios", "network")
AXES: Final = ("state", "enterprise", "commercial", "work", "exam", "foreign")
LEVELS: Final = ("top_secret", "secret", "confidential", "restricted", "internal", "unclassified")
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Paths:
    """``state`` survives reboots (spool, keys, seen index); ``runtime`` holds sockets and the status snapshot."""

    state: Path = Path("/var/lib/gapwatch")
    runtime: Path = Path("/run/gapwatch")


@dataclass(frozen=True, slots=True)
class Collector:
    """Where the collector is, and the pinned root its certificate must chain to."""

    address: str = ""
    enrolment_address: str = ""
    root_certificate: Path = Path("/etc/gapwatch/root.pem")


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """What the spool may take of the disk; the reserve is given up first when the disk is full."""

    bytes_max: int = 256 * _MIB
    reserve_bytes: int = 8 * _MIB


@dataclass(frozen=True, slots=True)
class InspectorLimits:
    """What one file may cost the inspector's child. ``idle_exit_s`` 0 keeps the warm parent for ever. ``ocr`` has
    pictures read where the extra is installed: seconds of processor time a page, so off for the sensors.
    """

    file_bytes_max: int = 2048 * _MIB
    wall_s: int = 20
    cpu_s: int = 10
    memory_bytes: int = 256 * _MIB
    idle_exit_s: int = 300
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class Labels:
    """A unit's machine-readable labels: property ``keys`` whose value is a level, and what a label's GUID means, as
    (axis, level) of contract C16.
    """

    keys: tuple[str, ...] = ()
    guids: tuple[tuple[str, tuple[str, str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """The zone's key of fingerprints (32 bytes, raw or hex), the same on every machine of it; None: none are made."""

    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """``sensors`` that run; ``extra_media`` are device nodes treated as removable whatever the kernel says."""

    sensors: tuple[str, ...] = SENSORS
    extra_media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the agent's processes are told."""

    paths: Paths = field(default_factory=Paths)
    collector: Collector = field(default_factory=Collector)
    spool: SpoolLimits = field(default_factory=SpoolLimits)
    inspector: InspectorLimits = field(default_factory=InspectorLimits)
    labels: Labels = field(default_factory=Labels)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    watch: Watch = field(default_factory=Watch)
    zone: str = ""


class _WrongValue(Exception):  # noqa: N818 (a reader's answer about one value; it never leaves this module)
    """What is wrong with a value and what to write instead."""


Reader = Callable[[Any], Any]


def parse(text: str, source: str, *, connected: bool = True) -> Config:
    """Read a configuration. Raises ConfigError with every mistake: section.key, what is wrong, what to write.

    Only what works without a collector (``connected=False``) may leave the collector out.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"this is not TOML: {error}"]) from error
    faults: list[str] = []
    sections = {name: _section(document, name, keys, faults) for name, keys in _SECTIONS.items()}
    unknown = sorted(set(document) - set(_SECTIONS))
    faults.extend(f"[{name}]: unknown section; known are {', '.join(_SECTIONS)}" for name in unknown)
    if connected and not faults and not sections["collector"].get("address"):
        faults.append('collector.address: missing; write the collector as "host:port"')
    if faults:
        raise ConfigError(source, faults)
    return Config(
        paths=Paths(**sections["paths"]),
        collector=Collector(**sections["collector"]),
        spool=SpoolLimits(**sections["spool"]),
        inspector=InspectorLimits(**sections["inspector"]),
        labels=Labels(**sections["labels"]),
        fingerprints=Fingerprints(**sections["fingerprints"]),
        watch=Watch(**sections["watch"]),
        zone=sections["zone"].get("name", ""),
    )


def load_unconnected(path: Path) -> Config:
    """For commands that work without a collector, and without a file where none was named. Raises ConfigError."""
    if path == DEFAULT_PATH and not path.exists():
        return Config()
    return load(path, connected=False)


def load(path: Path, *, connected: bool = True) -> Config:
    """Read the file. Raises ConfigError also when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [f"is not UTF-8 (byte {error.start})"]) from error
    return parse(text, str(path), connected=connected)


def _section(document: Mapping[str, Any], name: str, keys: Mapping[str, Reader], faults: list[str]) -> dict[str, Any]:
    given = document.get(name, {})
    if not isinstance(given, dict):
        faults.append(f"{name}: is a value; write a section [{name}]")
        return {}
    values: dict[str, Any] = {}
    for key, value in given.items():
        read = keys.get(key)
        if read is None:
            faults.append(f"{name}.{key}: unknown key; known are {', '.join(keys)}")
            continue
        try:
            values[key] = read(value)
        except _WrongValue as complaint:
            faults.append(f"{name}.{key}: {complaint}")
    return values


def _whole(low: int, high: int, unit: str) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _WrongValue(f"{value!r} is not a whole number; write {unit} between {low} and {high}")
        if not low <= value <= high:
            raise _WrongValue(f"{value} is out of range; write {unit} between {low} and {high}")
        return value

    return read


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValue(f"{value!r} is neither true nor false")
    return value


def _path(value: Any) -> Path:
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise _WrongValue(f"{value!r} is not an absolute path")
    return Path(value)


def _address(value: Any) -> str:
    complaint = f'{value!r} is not an address; write "host:port", for IPv6 "[address]:port"'
    if not isinstance(value, str):
        raise _WrongValue(complaint)
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise _WrongValue(complaint)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 128:
        raise _WrongValue("is not a text of at most 128 characters")
    return value


def _sensors(value: Any) -> tuple[str, ...]:
    names = _list_of_texts(value)
    unknown = [name for name in names if name not in SENSORS]
    if unknown:
        raise _WrongValue(f"unknown sensor {', '.join(map(repr, unknown))}; known are {', '.join(SENSORS)}")
    return names


def _devices(value: Any) -> tuple[str, ...]:
    nodes = _list_of_texts(value)
    wrong = [node for node in nodes if not node.startswith("/dev/")]
    if wrong:
        raise _WrongValue(f"{', '.join(map(repr, wrong))} is not a device node under /dev/")
    return nodes


def _list_of_texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _WrongValue("is not a list of texts")
    return tuple(value)


def _guids(value: Any) -> tuple[tuple[str, tuple[str, str]], ...]:
    if not isinstance(value, dict):
        raise _WrongValue('is not a table; write guids = { "GUID" = "axis:level" }')
    read = []
    for guid, meaning in value.items():
        axis, _, level = meaning.partition(":") if isinstance(meaning, str) else ("", "", "")
        if axis not in AXES or level not in LEVELS:
            known = f"axis one of {', '.join(AXES)}; level one of {', '.join(LEVELS)}"
            raise _WrongValue(f'{guid}: {meaning!r} is not a level; write "axis:level", {known}')
        read.append((guid, (axis, level)))
    return tuple(read)


_SECTIONS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "paths": {"state": _path, "runtime": _path},
    "collector": {"address": _address, "enrolment_address": _address, "root_certificate": _path},
    "spool": {
        "bytes_max": _whole(4 * _MIB, 1024 * 1024 * _MIB, "bytes"),
        "reserve_bytes": _whole(0, 1024 * _MIB, "bytes"),
    },
    "inspector": {
        "file_bytes_max": _whole(_MIB, 1024 * 1024 * _MIB, "bytes"),
        "wall_s": _whole(1, 600, "seconds"),
        "cpu_s": _whole(1, 600, "seconds"),
        "memory_bytes": _whole(64 * _MIB, 16 * 1024 * _MIB, "bytes"),
        "idle_exit_s": _whole(0, 86_400, "seconds"),
        "ocr": _truth,
    },
    "labels": {"keys": _list_of_texts, "guids": _guids},
    "fingerprints": {"key_file": _path},
    "watch": {"sensors": _sensors, "extra_media": _devices},
    "zone": {"name": _text},
}
