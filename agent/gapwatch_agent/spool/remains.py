"""Reading what can still be read of a spool that is being given up, without writing to it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gapwatch_agent.spool.port import NewRecord
from gapwatch_proto.errors import MalformedRecordError
from gapwatch_proto.record import RecordHeader, payload_hash, record_hash

_log = logging.getLogger(__name__)


class Remains:
    """What can be read of an old spool, without writing to it."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection | None = None
        if path.exists():
            self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def waiting(self) -> int:
        """Records that waited for the collector; -1 when that cannot be read."""
        row = next(self._rows("SELECT next_seq - 1 - acked_seq FROM spool", ()), None)
        return max(0, row[0]) if row and isinstance(row[0], int) else -1

    def sources(self) -> list[tuple[Any, ...]]:
        return list(self._rows("SELECT instance, last_number, 0 FROM sources", ()))

    def records(self) -> Iterator[NewRecord]:
        """Whole records in order, up to the first whose chain does not verify.

        A record whose payload was evicted has nothing left to say and is passed over; the chain goes on through it
        and through collapsed runs.
        """
        position = next(self._rows("SELECT spool_id, acked_seq, acked_hash FROM spool", ()), None)
        if position is None or not isinstance(position[1], int):
            return
        spool_id, seq, prev_hash = position
        spans = {row[0]: row for row in self._rows("SELECT * FROM spans ORDER BY first_seq", ())}
        for span in spans.values():
            if span[0] <= seq < span[1]:  # acknowledged in part
                seq, prev_hash = span[1], span[3]
        rows = self._rows("SELECT seq, header FROM headers WHERE seq > ? ORDER BY seq", (seq,))
        for _, packed in rows:
            while (run := spans.get(seq + 1)) is not None:
                seq, prev_hash = run[1], run[3]
            header = _linked(packed, spool_id, seq + 1, prev_hash)
            if header is None:
                return
            seq, prev_hash = header.seq, record_hash(packed)
            payload = self._payload(header)
            if payload is not None:
                yield NewRecord(
                    header.kind, header.severity, header.boottime_ns, header.wall_ns, header.boot_id, payload
                )

    def _payload(self, header: RecordHeader) -> bytes | None:
        query = f"SELECT payload FROM payload_{header.severity} WHERE seq = ?"  # noqa: S608
        row = next(self._rows(query, (header.seq,)), None)
        if row is None or not isinstance(row[0], bytes) or payload_hash(row[0]) != header.payload_hash:
            return None
        return bytes(row[0])

    def _rows(self, query: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """Rows until the first that cannot be read."""
        if self._connection is None:
            return
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            _log.warning("the old spool cannot be read further: %s", error)


def _linked(packed: object, spool_id: object, seq: int, prev_hash: bytes) -> RecordHeader | None:
    if not isinstance(packed, bytes):
        return None
    try:
        header = RecordHeader.unpack(packed)
    except MalformedRecordError:
        return None
    fits = (header.spool_id, header.seq, header.prev_hash) == (spool_id, seq, prev_hash)
    return header if fits else None
