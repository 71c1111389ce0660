"""Reading one key after the other out of a TOML document, collecting what is wrong instead of stopping at the first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_SHOWN_MAX = 60


class Reader:
    """Takes typed values out of a document; ``finish`` returns every fault, unknown names included."""

    def __init__(self, document: Mapping[str, Any], relative_to: Path) -> None:
        self._document = document
        self._relative_to = relative_to
        self._known: dict[str, set[str]] = {}
        self._faults: list[str] = []

    def text(self, section: str, key: str, default: str, *, pattern: str = r".*") -> str:
        """A string that matches ``pattern`` whole."""
        value = self._take(section, key, default, str, 'write text in quotes, such as "name"')
        if not re.fullmatch(pattern, value):
            return self._fault(section, key, value, f"write text of the form {pattern}", default)
        return value

    def choice(self, section: str, key: str, default: str, allowed: Iterable[str]) -> str:
        """One of a few words."""
        words = tuple(allowed)
        wanted = "write one of " + ", ".join(f'"{word}"' for word in words)
        value = self._take(section, key, default, str, wanted)
        return value if value in words else self._fault(section, key, value, wanted, default)

    def number(self, section: str, key: str, default: int, allowed: range) -> int:
        """A whole number within limits."""
        wanted = f"write a whole number from {allowed[0]} to {allowed[-1]}"
        value = self._take(section, key, default, int, wanted)
        return value if value in allowed else self._fault(section, key, value, wanted, default)

    def flag(self, section: str, key: str, default: bool) -> bool:
        """A yes or no: true or false."""
        return self._take(section, key, default, bool, "write true or false")

    def path(self, section: str, key: str, default: Path) -> Path:
        """A path; a relative one stands relative to the configuration's folder."""
        return self.optional_path(section, key) or default

    def optional_path(self, section: str, key: str) -> Path | None:
        """A path or, when the key is left out, None."""
        value = self._take(section, key, "", str, 'write a path in quotes, such as "/var/lib/gapwatch"')
        if "\x00" in value:
            self._fault(section, key, value, "write a path without zero bytes", "")
            return None
        return self._relative_to / value if value else None

    def address(self, section: str, key: str, default: tuple[str, int]) -> tuple[str, int]:
        """``host:port``; an IPv6 host stands in brackets; port 0 lets the system choose."""
        wanted = 'write "host:port", such as "127.0.0.1:8443" or "[::]:8443"'
        value = self._take(section, key, f"{default[0]}:{default[1]}", str, wanted)
        found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})", value)
        if not found or int(found[3]) > 65535:
            return self._fault(section, key, value, wanted, default)
        return found[1] or found[2], int(found[3])

    def finish(self) -> list[str]:
        """Every fault so far and every section or key that nobody asked for."""
        for section, content in self._document.items():
            if section not in self._known:
                self._faults.append(f"[{section}]: unknown section; {_nearest(section, self._known)}")
            elif isinstance(content, Mapping):
                for key in content.keys() - self._known[section]:
                    self._faults.append(f"{section}.{key}: unknown key; {_nearest(key, self._known[section])}")
            else:
                self._faults.append(f"{section}: is a value; write it as a section: [{section}]")
        return self._faults

    def _take(self, section: str, key: str, default: _Value, kind: type[_Value], wanted: str) -> _Value:
        self._known.setdefault(section, set()).add(key)
        table = self._document.get(section, {})
        value = table.get(key, default) if isinstance(table, Mapping) else default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return self._fault(section, key, value, wanted, default)
        return value

    def _fault(self, section: str, key: str, value: object, wanted: str, default: _Value) -> _Value:
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN_MAX else shown[:_SHOWN_MAX] + "…"
        self._faults.append(f"{section}.{key}: {shown} will not do; {wanted}")
        return default


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"
