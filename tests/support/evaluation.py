"""A log and an evaluation store in memory for tests of the evaluator, and builders of what stands in the log.

The fakes keep the ports' words: ``save`` is one transaction with the cursor, an alert that is there stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from gapwatch_collector.model import (
    Alert,
    Host,
    HostState,
    LogEntry,
    NewEntry,
    Origin,
    RegisteredMedium,
)
from gapwatch_collector.store.entries import RegisterChange, register_change_entry
from gapwatch_collector.store.ports import Evaluation, Sighting
from gapwatch_proto.codec import encode
from gapwatch_proto.events import Heartbeat, Payload
from gapwatch_proto.kinds import SEVERITY, Kind

START_NS = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
HOST = b"h" * 16


class MemoryStore:
    """LogReader and EvaluationStore over lists. ``fail_at`` raises at the n-th call of any method (from 1)."""

    def __init__(self, entries: Sequence[LogEntry] = ()) -> None:
        self.entries = list(entries)
        self.alerts: dict[bytes, Alert] = {}
        self.sightings: dict[tuple[str, bytes], Sighting] = {}
        self.state: dict[str, object] = {}
        self.saved_cursor = 0
        self.calls = 0
        self.fail_at = 0
        self.fail_after_save = False
        self.error: type[Exception] = RuntimeError
        self.locked = False

    def read(self, from_index: int, limit: int) -> list[LogEntry]:
        self._called()
        return [entry for entry in self.entries if entry.log_index >= from_index][:limit]

    def cursor(self) -> int:
        self._called()
        return self.saved_cursor

    def load_state(self) -> dict[str, object]:
        self._called()
        return dict(self.state)

    def save(self, evaluation: Evaluation) -> bool:
        if not self.fail_after_save:
            self._called()
        if evaluation.expected_cursor != self.saved_cursor:
            return False
        for alert in evaluation.alerts:
            self.alerts.setdefault(alert.alert_id, replace(alert, number=len(self.alerts) + 1))
        for alert_id, state, explanation in evaluation.resolutions:
            if alert_id in self.alerts:
                self.alerts[alert_id] = replace(self.alerts[alert_id], state=state, explanation=explanation)
        for key, value in evaluation.state.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        for seen in evaluation.sightings:
            self.sightings[seen.medium_key, seen.host_id] = seen
        self.saved_cursor = evaluation.cursor
        if self.fail_after_save:
            self._called()
        return True

    @contextmanager
    def lead(self) -> Iterator[bool]:
        if self.locked:
            yield False
            return
        self.locked = True
        try:
            yield True
        finally:
            self.locked = False

    def _called(self) -> None:
        self.calls += 1
        if self.fail_at and self.calls == self.fail_at:
            raise self.error("told to fail here")


class Story:
    """Writes a log: each method appends an entry at the present moment of the collector's clock."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns
        self.entries: list[LogEntry] = []
        self._numbers: dict[bytes, int] = {}

    def wait(self, seconds: float) -> Story:
        self.now_ns += int(seconds * SECOND)
        return self

    def host(self, host_id: bytes = HOST, **row: object) -> Story:
        """Register (or change) a host; enrolled and classified at 机密 unless said otherwise."""
        values: dict[str, object] = {
            "name": "涉机-017",
            "state": HostState.ENROLLED,
            "ceilings": {"state": "secret"},
            "zone": "涉密网",
        }
        after = Host(host_id, **{**values, **row})
        return self._append(register_change_entry(RegisterChange("officer", None, after), now_ns=self.now_ns))

    def medium(self, serial_number: str, **row: object) -> Story:
        values: dict[str, object] = {"label": f"红-{serial_number[-4:]}"}
        after = RegisteredMedium(
            serial_number.encode().ljust(16)[:16], serial_number=serial_number, **{**values, **row}
        )
        return self._append(register_change_entry(RegisterChange("officer", None, after), now_ns=self.now_ns))

    def record(self, kind: Kind, payload: Payload, host_id: bytes = HOST, *, ago_s: float = 0) -> Story:
        """A host's record that happened ``ago_s`` seconds before it is committed now."""
        return self.raw(kind, encode(payload), host_id, ago_s=ago_s)

    def raw(self, kind: int, payload: bytes, host_id: bytes = HOST, *, ago_s: float = 0) -> Story:
        seq = self._numbers[host_id] = self._numbers.get(host_id, 0) + 1
        severity = SEVERITY.get(kind, 1)
        event_ns = self.now_ns - int(ago_s * SECOND)
        return self._append(
            NewEntry(Origin.RECORD, int(kind), severity, event_ns, 50_000_000, payload, host_id, b"s" * 16, seq)
        )

    def beat(self, host_id: bytes = HOST, *, ago_s: float = 0, interval_s: int = 60) -> Story:
        return self.record(Kind.HEARTBEAT, Heartbeat(interval_s=interval_s), host_id, ago_s=ago_s)

    def tick(self) -> Story:
        return self._append(NewEntry(Origin.TICK, 0, 1, self.now_ns, 0, b"{}"))

    def _append(self, entry: NewEntry) -> Story:
        self.entries.append(LogEntry(len(self.entries), self.now_ns, entry))
        return self
