"""Legacy VML drawings beside a sheet or slide: WordArt, text boxes, labels of controls.

Programs write text into these that is not well-formed (``<br>``); a comment's box repeats the comment and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers.xml_stream import attribute

_BYTES_MAX: Final = 8 << 20
_CHARACTERS_MAX: Final = 1 << 16
_UNCLOSED: Final = re.compile(rb"<br\s*>", re.IGNORECASE)
_LINE_ELEMENTS: Final = frozenset({"div", "p", "br"})


def mended(chunks: Iterable[bytes]) -> bytes:
    """The drawing with its lone ``<br>`` closed; no more than the first megabytes, which no real one has."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > _BYTES_MAX:
            break
    return _UNCLOSED.sub(b"<br/>", bytes(kept))


class Drawing:
    """The handler of one drawing part."""

    def __init__(self, page: int) -> None:
        self._page = page
        self._ready: list[Fragment] = []
        self._shape: list[Fragment] = []
        self._pieces: list[str] = []
        self._length = 0
        self._in_box = 0
        self._is_comment = False

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def rest(self) -> list[Fragment]:
        """The shape in which the drawing broke off."""
        self._flush()
        shape, self._shape = self._shape, []
        return shape

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "textbox":
            self._in_box += 1
        elif name in _LINE_ELEMENTS and self._in_box:
            self._write("\n")
        elif name == "textpath":
            words = attribute(attributes, "string") or ""
            if words.strip():
                self._shape.append(Fragment(words[:_CHARACTERS_MAX], part=where.WATERMARK, page=self._page))
        elif name == "ClientData":
            self._is_comment = attribute(attributes, "ObjectType") == "Note"

    def end(self, name: str) -> None:
        if name == "textbox" and self._in_box:
            self._in_box -= 1
            self._flush()
        elif name in {"shape", "rect", "roundrect", "oval", "group"} and not self._in_box:
            if not self._is_comment:
                self._ready += self._shape
            self._shape, self._is_comment = [], False

    def characters(self, text: str) -> None:
        if self._in_box:
            self._write(text)

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if self._length > _CHARACTERS_MAX:
            self._flush()

    def _flush(self) -> None:
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        self._pieces.clear()
        self._length = 0
        text = "\n".join(line for line in lines if line)
        if text:
            self._shape.append(Fragment(text, part=where.TEXT_BOX, page=self._page))
