"""The queue of files to inspect: order, folding, bounds."""

from __future__ import annotations

import asyncio

from gapwatch_agent.sensors.account import Moment
from gapwatch_agent.sensors.files_groups import CLOSED_WRITE
from gapwatch_agent.sensors.files_work import LISTED, Item, Mounted, WorkQueue
from gapwatch_proto.events import Medium

MOUNTED = Mounted(Medium(), 7, ["/m"])


def item(ino: int, act: str = "act", path: str = "/m/a", at: int = 1, action: str = CLOSED_WRITE) -> Item:
    return Item(action, MOUNTED, ino, path, Moment(at, at), 5, 6, act=act)


def test_written_files_go_before_listed_ones_in_order() -> None:
    async def scenario() -> list[int]:
        queue = WorkQueue()
        await queue.add_listed(item(1, action=LISTED))
        queue.add(item(2))
        queue.add(item(3))
        return [(await queue.take()).ino for _ in range(3)]

    assert asyncio.run(scenario()) == [2, 3, 1]


def test_closes_of_one_file_in_one_act_are_one_item_and_of_two_acts_two() -> None:
    async def scenario() -> None:
        queue = WorkQueue()
        queue.add(item(2, path="/m/old", at=1))
        queue.add(item(2, path="/m/new", at=9))
        queue.add(item(2, act="another"))
        assert len(queue) == 2
        first = await queue.take()
        assert (first.path, first.at) == ("/m/new", Moment(9, 9))
        assert queue.rename(7, 2, "/m/renamed")
        assert (await queue.take()).path == "/m/renamed"
        assert not queue.rename(7, 2, "/m/late")
        assert not len(queue)

    asyncio.run(scenario())


def test_acts_take_turns_so_that_a_bulk_copy_delays_nobody() -> None:
    async def scenario() -> list[str]:
        queue = WorkQueue()
        for number in range(1000):
            queue.add(item(number, act="bulk"))
        queue.add(item(5000, act="single"))
        return [(await queue.take()).act for _ in range(4)]

    assert asyncio.run(scenario()) == ["bulk", "single", "bulk", "bulk"]


def test_one_files_items_stay_in_order_whichever_act_has_its_turn() -> None:
    async def scenario() -> list[tuple[int, str]]:
        queue = WorkQueue()
        for number in range(3):
            queue.add(item(number, act="first"))
        queue.add(item(2, act="second"))  # closed again by another act while the first still waits
        taken = [await queue.take() for _ in range(4)]
        assert not len(queue)
        return [(one.ino, one.act) for one in taken]

    order = asyncio.run(scenario())
    assert order.index((2, "first")) < order.index((2, "second"))
    assert sorted(order) == [(0, "first"), (1, "first"), (2, "first"), (2, "second")]


def test_what_finds_no_room_is_counted_exactly() -> None:
    queue = WorkQueue(written_max=3)
    for number in range(10):
        queue.add(item(number, at=100 + number))
    refused = queue.take_refusals()
    assert (refused.count, refused.from_boottime_ns, refused.to_boottime_ns) == (7, 103, 109)
    assert queue.take_refusals() is None
    assert len(queue) == 3


def test_take_waits_and_a_listing_waits_for_room() -> None:
    async def scenario() -> None:
        queue = WorkQueue(listed_max=1)
        waiting = asyncio.create_task(queue.take())
        await asyncio.sleep(0)
        assert not waiting.done()
        await queue.add_listed(item(1, action=LISTED))
        assert (await waiting).ino == 1
        await queue.add_listed(item(2, action=LISTED))
        full = asyncio.create_task(queue.add_listed(item(3, action=LISTED)))
        await asyncio.sleep(0)
        assert not full.done()
        queue.forget_listed(8)
        assert len(queue) == 1
        queue.forget_listed(7)
        await full
        assert (await queue.take()).ino == 3

    asyncio.run(scenario())


def test_guard_knows_a_filesystem_by_its_device() -> None:
    assert MOUNTED.key == "7"
