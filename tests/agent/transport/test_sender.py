"""The sender as a script of inputs and outputs: no sockets, no clocks, no disk."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.transport.sender import (
    BACKOFF_MAX_S,
    Answer,
    Backoff,
    Forget,
    Leave,
    Pause,
    Renew,
    Send,
    Sender,
)
from gapwatch_proto.wire import BATCH_RECORDS_MAX


def connected(next_seq: int = 101, acked: int = 0, wanted: int = 1, credits_: int = 1000) -> Sender:
    sender = Sender(next_seq, acked, random.Random(1))
    sender.welcomed(wanted, credits_)
    return sender


def test_nothing_is_sent_before_the_welcome() -> None:
    assert Sender(101, 0).next_send() is None


def test_sending_goes_on_until_everything_is_out() -> None:
    sender = connected(next_seq=1201, credits_=5000)
    assert sender.next_send() == Send(1, BATCH_RECORDS_MAX)
    sender.sent(512)
    assert sender.next_send() == Send(513, BATCH_RECORDS_MAX)
    sender.sent(1200)
    assert sender.next_send() is None
    sender.grown(1202)
    assert sender.next_send() == Send(1201, BATCH_RECORDS_MAX)


def test_credits_close_the_window_and_acks_open_it() -> None:
    sender = connected(credits_=30)
    assert sender.next_send() == Send(1, 30)
    sender.sent(20)
    assert sender.next_send() == Send(21, 10)
    sender.sent(30)
    assert sender.next_send() is None
    assert sender.acked(15, 30) == Forget(15)
    assert sender.next_send() == Send(31, 15)
    assert sender.acked(30, 5) == Forget(30)
    assert sender.next_send() == Send(31, 5)


def test_a_welcome_tells_what_was_committed_while_we_were_away() -> None:
    sender = Sender(101, 10)
    assert sender.welcomed(51, 100) == Forget(50)
    assert sender.next_send() == Send(51, 100)
    sender.disconnected()
    assert sender.next_send() is None
    assert sender.welcomed(51, 100) is None


def test_a_collector_that_is_ahead_of_us_means_the_spool_went_back() -> None:
    assert isinstance(Sender(101, 0).welcomed(102, 10), Renew)
    assert Sender(101, 0).welcomed(101, 10) == Forget(100)


def test_a_collector_that_lost_what_it_acknowledged_means_a_new_spool() -> None:
    assert isinstance(Sender(101, 50).welcomed(50, 10), Renew)
    assert Sender(101, 50).welcomed(51, 10) is None


def test_repeated_and_late_acks_are_harmless_an_impossible_one_is_not() -> None:
    sender = connected()
    sender.sent(40)
    assert sender.acked(40, 100) == Forget(40)
    assert sender.acked(40, 100) is None
    assert sender.acked(20, 100) is None
    assert sender.acked_seq == 40
    assert isinstance(sender.acked(41, 100), Leave)


def test_a_refusal_that_was_overtaken_by_its_resend_does_not_make_the_ack_impossible() -> None:
    sender = connected()
    sender.sent(60)
    assert sender.refused(Answer.NUMBER_SKIPPED, 1, "") is None
    sender.sent(60)  # sent again; then a refusal of the first sending arrives, and after it the ack of the second
    assert sender.refused(Answer.NUMBER_SKIPPED, 1, "") is None
    assert sender.acked(60, 1000) == Forget(60)
    assert sender.next_send() == Send(61, BATCH_RECORDS_MAX)


def test_records_that_were_never_sent_are_not_forgotten_over_a_refusal() -> None:
    sender = connected()
    sender.sent(20)
    assert isinstance(sender.refused(Answer.NUMBER_SKIPPED, 50, ""), Leave)
    assert sender.acked_seq == 0


def test_a_skipped_number_moves_the_window_back() -> None:
    sender = connected()
    sender.sent(80)
    assert sender.refused(Answer.NUMBER_SKIPPED, 21, "") == Forget(20)
    assert sender.next_send() == Send(21, BATCH_RECORDS_MAX)
    assert sender.refused(Answer.NUMBER_SKIPPED, 21, "") is None
    assert isinstance(sender.refused(Answer.NUMBER_SKIPPED, 20, ""), Renew)
    assert isinstance(sender.refused(Answer.NUMBER_SKIPPED, 102, ""), Renew)


@pytest.mark.parametrize("answer", [Answer.FORKED, Answer.BROKEN_CHAIN])
def test_a_broken_chain_ends_the_spool(answer: Answer) -> None:
    outcome = connected().refused(answer, 5, "why")
    assert isinstance(outcome, Renew)
    assert "why" in outcome.detail


def test_what_the_collector_cannot_read_is_never_thrown_away() -> None:
    sender = connected()
    sender.sent(10)
    assert isinstance(sender.refused(Answer.MALFORMED, 1, "why"), Leave)
    assert sender.acked_seq == 0


def test_a_busy_collector_is_left_alone_for_a_growing_while() -> None:
    sender = connected()
    waits = []
    for _ in range(12):
        sender.sent(10)
        pause = sender.refused(Answer.BUSY, 1, "")
        assert isinstance(pause, Pause)
        assert sender.refused(Answer.BUSY, 1, "") is None  # about a batch sent before the pause
        assert sender.next_send() is None
        sender.resumed()
        assert sender.next_send() == Send(1, BATCH_RECORDS_MAX)
        waits.append(pause.seconds)
    assert waits[0] <= 0.5
    assert 30 <= waits[-1] <= 60
    sender.sent(10)
    sender.acked(10, 100)
    sender.sent(20)
    pause = sender.refused(Answer.BUSY, 11, "")
    assert isinstance(pause, Pause)
    assert pause.seconds <= 0.5


def test_reconnects_wait_longer_each_time_until_something_was_acknowledged() -> None:
    sender = Sender(101, 0, random.Random(3))
    waits = [sender.disconnected() for _ in range(20)]
    assert waits[0] <= 1
    assert BACKOFF_MAX_S / 2 <= waits[-1] <= BACKOFF_MAX_S
    sender.welcomed(1, 10)  # a welcome alone proves nothing
    assert sender.disconnected() > 100
    sender.welcomed(1, 10)
    sender.sent(5)
    sender.acked(5, 10)
    assert sender.disconnected() <= 1


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_waits_are_jittered_within_half_and_all(seed: int, attempts: int) -> None:
    backoff = Backoff(1, 300, random.Random(seed))
    for attempt in range(attempts):
        whole = min(300, 2**attempt)
        assert whole / 2 <= backoff.next_s() <= whole


class Pair:
    """A sender and a collector by the book, with messages that may be lost and connections that may be cut."""

    def __init__(self) -> None:
        self.sender = Sender(1, 0, random.Random(0))
        self.tail, self.wanted, self.forgotten, self.online = 1, 1, 0, False
        self.inbox: list[tuple[str, int]] = []

    def note(self, outcome: object) -> None:
        assert outcome is None or isinstance(outcome, Forget)
        if isinstance(outcome, Forget):
            assert outcome.seq < self.wanted, "forgotten before it was committed"
            self.forgotten = outcome.seq

    def grow(self) -> None:
        self.tail += 20
        self.sender.grown(self.tail)

    def join(self) -> None:
        if not self.online:
            self.online = True
            self.note(self.sender.welcomed(self.wanted, 50))

    def cut(self) -> None:
        self.online = False
        self.inbox.clear()
        self.sender.disconnected()

    def send(self) -> None:
        command = self._next()
        if command is not None:
            first, last = command
            skipped = first > self.wanted
            self.wanted = self.wanted if skipped else max(self.wanted, last + 1)
            self.inbox.append(("skipped", self.wanted) if skipped else ("ack", self.wanted - 1))

    def lose(self) -> None:
        self._next()

    def answer(self) -> None:
        if self.inbox:
            word, seq = self.inbox.pop(0)
            skipped = word == "skipped"
            self.note(self.sender.refused(Answer.NUMBER_SKIPPED, seq, "") if skipped else self.sender.acked(seq, 50))

    def _next(self) -> tuple[int, int] | None:
        command = self.sender.next_send()
        if command is None:
            return None
        last = min(command.from_seq + command.limit, self.tail) - 1
        self.sender.sent(last)
        return command.from_seq, last


@given(st.lists(st.sampled_from(["grow", "send", "lose", "answer", "cut", "join"]), max_size=60))
def test_whatever_happens_everything_is_committed_and_nothing_is_forgotten_too_early(steps: list[str]) -> None:
    pair = Pair()
    for step in steps:
        getattr(pair, step)()
    pair.cut()
    pair.join()
    while pair.sender.next_send() is not None or pair.inbox:
        pair.send()
        pair.answer()
    assert (pair.forgotten, pair.wanted) == (pair.tail - 1, pair.tail)
