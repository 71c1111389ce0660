"""Compound files (MS-CFB), the container of Office 97-2003 documents and Outlook messages: entries and their streams.

A reader of our own: olefile joins the allocation table quadratically, follows a table of sectors that points at itself
(2 KB of file are half a minute of work), walks the directory recursively and takes every stream into memory whole.
Here chains are followed only as far as somebody reads, never beyond the sectors that the file has. What a torn file no
longer says is guessed: a sector whose successor is unknown goes on with the next one, as writers lay them out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import Report, Source, StopReading

MAGIC: Final = bytes.fromhex("D0CF11E0A1B11AE1")
CHUNK_BYTES: Final = 1 << 16
_NO_SECTOR: Final = 0xFFFFFFFA
"""This and above are no sectors: free, end of chain, tables."""
_END_OF_CHAIN: Final = 0xFFFFFFFE
_NO_ENTRY: Final = 0xFFFFFFFF
_ENTRY_BYTES: Final = 128
_HEADER_BYTES: Final = 512
_HEADER_TABLES: Final = 109
_MINI_BYTES: Final = 64
_MINI_LIMIT: Final = 4096
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_STORAGE_DEPTH_MAX: Final = 32
_NO_CLASS: Final = bytes(16)
_SEARCHED_BYTES_MAX: Final = 1 << 22
_WORD_VERSIONS: Final = tuple(bytes.fromhex(version) for version in ("C100", "D900", "0101", "0C01", "1201"))
_RECOGNISED: Final = (
    *((bytes.fromhex("ECA5") + version, "WordDocument") for version in _WORD_VERSIONS),
    (bytes.fromhex("0908100000060500"), "Workbook"),
    (bytes.fromhex("0F00E803"), "PowerPoint Document"),
)
"""How the streams of documents begin, for a file whose directory is lost."""


@dataclass(slots=True)
class Entry:
    """A storage or a stream. ``children`` by name in lower case."""

    name: str
    is_storage: bool
    start: int
    size: int
    class_id: bytes = _NO_CLASS
    children: dict[str, Entry] = field(default_factory=dict)


class CompoundFile:
    """The directory of a compound file. Raises StopReading where there is nothing to be had."""

    def __init__(self, source: Source, limits: Limits, report: Report) -> None:
        self._source = source
        self._report = report
        self._damaged = False
        header = source.read(0, _HEADER_BYTES)
        if not header.startswith(MAGIC) or len(header) < _HEADER_BYTES:
            raise StopReading("damaged")
        self.sector_bytes = 4096 if u16(header, 30) == 12 else 512
        if u16(header, 30) not in {9, 12}:
            self.damaged()
        self._sectors = max(-(-source.size // self.sector_bytes) - 1, 0)
        self._tables = self._table_sectors(header)
        self._loaded: dict[int, array[int]] = {}
        self._mini_limit = min(u32(header, 56), _MINI_LIMIT)
        self._mini_table_start = u32(header, 60)
        self._mini_table: array[int] | None = None
        self.root = Entry("", is_storage=True, start=_END_OF_CHAIN, size=0)
        self._mini: Stream | None = None
        self._read_directory(u32(header, 48), limits)

    @property
    def bytes_max(self) -> int:
        """All streams together cannot be longer."""
        return self._source.size

    def damaged(self) -> None:
        """Say once that something of the file is missing or contradicts itself."""
        if not self._damaged:
            self._damaged = True
            self._report("damaged")

    def find(self, *path: str) -> Entry | None:
        """The entry at that path, names in any case."""
        entry: Entry | None = self.root
        for name in path:
            entry = entry.children.get(name.lower()) if entry is not None else None
        return entry

    def open(self, entry: Entry) -> Stream:
        """The stream of an entry; a storage's is empty."""
        size = 0 if entry.is_storage else entry.size
        return Stream(self, entry.start, size, mini=size < self._mini_limit)

    def content(self, *path: str, bytes_max: int) -> bytes:
        """The stream at that path, cut off at a size; empty where there is none."""
        entry = self.find(*path)
        return self.open(entry).read(0, bytes_max) if entry is not None else b""

    # --- sectors

    def _table_sectors(self, header: bytes) -> array[int]:
        """Where the pieces of the allocation table stand; no more of them than the file's sectors need."""
        each = self.sector_bytes // 4
        count_max = -(-self._sectors // each)
        tables = array("I", header[76 : 76 + 4 * min(_HEADER_TABLES, count_max)])
        following, steps = u32(header, 68), 0
        while len(tables) < count_max and following < _NO_SECTOR and steps <= count_max:
            piece = self._sector(following)
            if len(piece) < self.sector_bytes:
                break
            tables.extend(array("I", piece[: min(4 * (each - 1), 4 * (count_max - len(tables)))]))
            following = u32(piece, self.sector_bytes - 4)
            steps += 1
        return tables

    def _sector(self, number: int) -> bytes:
        return self._source.read((number + 1) * self.sector_bytes, self.sector_bytes)

    def table(self, sector: int, *, mini: bool) -> tuple[int, array[int]]:
        """A piece of the allocation table: the first sector it is about, and the successor of each from there on."""
        if mini:
            return 0, self._mini_sectors()
        number = sector // (self.sector_bytes // 4)
        table = self._loaded.get(number)
        if table is None:
            table = self._loaded[number] = self._load_table(number)
        return number * (self.sector_bytes // 4), table

    def _load_table(self, number: int) -> array[int]:
        if number >= len(self._tables) or self._tables[number] >= self._sectors:
            return array("I")
        raw = self._sector(self._tables[number])
        return array("I", raw[: len(raw) // 4 * 4])

    def _mini_sectors(self) -> array[int]:
        """The same for the small sectors, which all live in one stream."""
        if self._mini_table is None:
            entries = -(-self.root.size // _MINI_BYTES)
            size = min(entries * 4, self._sectors * self.sector_bytes)
            raw = Stream(self, self._mini_table_start, size, mini=False).read(0, size)
            self._mini_table = array("I", raw[: len(raw) // 4 * 4])
        return self._mini_table

    def read_sectors(self, first: int, count: int, *, mini: bool) -> bytes:
        """Neighbouring sectors."""
        if not mini:
            return self._source.read((first + 1) * self.sector_bytes, count * self.sector_bytes)
        if self._mini is None:
            self._mini = Stream(self, self.root.start, self.root.size, mini=False)
        return self._mini.read(first * _MINI_BYTES, count * _MINI_BYTES)

    def unit(self, *, mini: bool) -> tuple[int, int]:
        """How large a sector is and how many there can be."""
        if mini:
            return _MINI_BYTES, -(-self.root.size // _MINI_BYTES)
        return self.sector_bytes, self._sectors

    # --- directory

    def _read_directory(self, start: int, limits: Limits) -> None:
        size = min(limits.members_max * _ENTRY_BYTES, self._sectors * self.sector_bytes)
        stream = Stream(self, start, size, mini=False)
        raw = stream.read(0, size, to_end_of_chain=True)
        if len(raw) >= limits.members_max * _ENTRY_BYTES:
            self._report("too_many")
        entries = [_entry(raw, at) for at in range(0, len(raw) - _ENTRY_BYTES + 1, _ENTRY_BYTES)]
        if not entries or raw[66] != _ROOT:
            self.damaged()
            self._recover()
            return
        self.root = entries[0]
        self.root.is_storage = True
        reached = self._walk(raw, entries)
        if self._damaged:
            for number, entry in enumerate(entries):
                if number not in reached and raw[number * _ENTRY_BYTES + 66] == _STREAM:
                    self.root.children.setdefault(entry.name.lower(), entry)

    def _walk(self, raw: bytes, entries: list[Entry]) -> set[int]:
        """Hang the entries into their storages. Returns those that the tree holds."""
        reached = {0}
        waiting = [(u32(raw, 76), self.root, 1)]
        while waiting:
            number, parent, depth = waiting.pop()
            if number == _NO_ENTRY:
                continue
            if number >= len(entries) or number in reached:
                self.damaged()
                continue
            reached.add(number)
            at = number * _ENTRY_BYTES
            if raw[at + 66] in {_STORAGE, _STREAM}:
                parent.children.setdefault(entries[number].name.lower(), entries[number])
            waiting.append((u32(raw, at + 72), parent, depth))
            waiting.append((u32(raw, at + 68), parent, depth))
            if raw[at + 66] == _STORAGE:
                if depth < _STORAGE_DEPTH_MAX:
                    waiting.append((u32(raw, at + 76), entries[number], depth + 1))
                else:
                    self._report("too_deep")
        return reached

    def _recover(self) -> None:
        """No directory: what begins like a document's stream is taken for one, to the file's end."""
        size = self._sectors * self.sector_bytes
        for block in range(0, min(size, _SEARCHED_BYTES_MAX), CHUNK_BYTES):
            data = self._source.read(self.sector_bytes + block, CHUNK_BYTES)
            for at in range(0, len(data), self.sector_bytes):
                for magic, name in _RECOGNISED:
                    if data.startswith(magic, at):
                        start = (block + at) // self.sector_bytes
                        entry = Entry(name, is_storage=False, start=start, size=max(size - block - at, _MINI_LIMIT))
                        self.root.children.setdefault(name.lower(), entry)


class Stream:
    """Random access to one stream; what the file lacks is missing from what is read."""

    def __init__(self, owner: CompoundFile, start: int, size: int, *, mini: bool) -> None:
        self._owner = owner
        self._mini = mini
        self._unit, self._units_max = owner.unit(mini=mini)
        self.size = min(size, self._units_max * self._unit)
        if self.size < size:
            owner.damaged()
        self._chain = array("I")
        self._next = start

    def read(self, offset: int, count: int, *, to_end_of_chain: bool = False) -> bytes:
        """Up to ``count`` bytes; fewer at the end or where the chain breaks off, which is reported as damage.

        ``to_end_of_chain``: the size is only an upper bound.
        """
        end = min(offset + count, self.size)
        if offset >= end:
            return b""
        first, last = offset // self._unit, -(-end // self._unit)
        self._follow(last)
        if len(self._chain) < last and not to_end_of_chain:
            self._owner.damaged()
        pieces = list(self._pieces(first, min(last, len(self._chain))))
        skipped = offset - first * self._unit
        whole = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return whole[skipped : skipped + end - offset]

    def chunks(self) -> Iterator[bytes]:
        """The whole stream in pieces."""
        for offset in range(0, self.size, CHUNK_BYTES):
            piece = self.read(offset, CHUNK_BYTES)
            if not piece:
                return
            yield piece

    def _follow(self, units: int) -> None:
        chain, sector = self._chain, self._next
        while len(chain) < units and sector < self._units_max:
            first, table = self._owner.table(sector, mini=self._mini)
            last = first + len(table)
            if sector >= last:
                self._owner.damaged()
                chain.append(sector)
                sector += 1
            while first <= sector < last and len(chain) < units:
                chain.append(sector)
                sector = table[sector - first]
        self._next = sector

    def _pieces(self, first: int, last: int) -> Iterator[bytes]:
        """Runs of neighbouring sectors, each read at once."""
        chain = self._chain
        while first < last:
            run = 1
            while first + run < last and chain[first + run] == chain[first] + run:
                run += 1
            piece = self._owner.read_sectors(chain[first], run, mini=self._mini)
            yield piece
            if len(piece) < run * self._unit and first + run < last:
                self._owner.damaged()
                return
            first += run


def _entry(raw: bytes, at: int) -> Entry:
    name_bytes = min(u16(raw, at + 64), 64)
    name = raw[at : at + max(name_bytes - 2, 0)].decode("utf-16-le", errors="replace")
    # The high half of the size is only trusted where it is small: old writers leave anything there.
    high = u32(raw, at + 124)
    size = u32(raw, at + 120) + ((high << 32) if high < 16 else 0)
    is_storage = raw[at + 66] == _STORAGE
    return Entry(name, is_storage, u32(raw, at + 116), size, raw[at + 80 : at + 96])
