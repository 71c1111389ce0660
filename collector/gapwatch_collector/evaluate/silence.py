"""Who has not been heard of: last records by the collector's time, ticks that notice, records that explain (C8).

A host is silent when a tick finds nothing committed from it for longer than its threshold. The alert is explained when
records that arrive later prove by their event times that the host never stopped for as long as the threshold: it was
alive and only cut off. A stretch without such proof leaves the alert as it is.

Time during which the collector itself did not run (neither record nor tick in its log) is nobody's silence: every host
then has its full threshold again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gapwatch_collector.evaluate.state import Memory
from gapwatch_collector.facts.compute import Silence
from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.model import Host, HostState, LogEntry, Origin

_PREFIX: Final = "heard/"
_CLOCK: Final = "clock"
_SECOND_NS: Final = 1_000_000_000
_BY_PEOPLE: Final = frozenset({Origin.REGISTER_CHANGE, Origin.ACT})
_INTERVALS: Final = 3
"""A host may miss two heartbeats before anybody is told."""


@dataclass(slots=True)
class _Open:
    """A silence that was reported: until when the host is proved alive by event time."""

    alert_ids: tuple[bytes, ...]
    noticed_ns: int
    covered_ns: int
    threshold_ns: int


@dataclass(slots=True)
class _Heard:
    """The last record of a host (or its enrolment): when committed, when it happened, which it was."""

    recorded_ns: int
    event_ns: int
    member: bytes
    log_index: int
    interval_s: int = 0
    stop_reason: str = ""
    open: _Open | None = None


@dataclass(frozen=True, slots=True)
class SilentHost:
    """A silence a tick has just noticed. ``member`` names the last record, ``log_index`` is where it stands."""

    silence: Silence
    member: bytes
    log_index: int


class Silences:
    """The account of all hosts."""

    def __init__(self, memory: Memory, registers: RegisterView, *, silence_after_s: int, away_after_s: int) -> None:
        self._memory, self._registers = memory, registers
        self._silence_after_s, self._away_ns = silence_after_s, away_after_s * _SECOND_NS
        self._hosts = {bytes.fromhex(name): _read(row) for name, row in memory.under(_PREFIX)}
        self._changed: set[bytes] = set()
        clock = memory.get(_CLOCK) or {}
        self._last_ns: int = clock.get("last_ns", 0)
        self._resumed_ns: int = clock.get("resumed_ns", 0)

    def passed(self, entry: LogEntry) -> None:
        """Records and ticks prove that the collector ran; the command line writes into its log without it."""
        if entry.entry.origin in _BY_PEOPLE:
            return
        if self._last_ns and entry.recorded_ns - self._last_ns > self._away_ns:
            self._resumed_ns = entry.recorded_ns
        self._last_ns = max(self._last_ns, entry.recorded_ns)

    def enrolled(self, host: Host, entry: LogEntry) -> None:
        """A host that may speak from now on is waited for from now on."""
        if host.state is HostState.ENROLLED and host.host_id not in self._hosts:
            member = b"enrolled" + host.host_id
            self._hosts[host.host_id] = _Heard(entry.recorded_ns, entry.entry.event_ns, member, entry.log_index)
            self._changed.add(host.host_id)

    def heard(self, entry: LogEntry, member: bytes) -> tuple[bytes, ...]:
        """A record of a host. Returns the ids of the silence alerts that it has just explained."""
        host_id, event_ns = entry.entry.host_id, entry.entry.event_ns
        if self._registers.host(host_id) is None:
            return ()  # nobody waits for a stranger
        known = self._hosts.get(host_id)
        self._changed.add(host_id)
        if known is None:
            self._hosts[host_id] = _Heard(entry.recorded_ns, event_ns, member, entry.log_index)
            return ()
        explained = _explains(known, event_ns)
        known.recorded_ns, known.member, known.log_index = entry.recorded_ns, member, entry.log_index
        known.event_ns = max(known.event_ns, event_ns)
        return explained

    def beat(self, host_id: bytes, interval_s: int) -> None:
        """A heartbeat said at which interval the next ones come; a host that beats has not stopped."""
        known = self._hosts.get(host_id)
        if known is not None and 0 < interval_s < 86_400:
            known.interval_s, known.stop_reason = interval_s, ""

    def stopped(self, host_id: bytes, reason: str) -> None:
        """The agent said goodbye (empty: it came back)."""
        known = self._hosts.get(host_id)
        if known is not None:
            known.stop_reason = reason

    def tick(self, entry: LogEntry) -> Iterator[SilentHost]:
        """The hosts that this tick finds silent for the first time."""
        now = entry.recorded_ns
        for host_id, known in sorted(self._hosts.items()):  # the order of reading a saved memory is nobody's
            host = self._registers.host(host_id)
            if host is None or host.state is not HostState.ENROLLED:
                continue
            threshold_s = self._threshold_s(host, known)
            if now - max(known.recorded_ns, self._resumed_ns) < threshold_s * _SECOND_NS:
                continue
            if known.open is not None and known.open.noticed_ns > known.recorded_ns:
                continue  # reported, and nothing heard since
            silence = Silence(host_id, known.recorded_ns, now, threshold_s, known.stop_reason)
            yield SilentHost(silence, known.member, known.log_index)

    def reported(self, silent: SilentHost, alert_ids: Sequence[bytes]) -> None:
        """Alerts say so: one is enough, and later records may explain it."""
        silence, known = silent.silence, self._hosts[silent.silence.host_id]
        known.open = _Open(tuple(alert_ids), silence.noticed_ns, known.event_ns, silence.threshold_s * _SECOND_NS)
        self._changed.add(silence.host_id)

    def write(self) -> None:
        """Put what changed into the memory."""
        for host_id in self._changed:
            self._memory.put(_PREFIX + host_id.hex(), _row(self._hosts[host_id]))
        self._changed.clear()
        self._memory.put(_CLOCK, {"last_ns": self._last_ns, "resumed_ns": self._resumed_ns})

    def _threshold_s(self, host: Host, known: _Heard) -> int:
        return max(self._silence_after_s, _INTERVALS * (known.interval_s or host.heartbeat_interval_s))


def _explains(known: _Heard, event_ns: int) -> tuple[bytes, ...]:
    """Extend the proof that the host was alive; the alerts' ids once the proof reaches the tick that raised it."""
    silence = known.open
    if silence is None or event_ns <= silence.covered_ns:
        return ()
    if event_ns - silence.covered_ns >= silence.threshold_ns:
        known.open = None  # it did stop for that long: the alert stands
        return ()
    silence.covered_ns = event_ns
    if event_ns < silence.noticed_ns:
        return ()
    known.open = None
    return silence.alert_ids


def _row(heard: _Heard) -> dict[str, object]:
    row: dict[str, object] = {
        "recorded_ns": heard.recorded_ns,
        "event_ns": heard.event_ns,
        "member": heard.member.hex(),
        "log_index": heard.log_index,
        "interval_s": heard.interval_s,
        "stop_reason": heard.stop_reason,
    }
    if heard.open is not None:
        row["open"] = [
            [alert_id.hex() for alert_id in heard.open.alert_ids],
            heard.open.noticed_ns,
            heard.open.covered_ns,
            heard.open.threshold_ns,
        ]
    return row


def _read(row: dict[str, Any]) -> _Heard:
    alert = row.get("open")
    return _Heard(
        recorded_ns=row["recorded_ns"],
        event_ns=row["event_ns"],
        member=bytes.fromhex(row["member"]),
        log_index=row["log_index"],
        interval_s=row["interval_s"],
        stop_reason=row["stop_reason"],
        open=_Open(tuple(map(bytes.fromhex, alert[0])), *alert[1:]) if alert else None,
    )
