"""Windows: everybody's is full while there is room, urgent hosts keep theirs when there is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.ingest.credits import CREDITS_MIN, CreditDesk


def desk() -> CreditDesk:
    return CreditDesk(per_stream_max=1_000, total_max=4_000)


def test_the_window_is_full_while_there_is_room() -> None:
    at = desk()
    assert [at.enter(number, severity=1, waiting=50) for number in range(4)] == [1_000] * 4


def test_idle_hosts_take_nothing_from_the_others() -> None:
    at = desk()
    for number in range(500):
        at.enter(number, severity=1, waiting=0)
    assert at.enter("busy", severity=1, waiting=9_000) == 1_000


def test_urgent_hosts_drain_first() -> None:
    at = desk()
    for number in range(20):
        at.enter(f"calm {number}", severity=2, waiting=9_000)
    assert at.enter("urgent", severity=5, waiting=10) == 1_000
    assert at.acknowledged("calm 3", severity=2, records=1) == 3_000 // 20


def test_a_host_that_has_drained_is_judged_by_what_it_sends() -> None:
    at = desk()
    at.enter("host", severity=5, waiting=10)
    at.acknowledged("host", severity=1, records=4)
    assert at.severity("host") == 5
    at.acknowledged("host", severity=1, records=6)
    assert at.severity("host") == 1


def test_room_comes_back_when_streams_end() -> None:
    at = desk()
    for number in range(50):
        at.enter(number, severity=2, waiting=9_000)
    for number in range(50):
        at.leave(number)
        at.leave(number)
    assert at.enter("later", severity=1, waiting=9_000) == 1_000


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 3_000), st.booleans()), max_size=80))
def test_nobody_gets_nothing_and_nobody_too_much(steps: list[tuple[int, int, int, bool]]) -> None:
    at, known = desk(), set()
    for stream, severity, records, leaves in steps:
        if leaves:
            at.leave(stream)
            known.discard(stream)
        elif stream in known:
            assert CREDITS_MIN <= at.acknowledged(stream, severity=severity, records=records) <= 1_000
        else:
            known.add(stream)
            assert CREDITS_MIN <= at.enter(stream, severity=severity, waiting=records) <= 1_000
    for stream in known:
        at.leave(stream)
    assert at._waiting == [0, 0]
