"""Events a second through facts and shipped rules, without the store, beside decoding the same payloads alone.

The mix is an ordinary day's: mostly unmarked files, some found by listing, devices, heartbeats; one event in a hundred
raises an alert. ``load_ms`` is what loading the shipped rules takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from gapwatch_collector.evaluate import Core
from gapwatch_collector.model import LogEntry, Origin
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto import codec
from gapwatch_proto.events import (
    Actor,
    Device,
    DeviceActivity,
    File,
    FileActivity,
    Inspection,
    Mark,
    MarkEvidence,
    Medium,
    Process,
    RadioState,
    User,
)
from gapwatch_proto.kinds import Kind
from support.evaluation import Story

EVENTS = 20_000
SAMPLES = 5

STICK = Medium(
    serial_number="4C530001230508109262", filesystem_id="1A2B-3C4D", vendor_name="SanDisk", product_name="Ultra"
)
ZHANG = User(1000, "zhang")
CP = Actor(Process(4711, 99, "cp", "/usr/bin/cp", "cp a b", 1, "bash", "held"), ZHANG, ZHANG)
PLAIN = FileActivity(
    action="closed_write",
    file=File("/media/zhang/年度总结.docx", "年度总结.docx", 48_213, "ab" * 32),
    source=File("/home/zhang/年度总结.docx", "年度总结.docx", 48_213),
    medium=STICK,
    inspection=Inspection("full", "", "docx"),
    actor=CP,
    act="4711-99",
)
EVIDENCE = MarkEvidence("document", 1, "top_left", "机密★5年", "state")
MARK = Mark("state", "secret", "机密", "P5Y", "5年", 0.98, (EVIDENCE,))


def run() -> dict[str, float]:
    """Medians of interleaved samples; ``ratio`` is evaluation to decoding alone."""
    started = time.perf_counter()
    rules = load(shipped_folder())
    load_ms = (time.perf_counter() - started) * 1e3
    entries = _entries()
    records = [entry.entry for entry in entries if entry.entry.origin is Origin.RECORD]

    def evaluate() -> None:
        core = Core(rules)
        for entry in entries:
            core.step(entry)
        assert len(core.take_outcome().alerts) == 2 * EVENTS // 100

    def decode() -> None:
        for entry in records:
            codec.decode(entry.kind, entry.payload)

    ours, bare = [], []
    for _ in range(SAMPLES):
        ours.append(_per_second(evaluate, len(entries)))
        bare.append(_per_second(decode, len(records)))
    return {
        "events_per_s": statistics.median(ours),
        "decode_per_s": statistics.median(bare),
        "ratio": statistics.median(one / other for one, other in zip(ours, bare, strict=True)),
        "load_ms": load_ms,
    }


def _entries() -> list[LogEntry]:
    story = Story().host().medium(STICK.serial_number, filesystem_id=STICK.filesystem_id)
    keyboard = Device("/sys/devices/x", "usb", "046d", "c31c", "Logitech", "Keyboard", "", "usbhid", ("03/01/01",))
    for number in range(EVENTS):
        story.wait(0.01)
        slot = number % 100
        if slot == 0:
            marked = replace(PLAIN, act=str(number), inspection=Inspection("full", "", "docx", MARK))
            story.record(Kind.MARKED_FILE_WRITTEN, marked)
        elif slot < 70:
            story.record(Kind.FILE_WRITTEN, PLAIN)
        elif slot < 85:
            story.record(Kind.FILE_FOUND, replace(PLAIN, action="listed"))
        elif slot < 90:
            story.record(Kind.DEVICE_ATTACHED, DeviceActivity(keyboard))
        elif slot < 95:
            story.record(Kind.RADIO_STATE, RadioState("nfc", "nfc0", "up"))
        else:
            story.beat()
    return story.entries


def _per_second(work: Callable[[], None], count: int) -> float:
    started = time.process_time()
    work()
    return count / (time.process_time() - started)
