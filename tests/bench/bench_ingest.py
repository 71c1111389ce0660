"""Durable ingest end to end: mutual TLS on loopback, verification, commit, ack, beside a bare insert of the same rows.

The collector's ingest runs in a process of its own, as it does in the field; the agents' side sends batches that were
signed and serialised before the clock starts. Every sample is followed at once by its reference, and the ratio is taken
pair by pair, because a shared machine is noisy.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gapwatch_collector import memory_pace
from gapwatch_collector.authority.keys import load_collector_keys
from gapwatch_collector.clock import SystemClock
from gapwatch_collector.config import EnrolmentSection, IngestSection
from gapwatch_collector.ingest.entries import commit_of
from gapwatch_collector.ingest.event_time import Tie, Timeline
from gapwatch_collector.ingest.messages import read_agent_message
from gapwatch_collector.ingest.room import IngestRoom, IngestRules
from gapwatch_collector.ingest.verify import SentBatch, Verified, verify_batch
from gapwatch_collector.model import Host, HostState, NewEntry, SpoolPosition
from gapwatch_collector.store import open_store
from gapwatch_collector.store.day_tables import COLUMNS, day_table
from gapwatch_proto.events import FileActivity
from gapwatch_proto.kinds import Kind
from gapwatch_proto.objects import Actor, File, Inspection, Medium, Process, User
from gapwatch_proto.record import GENESIS_HASH
from support.agents import ScriptedAgent
from support.zones import LOOPBACK, host_channel, open_stream, receive, zone_keys_dir

TABLE = day_table(20261122)
BATCH = 512
BATCHES = 12
STREAMS = 4
SAMPLES = 5
WINDOW = 4
"""Batches a stream may have unacknowledged, as the credits of a quiet collector allow."""


@dataclass(frozen=True)
class Load:
    """What one agent sends: its hello and its batches, ready to go."""

    agent: ScriptedAgent
    hello: bytes
    frames: list[bytes]


def run() -> dict[str, float]:
    """Medians over the samples: events a second, the bare driver's, and the median ratio of pairs."""
    loads = [[_load(sample * STREAMS + number) for number in range(STREAMS)] for sample in range(SAMPLES)]
    hosts = [(load.agent.host_id, load.agent.public_chain_key) for sample in loads for load in sample]
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        ours_end, theirs = spawn.Pipe()
        server = spawn.Process(
            target=_serve, args=(theirs, folder, str(zone_keys_dir() / "collector"), hosts), daemon=True
        )
        server.start()
        port = ours_end.recv()
        pairs = [(asyncio.run(_send(port, sample)), _bare(sample)) for sample in loads]
        ours_end.send("stop")
        server.join(30)
    return {
        "events_per_s": statistics.median(ours for ours, _ in pairs),
        "raw_events_per_s": statistics.median(bare for _, bare in pairs),
        "ratio": statistics.median(ours / bare for ours, bare in pairs),
    }


def _activity(number: int) -> FileActivity:
    name = f"report-{number:06d}.docx"
    return FileActivity(
        action="closed_write",
        file=File(f"/media/stick/2026/{name}", name, 48_213, f"{number:064x}"),
        source=File(f"/home/user/documents/{name}", name, 48_213, f"{number:064x}"),
        medium=Medium(vendor_name="SanDisk", serial_number="4C530001", filesystem_id="A1B2-C3D4", bus="usb"),
        inspection=Inspection("full", type="docx"),
        actor=Actor(
            Process(4711, name="cp", path="/usr/bin/cp", cmd_line=f"cp {name} /media/stick"), User(1000, "user")
        ),
        act="4711-1",
    )


def _load(number: int) -> Load:
    agent = ScriptedAgent(host_id=number.to_bytes(16, "big"), spool_id=number.to_bytes(16, "little"))
    for record in range(BATCH * BATCHES):
        agent.write(_activity(record), Kind.FILE_WRITTEN)
    frames = [agent.batch(first, first + BATCH - 1) for first in range(1, BATCH * BATCHES, BATCH)]
    return Load(agent, agent.hello(), frames)


async def _send(port: int, loads: list[Load]) -> float:
    """Events a second from the first batch to the last ack, all streams at once."""
    channels = [host_channel(load.agent, port) for load in loads]
    calls = []
    for channel, load in zip(channels, loads, strict=True):
        calls.append(open_stream(channel))
        await calls[-1].write(load.hello)
        assert (await receive(calls[-1])).HasField("welcome")

    async def drive(call: object, frames: list[bytes]) -> None:
        for number, frame in enumerate(frames):
            if number >= WINDOW:
                assert (await receive(call)).HasField("ack")
            await call.write(frame)
        for _ in range(WINDOW):
            last = (await receive(call)).ack.seq
        assert last == BATCH * BATCHES

    begun = time.perf_counter()
    await asyncio.gather(*(drive(call, load.frames) for call, load in zip(calls, loads, strict=True)))
    elapsed = time.perf_counter() - begun
    for channel in channels:
        await channel.close()
    return BATCH * BATCHES * len(loads) / elapsed


def _bare(loads: list[Load]) -> float:
    """The same rows through the bare driver: the day's table with its indexes, the same PRAGMAs, nothing else."""
    batches, index = [], 0
    for load in loads:
        for entries in _entries(load):
            batches.append([_row(index + place, entry) for place, entry in enumerate(entries)])
            index += len(entries)
    insert = f"INSERT INTO {TABLE.name} ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=16000", "cache_size=-32768"):
            connection.execute(f"PRAGMA {pragma}")
        for statement in (CreateTable(TABLE), *(CreateIndex(index) for index in TABLE.indexes)):
            connection.execute(str(statement.compile(dialect=sqlite.dialect())))
        begun = time.perf_counter()
        for rows in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows)
            connection.execute("COMMIT")
        elapsed = time.perf_counter() - begun
        connection.close()
    return index / elapsed


def _row(index: int, entry: NewEntry) -> tuple[object, ...]:
    return (
        index,
        entry.event_ns,
        int(entry.origin),
        entry.kind,
        entry.severity,
        entry.event_ns,
        entry.uncertainty_ns,
        entry.host_id,
        entry.spool_id,
        entry.seq,
        entry.header,
        entry.payload,
        int(entry.payload_evicted),
    )


def _entries(load: Load) -> list[list[NewEntry]]:
    agent, now_ns = load.agent, time.time_ns()
    position = SpoolPosition(agent.host_id, agent.spool_id, 1, GENESIS_HASH)
    timeline = Timeline(agent.host_id, agent.boot_id, Tie(agent.boottime_ns, now_ns, 0), lambda _: None)
    batches = []
    for frame in load.frames:
        sent = read_agent_message(frame)
        assert isinstance(sent, SentBatch)
        verified = verify_batch(sent, position, agent.public_chain_key, lambda _: None)
        assert isinstance(verified, Verified)
        batches.append(list(commit_of(verified, position, timeline, now_ns).entries))
        position = verified.position
    return batches


def _serve(pipe: Connection, folder: str, keys_dir: str, hosts: list[tuple[bytes, bytes]]) -> None:
    """The collector's ingest in its own process."""

    async def serve() -> None:
        keys, clock = load_collector_keys(Path(keys_dir)), SystemClock()
        store = open_store(Path(folder) / "collector.sqlite3", sign=keys.log_key.sign, clock=clock)
        for host_id, chain_key in hosts:
            host = Host(host_id, host_id.hex(), state=HostState.ENROLLED, chain_key=chain_key)
            store.registers.put_host(host, by="bench", now_ns=1)
        rules = IngestRules(replace(IngestSection(), listen=LOOPBACK), replace(EnrolmentSection(), listen=LOOPBACK))
        room = IngestRoom(store, keys, rules, clock)
        await room.start()
        memory_pace.settle()  # as compose does
        pipe.send(room.stream_port)
        await asyncio.to_thread(pipe.recv)
        await room.stop()
        store.close()

    asyncio.run(serve())
