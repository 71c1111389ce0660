"""Where readers take bytes from, and how they say that they could not go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits

REASONS: Final = frozenset(
    {"encrypted", "damaged", "too_large", "too_deep", "too_many"}
    | {"timed_out", "crashed", "unsupported", "unreadable", "vanished"}
)
"""Why a file was not fully inspected; a closed list."""


class StopReading(Exception):  # noqa: N818 - an outcome, not an error: what was read so far still counts
    """A reader cannot go on; ``reason`` is one of ``REASONS``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Source(Protocol):
    """Random access to a file's bytes."""

    @property
    def size(self) -> int:
        """Bytes the file had when it was opened."""
        ...

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``offset``; fewer only at the end. Raises StopReading when the medium fails."""
        ...


@dataclass(frozen=True, slots=True)
class BytesSource:
    """A file in memory."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, offset: int, count: int) -> bytes:
        return self.content[offset : offset + count]


@dataclass(frozen=True, slots=True)
class DescriptorSource:
    """A file by its descriptor; the file's own offset is never moved."""

    fd: int
    size: int

    def read(self, offset: int, count: int) -> bytes:
        pieces: list[bytes] = []
        while count > 0:
            try:
                piece = os.pread(self.fd, count, offset)
            except OSError as error:
                raise StopReading("unreadable") from error
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            count -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


Report = Callable[[str], None]
"""Called with a reason when something was left out but reading goes on."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file inside the one being read: an archive's member, a mail's attachment, an object in a document.

    ``name`` is its path inside, forward slashes, as written; empty where only the outer file's name tells. ``content``
    is called at most once and before the next item of the reading is taken (archives are streams); what it yields may
    break off with StopReading. ``reason`` says why there is no content to be had (``encrypted``, ``unsupported``), and
    then ``content`` is never called.
    """

    name: str
    content: Callable[[], Iterator[bytes]]
    reason: str = ""


Reading = Iterable[Fragment | Embedded]
"""One interpretation of a file, in reading order. Iterating may raise StopReading."""

Reader = Callable[[Source, Limits, Report], Iterator[Reading]]
"""A format. Several readings of one file are alternatives (a text in several encodings); each is judged alone."""
