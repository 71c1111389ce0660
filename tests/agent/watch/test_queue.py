"""The queue: bounded whatever happens, numbers without holes, nothing forgotten before it is durable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.watch.queue import ITEM_OVERHEAD_BYTES, EventQueue, Item


def item(severity=3, size=0, at=0):
    return Item(1, severity, at, 0, bytes(size))


def sent(queue):
    return list(iter(queue.next_to_send, None))


def test_order_of_arrival_whatever_the_severity():
    queue = EventQueue()
    for at, severity in enumerate((5, 1, 3, 1, 5)):
        queue.add(item(severity, at=at))
    assert [(number, found.boottime_ns) for number, found in sent(queue)] == [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)]


def test_what_was_sent_is_kept_until_durable():
    queue = EventQueue()
    for at in range(4):
        queue.add(item(at=at))
    sent(queue)
    assert queue.kept(2) == 2
    assert [number for number, _ in queue.to_resend()] == [3, 4]
    assert queue.kept(2) == 0
    assert queue.kept(99) == 2
    assert queue.unkept == 0


def test_an_event_less_severe_than_all_is_itself_given_up():
    queue = EventQueue(events_max=2)
    queue.add(item(4, at=1))
    queue.add(item(4, at=2))
    queue.add(item(1, at=3))
    assert [found.boottime_ns for _, found in sent(queue)] == [1, 2]
    loss = queue.take_loss()
    assert (loss.count, loss.from_boottime_ns, loss.to_boottime_ns) == (1, 3, 3)
    assert queue.take_loss() is None


def test_bytes_are_bounded_too():
    queue = EventQueue(bytes_max=10 * (100 + ITEM_OVERHEAD_BYTES))
    for at in range(30):
        queue.add(item(size=100, at=at))
    assert [found.boottime_ns for _, found in sent(queue)] == list(range(20, 30))
    assert queue.dropped == 20


@given(
    st.lists(st.one_of(st.tuples(st.integers(1, 5), st.integers(0, 300)), st.just("send"), st.integers(0, 40))),
    st.integers(1, 8),
    st.integers(300, 2000),
)
def test_bounds_numbers_and_counts_hold_whatever_is_done(steps, events_max, bytes_max):
    queue = EventQueue(events_max, bytes_max)
    added, numbers, lost = 0, [], 0
    for step in steps:
        if isinstance(step, tuple):
            queue.add(item(*step))
            added += 1
        elif step == "send":
            numbered = queue.next_to_send()
            numbers += [numbered[0]] if numbered else []
        else:
            queue.kept(step)
        assert queue.waiting <= events_max
        assert queue.held_bytes <= bytes_max
        loss = queue.take_loss()
        lost += loss.count if loss else 0
    assert numbers == list(range(1, len(numbers) + 1))
    assert added == len(numbers) + queue.waiting + lost
