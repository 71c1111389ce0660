"""What pdfium does not tell about a PDF, found in its bytes: names of Info entries, the XMP packet.

Objects are found by their heads, not by the cross reference table, so that it works in broken files too; everything is
bounded, and what is inflated shares one budget.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector.readers import pdf_strings
from gapwatch_agent.inspector.readers.source import Source

_WINDOW_BYTES: Final = 4 << 20
_DICTIONARY_BYTES_MAX: Final = 1 << 16
_HEAD_BYTES_MAX: Final = 2048
_PACKET_BYTES_MAX: Final = 4 << 20
_PACKETS_MAX: Final = 4
_OBJECT_STREAMS_MAX: Final = 2000
_INFLATED_BYTES_MAX: Final = 32 << 20
_STEP_BYTES: Final = 1 << 20

_INFO: Final = re.compile(rb"/Info\s+(\d{1,9})\s+(\d{1,5})\s+R")
_ROOT: Final = re.compile(rb"/Root\s+(\d{1,9})\s+(\d{1,5})\s+R")
_METADATA: Final = re.compile(rb"/Metadata\s+(\d{1,9})\s+(\d{1,5})\s+R")
_ENCRYPT: Final = re.compile(rb"/Encrypt(?:\s+\d+\s+\d+\s+R|\s*<<)")
_FIRST: Final = re.compile(rb"/First\s+(\d{1,9})")
STREAM: Final = re.compile(rb"stream\r?\n")
DEFLATED: Final = re.compile(rb"/Filter\s*\[?\s*/Fl(?:ateDecode)?\b")


@dataclass(slots=True)
class Raw:
    """The file's bytes, or its head and tail when it is large. ``whole`` says which."""

    content: bytes
    whole: bool
    _object_streams: list[tuple[dict[int, int], bytes]] | None = field(default=None)

    def object(self, number: int, generation: int = 0) -> bytes:
        """The start of an object's body, wherever it lies; empty when it is not found."""
        head = b"%d %d obj" % (number, generation)
        end = len(self.content)
        for _ in range(16):
            at = self.content.rfind(head, 0, end)
            if at < 0:
                break
            if at == 0 or not self.content[at - 1 : at].isdigit():
                return self.content[at + len(head) : at + len(head) + _DICTIONARY_BYTES_MAX]
            end = at + len(head) - 1
        return self._packed_object(number)

    def is_encrypted(self) -> bool:
        """Whether strings and streams are enciphered, if only with the empty password."""
        return _ENCRYPT.search(self.content) is not None

    def _packed_object(self, number: int) -> bytes:
        if self._object_streams is None:
            self._object_streams = list(self._unpacked())
        for offsets, data in reversed(self._object_streams):
            if number in offsets:
                return data[offsets[number] : offsets[number] + _DICTIONARY_BYTES_MAX]
        return b""

    def _unpacked(self) -> Iterator[tuple[dict[int, int], bytes]]:
        """Every object stream: object number to offset, and the data."""
        if self.is_encrypted():
            return
        at, budget = 0, _INFLATED_BYTES_MAX
        for _ in range(_OBJECT_STREAMS_MAX):
            at = self.content.find(b"/ObjStm", at + 1)
            if at < 0 or budget <= 0:
                return
            opened = STREAM.search(self.content, at, at + _HEAD_BYTES_MAX)
            first = opened and _FIRST.search(self.entries(opened.start()))
            if not opened or not first:
                continue
            data, _sound = inflated(self.content, opened.end(), budget)
            budget -= len(data)
            start = int(first[1])
            numbers = [int(word) for word in data[:start].split()[:20_000] if word.isdigit()]
            yield {n: start + offset for n, offset in zip(numbers[::2], numbers[1::2], strict=False)}, data

    def entries(self, stream_at: int) -> bytes:
        """The dictionary before a stream."""
        start = self.content.rfind(b" obj", max(stream_at - _HEAD_BYTES_MAX, 0), stream_at)
        return self.content[start if start >= 0 else max(stream_at - _HEAD_BYTES_MAX, 0) : stream_at]

    # --- properties

    def info(self) -> dict[bytes, bytes]:
        """The Info dictionary: names and string values as written, not deciphered."""
        matches = _INFO.findall(self.content)
        if not matches:
            return {}
        number, generation = matches[-1]
        return pdf_strings.dictionary(self.object(int(number), int(generation)))

    def packets(self) -> Iterator[bytes]:
        """The document's XMP packet; failing that, packets that lie open in the file."""
        packet = self._own_packet()
        if packet:
            yield packet
            return
        at = 0
        for _ in range(_PACKETS_MAX):
            at = self.content.find(b"<x:xmpmeta", at)
            end = self.content.find(b"</x:xmpmeta>", at, at + _PACKET_BYTES_MAX) if at >= 0 else -1
            if end < 0:
                return
            yield self.content[at : end + len(b"</x:xmpmeta>")]
            at = end

    def _own_packet(self) -> bytes:
        for root_number, root_generation in reversed(_ROOT.findall(self.content)[-8:]):
            named = _METADATA.search(self.object(int(root_number), int(root_generation)))
            if named is None:
                continue
            at = self.content.rfind(b"%s %s obj" % named.groups())
            opened = STREAM.search(self.content, at, at + _HEAD_BYTES_MAX) if at >= 0 else None
            if opened is None:
                continue
            # By its first byte too: pdfium loses the filter's name when it saves without encryption.
            packed = self.content[opened.end() : opened.end() + 1] == b"\x78"
            if packed or DEFLATED.search(self.content, at, opened.start()):
                data, _sound = inflated(self.content, opened.end(), _PACKET_BYTES_MAX)
            else:
                end = self.content.find(b"endstream", opened.end(), opened.end() + _PACKET_BYTES_MAX)
                data = self.content[opened.end() : end] if end >= 0 else b""
            packet = data[data.find(b"<") : data.rfind(b">") + 1]
            if b"xmpmeta" in packet or b"RDF" in packet:
                return packet
        return b""


def load(source: Source, *, whole: bool) -> Raw:
    """The bytes to search: all of them or both ends."""
    if whole:
        return Raw(source.read(0, source.size), whole=True)
    head = source.read(0, _WINDOW_BYTES)
    return Raw(head + b"\n" + source.read(max(source.size - _WINDOW_BYTES, len(head)), _WINDOW_BYTES), whole=False)


def inflated(content: bytes, start: int, size_max: int) -> tuple[bytes, bool]:
    """What can be unpacked from there, and whether it was sound to its end."""
    unpacker = zlib.decompressobj()
    pieces: list[bytes] = []
    size = 0
    for piece in steps(unpacker, content, start):
        if piece is None:
            return b"".join(pieces), False
        pieces.append(piece)
        size += len(piece)
        if size >= size_max:
            break
    return b"".join(pieces)[:size_max], unpacker.eof


def steps(unpacker: zlib._Decompress, content: bytes, start: int) -> Iterator[bytes | None]:
    """Pieces of bounded size; None at an error. Never goes past the packed data's own end."""
    view = memoryview(content)
    feed, step = start, 4096
    while not unpacker.eof:
        tail = unpacker.unconsumed_tail
        taken = tail or view[feed : feed + step]
        if not tail:
            feed += step
            step = min(step * 4, _STEP_BYTES)
        if not taken:
            return
        try:
            yield unpacker.decompress(taken, _STEP_BYTES)
        except zlib.error:
            yield None
            return
