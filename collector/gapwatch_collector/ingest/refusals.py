"""The account of what was refused: one log line each, counters, and an entry in the log for what keeps happening."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_LOG = logging.getLogger(__name__)

ACT_INTERVAL_NS: Final = 600 * 1_000_000_000
"""The same refusal of the same sender is entered at most this often; the entry says how many it stands for."""

_SENDERS_MAX: Final = 1_024
_ACTS_PER_INTERVAL_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: a word for why, who (host id in hexadecimal or the peer's address), and the sentence it was told."""

    reason: str
    sender: str
    detail: str


def peer_address(peer: str) -> str:
    """A gRPC peer without its port, so that a stranger who comes again is the same stranger."""
    return peer.rsplit(":", 1)[0]


@dataclass(slots=True)
class _Tally:
    entered_ns: int
    since: int = 0


class RefusalAccount:
    """Counts refusals. ``enter`` is called with what belongs into the collector's log, seldom (ACT STREAM_REFUSED)."""

    def __init__(self, now_ns: Callable[[], int], enter: Callable[[dict[str, object]], None]) -> None:
        self._now_ns, self._enter = now_ns, enter
        self._tallies: OrderedDict[tuple[str, str], _Tally] = OrderedDict()
        self._window_began_ns, self._entered_in_window = 0, 0
        self.counts: Counter[str] = Counter()

    def refuse(self, refused: Refused) -> None:
        """Log, count, and enter it when its turn has come."""
        self.counts[refused.reason] += 1
        _LOG.warning(
            "refused: %s",
            refused.reason,
            extra={"reason": refused.reason, "sender": refused.sender, "detail": refused.detail},
        )
        now_ns = self._now_ns()
        key = (refused.reason, refused.sender)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(now_ns - ACT_INTERVAL_NS)
            while len(self._tallies) > _SENDERS_MAX:
                self._tallies.popitem(last=False)
        self._tallies.move_to_end(key)
        tally.since += 1
        if now_ns - tally.entered_ns >= ACT_INTERVAL_NS and self._room(now_ns):
            self._enter(
                {"count": tally.since, "detail": refused.detail, "reason": refused.reason, "sender": refused.sender}
            )
            tally.entered_ns, tally.since = now_ns, 0

    def _room(self, now_ns: int) -> bool:
        """Many strangers together must not fill the log either."""
        if now_ns - self._window_began_ns >= ACT_INTERVAL_NS:
            self._window_began_ns, self._entered_in_window = now_ns, 0
        self._entered_in_window += 1
        return self._entered_in_window <= _ACTS_PER_INTERVAL_MAX
