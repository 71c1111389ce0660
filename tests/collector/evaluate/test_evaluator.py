"""The loop: killed at any step it loses and doubles nothing; two never both write; it wakes, waits and ends."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.evaluate import EvaluationSettings, Evaluator, replay
from gapwatch_collector.model import Alert, AlertFilter, Host, HostState
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_collector.store import Store
from gapwatch_proto.codec import encode
from gapwatch_proto.events import Heartbeat, Medium, MediumActivity, RadioState
from gapwatch_proto.kinds import Kind
from support import evaluate_process
from support.chains import Chain
from support.clock import FakeClock
from support.evaluation import HOST, START_NS, MemoryStore, Story
from support.eventually import eventually
from support.stores import make_store

RULES = load(shipped_folder())
TESTS = Path(evaluate_process.__file__).parents[1]


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test, with a deadline that only a hang reaches."""

    @wraps(test)
    def run(*args: object, **fixtures: object) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **fixtures), 60))

    return run


def story() -> Story:
    written = Story().host()
    for number in range(6):
        stick = Medium(serial_number=f"60A44C3FAE2{number}", filesystem_id="77AA-10B2")
        written.wait(10).record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=stick))
        written.wait(10).record(Kind.MEDIUM_REMOVED, MediumActivity(medium=stick))
        written.record(Kind.RADIO_STATE, RadioState("wifi", f"phy{number % 2}", "present", "absent"))
    for _ in range(8):
        written.wait(60).tick()
    for ago in range(420, -1, -60):
        written.beat(ago_s=ago)
    return written


def small(batch: int = 3) -> EvaluationSettings:
    return EvaluationSettings(batch_entries_max=batch)


def outcome(store: MemoryStore) -> list[tuple[bytes, str, int]]:
    return [(alert.alert_id, alert.state, alert.number) for alert in store.alerts.values()]


def expected() -> list[tuple[bytes, str, int]]:
    return [(alert.alert_id, alert.state, alert.number) for alert in replay(story().entries, RULES)]


def run_to_the_end(store: MemoryStore, batch: int = 3) -> None:
    evaluator = Evaluator(store, store, RULES, small(batch))
    while evaluator.pass_once():
        pass


# --- exactly once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 5, 1000])
def test_batches_of_any_size_give_the_same_alerts(batch: int) -> None:
    store = MemoryStore(story().entries)
    run_to_the_end(store, batch)
    assert len(outcome(store)) == 13
    assert outcome(store) == expected()
    assert store.saved_cursor == len(store.entries)


@pytest.mark.parametrize("after_save", [False, True], ids=["before the commit", "after the commit"])
def test_dying_at_every_call_loses_and_doubles_nothing(after_save: bool) -> None:
    calls = MemoryStore(story().entries)
    run_to_the_end(calls)
    for call in range(1, calls.calls + 1):
        store = MemoryStore(story().entries)
        store.fail_at, store.fail_after_save = call, after_save
        with pytest.raises(RuntimeError):
            run_to_the_end(store)
        run_to_the_end(store)  # another process, with nothing but what was saved
        assert outcome(store) == expected(), call


@pytest.mark.parametrize("after_save", [False, True])
def test_an_evaluator_that_lives_on_after_an_error_trusts_only_the_store(after_save: bool) -> None:
    calls = MemoryStore(story().entries)
    run_to_the_end(calls)
    for call in range(1, calls.calls + 1):
        store = MemoryStore(story().entries)
        store.fail_at, store.fail_after_save, store.error = call, after_save, StoreBusyError
        evaluator = Evaluator(store, store, RULES, small())
        failed = False
        while store.saved_cursor < len(store.entries):
            try:
                evaluator.pass_once()
            except StoreBusyError:
                failed = True
        assert outcome(store) == expected(), call
        assert failed or call == calls.calls


def test_an_evaluator_that_was_overtaken_writes_nothing_and_reads_anew() -> None:
    store = MemoryStore(story().entries)
    slow, fast = (Evaluator(store, store, RULES, small()) for _ in range(2))
    slow.pass_once()
    while fast.pass_once():
        pass
    before = outcome(store)
    assert slow.pass_once() == 0
    assert outcome(store) == before == expected()
    store.entries.append(replace(store.entries[-1], log_index=len(store.entries)))
    assert slow.pass_once() == 1


def test_a_hole_in_the_log_left_by_retention_is_stepped_over() -> None:
    entries = story().entries
    store = MemoryStore([entries[0], *entries[5:]])
    run_to_the_end(store)
    assert store.saved_cursor == len(entries)


# --- the loop ---------------------------------------------------------------------------------------------------------


@in_loop
async def test_entries_are_taken_as_they_come_and_it_ends_when_told() -> None:
    store, stop = MemoryStore(), asyncio.Event()
    evaluator = Evaluator(store, store, RULES, small(), FakeClock())
    task = asyncio.create_task(evaluator.run(stop))
    await eventually(lambda: evaluator.status.leading)
    store.entries += story().entries
    evaluator.wake.set()  # the fake clock never ends a poll: only this can
    await eventually(lambda: store.saved_cursor == len(store.entries))
    stop.set()
    await asyncio.wait_for(task, 10)
    assert outcome(store) == expected()
    assert evaluator.status.alerts == len(store.alerts)
    assert not evaluator.status.leading
    assert not store.locked


@in_loop
async def test_without_being_woken_it_looks_again_by_itself() -> None:
    store, stop, clock = MemoryStore(), asyncio.Event(), FakeClock()
    evaluator = Evaluator(store, store, RULES, small(), clock)
    task = asyncio.create_task(evaluator.run(stop))
    await eventually(lambda: evaluator.status.leading)
    store.entries += story().entries

    def looked() -> bool:
        clock.advance(0.2)
        return store.saved_cursor == len(store.entries)

    await eventually(looked)
    stop.set()
    await asyncio.wait_for(task, 10)


@in_loop
async def test_a_busy_store_is_tried_again() -> None:
    store, stop, clock = MemoryStore(story().entries), asyncio.Event(), FakeClock()
    store.fail_at, store.error = 5, StoreBusyError
    evaluator = Evaluator(store, store, RULES, small(), clock)
    task = asyncio.create_task(evaluator.run(stop))

    def done() -> bool:
        clock.advance(0.5)
        return store.saved_cursor == len(store.entries)

    await eventually(done)
    stop.set()
    await asyncio.wait_for(task, 10)
    assert outcome(store) == expected()


@in_loop
async def test_a_bug_in_the_store_ends_the_loop_and_lets_go_of_the_lock() -> None:
    store = MemoryStore(story().entries)
    store.fail_at = 3
    evaluator = Evaluator(store, store, RULES, small(), FakeClock())
    with pytest.raises(RuntimeError):
        await evaluator.run(asyncio.Event())
    assert not store.locked


@in_loop
async def test_a_standby_waits_and_takes_over() -> None:
    store, clock = MemoryStore(story().entries[:5]), FakeClock()
    first, second = (Evaluator(store, store, RULES, small(), clock) for _ in range(2))
    stops = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(first.run(stops[0]))]
    await eventually(lambda: first.status.leading)
    tasks.append(asyncio.create_task(second.run(stops[1])))
    await eventually(lambda: store.saved_cursor == 5)
    assert not second.status.leading
    stops[0].set()
    await asyncio.wait_for(tasks[0], 10)
    store.entries += story().entries[5:]

    def taken_over() -> bool:
        clock.advance(1)
        return second.status.leading and store.saved_cursor == len(store.entries)

    await eventually(taken_over)
    stops[1].set()
    await asyncio.wait_for(tasks[1], 10)
    assert outcome(store) == expected()


# --- the real store, killed -------------------------------------------------------------------------------------------


def filled(path: Path, rounds: int = 100) -> Store:
    store = make_store(path)
    host = Host(HOST, "涉机-017", HostState.ENROLLED, ceilings={"state": "secret"})
    store.registers.put_host(host, by="officer", now_ns=START_NS)
    chain = Chain(HOST)
    for number in range(rounds):
        stick = Medium(serial_number=f"60A44C3F{number:06}", filesystem_id="77AA-10B2")
        records = [
            chain.record(Kind.MEDIUM_ATTACHED, encode(MediumActivity(medium=stick))),
            chain.record(Kind.RADIO_STATE, encode(RadioState("wifi", f"phy{number}", "up", "absent"))),
            chain.record(Kind.HEARTBEAT, encode(Heartbeat(interval_s=60))),
        ]
        store.ingest.commit(chain.commit(*records))
    return store


def stored(store: Store) -> dict[bytes, Alert]:
    found: dict[bytes, Alert] = {}
    before = 0
    while page := store.alerts.alerts(AlertFilter(before_number=before, limit=200)):
        found |= {alert.alert_id: alert for alert in page}
        before = page[-1].number
    return found


def start(path: Path, batch: int) -> subprocess.Popen[str]:
    command = [sys.executable, evaluate_process.__file__, str(path), str(batch)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(TESTS), "PATH": ""})


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return line
    raise AssertionError(f"the process ended with {process.wait()} before it said {word!r}")


@in_loop
async def test_sigkill_on_the_real_store_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path)
    wanted = replay(store.maintenance.log_entries(), RULES)
    assert len(wanted) == 300
    cursors, luck = [], random.Random(7)
    while len(cursors) < 3:
        with start(path, batch=4) as process:
            read_until(process, "leading")
            await asyncio.sleep(luck.uniform(0.005, 0.06))
            process.kill()
        cursors.append(store.evaluation.cursor())
    assert cursors == sorted(cursors)
    assert cursors[0] < 300, "killed too late to prove anything"
    with start(path, batch=100) as process:
        read_until(process, "done")
        process.kill()
    found = stored(store)
    assert found.keys() == {alert.alert_id for alert in wanted}
    assert sorted(alert.number for alert in found.values()) == list(range(1, len(wanted) + 1))
    assert sum(store.alerts.counts().values()) == len(wanted)
    store.close()


@in_loop
async def test_a_standby_takes_over_from_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path, rounds=3)
    stop = asyncio.Event()
    with start(path, batch=100) as process:
        read_until(process, "done")
        evaluator = Evaluator(store.log, store.evaluation, RULES, clock=(clock := FakeClock()))
        task = asyncio.create_task(evaluator.run(stop))
        await asyncio.sleep(0.05)
        assert not evaluator.status.leading
        process.kill()

    def leads() -> bool:
        clock.advance(1)
        return evaluator.status.leading

    await eventually(leads)
    stop.set()
    await asyncio.wait_for(task, 10)
    assert len(stored(store)) == 9
    store.close()
