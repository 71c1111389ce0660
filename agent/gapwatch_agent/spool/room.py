"""Space the database may write into without asking the filesystem (C3).

On a full disk SQLite can do nothing if its file or its log must grow, not even delete. So the file grows only here, in
steps: the filesystem gives the blocks first, then pages are taken in them, freed again, and stay as free pages.
``max_page_count`` holds the file at that size, so an append that does not fit fails cleanly and something can be
evicted instead. The log keeps its size on disk from one checkpoint to the next.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path
from typing import Final

from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.spool.schema import transaction

_log = logging.getLogger(__name__)

STEP_PAGES: Final = 512
"""2 MiB: what one step takes, and what the log is at least able to hold."""
_GIVE_BACK_MAX: Final = 8192
"""Pages given back at a time (32 MiB), so that an append waits a moment and not a minute."""


def require_full(error: sqlite3.OperationalError) -> None:
    """Re-raise anything but 'disk is full' as what the caller can do about it: try again later."""
    if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
        raise UnavailableError(f"the spool cannot be written: {error}") from error


class Room:
    """The free pages of one database."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """``path`` is the connection's file."""
        self._connection, self._log = connection, Path(f"{path}-wal")
        # Kept open until the connection is closed: closing any descriptor of the file ends SQLite's locks on it.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """To be called after the connection was closed."""
        os.close(self._descriptor)

    def claim(self, bytes_wanted: int = 0) -> bool:
        """Have a step (or what is wanted) of free pages in the file, and a log as large; False on a full disk."""
        if not self.checkpoint():
            return False
        size, before = self._pragma("page_size"), self._pragma("page_count")
        pages = max(STEP_PAGES, bytes_wanted * 5 // 4 // size + 64)
        # Less what the chain of pages and the file's own bookkeeping take.
        filler_bytes = (pages - 4 - pages // 400) * (size - 4)
        try:
            os.posix_fallocate(self._descriptor, before * size, pages * size)
        except OSError as error:
            _log.info("the spool's file cannot grow: %s", error)
            os.ftruncate(self._descriptor, before * size)
            return False
        self._connection.execute(f"PRAGMA max_page_count = {before + pages}").fetchall()
        try:
            with transaction(self._connection):
                self._connection.execute("INSERT INTO filler VALUES (zeroblob(?))", (filler_bytes,))
                self._connection.execute("DELETE FROM filler")
        except sqlite3.OperationalError as error:
            require_full(error)
            os.ftruncate(self._descriptor, before * size)
            return False
        finally:
            self._hold_size()
        return self.checkpoint() and self._claim_log(pages * size)

    def _claim_log(self, size: int) -> bool:
        """Blocks for the log too. What it is lengthened by is zeros, which SQLite does not take for entries."""
        try:
            descriptor = os.open(self._log, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True  # nothing was written yet
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            _log.info("the spool's log cannot grow: %s", error)
            return False
        finally:
            os.close(descriptor)
        return True

    def checkpoint(self) -> bool:
        """Move the log into the file, so that it is written from its beginning again; False when the disk is full."""
        try:
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except sqlite3.OperationalError as error:
            require_full(error)
            return False
        return not busy

    def give_back(self) -> None:
        """Return free pages beyond two steps to the filesystem."""
        free = self._pragma("freelist_count")
        if free <= 2 * STEP_PAGES:
            return
        try:
            # As a script: a statement run by execute() stops after its first page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({min(free - STEP_PAGES, _GIVE_BACK_MAX)})")
        except sqlite3.OperationalError as error:
            require_full(error)
        self._hold_size()

    def _hold_size(self) -> None:
        self._connection.execute(f"PRAGMA max_page_count = {self._pragma('page_count')}").fetchall()

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
