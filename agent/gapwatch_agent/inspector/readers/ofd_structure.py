"""The lists that hold an OFD package together (GB/T 33190-2016): what refers to what, and where a reference leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.source import Report, StopReading
from gapwatch_agent.inspector.readers.zip_archive import Member, ZipArchive

_ELEMENTS_MAX: Final = 20_000
_TEXT_CHARACTERS_MAX: Final = 1000
_STEPS_MAX: Final = 64
_CIPHER_BYTES_MIN: Final = 128


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a list. ``group`` counts the documents (DocBody) seen before it ended."""

    name: str
    parent: str
    group: int
    attributes: dict[str, str]
    text: str

    def get(self, name: str) -> str:
        return xml_stream.attribute(self.attributes, name) or ""


class _Gather:
    """Remembers every element of one small file, children before their parents."""

    def __init__(self) -> None:
        self.elements: list[Element] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._group = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append((name, attributes, []))

    def characters(self, text: str) -> None:
        if self._open:
            pieces = self._open[-1][2]
            if len(pieces) < _STEPS_MAX:
                pieces.append(text[:_TEXT_CHARACTERS_MAX])

    def end(self, _name: str) -> None:
        name, attributes, pieces = self._open.pop()
        parent = self._open[-1][0] if self._open else ""
        if len(self.elements) < _ELEMENTS_MAX:
            text = "".join(pieces).strip()[:_TEXT_CHARACTERS_MAX]
            self.elements.append(Element(name, parent, self._group, attributes, text))
        self._group += name == "DocBody"

    def take(self) -> list[Fragment]:
        return []


class Package:
    """The members of an OFD file by reference. Nothing here raises but for a spent budget (``too_large``)."""

    def __init__(self, archive: ZipArchive, limits: Limits, report: Report, copy: int = 0) -> None:
        """``copy``: which one to take of members of the same name, since programs differ in it."""
        self.archive = archive
        self._copy = copy
        self._limits = limits
        self._report = report

    def resolve(self, base: str, reference: str) -> str:
        """The member's key that ``reference`` in the member ``base`` leads to; empty where it leads nowhere.

        Programs also write references from the root without saying so. Nothing leads out of the package.
        """
        wanted = reference.strip().replace("\\", "/")
        folder = "" if wanted.startswith("/") else base.rpartition("/")[0]
        for candidate in (_joined(folder, wanted), _joined("", wanted)):
            if candidate and self.archive.members(candidate):
                return candidate
        if wanted:
            self._report("damaged")
        return ""

    def elements(self, key: str) -> list[Element]:
        """Every element of a list; none where there is no such member."""
        gather = _Gather()
        for _ in self.parse(key, gather):
            pass
        return gather.elements

    def parse(self, key: str, handler: xml_stream.Handler) -> Iterator[Fragment]:
        """Run a member through a handler; what breaks off is reported, not raised."""
        members = self.archive.members(key) if key else []
        if not members:
            return
        content = self._in_clear(self.archive.content(self.chosen(members)))
        try:
            yield from xml_stream.fragments(content, handler, self._limits.depth_max, self._report)
        except StopReading as stop:
            if stop.reason == "too_large":
                raise
            self._report(stop.reason)

    def _in_clear(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks of an XML member. Raises StopReading ``encrypted`` for one that was replaced by its cipher."""
        for number, chunk in enumerate(chunks):
            # SM4 in blocks of 16 bytes (GM/T 0099-2020); XML has a tag within its first hundred.
            if number == 0 and len(chunk) >= _CIPHER_BYTES_MIN and b"<" not in chunk[:_CIPHER_BYTES_MIN]:
                raise StopReading("encrypted")
            yield chunk

    def chosen(self, members: list[Member]) -> Member:
        return members[min(self._copy, len(members) - 1)]


def _joined(folder: str, reference: str) -> str:
    """Folder and reference as one key, without dots; empty when it leads out of the package."""
    steps = folder.split("/") if folder else []
    for step in reference.lower().split("/")[: _STEPS_MAX * 2]:
        if step in {"", "."}:
            continue
        if step == "..":
            if not steps:
                return ""
            steps.pop()
        elif len(steps) < _STEPS_MAX:
            steps.append(step)
    return "/".join(steps)
