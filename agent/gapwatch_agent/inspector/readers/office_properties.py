"""docProps of Office files (domain §3.5): custom, core and extended properties; the list of content types."""

from __future__ import annotations

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.xml_stream import attribute

_VALUE_CHARACTERS_MAX = 1000
_TYPES_MAX = 10_000
_VARIABLES_MAX = 1000
_EXTENDED_KEYS = frozenset({"Manager", "Company", "Template", "HyperlinkBase"})


class Core:
    """docProps/core.xml: one property an element."""

    def __init__(self) -> None:
        self._ready: list[Fragment] = []
        self._text = ""

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._text = ""

    def characters(self, text: str) -> None:
        if len(self._text) < _VALUE_CHARACTERS_MAX:
            self._text += text[:_VALUE_CHARACTERS_MAX]

    def end(self, name: str) -> None:
        if self._text.strip():
            self._ready.append(Fragment(self._text, part=where.PROPERTY, key=name))
        self._text = ""

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready


class Custom(Core):
    """docProps/custom.xml: ``<property name="密级"><vt:lpwstr>机密</vt:lpwstr></property>``."""

    def __init__(self) -> None:
        super().__init__()
        self._key = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "property":
            self._key = (attribute(attributes, "name") or "")[:_VALUE_CHARACTERS_MAX]
        super().start(name, attributes)

    def end(self, name: str) -> None:
        super().end(self._key)
        if name == "property":
            self._key = ""


class Extended(Core):
    """docProps/app.xml: what a person filled in, not what the program counted."""

    def end(self, name: str) -> None:
        if name in _EXTENDED_KEYS:
            super().end(name)
        self._text = ""


class Variables:
    """Properties in the attributes ``name`` and ``val`` of elements anywhere: a document's variables (``docVar``), a
    slide's tags (``tag``), in which programs keep labels.
    """

    def __init__(self, element: str) -> None:
        self._element = element
        self._ready: list[Fragment] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._element and self._count < _VARIABLES_MAX:
            self._count += 1
            key, value = attribute(attributes, "name") or "", attribute(attributes, "val") or ""
            if value.strip():
                value, key = value[:_VALUE_CHARACTERS_MAX], key[:_VALUE_CHARACTERS_MAX]
                self._ready.append(Fragment(value, part=where.PROPERTY, key=key))

    def end(self, name: str) -> None:
        """Everything stands in attributes."""

    def characters(self, text: str) -> None:
        """No text."""

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready


class ContentTypes:
    """[Content_Types].xml: ``overrides`` maps a part's name (lower case, no leading slash) to its content type, and
    ``defaults`` a name's ending.
    """

    def __init__(self) -> None:
        self.overrides: dict[str, str] = {}
        self.defaults: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The type of a part, empty when nothing declares it."""
        return self.overrides.get(name) or self.defaults.get(name.rpartition(".")[2], "")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.overrides) + len(self.defaults) >= _TYPES_MAX:
            return
        declared = attribute(attributes, "ContentType") or ""
        if name == "Override":
            self.overrides[(attribute(attributes, "PartName") or "").lstrip("/").lower()] = declared
        elif name == "Default":
            self.defaults[(attribute(attributes, "Extension") or "").lower()] = declared

    def end(self, name: str) -> None:
        """Nothing is kept open."""

    def characters(self, text: str) -> None:
        """The list holds no text."""

    def take(self) -> list[Fragment]:
        return []
