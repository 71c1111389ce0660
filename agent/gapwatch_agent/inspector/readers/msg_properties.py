"""The properties of one object in an Outlook message (MS-OXMSG): the message itself, an attachment; and their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gapwatch_agent.inspector.readers import codepages
from gapwatch_agent.inspector.readers.compound import CompoundFile, Entry
from gapwatch_agent.inspector.readers.little_endian import u16, u32

_FIXED: Final = "__properties_version1.0"
_VALUE: Final = "__substg1.0_"
_NAMES: Final = "__nameid_version1.0"
_NAME_ENTRIES: Final = _VALUE + "00030102"
_NAME_STRINGS: Final = _VALUE + "00040102"
STRING, WIDE_STRING, BINARY, OBJECT, LONG = 0x001E, 0x001F, 0x0102, 0x000D, 0x0003
_MULTIPLE: Final = 0x1000
_FIXED_BYTES_MAX: Final = 1 << 20
_NAMES_BYTES_MAX: Final = 1 << 20
_NAMED_FROM: Final = 0x8000
_NAMED_MAX: Final = 1000
_ENTRY_BYTES: Final = 16
_LONGEST_HEAD: Final = 32
"""Before the entries stand 32, 24 or 8 bytes: which, is seen by what is left over."""


class Properties:
    """Properties by number. Strings are cut off at ``bytes_max``."""

    def __init__(self, compound: CompoundFile, storage: Entry, codepage: int = 0) -> None:
        self._compound = compound
        self._storage = storage
        self._numbers = dict(self._fixed())
        self.codepage = codepage or self._numbers.get(0x3FFD, 0) or self._numbers.get(0x3FDE, 0) or 1252

    def number(self, tag: int) -> int:
        """A whole number, 0 where there is none."""
        return self._numbers.get(tag, 0)

    def text(self, tag: int, bytes_max: int) -> str:
        """A string of either kind."""
        wide = self._storage.children.get(f"{_VALUE}{tag:04x}{WIDE_STRING:04x}")
        if wide is not None:
            raw = self._compound.open(wide).read(0, bytes_max)
            return raw[: len(raw) // 2 * 2].decode("utf-16-le", errors="replace").rstrip("\0")
        narrow = self._storage.children.get(f"{_VALUE}{tag:04x}{STRING:04x}")
        if narrow is None:
            return ""
        return codepages.decode(self._compound.open(narrow).read(0, bytes_max), self.codepage).rstrip("\0")

    def binary(self, tag: int) -> Entry | None:
        """The stream of a binary property."""
        return self._storage.children.get(f"{_VALUE}{tag:04x}{BINARY:04x}")

    def storage(self, tag: int) -> Entry | None:
        """The storage of an object property."""
        return self._storage.children.get(f"{_VALUE}{tag:04x}{OBJECT:04x}")

    def named(self, names: dict[int, str], bytes_max: int) -> Iterator[tuple[str, str]]:
        """Every string property that has a name of its own, several values apart."""
        found = 0
        for key, entry in list(self._storage.children.items()):
            if not key.startswith(_VALUE) or entry.is_storage:
                continue
            tag, kind = _hexadecimal(key[12:16]), _hexadecimal(key[16:20])
            # The stream without a number behind it holds only the lengths of several values.
            lengths = bool(kind & _MULTIPLE) and len(key) <= 20
            if tag < _NAMED_FROM or kind & ~_MULTIPLE not in {STRING, WIDE_STRING} or lengths:
                continue
            raw = self._compound.open(entry).read(0, bytes_max)
            wide = kind & ~_MULTIPLE == WIDE_STRING
            text = codepages.decode(raw[: len(raw) // 2 * 2] if wide else raw, 1200 if wide else self.codepage)
            if tag in names and text.strip("\0 \t\r\n"):
                yield names[tag], text.rstrip("\0")
                found += 1
                if found >= _NAMED_MAX:
                    return

    def _fixed(self) -> Iterator[tuple[int, int]]:
        entry = self._storage.children.get(_FIXED)
        if entry is None:
            return
        data = self._compound.open(entry).read(0, _FIXED_BYTES_MAX)
        start = _LONGEST_HEAD if len(data) % _ENTRY_BYTES == 0 and len(data) >= _LONGEST_HEAD else 8
        for at in range(start, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            if u16(data, at) == LONG:
                yield u16(data, at + 2), u32(data, at + 8)


def names(compound: CompoundFile) -> dict[int, str]:
    """The numbers that this file gives to properties named by words."""
    storage = compound.find(_NAMES)
    if storage is None:
        return {}
    entries = compound.content(_NAMES, _NAME_ENTRIES, bytes_max=_NAMES_BYTES_MAX)
    strings = compound.content(_NAMES, _NAME_STRINGS, bytes_max=_NAMES_BYTES_MAX)
    found: dict[int, str] = {}
    for at in range(0, len(entries) - 7, 8):
        if not u16(entries, at + 4) & 1:
            continue
        offset = u32(entries, at)
        size = min(u32(strings, offset), 1024)
        raw = strings[offset + 4 : offset + 4 + size // 2 * 2]
        found[_NAMED_FROM + u16(entries, at + 6)] = raw.decode("utf-16-le", errors="replace")
    return found


def _hexadecimal(digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return 0
