"""Machine-readable labels kept as XML (domain §3.5), whatever file they lie in: as properties under their own keys.

Knows STANAG 4774 and its 4778 binding, Purview's LabelInfo.xml, TITUS, Boldon James, XMP packets and plain named values
(TSCP ``urn:bails:``, user-defined properties). Any other element gives its text under its own name: whether that is a
label is decided where the keys are known.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.source import Report, StopReading

VALUE_CHARACTERS_MAX: Final = 1000
PROPERTIES_MAX: Final = 1000
_INNER_CHARACTERS_MAX: Final = 1 << 16
_INNER_DEPTH_MAX: Final = 2
_KEY_CHARACTERS_MAX: Final = 200

_ARRAYS: Final = frozenset({"li", "Alt", "Bag", "Seq", "Description", "RDF", "xmpmeta", "vals", "val", "value"})
_NAMES: Final = ("name", "n", "key", "Name")
_VALUES: Final = ("value", "val")
_LABEL_ATTRIBUTE: Final = re.compile(r"classif|msip|titus|^bj|secre|sec_?level|label|bails|密|涉密", re.IGNORECASE)
_STANAG: Final = {"PolicyIdentifier": "stanag4774.policy", "Classification": "stanag4774.classification"}
_ESCAPED: Final = re.compile("\u2182([0-9A-Fa-f]{4})")
"""How the namespace pdfx writes characters that an XML name cannot hold."""


def fragments(chunks: Iterable[bytes], limits: Limits, report: Report) -> Iterator[Fragment]:
    """The properties one XML part holds, in its order.

    Reports ``damaged`` for a part that breaks off. Raises StopReading as ``xml_stream.fragments`` does.
    """
    yield from xml_stream.fragments(chunks, _Labels(limits, report), limits.depth_max, report)


@dataclass(slots=True)
class _Element:
    name: str
    key: str
    is_leaf: bool = True
    pieces: list[str] = field(default_factory=list)
    characters: int = 0


class _Labels:
    """Collects what each element says when it ends."""

    def __init__(self, limits: Limits, report: Report, depth: int = 0) -> None:
        self._limits = limits
        self._report = report
        self._depth = depth
        self._stack: list[_Element] = []
        self._ready: list[Fragment] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._stack:
            self._stack[-1].is_leaf = False
        key = next((attributes[wanted] for wanted in _NAMES if attributes.get(wanted)), "")
        if not key:
            key = next((v for k, v in attributes.items() if k.endswith(":name") or k == "TagName"), "")
        self._stack.append(_Element(name, key[:_KEY_CHARACTERS_MAX]))
        if name == "label" and "id" in attributes:
            self._purview(attributes)
        elif name == "element" and attributes.get("value"):
            self._emit("bjDocumentLabelXML", attributes["value"])
        else:
            self._attributes(name, attributes)

    def characters(self, text: str) -> None:
        if self._stack:
            element = self._stack[-1]
            if element.characters < _INNER_CHARACTERS_MAX:
                element.pieces.append(text)
                element.characters += len(text)

    def end(self, name: str) -> None:
        element = self._stack.pop()
        text = "".join(element.pieces).strip()
        if not element.is_leaf or not text:
            return
        if text.startswith("<") or name == "TitusMetadata":
            self._inner(text)
            return
        self._emit(self._key(element), text)

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def _attributes(self, name: str, attributes: dict[str, str]) -> None:
        for raw, value in attributes.items():
            key = xml_stream.local(raw)
            if raw.startswith("xmlns") or not value.strip():
                continue
            named = self._stack[-1].key or name in {"val", "value"} or _LABEL_ATTRIBUTE.search(name)
            if key in _VALUES and named:
                self._emit(self._key(self._stack[-1]), value)
            elif name == "Description" or _LABEL_ATTRIBUTE.search(key):
                self._emit(key, value)

    def _purview(self, attributes: dict[str, str]) -> None:
        """MS-OFFCRYPTO's label element under the keys that custom properties use."""
        identity = attributes["id"].strip("{} ").lower()
        enabled = attributes.get("enabled", "").lower() in {"1", "true"}
        removed = attributes.get("removed", "").lower() in {"1", "true"}
        prefix = f"MSIP_Label_{identity}"
        self._emit(f"{prefix}_Enabled", "true" if enabled and not removed else "false")
        for name, suffix in (
            ("name", "Name"),
            ("siteId", "SiteId"),
            ("method", "Method"),
            ("contentBits", "ContentBits"),
        ):
            if attributes.get(name):
                self._emit(f"{prefix}_{suffix}", attributes[name].strip("{}"))

    def _key(self, element: _Element) -> str:
        """What the value is called: a name it was given, STANAG's term, the element round a list's items."""
        if any(outer.name == "ConfidentialityInformation" for outer in self._stack):
            if element.name in _STANAG:
                return _STANAG[element.name]
            if element.name == "Category" or any(outer.name == "Category" for outer in self._stack):
                return "stanag4774.category"
        if element.key:
            return element.key
        for outer in (element, *reversed(self._stack)):
            if outer.key:
                return outer.key
            if outer.name not in _ARRAYS:
                return outer.name
        return element.name

    def _emit(self, key: str, value: str) -> None:
        if self._count >= PROPERTIES_MAX:
            return
        self._count += 1
        key = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), key)[:_KEY_CHARACTERS_MAX]
        self._ready.append(Fragment(value.strip()[:VALUE_CHARACTERS_MAX], part=where.PROPERTY, key=key))

    def _inner(self, text: str) -> None:
        """A label escaped or encoded inside an element: XML as text, or TITUS's base64 of XML or JSON."""
        if self._depth >= _INNER_DEPTH_MAX:
            return
        content = text.encode("utf-8", errors="replace")
        if not text.startswith("<"):
            try:
                content = base64.b64decode(content[:_INNER_CHARACTERS_MAX], validate=False)
            except (binascii.Error, ValueError):
                return
        if content.lstrip()[:1] == b"{":
            self._json(content)
            return
        if text.startswith("<"):
            # The text is decoded already: what its declaration says about its encoding is no longer true.
            content = re.sub(rb"^\s*<\?xml[^>]{0,200}\?>", b"", content)
        inner = _Labels(self._limits, self._report, self._depth + 1)
        try:
            for fragment in xml_stream.fragments([content], inner, self._limits.depth_max, _ignore):
                self._emit(fragment.key, fragment.text)
        except StopReading as stop:
            self._report(stop.reason)

    def _json(self, content: bytes) -> None:
        try:
            properties = json.loads(content)
        except (ValueError, RecursionError):
            return
        for name, value in _json_values(properties):
            self._emit(name, value)


def _json_values(properties: Any) -> Iterator[tuple[str, str]]:
    """``{"props":[{"n":"Classification","vals":[{"value":"SECRET"}]}]}`` as (name, value)."""
    items = properties.get("props") if isinstance(properties, dict) else None
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict) or not isinstance(item.get("n"), str):
            continue
        values = item.get("vals")
        for value in values if isinstance(values, list) else ():
            found = value.get("value") if isinstance(value, dict) else value
            if isinstance(found, str) and found.strip():
                yield item["n"], found


def _ignore(_reason: str) -> None:
    """What is escaped inside an element need not be well-formed."""
