"""A spool whose process is killed at any point: what was promised is there, no number is given twice."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapwatch_agent.spool.port import SpoolLimits, StoredRecord
from gapwatch_agent.spool.recovery import open_spool
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import RecordHeader, record_hash
from support.appender import SOURCE
from support.clock import FakeClock
from support.spools import BOOT, a_record, require_chain

TESTS = Path(__file__).parents[2]


@dataclass
class Promised:
    """What the killed process had said."""

    spool_id: str = ""
    next_seq: int = 1
    last_number: int = 0
    acked: int = 0


def run_until_killed(directory: Path, seed: int, *, die_at: int = 0, lines_before_kill: int = 0) -> Promised:
    """Run the appender until it kills itself or has said so many lines; returns what it promised."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.appender", str(directory), str(seed), str(die_at)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert process.stdout is not None
    said: list[bytes] = []
    while die_at or len(said) < lines_before_kill:
        ready, _, _ = select.select([process.stdout], [], [], 30)
        assert ready, "the appender hangs"
        line = process.stdout.readline()
        if not line:
            break
        said.append(line)
    process.kill()
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    return promised_by([*said, *rest.splitlines(keepends=True)])


def promised_by(lines: list[bytes]) -> Promised:
    promised = Promised()
    for line in lines:
        word, *values = line.decode().split()
        if word == "open":
            promised.spool_id, promised.next_seq = values[0], int(values[1])
        elif word == "kept":
            promised.next_seq, promised.last_number = int(values[0]), int(values[1])
        elif word == "acked":
            promised.acked = int(values[0])
    return promised


def require_kept(directory: Path, promised: Promised, hashes: dict[int, bytes]) -> None:
    """The spool holds what was promised and contradicts nothing that was seen of it before (``hashes``)."""
    spool = open_spool(directory, SpoolLimits(256 * 1024, 0.25, 64 * 1024, 5), FakeClock(), BOOT)
    try:
        if promised.spool_id:
            assert spool.spool_id.hex() == promised.spool_id
        assert spool.next_seq >= promised.next_seq
        assert spool.acked_seq >= promised.acked
        assert spool.last_number(SOURCE) >= promised.last_number
        items = spool.read(spool.acked_seq + 1, 1_000_000, 1 << 40)
        if items:
            first = items[0]
            require_chain(items, spool.spool_id, first.seq if isinstance(first, StoredRecord) else first.first_seq)
        for item in items:
            if isinstance(item, StoredRecord):
                assert hashes.setdefault(item.seq, record_hash(item.header)) == record_hash(item.header)
        own = [item for item in items if isinstance(item, StoredRecord) and item.payload is not None]
        numbers = {item.payload for item in own if RecordHeader.unpack(item.header).kind != Kind.GAP}
        if own and own[-1].seq == spool.next_seq - 1 and RecordHeader.unpack(own[-1].header).kind != Kind.GAP:
            size = len(own[-1].payload or b"")
            assert a_record(spool.last_number(SOURCE), size=size).payload in numbers
    finally:
        spool.close()


@pytest.mark.parametrize("seed", range(3))
def test_killed_between_any_two_statements(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    hashes: dict[int, bytes] = {}
    for _ in range(8):
        promised = run_until_killed(
            tmp_path, dice.randint(0, 1 << 30), die_at=dice.choice([dice.randint(1, 400), dice.randint(400, 4000)])
        )
        require_kept(tmp_path, promised, hashes)


def test_killed_at_each_statement_of_an_append_and_an_ack(tmp_path: Path) -> None:
    hashes: dict[int, bytes] = {}
    for statement in range(1, 18):
        promised = run_until_killed(tmp_path, 11, die_at=statement)
        require_kept(tmp_path, promised, hashes)


def test_killed_from_outside_at_any_time(tmp_path: Path) -> None:
    dice = random.Random(5)
    hashes: dict[int, bytes] = {}
    for round_ in range(6):
        promised = run_until_killed(tmp_path, round_, lines_before_kill=dice.randint(1, 60))
        require_kept(tmp_path, promised, hashes)
