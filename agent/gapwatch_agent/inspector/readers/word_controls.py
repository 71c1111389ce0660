"""WordprocessingML's forms: content controls that show only their prompt, fields whose value is no text of the file."""

from __future__ import annotations

from typing import Final

from gapwatch_agent.inspector.readers.xml_stream import attribute

_VALUE_CHARACTERS_MAX: Final = 1000
_ENTRIES_MAX: Final = 100


def is_on(attributes: dict[str, str]) -> bool:
    """A WordprocessingML switch: on when it stands there without a value."""
    return (attribute(attributes, "val") or "true").lower() not in {"0", "false", "off", "none"}


class Prompts:
    """Content controls (``w:sdt``): ``showing`` while inside one that nobody has filled in."""

    def __init__(self) -> None:
        self._controls: list[bool] = []
        self._depth = 0

    @property
    def showing(self) -> bool:
        return self._depth > 0

    def open(self, _attributes: dict[str, str]) -> None:
        self._controls.append(False)

    def close(self) -> None:
        if self._controls:
            self._controls.pop()

    def prompt(self, attributes: dict[str, str]) -> None:
        """The control says that its content is its prompt."""
        if self._controls:
            self._controls[-1] = is_on(attributes)

    def open_content(self, _attributes: dict[str, str]) -> None:
        if self._depth or (self._controls and self._controls[-1]):
            self._depth += 1

    def close_content(self) -> None:
        self._depth = max(self._depth - 1, 0)


class FormField:
    """A legacy form field: what its box or list says, kept until the field's end shows that no text repeats it."""

    def __init__(self) -> None:
        self._kind = ""
        self._entries: list[str] = []
        self._values: dict[str, str] = {}
        self._value = ""

    def open(self, _attributes: dict[str, str]) -> None:
        self._kind, self._value = "", ""
        self._entries.clear()
        self._values.clear()

    def kind(self, name: str) -> None:
        self._kind = name

    def value(self, name: str, attributes: dict[str, str]) -> None:
        """``checked``, ``default``, ``result`` or a ``listEntry``."""
        if name == "listEntry":
            if len(self._entries) < _ENTRIES_MAX:
                self._entries.append((attribute(attributes, "val") or "")[:_VALUE_CHARACTERS_MAX])
        elif self._kind == "checkBox":
            self._values[name] = "1" if is_on(attributes) else ""
        else:
            self._values[name] = attribute(attributes, "val") or ""

    def close(self) -> None:
        if self._kind == "checkBox":
            self._value = "☒" if self._values.get("checked", self._values.get("default")) else "☐"
        elif self._kind == "ddList":
            chosen = self._values.get("result") or self._values.get("default") or "0"
            if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 and int(chosen) < len(self._entries):
                self._value = self._entries[int(chosen)]

    def said(self) -> None:
        """Text of the field's result: it needs no other."""
        self._value = ""

    def end(self) -> str:
        """At the field's end: its value where no text said it."""
        value, self._value = self._value, ""
        return value
