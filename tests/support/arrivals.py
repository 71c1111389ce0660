"""When something became readable in a collector's database: a thread that looks every few milliseconds, read-only."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gapwatch_proto import codec
from gapwatch_proto.events import FileActivity
from gapwatch_proto.kinds import Kind

POLL_S = 0.002
WRITTEN = (Kind.FILE_WRITTEN, Kind.MARKED_FILE_WRITTEN, Kind.UNINSPECTED_FILE_WRITTEN)


@dataclass
class Arrivals:
    """By file name: ``stored_ns`` when the record was readable, ``alerted_ns`` when its first alert was, ``closed_ns``
    when the agent saw the file closed. All on CLOCK_BOOTTIME.
    """

    names: re.Pattern[str]
    """Matches the names that are waited for, as records and alerts hold them."""
    stored_ns: dict[str, int] = field(default_factory=dict)
    alerted_ns: dict[str, int] = field(default_factory=dict)
    closed_ns: dict[str, int] = field(default_factory=dict)


class ArrivalsThread:
    """Notes what is written after it began; used as a context."""

    def __init__(self, database: Path, names: str) -> None:
        self._database = database
        self.seen = Arrivals(re.compile(names))
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def wait(self, holds: Callable[[Arrivals], bool], seconds: float = 60.0) -> None:
        """Return once it holds; fail when it never does, or when looking failed."""
        deadline = time.monotonic() + seconds
        while not holds(self.seen):
            if self._failure:
                raise self._failure
            assert time.monotonic() < deadline, f"{len(self.seen.stored_ns)} stored, {len(self.seen.alerted_ns)} alerts"
            time.sleep(POLL_S)

    def _run(self) -> None:
        try:
            with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
                self._look(connection)
        except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
            self._failure = error
            self._begun.set()

    def _look(self, connection: sqlite3.Connection) -> None:
        index, number = -1, 0
        while not self._stop.is_set():
            (day,) = connection.execute("SELECT newest_day FROM log_state").fetchone()
            query = f"SELECT log_index, kind, payload FROM log_{day:08d} WHERE log_index > ? ORDER BY log_index"
            entries = connection.execute(query, (index,)).fetchall()
            alerts = connection.execute(
                "SELECT number, search_text FROM alerts WHERE number > ? ORDER BY number", (number,)
            ).fetchall()
            now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            for _, kind, payload in entries:
                self._stored(kind, payload, now)
            for _, text in alerts:
                if found := self.seen.names.search(text):
                    self.seen.alerted_ns.setdefault(found[0], now)
            index = entries[-1][0] if entries else index
            number = alerts[-1][0] if alerts else number
            self._begun.set()
            self._stop.wait(POLL_S)

    def _stored(self, kind: int, payload: bytes, now: int) -> None:
        if kind not in WRITTEN:
            return
        activity = codec.decode(kind, payload)
        assert isinstance(activity, FileActivity)
        if found := self.seen.names.search(activity.file.name):
            self.seen.stored_ns.setdefault(found[0], now)
            self.seen.closed_ns.setdefault(found[0], activity.closed_boottime_ns)
