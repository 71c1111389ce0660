"""docProps of Office files (domain §3.5): core and custom properties as fragments; the list of content types."""

from __future__ import annotations

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.xml_stream import attribute

_VALUE_CHARACTERS_MAX = 1000
_OVERRIDES_MAX = 10_000


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


class ContentTypes:
    """[Content_Types].xml: ``overrides`` maps a part's name (lower case, no leading slash) to its content type."""

    def __init__(self) -> None:
        self.overrides: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Override" and len(self.overrides) < _OVERRIDES_MAX:
            part = (attribute(attributes, "PartName") or "").lstrip("/").lower()
            self.overrides[part] = attribute(attributes, "ContentType") or ""

    def end(self, name: str) -> None:
        """Nothing is kept open."""

    def characters(self, text: str) -> None:
        """The list holds no text."""

    def take(self) -> list[Fragment]:
        return []
