"""How many records each stream may have unacknowledged (contract C2). Pure.

While there is room everybody gets the full window. When more hosts have records waiting than the total allows, those
whose worst waiting record is severe keep the full window and the others share what is left, so urgent hosts drain
first. Nobody gets nothing: a stream without credit could never say that it has become urgent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

URGENT_SEVERITY: Final = 4
CREDITS_MIN: Final = 16


@dataclass(slots=True)
class _Stream:
    severity: int
    waiting: int


class CreditDesk:
    """Gives out windows; one for all streams of a collector process."""

    def __init__(self, *, per_stream_max: int, total_max: int) -> None:
        self._per_stream_max, self._total_max = per_stream_max, total_max
        self._streams: dict[object, _Stream] = {}
        self._waiting = [0, 0]

    def enter(self, stream: object, *, severity: int, waiting: int) -> int:
        """A stream said hello with so much waiting; its first window."""
        self.leave(stream)
        known = self._streams[stream] = _Stream(severity, waiting)
        self._count(known, 1)
        return self._window(known)

    def acknowledged(self, stream: object, *, severity: int, records: int) -> int:
        """So many records, the worst of them this severe, were committed; its next window."""
        known = self._streams[stream]
        self._count(known, -1)
        known.waiting = max(0, known.waiting - records)
        if known.waiting == 0:
            # What hello announced has drained; from here on the batches themselves say how urgent the host is.
            known.severity = severity
        self._count(known, 1)
        return self._window(known)

    def severity(self, stream: object) -> int:
        """The worst severity this stream is known to have waiting."""
        return self._streams[stream].severity

    def leave(self, stream: object) -> None:
        """The stream ended."""
        known = self._streams.pop(stream, None)
        if known is not None:
            self._count(known, -1)

    def _count(self, known: _Stream, by: int) -> None:
        if known.waiting:
            self._waiting[known.severity >= URGENT_SEVERITY] += by

    def _window(self, known: _Stream) -> int:
        calm, urgent = self._waiting
        full = self._per_stream_max
        if (calm + urgent) * full <= self._total_max:
            return full
        if known.severity >= URGENT_SEVERITY:
            return max(CREDITS_MIN, min(full, self._total_max // max(urgent, 1)))
        left = self._total_max - min(self._total_max, urgent * full)
        return max(CREDITS_MIN, min(full, left // max(calm, 1)))
