"""Anchors, witnesses and suspicions as records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from gapwatch_agent.spool.port import NewRecord, SpoolFullError
from gapwatch_agent.spool.thread import SpoolThread
from gapwatch_agent.transport.stream_records import ANCHOR_INTERVAL_S, StreamRecords
from gapwatch_agent.transport.witness import TreeWatcher
from gapwatch_proto import codec
from gapwatch_proto.events import Anchor, Payload, SensorState, Witness
from gapwatch_proto.record import RecordHeader
from gapwatch_proto.v1 import stream_pb2 as pb
from support.clock import FakeClock
from support.spools import BOOT, MemorySpool


class FullSpool(MemorySpool):
    """Takes nothing while ``full``."""

    full = False

    def append(self, records: Sequence[NewRecord], *, source: bytes = b"", numbers: Sequence[int] = ()) -> int:
        if self.full:
            raise SpoolFullError("the disk is full")
        return super().append(records, source=source, numbers=numbers)


class Told:
    """Its own records over a memory spool, and what it wrote."""

    def __init__(self, tmp_path: Path) -> None:
        self.clock = FakeClock(boottime_ns=50_000)
        self.memory = FullSpool()
        self.spool = SpoolThread(self.memory, lambda old, _why, _what: old)
        self.own = StreamRecords(self.spool, TreeWatcher(tmp_path / "head", None), self.clock, BOOT)

    async def written(self) -> list[Payload]:
        items = await self.spool.read(1, 100, 1 << 20)
        heads = [RecordHeader.unpack(item.header) for item in items]
        assert all(head.boot_id == BOOT for head in heads)
        return [codec.decode(head.kind, item.payload) for head, item in zip(heads, items, strict=True)]


def test_an_anchor_a_connection_then_one_an_interval(tmp_path: Path) -> None:
    async def scenario() -> None:
        told = Told(tmp_path)
        await told.own.tie(1000, 40_000)
        await told.own.tie(2000, 45_000)
        assert await told.written() == [Anchor(1000, 10_000)]
        told.clock.advance(ANCHOR_INTERVAL_S)
        await told.own.tie(3000, told.clock.boottime_ns())
        assert await told.written() == [Anchor(1000, 10_000), Anchor(3000, 0)]
        told.own.connected()
        await told.own.tie(4000, told.clock.boottime_ns())
        assert len(await told.written()) == 3
        await told.spool.close()

    asyncio.run(scenario())


def test_impossible_echoes_are_no_anchor(tmp_path: Path) -> None:
    async def scenario() -> None:
        told = Told(tmp_path)
        for collector_ns, echo in ((0, 40_000), (-5, 40_000), (1000, 0), (1000, 60_000)):
            await told.own.tie(collector_ns, echo)
        assert await told.written() == []
        await told.spool.close()

    asyncio.run(scenario())


def test_a_head_is_witnessed_and_a_shrunken_log_reported(tmp_path: Path) -> None:
    async def scenario() -> None:
        told = Told(tmp_path)
        await told.own.witness(pb.TreeHead())  # no head at all
        await told.own.witness(pb.TreeHead(suite=9, tree_size=5, root_hash=b"r" * 32))
        await told.own.witness(pb.TreeHead(suite=1, tree_size=5, root_hash=b"r" * 32, signature=b"s"))
        await told.own.witness(pb.TreeHead(suite=1, tree_size=3, root_hash=b"r" * 32, signature=b"s"))
        witness, state = await told.written()
        assert witness == Witness(5, b"r" * 32, 0, b"s")
        assert isinstance(state, SensorState)
        assert (state.sensor.name, state.sensor.state) == ("collector_log", "degraded")
        assert "shrank from 5 to 3" in state.sensor.missing
        await told.spool.close()

    asyncio.run(scenario())


def test_a_full_spool_ends_no_stream_and_the_records_are_due_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        told = Told(tmp_path)
        good = pb.TreeHead(suite=1, tree_size=5, root_hash=b"r" * 32, signature=b"s")
        shrunk = pb.TreeHead(suite=1, tree_size=3, root_hash=b"r" * 32, signature=b"s")
        for full in (True, False):
            told.memory.full = full
            await told.own.tie(1000, 40_000)
            await told.own.witness(good)
        for full in (True, False):
            told.memory.full = full
            await told.own.witness(shrunk)
        kinds = [type(payload) for payload in await told.written()]
        assert kinds == [Anchor, Witness, SensorState]
        await told.spool.close()

    asyncio.run(scenario())


def test_a_head_that_cannot_be_kept_on_disk_is_recorded_all_the_same(tmp_path: Path) -> None:
    async def scenario() -> None:
        told = Told(tmp_path / "no such directory")
        await told.own.witness(pb.TreeHead(suite=1, tree_size=5, root_hash=b"r" * 32, signature=b"s"))
        assert await told.written() == [Witness(5, b"r" * 32, 0, b"s")]
        await told.spool.close()

    asyncio.run(scenario())
