"""Debian's libarchive (libarchive13) by ctypes: what 7z, rar, iso, cab and zstd are read with. Optional.

Only reading, only from our own source by callbacks: no path is ever given to it and nothing is extracted. The callbacks
are made when this module is imported, because a caged child may not map the executable page a new one would need.
Without the library ``AVAILABLE`` is False and ``open_archive`` stops with ``unsupported``.
"""

from __future__ import annotations

import ctypes
import itertools
import locale
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gapwatch_agent.inspector.readers.source import Source, StopReading

_LIBRARY: Final = "libarchive.so.13"
_CHUNK: Final = 1 << 16
_INPUT_CHUNK: Final = 1 << 18
_END: Final = 1
_WARN: Final = -20
_RETRY: Final = -10
_FATAL: Final = -30
_REGULAR: Final = 0o100000
_KIND_BITS: Final = 0o170000
_NAME_BYTES_MAX: Final = 1 << 16

_READ: Final = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p))
_SKIP: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
_SEEK: Final = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int)


class _Input(Protocol):
    """What the callbacks of one archive read from."""

    stopped: StopReading | None

    def read(self) -> bytes: ...
    def skip(self, count: int) -> int: ...
    def seek(self, offset: int, whence: int) -> int: ...


class SourceInput:
    """Random access."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._position = 0
        self.stopped: StopReading | None = None

    def read(self) -> bytes:
        piece = self._source.read(self._position, _INPUT_CHUNK)
        self._position += len(piece)
        return piece

    def skip(self, count: int) -> int:
        count = min(max(count, 0), max(self._source.size - self._position, 0))
        self._position += count
        return count

    def seek(self, offset: int, whence: int) -> int:
        base = {0: 0, 1: self._position, 2: self._source.size}.get(whence, 0)
        self._position = min(max(base + offset, 0), self._source.size)
        return self._position


class PiecesInput:
    """A stream; skipping is reading."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.stopped: StopReading | None = None

    def read(self) -> bytes:
        return next((piece for piece in self._pieces if piece), b"")

    def skip(self, _count: int) -> int:
        return 0

    def seek(self, _offset: int, _whence: int) -> int:
        return _FATAL


_inputs: dict[int, _Input] = {}
_held: dict[int, bytes] = {}
"""The piece last given to the library, which reads it until it asks for the next."""
_numbers = itertools.count(1)


def _read(_archive: int | None, number: int | None, buffer: Any) -> int:
    given = _inputs.get(number or 0)
    if given is None:
        return -1
    try:
        piece = given.read()
    except StopReading as stop:
        given.stopped = stop
        return -1
    except Exception:  # noqa: BLE001 - nothing may travel through C
        return -1
    _held[number or 0] = piece
    buffer[0] = ctypes.cast(ctypes.c_char_p(piece), ctypes.c_void_p)
    return len(piece)


def _skip(_archive: int | None, number: int | None, count: int) -> int:
    given = _inputs.get(number or 0)
    return given.skip(count) if given is not None else 0


def _seek(_archive: int | None, number: int | None, offset: int, whence: int) -> int:
    given = _inputs.get(number or 0)
    return given.seek(offset, whence) if given is not None else _FATAL


_READ_CALLBACK: Final = _READ(_read)
_SKIP_CALLBACK: Final = _SKIP(_skip)
_SEEK_CALLBACK: Final = _SEEK(_seek)


def _load() -> Any:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    pointer, text, number, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int64
    signatures: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
        ("archive_read_new", pointer, ()),
        ("archive_read_free", number, (pointer,)),
        ("archive_read_set_read_callback", number, (pointer, _READ)),
        ("archive_read_set_skip_callback", number, (pointer, _SKIP)),
        ("archive_read_set_seek_callback", number, (pointer, _SEEK)),
        ("archive_read_set_callback_data", number, (pointer, pointer)),
        ("archive_read_open1", number, (pointer,)),
        ("archive_read_next_header", number, (pointer, ctypes.POINTER(pointer))),
        ("archive_read_data", ctypes.c_ssize_t, (pointer, pointer, ctypes.c_size_t)),
        ("archive_read_has_encrypted_entries", number, (pointer,)),
        ("archive_error_string", text, (pointer,)),
        ("archive_entry_pathname", text, (pointer,)),
        ("archive_entry_pathname_utf8", text, (pointer,)),
        ("archive_entry_filetype", ctypes.c_uint, (pointer,)),
        ("archive_entry_size", size, (pointer,)),
        ("archive_entry_size_is_set", number, (pointer,)),
        ("archive_entry_is_encrypted", number, (pointer,)),
        *((f"archive_read_support_format_{kind}", number, (pointer,)) for kind in _FORMATS),
        *((f"archive_read_support_filter_{kind}", number, (pointer,)) for kind in _FILTERS),
    )
    try:
        for name, result, arguments in signatures:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError:
        return None
    return library


_FORMATS: Final = ("7zip", "rar", "rar5", "iso9660", "cab", "raw")
_FILTERS: Final = ("none", "zstd")
_library: Final = _load()
AVAILABLE: Final = _library is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """A member. ``name`` as bytes (UTF-8 where the library could tell); ``size`` -1 when only the stream knows."""

    name: bytes
    size: int
    regular: bool
    encrypted: bool


class Archive:
    """An open archive; ``entries`` once, ``data`` of the entry just given, ``close`` at the end."""

    def __init__(self, given: _Input, formats: tuple[str, ...], filters: tuple[str, ...] = ("none",)) -> None:
        if _library is None:
            raise StopReading("unsupported")
        _speak_utf8()
        self._given = given
        self._opened = False
        # Going on to the next file of a cabinet after one that broke off crashes the library (3.6).
        self._ends_with_damage = "cab" in formats
        self._broken = False
        # Asking any other format, or an archive that did not open, whether it is encrypted crashes the library.
        self._may_be_encrypted = not {"7zip", "rar", "rar5"}.isdisjoint(formats)
        self._number = next(_numbers)
        _inputs[self._number] = given
        self._handle = _library.archive_read_new()
        for kind in formats:
            getattr(_library, f"archive_read_support_format_{kind}")(self._handle)
        for kind in filters:
            getattr(_library, f"archive_read_support_filter_{kind}")(self._handle)
        _library.archive_read_set_read_callback(self._handle, _READ_CALLBACK)
        if isinstance(given, SourceInput):
            _library.archive_read_set_skip_callback(self._handle, _SKIP_CALLBACK)
            _library.archive_read_set_seek_callback(self._handle, _SEEK_CALLBACK)
        _library.archive_read_set_callback_data(self._handle, self._number)

    def entries(self) -> Iterator[Entry]:
        """Every entry in the archive's own order. Raises StopReading when the archive cannot be read on."""
        if _library.archive_read_open1(self._handle) < _WARN:
            raise self._stop()
        self._opened = True
        entry = ctypes.c_void_p()
        while not self._broken:
            code = _library.archive_read_next_header(self._handle, ctypes.byref(entry))
            if code == _END:
                return
            if code == _RETRY:
                continue
            if code < _WARN:
                raise self._stop()
            yield self._entry(entry)
        raise StopReading("damaged")

    def data(self) -> Iterator[bytes]:
        """The content of the entry last given. Raises StopReading when it breaks off."""
        buffer = ctypes.create_string_buffer(_CHUNK)
        while True:
            count = _library.archive_read_data(self._handle, buffer, _CHUNK)
            if count < 0:
                self._broken = self._ends_with_damage
                raise self._stop()
            if count == 0:
                return
            yield buffer.raw[:count]

    def close(self) -> None:
        """Free the library's side. Call once."""
        _library.archive_read_free(self._handle)
        _inputs.pop(self._number, None)
        _held.pop(self._number, None)

    def _entry(self, entry: ctypes.c_void_p) -> Entry:
        name = _library.archive_entry_pathname_utf8(entry)
        if name is None:
            name = _library.archive_entry_pathname(entry) or b""
        known = bool(_library.archive_entry_size_is_set(entry))
        return Entry(
            name=bytes(name[:_NAME_BYTES_MAX]),
            size=max(int(_library.archive_entry_size(entry)), 0) if known else -1,
            regular=int(_library.archive_entry_filetype(entry)) & _KIND_BITS in {_REGULAR, 0},
            encrypted=bool(_library.archive_entry_is_encrypted(entry)),
        )

    def _stop(self) -> StopReading:
        """Why it broke off: our own source's reason, else what the library says."""
        if self._given.stopped is not None:
            return StopReading(self._given.stopped.reason)
        said = (_library.archive_error_string(self._handle) or b"").lower()
        asked = self._opened and self._may_be_encrypted
        if b"encrypt" in said or (asked and _library.archive_read_has_encrypted_entries(self._handle) == 1):
            return StopReading("encrypted")
        if b"memory" in said or b"allocate" in said:
            return StopReading("too_large")
        if b"unsupported" in said or b"not supported" in said or b"unavailable" in said or b"isn't supported" in said:
            return StopReading("unsupported")
        return StopReading("damaged")


def unzstd(packed: Iterator[bytes]) -> Iterator[bytes]:
    """A zstd stream's content."""
    archive = Archive(PiecesInput(packed), ("raw",), ("none", "zstd"))
    try:
        for _ in archive.entries():
            yield from archive.data()
    finally:
        archive.close()


def _speak_utf8() -> None:
    """Names come in the locale's encoding, and a service has none."""
    if "utf" in locale.nl_langinfo(locale.CODESET).lower():
        return
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return
