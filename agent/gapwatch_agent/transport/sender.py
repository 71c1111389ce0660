"""What to send next, what an answer means, when to try again: a state machine without sockets, clocks or storage.

Inputs are methods, outputs are the values they return; the shell (``channel``) carries them out. One ``Sender`` lives
as long as one spool and sees many connections (contracts C1, C2).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from gapwatch_proto.wire import BATCH_RECORDS_MAX

BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MAX_S: Final = 300.0
BUSY_FIRST_S: Final = 0.5
BUSY_MAX_S: Final = 60.0


class Answer(Enum):
    """Why a batch was not taken (the wire's Refusal reasons)."""

    NUMBER_SKIPPED = auto()
    BROKEN_CHAIN = auto()
    MALFORMED = auto()
    FORKED = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True)
class Send:
    """Read the spool from ``from_seq`` on, at most ``limit`` items, and send them as one batch."""

    from_seq: int
    limit: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Everything up to ``seq`` is committed."""

    seq: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for this long; the stream stays open."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Renew:
    """This spool cannot go on: begin a new one whose first record is a Gap with this detail, and raise the alarm."""

    detail: str


@dataclass(frozen=True, slots=True)
class Leave:
    """End this connection and come back later; a person may have to act."""

    detail: str


Outcome = Forget | Pause | Renew | Leave | None


class Backoff:
    """Growing, jittered waits: agents that lost one collector together must not come back together."""

    def __init__(self, first_s: float, max_s: float, random_source: random.Random) -> None:
        self._first_s, self._max_s, self._random = first_s, max_s, random_source
        self._attempts = 0

    def next_s(self) -> float:
        """Somewhere between half and all of a wait that doubles with every attempt."""
        wait = min(self._max_s, self._first_s * float(1 << min(self._attempts, 30)))
        self._attempts += 1
        return wait * (0.5 + self._random.random() / 2)

    def reset(self) -> None:
        self._attempts = 0


class Sender:
    """The window over one spool.

    ``next_seq`` is the spool's next number (moves with ``grown``), ``acked_seq`` what the collector has committed.
    """

    def __init__(self, next_seq: int, acked_seq: int, random_source: random.Random | None = None) -> None:
        # Jitter spreads load; nothing secret hangs on it.
        source = random_source or random.Random()  # noqa: S311
        self._tail_next, self._acked = next_seq, acked_seq
        self._to_send = acked_seq + 1
        self._sent = acked_seq
        self._credits = 0
        self._connected = False
        self._paused = False
        self._reconnect = Backoff(BACKOFF_FIRST_S, BACKOFF_MAX_S, source)
        self._busy = Backoff(BUSY_FIRST_S, BUSY_MAX_S, source)

    @property
    def acked_seq(self) -> int:
        return self._acked

    @property
    def in_flight(self) -> int:
        """Records sent and not yet acknowledged."""
        return self._to_send - 1 - self._acked

    def grown(self, next_seq: int) -> None:
        """The spool has records up to ``next_seq`` - 1."""
        self._tail_next = max(self._tail_next, next_seq)

    def welcomed(self, wanted_seq: int, credits_: int) -> Outcome:
        """A connection stands and the collector names the number it wants of this spool."""
        if wanted_seq > self._tail_next:
            return Renew(
                f"the collector holds records up to {wanted_seq - 1}, this spool ends at {self._tail_next - 1}"
            )
        if wanted_seq <= self._acked:
            return Renew(f"the collector wants record {wanted_seq} again, but it had acknowledged up to {self._acked}")
        self._connected, self._paused = True, False
        self._credits = max(1, credits_)
        self._to_send, self._sent = wanted_seq, max(self._sent, wanted_seq - 1)
        return self._forget(wanted_seq - 1)

    def next_send(self) -> Send | None:
        """The next batch to send, or None while the window is closed, paused or everything was sent."""
        room = min(self._credits - self.in_flight, BATCH_RECORDS_MAX)
        if not self._connected or self._paused or room <= 0 or self._to_send >= self._tail_next:
            return None
        return Send(self._to_send, room)

    def sent(self, last_seq: int) -> None:
        """A batch went out that ends at ``last_seq``."""
        self._to_send = max(self._to_send, last_seq + 1)
        self._sent = max(self._sent, last_seq)

    def acked(self, seq: int, credits_: int) -> Outcome:
        """The collector committed everything up to ``seq``."""
        if seq > self._sent:
            return Leave(f"the collector acknowledged record {seq}, which was not sent")
        self._credits = max(1, credits_)
        self._reconnect.reset()
        self._busy.reset()
        # A refusal that was on its way may have set the window back behind what this ack says is safe.
        self._to_send = max(self._to_send, seq + 1)
        return self._forget(seq)

    def refused(self, answer: Answer, wanted_seq: int, detail: str) -> Outcome:
        """The last batches were not taken."""
        if answer in {Answer.FORKED, Answer.BROKEN_CHAIN}:
            return Renew(f"the collector refused the chain ({answer.name.lower()}): {detail}")
        if answer is Answer.MALFORMED:
            return Leave(f"the collector cannot read what was sent: {detail}")
        if answer is Answer.BUSY:
            if self._paused:
                return None  # said of a batch that was on its way before the pause
            self._to_send = self._acked + 1
            self._paused = True
            return Pause(self._busy.next_s())
        return self._skipped(wanted_seq)

    def _skipped(self, wanted_seq: int) -> Outcome:
        if not self._acked < wanted_seq <= self._tail_next:
            return Renew(
                f"the collector wants record {wanted_seq}; this spool holds {self._acked + 1} to {self._tail_next - 1}"
            )
        if wanted_seq - 1 > self._sent:
            return Leave(f"the collector wants record {wanted_seq}, but record {wanted_seq - 1} was never sent")
        # Batches already on their way are refused too; each such answer only repeats the number wanted.
        self._to_send = wanted_seq
        return self._forget(wanted_seq - 1)

    def resumed(self) -> None:
        """A pause is over."""
        self._paused = False

    def disconnected(self) -> float:
        """The connection is gone; returns how long to wait before the next, in seconds."""
        self._connected = False
        return self._reconnect.next_s()

    def _forget(self, seq: int) -> Forget | None:
        if seq <= self._acked:
            return None
        self._acked = seq
        return Forget(seq)
