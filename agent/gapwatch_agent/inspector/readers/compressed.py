"""Compressed streams in pieces of bounded size: deflate, gzip, bzip2, xz, lzip, the lzma of zip, zstd.

What they unpack to is not bounded here: whoever takes the pieces counts them. A stream that breaks off or is wrong
raises StopReading("damaged") after the pieces that could be had.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Final, Protocol

from gapwatch_agent.inspector.limits import MIB
from gapwatch_agent.inspector.readers import libarchive
from gapwatch_agent.inspector.readers.source import StopReading

PIECE_BYTES: Final = 1 << 16
_MEMORY_BYTES: Final = 160 * MIB
"""What a decoder may ask for: the largest preset's dictionary is 64 MiB."""
_STREAMS_MAX: Final = 100_000
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_LZIP_HEADER: Final = 6
_LZIP_TRAILER: Final = 20
_ZIP_LZMA_HEADER: Final = 9
_DICTIONARY_MAX: Final = 128 * MIB
_BROKEN: Final = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)

Decoder = Callable[[Iterator[bytes]], Iterator[bytes]]


class _Engine(Protocol):
    """bz2.BZ2Decompressor and lzma.LZMADecompressor."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def inflate(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Raw deflate, as in zip."""
    yield from _zlib(packed, -zlib.MAX_WBITS, again=False)


def gunzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """gzip, several members one after another."""
    yield from _zlib(packed, _GZIP_WINDOW, again=True)


def bunzip2(packed: Iterator[bytes]) -> Iterator[bytes]:
    """bzip2, several streams one after another."""
    yield from _streams(packed, bz2.BZ2Decompressor, b"BZh")


def unxz(packed: Iterator[bytes]) -> Iterator[bytes]:
    """xz, several streams one after another."""
    yield from _streams(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY_BYTES), b"\xfd7zXZ")


def unlzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """lzip: members of six bytes of header, an LZMA stream, twenty bytes of trailer."""
    rest = b""
    for number in range(_STREAMS_MAX):
        head, rest = _take(packed, rest, _LZIP_HEADER)
        if number and not head.startswith(b"LZIP"):
            return
        if len(head) < _LZIP_HEADER or not head.startswith(b"LZIP"):
            raise StopReading("damaged")
        base = 1 << (head[5] & 0x1F) if head[5] & 0x1F < 30 else _DICTIONARY_MAX
        engine = _lzma1(base - base // 16 * (head[5] >> 5), 3, 0, 2)
        rest = yield from _drain(engine, packed, rest)
        trailer, rest = _take(packed, rest, _LZIP_TRAILER)
        if len(trailer) < _LZIP_TRAILER:
            raise StopReading("damaged")


def unlzma_zip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Method 14 of zip: version, size of the properties, the properties, the stream."""
    head, rest = _take(packed, b"", _ZIP_LZMA_HEADER)
    if len(head) < _ZIP_LZMA_HEADER or head[4] >= 9 * 5 * 5:
        raise StopReading("damaged")
    code = head[4]
    engine = _lzma1(int.from_bytes(head[5:9], "little"), code % 9, code // 9 % 5, code // 45)
    yield from _drain(engine, packed, rest, ends_by_size=True)


def unzstd(packed: Iterator[bytes]) -> Iterator[bytes]:
    """zstd, several frames one after another; ``unsupported`` without libarchive."""
    yield from libarchive.unzstd(packed)


def _lzma1(dictionary_bytes: int, lc: int, lp: int, pb: int) -> _Engine:
    if dictionary_bytes > _DICTIONARY_MAX:
        raise StopReading("too_large")
    described = {"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary_bytes, 4096), "lc": lc, "lp": lp, "pb": pb}
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[described])
    except (lzma.LZMAError, ValueError) as error:
        raise StopReading("damaged") from error


def _zlib(packed: Iterator[bytes], window: int, *, again: bool) -> Iterator[bytes]:
    engine = zlib.decompressobj(window)
    streams = 1
    for given in packed:
        waiting = given
        while waiting:
            if engine.eof:
                if not again or not waiting.startswith(b"\x1f") or streams >= _STREAMS_MAX:
                    return
                engine, streams = zlib.decompressobj(window), streams + 1
            try:
                piece = engine.decompress(waiting, PIECE_BYTES)
            except zlib.error as error:
                raise StopReading("damaged") from error
            waiting = engine.unused_data if engine.eof else engine.unconsumed_tail
            if piece:
                yield piece
    rest = b"" if engine.eof else engine.flush(PIECE_BYTES)
    if rest:
        yield rest
    if not engine.eof:
        raise StopReading("damaged")


def _streams(packed: Iterator[bytes], make: Callable[[], _Engine], magic: bytes) -> Iterator[bytes]:
    rest = b""
    for number in range(_STREAMS_MAX):
        if number:
            head, rest = _take(packed, rest.lstrip(b"\0"), len(magic))
            if head != magic:
                # Padding, a signature, anything: what follows the last stream is no content.
                return
            rest = head + rest
        rest = yield from _drain(make(), packed, rest)


def _drain(
    engine: _Engine, packed: Iterator[bytes], rest: bytes, *, ends_by_size: bool = False
) -> Generator[bytes, None, bytes]:
    """One stream's content; returns the bytes after its end. ``ends_by_size``: it may have no end mark of its own."""
    while not engine.eof:
        if engine.needs_input and not rest:
            rest = next(packed, b"")
            if not rest:
                if ends_by_size:
                    return b""
                raise StopReading("damaged")
        try:
            piece = engine.decompress(rest, PIECE_BYTES)
        except MemoryError as error:
            raise StopReading("too_large") from error
        except lzma.LZMAError as error:
            raise StopReading("too_large" if "emory" in str(error) else "damaged") from error
        except _BROKEN as error:
            raise StopReading("damaged") from error
        rest = b""
        if piece:
            yield piece
    return engine.unused_data


def _take(packed: Iterator[bytes], rest: bytes, count: int) -> tuple[bytes, bytes]:
    """That many bytes (fewer only at the end) and what was read beyond them."""
    while len(rest) < count:
        more = next(packed, b"")
        if not more:
            break
        rest += more
    return rest[:count], rest[count:]
