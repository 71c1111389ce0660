"""Killed anywhere, the store holds what was acked and nothing half-written (C2, C8).

A child process runs a fixed script and is killed (SIGKILL) at the Nth step of its database work, for every N; at any
moment by the clock; or loses the tail of its write-ahead log, as a power cut would have it. Then the parent opens what
is left.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event

from gapwatch_collector.model import ActKind, Host
from gapwatch_collector.store import Store
from gapwatch_collector.store.ports import Evaluation, Sighting
from gapwatch_collector.verify import verify_store
from support.chains import Chain
from support.clock import FakeClock
from support.stores import LOG_PUBLIC_KEY, make_alert, make_store

HOST_KEY = Ed25519PrivateKey.from_private_bytes(b"a host's chain key, for tests 32")
BATCHES = (3, 40, 1)
# What the log counts after each step of the script.
BOUNDARIES = (0, 3, 43, 44, 44, 45, 46)


def make_chain() -> Chain:
    return Chain(key=HOST_KEY)


def script(store: Store, clock: FakeClock, acked: int) -> None:
    """Everything that writes, one transaction a step, each announced when it returned."""

    def announce() -> None:
        os.write(acked, b".")

    chain = make_chain()
    for size in BATCHES:
        assert store.ingest.commit(chain.batch(size)) is not None
        announce()
        clock.advance(50_000)  # the third batch opens a new day
    alerts = [make_alert(number) for number in range(3)]
    assert store.evaluation.save(Evaluation(0, 44, alerts, {"k": 1}, (), [Sighting("m", b"h" * 16, 1, 2)]))
    announce()
    store.registers.put_host(Host(b"h" * 16, "host"), by="officer", now_ns=1)
    announce()
    store.audit.act(ActKind.SIGNED_IN, by="officer", detail={}, now_ns=1)
    announce()


@dataclass
class Steps:
    """Counts the database work of this process and dies at the wanted step."""

    die_at: int
    seen: int = 0

    def step(self, *_: object, **__: object) -> None:
        if self.seen == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1


def run_child(path: Path, die_at: int) -> tuple[bool, int]:
    """Whether the child was killed, and how many steps of the script it had announced."""
    reading, acked = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            clock, steps = FakeClock(), Steps(die_at)
            store = make_store(path, clock)
            engine = store.database._engine
            for name in ("before_cursor_execute", "commit"):
                event.listen(engine, name, steps.step)
            script(store, clock, acked)
            status = 0
        finally:
            os._exit(status)
    os.close(acked)
    with os.fdopen(reading, "rb") as pipe:
        announced = len(pipe.read())
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status), announced


def check(path: Path, announced_min: int) -> None:
    """What was announced is there, what is there is whole, and work goes on."""
    store = make_store(path)
    head = store.ingest.tree_head()
    size = 0 if head is None else head.tree_size
    assert size in BOUNDARIES
    assert size >= BOUNDARIES[announced_min]
    chain = make_chain()
    report = verify_store(store, LOG_PUBLIC_KEY, {chain.host_id: chain.public_key})
    assert report.holds, report.faults
    assert report.entries == size
    evaluated = store.evaluation.cursor()
    assert evaluated in {0, 44}
    assert store.alerts.newest_number() == (3 if evaluated else 0)
    assert sum(store.alerts.counts().values()) == store.alerts.newest_number()
    assert len(store.evaluation.sightings("m")) == len(store.evaluation.load_state()) == bool(evaluated)
    counted = sum(count.count for count in store.rollups.event_counts(0, 99999999))
    assert counted == min(size, 44)
    position = store.ingest.position(chain.host_id, chain.spool_id)
    while chain.next_seq < (position.next_seq if position else 1):
        chain.record()
    assert store.ingest.commit(chain.batch(2)) is not None
    store.close()


def test_the_script_itself_ends_well(tmp_path: Path) -> None:
    killed, announced = run_child(tmp_path / "store.db", die_at=-1)
    assert (killed, announced) == (False, len(BOUNDARIES) - 1)
    check(tmp_path / "store.db", announced)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("phase", range(3))
def test_killed_at_every_step(tmp_path: Path, phase: int) -> None:
    """Every third step from three beginnings, so that the work is shared out."""
    for die_at in range(phase, 10_000, 3):
        path = tmp_path / f"{die_at}" / "store.db"
        path.parent.mkdir()
        killed, announced = run_child(path, die_at)
        check(path, announced)
        shutil.rmtree(path.parent)
        if not killed:
            assert die_at > 60, "the script's steps were not seen"
            return
    pytest.fail("the child never ended")


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """By the clock, so that it also dies within SQLite's own writing and flushing."""
    path = tmp_path / "store.db"
    make_store(path).close()
    for wait_ms in (1, 3, 7, 12, 20, 35):
        reading, acked = os.pipe()
        child = os.fork()
        if child == 0:
            store = make_store(path)
            chain = make_chain()
            position = store.ingest.position(chain.host_id, chain.spool_id)
            while chain.next_seq < (position.next_seq if position else 1):
                chain.record()
            while True:
                store.ingest.commit(chain.batch(20))
                os.write(acked, (chain.next_seq - 1).to_bytes(4, "big"))
        os.close(acked)
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            told = pipe.read(4)  # it is at work now
            time.sleep(wait_ms / 1000)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            told += pipe.read()
        store = make_store(path)
        chain = make_chain()
        position = store.ingest.position(chain.host_id, chain.spool_id)
        assert position is not None
        assert position.next_seq > int.from_bytes(told[-4:], "big")
        assert (position.next_seq - 1) % 20 == 0
        report = verify_store(store, LOG_PUBLIC_KEY, {chain.host_id: chain.public_key})
        assert report.holds, report.faults
        store.close()


def test_a_write_ahead_log_cut_anywhere_leaves_whole_commits(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    assert run_child(path, die_at=-1) == (False, len(BOUNDARIES) - 1)
    log = path.with_name("store.db-wal")
    assert log.exists(), "the child left without closing, so its log is still there"
    whole = log.read_bytes()
    for cut in [*range(0, len(whole), max(1, len(whole) // 25)), len(whole) - 1]:
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        shutil.copy(path, folder / "store.db")
        (folder / "store.db-wal").write_bytes(whole[:cut])
        check(folder / "store.db", 0)
        shutil.rmtree(folder)
