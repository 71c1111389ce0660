"""Waiting for descriptors."""

from __future__ import annotations

import asyncio
import os

from gapwatch_agent.sensors.waiting import readable


class Pipe:
    def __init__(self):
        self.read_end, self.write_end = os.pipe()

    def fileno(self):
        return self.read_end

    def close(self):
        os.close(self.read_end)
        os.close(self.write_end)


def test_any_of_several_wakes():
    async def scenario():
        one, other = Pipe(), Pipe()
        waiting = asyncio.create_task(readable(one, other))
        await asyncio.sleep(0)
        assert not waiting.done()
        os.write(other.write_end, b"x")
        await asyncio.wait_for(waiting, 5)
        await asyncio.wait_for(readable(one, other), 5)  # still unread: at once
        one.close()
        other.close()

    asyncio.run(scenario())


def test_giving_up_leaves_nothing_behind():
    async def scenario():
        pipe = Pipe()
        waiting = asyncio.create_task(readable(pipe))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert not asyncio.get_running_loop().remove_reader(pipe.fileno())
        pipe.close()

    asyncio.run(scenario())
